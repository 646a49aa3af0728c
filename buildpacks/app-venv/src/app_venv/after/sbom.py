"""The software bill of materials of the environment, from the metadata of what is installed in it.

pip, the tool, is not in it: it lies elsewhere. A pip that the app requires is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from buildpack_common.licences import licence_of
from buildpack_common.names import pypi_purl
from buildpack_common.redaction import HIDDEN, redact, without_credentials
from buildpack_common.sbom_documents import Bom, Component

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app_venv.after.dependencies import Graph
    from app_venv.environment.checkouts import GitCheckout
    from app_venv.environment.installed import InstalledDistribution
    from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution

_CREATOR = "strata/app-venv"
_REQUIREMENT = "strata:requirement"
_HASHES = ("sha256:", "sha384:", "sha512:")


def bom_of(
    distributions: Sequence[InstalledDistribution],
    resolution: InstallationResolution,
    graph: Graph,
    checkouts: Sequence[GitCheckout] = (),
) -> Bom:
    """Return what is installed, with the hash of the file that pip's report names for it.

    ``checkouts`` tell where editable installations are from, of which pip notes only the directory.
    """
    packages = {package.name: package for package in resolution.packages}
    sources = {one.name: _source(one, checkouts) for one in distributions}
    purls = {one.name: _purl(one.name, one.version, sources[one.name]) for one in distributions}
    components = [
        _component(one, packages.get(one.name), sources[one.name], purls, graph) for one in distributions
    ]
    # What an old setuptools installs as editable leaves its metadata elsewhere.
    others = [package for name, package in packages.items() if name not in purls]
    components += [
        Component(name=one.name, version=one.version, purl=_purl(one.name, one.version, {})) for one in others
    ]
    return Bom(
        name="virtual environment",
        creator=_CREATOR,
        components=tuple(components),
        direct=tuple(purls[one.name] for one in distributions if one.requested),
    )


def _source(one: InstalledDistribution, checkouts: Sequence[GitCheckout]) -> Mapping[str, object]:
    """Return where it is from, in the form of PEP 610."""
    directory = one.editable_directory()
    for checkout in checkouts:
        if f"{directory}/".startswith(f"{checkout.directory}/"):
            return {"url": checkout.address, "vcs_info": {"vcs": "git", "commit_id": checkout.commit}}
    return one.direct_url()


def _component(
    one: InstalledDistribution,
    package: ResolvedDistribution | None,
    source: Mapping[str, object],
    purls: Mapping[str, str],
    graph: Graph,
) -> Component:
    licence = licence_of(
        one.first("License-Expression"), one.first("License"), one.fields.get("classifier", ())
    )
    origin = package.origin if package else ""
    return Component(
        name=one.first("Name"),
        version=one.version,
        purl=purls[one.name],
        licence=licence.expression,
        licence_text=licence.words,
        digest=origin if origin.startswith(_HASHES) else "",
        url=_address(source),
        requires=tuple(purls[name] for name in graph.needs.get(one.name, ())),
        properties=((_REQUIREMENT, "direct" if one.requested else "transitive"),),
    )


def _purl(name: str, version: str, source: Mapping[str, object]) -> str:
    """Return the package URL (purl specification, type pypi)."""
    purl = pypi_purl(name, version)
    address = _address(source)
    if not address:
        return purl
    qualifier = "vcs_url" if "vcs_info" in source else "download_url"
    return f"{purl}?{qualifier}={quote(address, safe=':/')}"


def _address(source: Mapping[str, object]) -> str:
    """Return the address that a requirement names (PEP 610), without credentials; '' for local files."""
    url = source.get("url")
    if not isinstance(url, str) or url.startswith("file:"):
        return ""
    vcs = source.get("vcs_info")
    if isinstance(vcs, dict):
        return f"{vcs.get('vcs', 'git')}+{_public(url)}@{vcs.get('commit_id', '')}"
    return _public(url)


def _public(url: str) -> str:
    """Leave out user and query: what stands in their place elsewhere is no part of an address."""
    return redact(without_credentials(url).replace(f"://{HIDDEN}@", "://")).partition("?")[0]
