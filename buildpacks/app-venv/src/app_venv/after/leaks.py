"""No secret of a build in what it leaves: noted addresses lose theirs, anything else ends the build.

A layer that is reused is searched again only for a secret from where there was none when it was made. It
was searched for the others then, and what has been given since to the same binding or variable cannot be in
it. Which they were is kept as digests of their sources; digests of the secrets themselves, in public
metadata, would help to guess them.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.environment.installed import installed_distributions
from app_venv.environment.records import PublishedFiles, correct_record
from app_venv.installers.pip.cache import kept_digests
from app_venv.settings import CACHE
from buildpack_api.errors import BuildpackError
from buildpack_api.secret_search import Findings, Hit, SecretSearch
from buildpack_api.sizes import readable_size
from buildpack_common.files import remove, write_atomically
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.installers.strategy import InstallerCache
    from buildpack_api.layers import Layer
    from buildpack_api.output import Output
    from buildpack_common.known_secrets import KnownSecret

_SHOWN = 10
_ADVICE = (
    "None of these layers is kept. Find out what writes it there: a build script that stores its environment "
    "or where its repository is, a file that is packed by mistake, the address of a dependency. If it "
    "is no secret at all, take it out of the address or the binding that has it."
)
_ADVICE_ON_CACHE = f" {CACHE.name}=none builds without what is in the cache, and empties it."


@dataclass(frozen=True)
class Made:
    """What a build is about to leave: the layer of the environment, the cache, and what was chosen.

    ``static_files`` is the directory of the app into which Django has put files, on every build.

    ``search_again``: the layers may hold a secret that they were not searched for when they were made.
    """

    layer: Layer
    cache: InstallerCache
    site_packages: Path
    resolution: InstallationResolution
    search_again: bool
    secrets: tuple[KnownSecret, ...] = field(repr=False)
    static_files: Path | None = None


def mend_addresses(site_packages: Path, cache: InstallerCache, secrets: tuple[KnownSecret, ...]) -> None:
    """Take the query out of addresses that pip has noted (PEP 610) if there is a secret in it.

    pip itself takes out the user. Which file it was is told by its hash, noted as well.
    """
    search = SecretSearch(secrets)
    for one in installed_distributions(site_packages):
        if one.directory is not None:
            path = one.directory / "direct_url.json"
            content = _mended(path, search)
            if content:
                correct_record(one, {path: content})
    for path in sorted(cache.path.glob("wheels/**/origin.json")):
        _mended(path, search)


def refuse_leaks(made: Made, output: Output) -> None:
    """Search the layers, their metadata and bills of materials.

    Raises BuildpackError for a secret; the layers are gone then.
    """
    search = SecretSearch(made.secrets)
    if not search:
        return
    if made.search_again:
        output.step("Searching the layers for secrets of this build")
    layers = (made.layer, made.cache.layer)
    findings = [(layer, _search(layer, made, search, output)) for layer in layers]
    leaks = [(layer, hit) for layer, found in findings for hit in found.hits]
    static = _search_static(made, search)
    if leaks or static:
        for layer in layers:
            _forget(layer)
        raise _leaked(leaks, static, made.cache.layer)
    if made.search_again:
        files, size = (sum(getattr(found, name) for _, found in findings) for name in ("files", "size"))
        output.detail(f"None is in {files} files ({readable_size(size)})")
    unsearched = [f"{one} in the layer {layer.name}" for layer, found in findings for one in found.unsearched]
    if unsearched:
        output.warning("Archives were not searched for secrets to their end", "\n".join(unsearched))


def _search(layer: Layer, made: Made, search: SecretSearch, output: Output) -> Findings:
    findings = Findings()
    for document in sorted(layer.path.parent.glob(f"{layer.name}.sbom.*")):
        search.look_through(document, findings)
    metadata = json.dumps(layer.key.to_metadata(), ensure_ascii=False).encode("utf-8", "surrogatepass")
    findings.hits += [Hit(layer.metadata_file.name, source) for source in sorted(search.sources(metadata))]
    if made.search_again:
        in_cache = layer is made.cache.layer
        published = _PublishedDownloads(made) if in_cache else _published_files(made)
        search.look_through(
            layer.path,
            findings,
            known=published.__contains__,
            progress=lambda size: output.progress(
                f"Searching the layer {layer.name} for secrets", size, None
            ),
        )
    return findings


def _search_static(made: Made, search: SecretSearch) -> list[Hit]:
    findings = Findings()
    if made.static_files is not None:
        search.look_through(made.static_files, findings)
    return findings.hits


def _published_files(made: Made) -> PublishedFiles:
    names = {package.name for package in made.resolution.packages if package.published}
    return PublishedFiles(made.site_packages, names)


class _PublishedDownloads:
    """The files of the cache that are wheels as an index has them, or unpacked of such wheels (uv).

    The content of the latter is also in the environment, or, of heavy files, known from there.
    """

    def __init__(self, made: Made) -> None:
        self._published = _published_files(made)
        packages = made.resolution.packages
        digests = {package.origin.rpartition(":")[2] for package in packages if package.published}
        kept = kept_digests(made.cache.path).items()
        self._paths = {str(made.cache.path / name) for name, digest in kept if digest in digests}

    def __contains__(self, path: str) -> bool:
        return path in self._paths or self._published.has_content(path)


def _mended(path: Path, search: SecretSearch) -> bytes | None:
    """Write an address without its query if there is a secret in it, and return what was written."""
    try:
        content = path.read_bytes()
        document = parse_json(content) if search.sources(content) else {}
    except (OSError, ValueError):
        return None
    url = document.get("url") if isinstance(document, dict) else None
    if not isinstance(url, str) or "?" not in url:
        return None
    mended = json.dumps({**document, "url": url.partition("?")[0]}, sort_keys=True).encode()
    write_atomically(path, mended)
    return mended


def _forget(layer: Layer) -> None:
    """Remove it, its metadata first: without these nobody takes the rest for a layer."""
    with suppress(OSError):  # what ends the build is the leak
        remove(layer.clear())


def _leaked(leaks: Iterable[tuple[Layer, Hit]], static: Iterable[Hit], cache: Layer) -> BuildpackError:
    leaks = tuple(leaks)
    lines = [f"{hit.place} in the layer {layer.name} has what is in {hit.source}" for layer, hit in leaks]
    lines += [f"{hit.place} of the static files has what is in {hit.source}" for hit in static]
    more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    in_cache = any(layer is cache for layer, _ in leaks)
    return BuildpackError(
        "A secret of this build would get into the image or the cache",
        detail="\n".join([*lines[:_SHOWN], *more]),
        advice=_ADVICE + (_ADVICE_ON_CACHE if in_cache else ""),
    )
