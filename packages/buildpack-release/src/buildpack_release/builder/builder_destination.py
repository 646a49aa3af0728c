"""Where a builder goes, as the option `--to` says it: an OCI layout, or an image in a registry."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from buildpack_release.builder.locator import LAYOUT_PREFIX
from buildpack_release.errors import UsageError
from oci_registry.errors import InvalidReferenceError
from oci_registry.reference import Reference

Destination: TypeAlias = "Path | Reference"
_PATH_STARTS = ("/", "./", "../")
_TAG = "latest"


def parse_destination(text: str) -> Destination:
    """Read a destination.

    A directory is `oci:DIRECTORY`, a path that begins with `/`, `./` or `../`, a plain name, or a path whose
    parent exists. All else must be a reference with its registry, so that a forgotten host is seen. Raises
    UsageError.
    """
    if not text.removeprefix(LAYOUT_PREFIX):
        raise UsageError(
            "it is not said where the builder goes",
            advice="Write --to REGISTRY/NAME:TAG, or --to ./DIRECTORY for an OCI layout.",
        )
    if text.startswith(LAYOUT_PREFIX):
        return Path(text.removeprefix(LAYOUT_PREFIX))
    path = Path(text)
    if text.startswith(_PATH_STARTS) or text in {".", ".."} or (text and _is_plain(text)) or path.is_dir():
        return path
    try:
        return _with_tag(Reference.parse(text))
    except InvalidReferenceError as error:
        if ":" not in text and "@" not in text and text and path.parent.is_dir():
            return path
        error.advice = f"{error.advice or 'correct it'}; for a directory write ./{text}"
        raise


def _is_plain(text: str) -> bool:
    return not set(text) & set("/:@")


def _with_tag(reference: Reference) -> Reference:
    if reference.digest is not None:
        raise UsageError(
            f"a builder cannot be pushed to the digest {reference.digest}", advice="Write a tag instead."
        )
    return reference if reference.tag else reference.with_tag(_TAG)
