"""The apps that kpack is to build: a TOML file with a table for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.known_secrets import address_secrets, environment_secrets
from buildpack_release.errors import CheckFailed
from buildpack_release.model.table import Table
from buildpack_release.model.toml_source import TomlSource
from oci_registry.errors import InvalidReferenceError
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.finding import Finding

_KEYS = ("name", "tag", "git", "revision", "blob", "image", "sub-path", "service-account", "namespace", "env")
_SOURCES = ("git", "blob", "image")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_LONGEST = 253
_LONGEST_APP = 63  # kpack makes labels of these names: its webhook refuses longer ones
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_resource_name(text: str) -> bool:
    """Whether a text is a DNS subdomain (RFC 1123), as names of resources are."""
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def is_label(text: str) -> bool:
    """Whether a text is a DNS label (RFC 1123), as names of namespaces are."""
    return _LABEL.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class KpackApp:
    """An app: its image's tag, and where its source is (one of git, blob, image). "" is what is not said."""

    name: str
    tag: str
    git: str
    revision: str
    blob: str
    image: str
    sub_path: str
    service_account: str
    namespace: str
    env: tuple[tuple[str, str], ...]


def read_apps(path: Path) -> tuple[KpackApp, ...]:
    """Read a file of apps. Raises CheckFailed, with the line, for the first fault; ReleaseError."""
    source = TomlSource.read(path)
    findings: list[Finding] = []
    root = Table.root(source, findings)
    root.refuse_unknown_keys(("apps",))
    apps = tuple(_read(table) for table in root.tables("apps"))
    if not apps:
        root.error("missing-key", "no app is in this file", advice="Write a table [[apps]] for each.")
    seen: set[tuple[str, str]] = set()
    for index, app in enumerate(apps):
        if (app.namespace, app.name) in seen:
            root.error("duplicate", f"there are two apps called {app.name}", "apps", index, "name")
        seen.add((app.namespace, app.name))
    if errors := [one for one in findings if one.is_error]:
        first = errors[0]
        raise CheckFailed(first.message, advice=first.advice, file=first.file, line=first.line)
    return apps


def _read(table: Table) -> KpackApp:
    table.refuse_unknown_keys(_KEYS)
    env = table.table("env")
    app = KpackApp(
        name=table.string("name", required=True),
        tag=table.string("tag", required=True),
        git=table.string("git"),
        revision=table.string("revision"),
        blob=table.string("blob"),
        image=table.string("image"),
        sub_path=table.string("sub-path"),
        service_account=table.string("service-account"),
        namespace=table.string("namespace"),
        env=tuple((key, env.string(key)) for key in env.data),
    )
    if app.name and not (is_resource_name(app.name) and len(app.name) <= _LONGEST_APP):
        table.error(
            "name", f'"{app.name}" is no name of an app (RFC 1123, {_LONGEST_APP} characters)', "name"
        )
    for key, value in (("service-account", app.service_account), ("namespace", app.namespace)):
        fits = is_label(value) if key == "namespace" else is_resource_name(value)
        if value and not fits:
            table.error("name", f'"{value}" is no name (RFC 1123)', key)
    if app.tag:
        _check_tag(table, app.tag)
    given = [key for key in _SOURCES if table.string(key)]
    if len(given) != 1:
        table.error("source", f"an app has one source: {', '.join(_SOURCES)}", *given[1:2])
    if bool(app.git) != bool(app.revision):
        table.error("source", '"git" and "revision" belong together', "git" if app.git else "revision")
    _check_secrets(table, app)
    return app


def _check_secrets(table: Table, app: KpackApp) -> None:
    """Refuse passwords: all that is in this file is written into resources that many can read."""
    addresses = {"git": (app.git,), "blob": (app.blob,), "env": tuple(value for _, value in app.env)}
    for key, values in addresses.items():
        is_known = key == "env" and environment_secrets(dict(app.env))
        if is_known or any(address_secrets(value, key) for value in values):
            table.error(
                "secret",
                f'there is a password in "{key}", and it would be in the resources',
                key,
                advice="Put it into a secret of the cluster, which the service account or a binding names.",
            )


def _check_tag(table: Table, tag: str) -> None:
    try:
        if Reference.parse(tag).digest is not None:
            table.error("tag", "an image is pushed to a tag, not to a digest", "tag")
    except InvalidReferenceError as error:
        table.error("tag", error.title, "tag", advice=error.advice)
