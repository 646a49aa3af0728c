"""How versions are given, and where things are on the web.

The keys `versioning`, `repository-url` and `homepage` of `[tool.buildpack-release]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buildpack_common.redaction import redact
from buildpack_release.errors import CheckFailed
from buildpack_release.model.finding import Finding, raise_first_error
from buildpack_release.model.settings import Versioning, read_versioning, settings_table
from buildpack_release.versions.links import Forge

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.table import Table


@dataclass(frozen=True)
class Policy:
    """How versions are given, and where the repository is on the web (None: changelogs get no links).

    homepage is that of buildpacks that name none: by default where the repository is; "" for none.
    """

    versioning: Versioning = Versioning.FIXED
    forge: Forge | None = None
    homepage: str = ""

    @classmethod
    def read(cls, root: Path) -> Policy:
        """Read the policy of a repository from its pyproject.toml. Raises CheckFailed with file and line."""
        findings: list[Finding] = []
        table = settings_table(root, findings)
        url, homepage = (_address(table, key) for key in ("repository-url", "homepage"))
        raise_first_error(findings)
        forge = Forge(url.rstrip("/").removesuffix(".git").rstrip("/")) if url else None
        return cls(read_versioning(root), forge, homepage or (forge.url if forge else ""))


def _address(table: Table, key: str) -> str:
    url = table.string(key)
    if url and (fault := _url_fault(url)):
        message = f'the {key} "{redact(url)}" {fault}'
        raise CheckFailed(message, file=table.source.path, line=table.source.line(*table.path, key))
    return url


def _url_fault(url: str) -> str:
    """Return why an address cannot be in a public file."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(one.isspace() for one in url):
        return "is not an http(s) address"
    if "@" in parts.netloc:
        return "holds a user name or password"
    return "has a query or fragment" if parts.query or parts.fragment else ""
