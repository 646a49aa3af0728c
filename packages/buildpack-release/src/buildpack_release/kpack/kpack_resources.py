"""The resources of kpack (API kpack.io/v1alpha2) for a builder and its apps, as data.

kpack's definitions preserve unknown fields: an API server takes anything, and a misspelt field is simply not
heeded. So what is written here is held against kpack's published definitions in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from buildpack_release.builder.builder_toml import BuilderConfig
    from buildpack_release.kpack.kpack_apps import KpackApp

API = "kpack.io/v1alpha2"
_Json = dict[str, Any]


@dataclass(frozen=True)
class PinnedImage:
    """An image by its digest; `said` is how it was named before, for the comment."""

    name: str
    digest: str
    said: str

    @property
    def reference(self) -> str:
        """`registry/repository@sha256:...`."""
        return f"{self.name}@{self.digest}"


@dataclass(frozen=True)
class KpackBuildpack:
    """A buildpackage: its id (which becomes a resource's name), its image, and all that is in it, by id."""

    id: str
    image: PinnedImage
    contents: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class KpackBuilder:
    """A builder for kpack.

    Attributes:
        name: of the resources.
        tag: where kpack pushes the builder.
        account: name and namespace of the service account with the credentials for that.
        stack_id: of the stack.
        build, run: the base images.
        lifecycle: the image with the lifecycle; None leaves kpack's own.
        buildpacks: what is in the order.
        in_store: put them into one ClusterStore instead of a ClusterBuildpack each, for an older kpack.
    """

    name: str
    tag: str
    account: tuple[str, str]
    stack_id: str
    build: PinnedImage
    run: PinnedImage
    lifecycle: PinnedImage | None
    buildpacks: Sequence[KpackBuildpack]
    in_store: bool


@dataclass(frozen=True)
class KpackFile:
    """A file: its name, its resources, each with a comment."""

    name: str
    resources: tuple[tuple[str, _Json], ...]


def resource_files(
    builder: KpackBuilder, config: BuilderConfig, apps: Sequence[KpackApp], namespace: str
) -> Iterator[KpackFile]:
    """Return the files of a builder and its apps. `namespace` is that of apps that name none."""
    yield KpackFile("buildpacks.yaml", tuple(_buildpacks(builder)))
    yield KpackFile("stack.yaml", (_stack(builder),))
    if builder.lifecycle:
        yield KpackFile("lifecycle.yaml", (_lifecycle(builder, builder.lifecycle),))
    yield KpackFile("builder.yaml", (_builder(builder, config),))
    if apps:
        yield KpackFile("apps.yaml", tuple(_app(builder, app, namespace) for app in apps))


def kustomization(files: Sequence[KpackFile]) -> KpackFile:
    """Return the file by which kubectl and kustomize apply all of them."""
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [file.name for file in files],
    }
    return KpackFile("kustomization.yaml", (("Apply all of it: kubectl apply -k .", content),))


def _resource(kind: str, name: str, spec: _Json, namespace: str = "") -> _Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def _account(builder: KpackBuilder) -> _Json:
    name, namespace = builder.account
    return {"name": name, "namespace": namespace}


def _buildpacks(builder: KpackBuilder) -> Iterator[tuple[str, _Json]]:
    account = {"serviceAccountRef": _account(builder)}
    if builder.in_store:
        sources = [{"image": one.image.reference} for one in builder.buildpacks]
        said = "\n".join(one.image.said for one in builder.buildpacks)
        yield said, _resource("ClusterStore", builder.name, {**account, "sources": sources})
        return
    for one in builder.buildpacks:
        spec = {**account, "image": one.image.reference}
        yield one.image.said, _resource("ClusterBuildpack", buildpack_name(one.id), spec)


def buildpack_name(buildpack_id: str) -> str:
    """Return an id as the name of a resource (RFC 1123)."""
    return buildpack_id.lower().replace("/", "-").replace("_", "-")


def _stack(builder: KpackBuilder) -> tuple[str, _Json]:
    spec = {
        "id": builder.stack_id,
        "buildImage": {"image": builder.build.reference},
        "runImage": {"image": builder.run.reference},
        "serviceAccountRef": _account(builder),
    }
    said = f"Build image: {builder.build.said}\nRun image: {builder.run.said}"
    return f"{said}\nAnother run image here rebases all apps, without a build.", _resource(
        "ClusterStack", builder.name, spec
    )


def _lifecycle(builder: KpackBuilder, image: PinnedImage) -> tuple[str, _Json]:
    spec = {"image": image.reference, "serviceAccountRef": _account(builder)}
    return f"{image.said}; not every version of kpack has this resource", _resource(
        "ClusterLifecycle", builder.name, spec
    )


def _builder(builder: KpackBuilder, config: BuilderConfig) -> tuple[str, _Json]:
    spec: _Json = {
        "tag": builder.tag,
        "stack": {"kind": "ClusterStack", "name": builder.name},
        "serviceAccountRef": _account(builder),
        "order": [
            {"group": [_order_entry(entry.id, entry.version, optional=entry.optional) for entry in group]}
            for group in config.order
        ],
    }
    if builder.in_store:
        spec["store"] = {"kind": "ClusterStore", "name": builder.name}
    if builder.lifecycle:
        spec["lifecycle"] = {"kind": "ClusterLifecycle", "name": builder.name}
    title = config.description or "The builder"
    said = f"{title}; kpack pushes it to this tag, and rebuilds apps when it changes"
    return said, _resource("ClusterBuilder", builder.name, spec)


def _order_entry(buildpack_id: str, version: str, *, optional: bool) -> _Json:
    entry: _Json = {"id": buildpack_id}
    if version:
        entry["version"] = version
    if optional:
        entry["optional"] = True
    return entry


def _app(builder: KpackBuilder, app: KpackApp, namespace: str) -> tuple[str, _Json]:
    spec: _Json = {
        "tag": app.tag,
        "builder": {"kind": "ClusterBuilder", "name": builder.name},
        "serviceAccountName": app.service_account or builder.account[0],
        "source": _source(app),
    }
    if app.env:
        spec["build"] = {"env": [{"name": name, "value": value} for name, value in app.env]}
    return app.tag, _resource("Image", app.name, spec, app.namespace or namespace)


def _source(app: KpackApp) -> _Json:
    source: _Json = {}
    if app.git:
        source["git"] = {"url": app.git, "revision": app.revision}
    elif app.blob:
        source["blob"] = {"url": app.blob}
    else:
        source["registry"] = {"image": app.image}
    if app.sub_path:
        source["subPath"] = app.sub_path
    return source
