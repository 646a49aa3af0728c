"""The tasks about builder images: builder.create, builder.check, builder.kpack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.tasks.command import BUILDERS, command
from buildpack_release.tasks.edge import print_json, print_paths, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context


@command(
    BUILDERS,
    argument="config",
    existing=True,
    writes=True,
    name="create",
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "to": "a reference with its registry, or a directory for an OCI layout",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
def builder_create(
    context: Context, config: str, to: str = "", json: bool = False, insecure: list[str] | None = None
) -> None:
    """Compose a builder image of its parts."""
    from buildpack_release.builder.builder_summary import address, created_data, summary
    from buildpack_release.builder.create import create_builder
    from buildpack_release.progress import say

    created = create_builder(Path(config), to, dist=root_of(context) / "dist", insecure=insecure or ())
    say(f"\n{summary(created)}")
    if json:
        print_json(created_data(created))
    else:
        print_text(address(created))


@command(
    BUILDERS,
    argument="config",
    existing=True,
    name="check",
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
def builder_check(
    context: Context, config: str, json: bool = False, insecure: list[str] | None = None
) -> None:
    """Check a builder's parts; prove that its plans fit."""
    from buildpack_release.builder.builder_check import check_builder
    from buildpack_release.progress import say

    report = check_builder(Path(config), root=root_of(context), insecure=insecure or ())
    if json:
        print_json(report.data())
    else:
        for line in report.lines():
            print_text(line)
    if not report.ok:
        raise CheckFailed(f"the check has failed: {report.summary}")
    say(f"The check has passed: {report.summary}")


@command(
    BUILDERS,
    argument="config",
    existing=True,
    writes=True,
    name="kpack",
    iterable=["insecure"],
    help={
        "config": "a builder.toml, as pack reads it; its buildpacks and images are in registries",
        "to": "the directory for the resources",
        "tag": "where kpack pushes the builder: REPOSITORY:TAG",
        "packages": "REGISTRY/NAMESPACE where the buildpacks of this repository are published",
        "lifecycle": "an image with a lifecycle, for a ClusterLifecycle (default: kpack's own)",
        "name": "what the resources are called (default: strata)",
        "service-account": "that with the credentials for the registries, by its name (default: default)",
        "namespace": "that of the service account, and of apps that name none (default: default)",
        "apps": "a file with the apps, [[apps]] for each: Image resources for them",
        "store": "one ClusterStore instead of a ClusterBuildpack each, for a kpack that does not know these",
        "json": "print data for programs",
        "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
    },
)
def builder_kpack(
    context: Context,
    config: str,
    to: str,
    tag: str,
    packages: str = "",
    lifecycle: str = "",
    name: str = "strata",
    service_account: str = "default",
    namespace: str = "default",
    apps: str = "",
    store: bool = False,
    json: bool = False,
    insecure: list[str] | None = None,
) -> None:
    """Write a builder and its apps as resources of kpack."""
    from buildpack_release.kpack.kpack_command import KpackOptions, write_kpack
    from buildpack_release.progress import say
    from oci_registry.remote.registries import Registries, connection

    options = KpackOptions(
        to=Path(to),
        tag=tag,
        packages=packages,
        lifecycle=lifecycle,
        name=name,
        service_account=service_account,
        namespace=namespace,
        apps=apps,
        store=store,
    )
    with Registries(connection(insecure=insecure or ()), say) as registries:
        print_paths(write_kpack(root_of(context), Path(config), options, registries), json=json)
    say(f"Apply it: kubectl apply -k {to}")
