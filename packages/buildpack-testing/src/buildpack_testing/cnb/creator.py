"""Running the lifecycle's `creator` as platforms do: in a container of the build image, as its ordinary user.

The paths of app and layers end up in the image, so they have to be /workspace and /layers; a container makes
them so. See the platform specification 0.14, "creator".
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import ReleaseError
from buildpack_release.model.toml_source import TomlSource
from buildpack_testing.cnb import image_layout
from buildpack_testing.cnb.base_images import GROUP_ID, USER_ID
from buildpack_testing.cnb.built_image import BuiltImage
from buildpack_testing.cnb.podman import ContainerSettings, Mount, run_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle

PLATFORM_API = "0.14"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Directories that one build leaves for the next, and those that every build gets anew.
_KEPT = ("cache", "layout")
_FRESH = ("workspace", "layers", "platform", "report")


class CreatorError(ReleaseError):
    """The lifecycle ended with code (platform/exit.go); output is all that it and the buildpacks printed."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(f"creator ended with {code}", detail="\n".join(output.splitlines()[-40:]))
        self.code = code
        self.output = output


@dataclass(frozen=True)
class Group:
    """What goes into a build: buildpack directories and the order that names them by id.

    An inner sequence of order is a group; ids in optional may fail detection. Of a composite, list its parts
    too.
    """

    buildpacks: Sequence[Path]
    order: Sequence[Sequence[str]]
    optional: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Creator:
    """A place where one app is built again and again: state keeps its cache and, in layout mode, its images.

    image is the local name of a build image, or of a builder: then lifecycle is None and no Group is given.
    """

    podman: Podman
    state: Path
    image: str
    lifecycle: BuiltLifecycle | None = None
    platform_api: str = PLATFORM_API
    options: Sequence[str] = ()
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def into_registry(
        self,
        app: Path,
        group: Group | None,
        *,
        registry: Registry,
        run_image: str,
        name: str,
        variables: Mapping[str, str] | None = None,
    ) -> BuiltImage:
        """Build app and push it to the registry as name (repository:tag). Raises CreatorError."""
        command = self.registry_command(
            app, group, registry=registry, run_image=run_image, name=name, variables=variables
        )
        output = self._run(command)
        reference = f"{registry.address}/{name}"
        return BuiltImage(reference, registry.read(reference), self._report(), output)

    def registry_command(
        self,
        app: Path,
        group: Group | None,
        *,
        registry: Registry,
        run_image: str,
        name: str,
        variables: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Lay out what into_registry() needs, and return what podman has to be told for the build itself."""
        environment = {}
        if registry.login:
            environment["CNB_REGISTRY_AUTH"] = json.dumps({registry.address: registry.login.header})
        arguments, image = ["-run-image", run_image], f"{registry.address}/{name}"
        return self._command(app, group, arguments, image, variables or {}, environment=environment)

    def into_layout(
        self,
        app: Path,
        group: Group | None,
        *,
        run_image: BaseImage,
        name: str,
        variables: Mapping[str, str] | None = None,
    ) -> BuiltImage:
        """Build app into an OCI layout below state; no registry is needed. name is repository:tag."""
        repository, _, tag = name.partition(":")
        base = self.state / "layout" / "localhost" / run_image.repository / run_image.tag
        if not base.exists():
            shutil.copytree(run_image.layout, base)
        run_reference = f"localhost/{run_image.repository}:{run_image.tag}"
        arguments = ["-layout", "-layout-dir", "/layout", "-run-image", run_reference]
        output = self._run(self._command(app, group, arguments, f"localhost/{name}", variables or {}))
        made = self.state / "layout" / "localhost" / repository / (tag or "latest")
        return BuiltImage(f"oci:{made}", image_layout.read(made), self._report(), output)

    def forget_cache(self) -> None:
        """Empty the cache, as on another machine."""
        _remove(self.state / "cache")

    def _command(
        self,
        app: Path,
        group: Group | None,
        arguments: Sequence[str],
        image: str,
        variables: Mapping[str, str],
        *,
        environment: Mapping[str, str] | None = None,
    ) -> list[str]:
        self._lay_out(app, variables)
        mounts = (*self._mounts(), *(self._group_mounts(group) if group else ()), *self.mounts)
        settings = ContainerSettings(
            mounts=mounts,
            environment={
                "CNB_PLATFORM_API": self.platform_api,
                "CNB_EXPERIMENTAL_MODE": "quiet",
                # The default helpers for cloud registries wait for answers that never come.
                "CNB_REGISTRY_AUTH_KEYCHAIN_SKIP_AMAZON": "true",
                "CNB_REGISTRY_AUTH_KEYCHAIN_SKIP_AZURE": "true",
                **(environment or {}),
                **self.environment,
            },
            user=f"{USER_ID}:{GROUP_ID}",
            entrypoint="/cnb/lifecycle/creator",
        )
        common = ["-cache-dir", "/cache", "-report", "/report/report.toml", "-no-color"]
        ids = ["-uid", str(USER_ID), "-gid", str(GROUP_ID)]
        command = (*common, *ids, *arguments, *self.options, image)
        return run_arguments(self.image, *command, settings=settings)

    def _run(self, command: Sequence[str]) -> str:
        result = self.podman.command(*command, check=False, merge=True)
        output = result.stdout.decode(errors="replace")
        if result.returncode != 0:
            raise CreatorError(result.returncode, output)
        return output

    def _lay_out(self, app: Path, variables: Mapping[str, str]) -> None:
        for name in _FRESH:
            _remove(self.state / name)
        shutil.copytree(app, self.state / "workspace", symlinks=True)
        (self.state / "platform" / "env").mkdir(parents=True)
        for name, value in variables.items():
            (self.state / "platform" / "env" / name).write_bytes(os.fsencode(value))
        for name in (*_KEPT, *_FRESH):
            (self.state / name).mkdir(parents=True, exist_ok=True)
            # Owner and mode of parent directories are part of a layer: the umask must not decide them.
            (self.state / name).chmod(0o755)
            _give_to_user(self.state / name)

    def _mounts(self) -> tuple[Mount, ...]:
        certificates = (Mount(CERTIFICATES, str(CERTIFICATES)),) if CERTIFICATES.is_file() else ()
        # The machine's own trust store: whatever the machine can download, a build can.
        return (
            *(Mount(self.state / name, f"/{name}", writable=True) for name in (*_KEPT, *_FRESH)),
            *certificates,
        )

    def _group_mounts(self, group: Group) -> tuple[Mount, ...]:
        buildpacks, order = self.state / "buildpacks", self.state / "order.toml"
        _remove(buildpacks)
        versions = dict(_copy_buildpack(path, buildpacks) for path in group.buildpacks)
        order.write_text(_order(group, versions), encoding="utf-8")
        for path in (order, buildpacks, *buildpacks.rglob("*")):
            _let_read(path)
        lifecycle = (Mount(self.lifecycle.directory, "/cnb/lifecycle"),) if self.lifecycle else ()
        return (Mount(buildpacks, "/cnb/buildpacks"), Mount(order, "/cnb/order.toml"), *lifecycle)

    def _report(self) -> Mapping[str, Any]:
        return TomlSource.read(self.state / "report" / "report.toml").data


def _copy_buildpack(source: Path, target: Path) -> tuple[str, str]:
    """Put a buildpack where builders have it, <escaped id>/<version>; return id and version."""
    facts = TomlSource.read(source / "buildpack.toml").data["buildpack"]
    name, version = str(facts["id"]), str(facts["version"])
    shutil.copytree(source, target / name.replace("/", "_") / version, symlinks=True)
    return name, version


def _let_read(path: Path) -> None:
    """Let everybody read, as in a builder, whatever the umask was when the file was made."""
    if not path.is_symlink():
        mode = path.stat().st_mode
        path.chmod(mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0))


def _order(group: Group, versions: Mapping[str, str]) -> str:
    lines = []
    for members in group.order:
        lines.append("[[order]]")
        for member in members:
            lines += ["[[order.group]]", f'id = "{member}"', f'version = "{versions[member]}"']
            if member in group.optional:
                lines.append("optional = true")
    return "\n".join(lines) + "\n"


def _give_to_user(tree: Path) -> None:
    """Let the containers' user own a tree; of links, the link itself. Raises OSError unless root."""
    for directory, _, files in os.walk(tree):
        os.chown(directory, USER_ID, GROUP_ID)
        for name in files:
            os.chown(Path(directory, name), USER_ID, GROUP_ID, follow_symlinks=False)


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
