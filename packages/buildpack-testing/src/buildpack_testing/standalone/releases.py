"""The releases of python-build-standalone that a Go module carries, and how to get them.

The module github.com/kluctl/go-embed-python has the trees of all its platforms as data; each of its versions
names the Python and the release of python-build-standalone that it was made from.
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import NetworkError, ReleaseError
from buildpack_testing.go_toolchain import GoToolchain, ensure_go
from buildpack_testing.pinned import Pinned
from buildpack_testing.runtime_set import STRIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MODULE = "github.com/kluctl/go-embed-python"
_ADVICE = "See that the Go module proxy can be reached (go env GOPROXY); what was fetched once is kept."


@dataclass(frozen=True)
class StandaloneRelease:
    """A Python of one release of python-build-standalone.

    tag is that release, flavour the form of its archive, build the module's own number. checksum is the
    module's hash as in go.sum. wheels are what ensurepip of that CPython installs. With strip the tree has
    debugging symbols, and they are taken out here, as it is done for the stripped archives upstream.
    """

    version: str
    tag: str
    checksum: str
    wheels: tuple[Pinned, ...]
    flavour: str = "install_only"
    build: int = 1
    strip: bool = False

    @property
    def minor(self) -> str:
        """The line it belongs to, such as "3.13"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def module_version(self) -> str:
        """The version of the Go module."""
        return f"v0.0.0-{self.version}-{self.tag}-{self.build}"

    @property
    def prefix(self) -> str:
        """What every name in the module's zip begins with."""
        return f"{MODULE}@{self.module_version}/"


_SETUPTOOLS = Pinned(
    "setuptools", "65.5.0", "f62ea9da9ed6289bfe868cd6845968a2c854d1427f8548d52cae02a42b4f0356"
)
RELEASES: tuple[StandaloneRelease, ...] = (
    StandaloneRelease(
        "3.10.16",
        "20241219",
        "h1:bfJRrtWlbdrPtwXXXZzA95yj2Pr9AvSbxDEm8YvbaP0=",
        (
            Pinned("pip", "23.0.1", "236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f"),
            _SETUPTOOLS,
        ),
    ),
    StandaloneRelease(
        "3.11.11",
        "20241219",
        "h1:yVXFTxa6cvhLC6TwkDEHmNaiWlDyaFEGiXd1DQdoeOU=",
        (
            Pinned("pip", "24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"),
            _SETUPTOOLS,
        ),
    ),
    StandaloneRelease(
        "3.13.1",
        "20241219",
        "h1:x1cSEj4Ug5mpuZgUHLvUmlc5r//KHFn6iYiRSrRcVy4=",
        (Pinned("pip", "24.3.1", "3790624780082365f47549d032f3770eeb2b1e8bd1f7b2e02dace1afa361b4ed"),),
    ),
    StandaloneRelease(
        "3.14.6",
        "20260610",
        "h1:oGUS7++Wm3LgxUfD6AmJgKbKQD2wdQFO9PzyJv6T+E4=",
        (Pinned("pip", "26.1.2", "382ff9f685ee3bc25864f820aa50505825f10f5458ffff07e30a6d96e5715cab"),),
        flavour=STRIPPED,
    ),
)

# Archives of other forms, one of each: the interpreter needs libcrypt, there are debugging symbols (twice as
# large as everything else), there are none of those although libpython is shared.
OLDER: tuple[StandaloneRelease, ...] = (
    StandaloneRelease(
        "3.10.8",
        "20221106",
        "h1:PXkdM8Z/Lh1+GIjXVG3dFs5enQoQ1eC7JXMz/Mo4R04=",
        (
            Pinned("pip", "22.2.2", "b61a374b5bc40a6e982426aede40c9b5a08ff20e640f5b56977f4f91fed1e39a"),
            Pinned(
                "setuptools", "63.2.0", "0d33c374d41c7863419fc8f6c10bfe25b7b498aa34164d135c622e52580c6b16"
            ),
        ),
    ),
    StandaloneRelease(
        "3.12.3",
        "20240415",
        "h1:IX2O3LJUL0AjYsROGZ4aNENTEb3c/Ll/0b9Yb/8P61Q=",
        (Pinned("pip", "24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc"),),
    ),
    replace(RELEASES[1], flavour=STRIPPED, strip=True),
)


def download(
    release: StandaloneRelease,
    environ: Mapping[str, str] | None = None,
    *,
    report: Callable[[str], None] = lambda _line: None,
) -> Path:
    """Return the module's zip in the Go module cache, fetched if need be (120 to 150 MB), and verified.

    Raises MissingToolError without Go, NetworkError when the module cannot be had, ReleaseError when it is
    not the one we know.
    """
    environ = os.environ if environ is None else environ
    go = _without_checksum_database(ensure_go(environ, report=report), environ)
    wanted = f"{MODULE}@{release.module_version}"
    with tempfile.TemporaryDirectory(prefix="strata-go-") as nowhere:  # not in a module of somebody's
        facts = go.download(wanted, cwd=Path(nowhere))
    # A Go older than the module wants downloads it and then complains: the zip is all we need.
    if "Zip" not in facts:
        raise NetworkError(
            f"Cannot download the Go module {wanted}", detail=facts.get("Error", ""), advice=_ADVICE
        )
    file = Path(facts["Zip"])
    found = module_hash(file)
    if found != release.checksum:
        raise ReleaseError(
            f"The Go module {wanted} is not the one this project knows",
            detail=f"expected {release.checksum}, got {found}",
            advice="Do not use it. Find out what the module proxy serves (go env GOPROXY).",
            file=file,
        )
    return file


def module_hash(file: Path) -> str:
    """Return the hash of a module's zip as go.sum has it (golang.org/x/mod/sumdb/dirhash, Hash1)."""
    summary = hashlib.sha256()
    with zipfile.ZipFile(file) as archive:
        for name in sorted(archive.namelist()):
            content = hashlib.sha256()
            with archive.open(name) as member:
                while piece := member.read(1 << 20):
                    content.update(piece)
            summary.update(f"{content.hexdigest()}  {name}\n".encode())
    return "h1:" + base64.b64encode(summary.digest()).decode()


def _without_checksum_database(go: GoToolchain, environ: Mapping[str, str]) -> GoToolchain:
    """Ask nobody for a hash that we have, nor for another toolchain to unpack the module with."""
    private = environ.get("GONOSUMDB") or environ.get("GOPRIVATE") or ""
    settings = {"GONOSUMDB": ",".join(filter(None, (private, MODULE))), "GOTOOLCHAIN": "local"}
    return GoToolchain(go.executable, {**go.environment, **settings})
