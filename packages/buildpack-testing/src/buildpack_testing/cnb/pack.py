"""Running pack with nothing of the user's: own home, own credentials, podman in place of Docker."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class PackCommand:
    """pack with a home of its own. docker_host is what Podman.service() yields; only build() needs it."""

    executable: Path
    home: Path
    docker_config: Path | None = None
    docker_host: str | None = None

    def run(self, *arguments: str | os.PathLike[str]) -> str:
        """Run a command and return what it printed on both streams. Raises ReleaseError if it fails."""
        result = subprocess.run(
            [self.executable, *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if result.returncode != 0:
            shown = " ".join(os.fspath(argument) for argument in arguments[:2])
            raise ReleaseError(f"pack {shown} ended with {result.returncode}", detail=result.stdout[-6000:])
        return result.stdout

    def create_builder(self, reference: str, config: Path) -> str:
        """Make a builder and push it. Without a daemon."""
        return self.run("builder", "create", reference, "--config", config, "--publish")

    def inspect_buildpack(self, package: str | Path) -> str:
        """Describe a buildpackage: a .cnb file or a registry's reference."""
        return self.run("buildpack", "inspect", package)

    def build(
        self,
        image: str,
        app: Path,
        *,
        builder: str,
        run_image: str,
        variables: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> str:
        """Build app in containers of docker_host's engine; the image stays there unless --publish is given.

        The builder is trusted (one container, `creator`), on the machine's network (registries on loopback).
        """
        environment = [
            part for name, value in (variables or {}).items() for part in ("--env", f"{name}={value}")
        ]
        return self.run(
            *("build", image, "--path", app, "--builder", builder, "--run-image", run_image),
            *(
                "--docker-host",
                "inherit",
                "--network",
                "host",
                "--trust-builder",
                "--pull-policy",
                "if-not-present",
            ),
            *environment,
            *options,
        )

    def _environment(self) -> dict[str, str]:
        self.home.mkdir(parents=True, exist_ok=True)
        kept = ("PATH", "TMPDIR", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "HOME": str(self.home),
            "PACK_HOME": str(self.home),
            "DOCKER_CONFIG": str(self.docker_config or self.home / "docker"),
        }
        if self.docker_host:
            environment["DOCKER_HOST"] = self.docker_host
        return environment
