"""Copying images between layouts, registries and podman's storage, with skopeo."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping


def copy_image(source: str, target: str, *options: str, environment: Mapping[str, str]) -> None:
    """Copy an image, named as skopeo names them; the digest stays. Raises MissingToolError, ReleaseError."""
    program = shutil.which("skopeo")
    if program is None:
        raise MissingToolError("No skopeo on PATH", advice="Install the Debian or Ubuntu package skopeo.")
    command = [
        program,
        "--insecure-policy",
        "copy",
        "--quiet",
        "--preserve-digests",
        *options,
        source,
        target,
    ]
    result = subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise ReleaseError(f"skopeo cannot copy {source} to {target}", detail=result.stderr.strip())
