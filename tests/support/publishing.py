"""A small repository with packages in dist/, and publishing from it without waits."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.package import package
from buildpack_release.publish.attachments import KINDS
from buildpack_release.publish.dist import read_releases
from buildpack_release.publish.live_line import LiveLine
from buildpack_release.publish.publication import Publication
from oci_registry.content import Manifest
from oci_registry.reference import Reference
from support.packaging import environment
from support.registries import client
from support.sample_repository import component, composite, library, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from buildpack_release.publish.package_release import PackageRelease
    from oci_registry.remote.client import RegistryClient
    from oci_registry.remote.credentials import CredentialSource
    from oci_registry.remote.retry import RetryPolicy
    from oci_registry.remote.wire import ConnectionOptions
    from oci_registry.testing.registry_contents import MemoryStore

NAMES = ("one", "two", "all")


def make_repository(root: Path, version: str = "1.0.0") -> Path:
    """Make two components and a composite of them, not packaged yet."""
    library(root)
    for name in ("acme/one", "acme/two"):
        directory = component(root, name, plans={"x": (None, plan(provides=(name,)))}, version=version)
        (directory / "README.md").write_text(f"# {name}\n")
    composite(root, "acme/all", [f"acme/one@{version}", f"acme/two@{version}"], version=version)
    return root


def alone(home: Path, **variables: str) -> dict[str, str]:
    """Return an environment without this machine's credentials."""
    return environment(
        HOME=str(home), DOCKER_CONFIG=str(home), XDG_RUNTIME_DIR=str(home), XDG_CONFIG_HOME=str(home),
        REGISTRY_AUTH_FILE="", STRATA_CACHE_DIR=str(home / "cache"), **variables,
    )  # fmt: skip


def pack(root: Path) -> Path:
    """Package everything with the tools of no particular machine."""
    package(
        Repository.discover(root),
        dist=root / "dist",
        build=root / "build",
        toolchain=Toolchain((), (), root / "cache"),
        report=lambda _: None,
    )
    return root


def another(
    root: Path, target: Path, *, version: str = "1.0.0", readme: str = "", without_dist: bool = False
) -> Path:
    """Copy a repository to another place, with another version, or another README of one component."""
    shutil.copytree(root, target, symlinks=True)
    if without_dist:
        shutil.rmtree(target / "dist")
    if version != "1.0.0":
        for file in target.glob("buildpacks/*/buildpack.toml"):
            file.write_text(file.read_text().replace('version = "1.0.0"', f'version = "{version}"'))
    if readme:
        (target / "buildpacks/two/README.md").write_text(readme)
    return pack(target)


def releases(root: Path, *ids: str) -> tuple[PackageRelease, ...]:
    """Read dist/ for publishing."""
    return read_releases(Repository.discover(root), ids, root / "dist")


def quiet() -> LiveLine:
    """Return a line that nobody reads."""
    return LiveLine(io.StringIO(), is_terminal=False)


def publication(
    root: Path,
    host: str,
    *ids: str,
    credentials: CredentialSource | None = None,
    options: ConnectionOptions | None = None,
    policy: RetryPolicy | None = None,
    line: LiveLine | None = None,
) -> Publication:
    """Return the publication of a repository to the namespace `acme` of a registry, which does not wait."""

    def connect(registry: str, *, report: Callable[[str], None]) -> RegistryClient:
        return client(registry, credentials=credentials, options=options, policy=policy)

    destination = Reference(host, "acme")
    return Publication(Repository.discover(root), destination, root / "dist", ids, connect, line or quiet())


def agreed(_plan: object) -> None:
    """Agree to any plan."""


def annotated(root: Manifest, **annotations: str) -> Manifest:
    """Return an index with other annotations: equal content under another digest."""
    document: dict[str, Any] = dict(json.loads(root.content))
    document["annotations"] = {**document.get("annotations", {}), **annotations}
    return Manifest.from_json(document)


def unproven_tags(store: MemoryStore) -> list[str]:
    """List the tags, of those for people, below which a document is missing or not listed."""
    found = []
    for name, (_, _, tags) in store.state().items():
        pointers = dict(tags)
        for tag, digest in pointers.items():
            if tag.startswith("sha256-"):
                continue
            listed = {manifest.document["artifactType"] for manifest in store.referrers(name, digest)}
            fallback = pointers.get(digest.replace(":", "-"))
            if fallback is not None:
                index = store.manifest(name, fallback).document
                listed &= {entry["artifactType"] for entry in index["manifests"]}
            missing = {kind.media_type for kind in KINDS} - listed
            found += [f"{name}:{tag} {kind}" for kind in sorted(missing)]
    return found


def written(requests: Sequence[Any]) -> list[str]:
    """List what was written, of the requests of a registry for tests."""
    return [
        f"{one.method} {one.target}"
        for one in requests
        if one.method in ("PUT", "POST", "PATCH", "DELETE") and one.status < 400
    ]
