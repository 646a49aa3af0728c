"""Archives of python-build-standalone, real ones and small ones in their shape, and who can unpack them."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, NetworkError
from buildpack_release.files.cache import cache_directory
from buildpack_release.progress import say
from buildpack_release.runtimes.buildpack_program import BuildpackProgram
from buildpack_testing.installed_pythons import find_installed
from buildpack_testing.runtime_set import make_set
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.standalone.archives import make_standalone
from buildpack_testing.standalone.releases import OLDER, RELEASES
from support.needs import lack
from support.sample_repository import component, plan, write_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.standalone.releases import StandaloneRelease

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("buildpack-common", "buildpack-api")
"""The libraries that are copied into each buildpack."""
TRIM = BuildpackProgram(
    "python_runtime",
    "trim",
    (ROOT / "buildpacks/python-runtime/src", *(ROOT / "packages" / name / "src" for name in CARRIED)),
)
"""What `inv package` unpacks interpreters with."""


def carrier(root: Path, buildpack_id: str) -> Path:
    """Make a component that knows archives, with the code of strata/python-runtime, in a repository."""
    directory = component(root, buildpack_id, plans={"x": (None, plan(provides=("python",)))})
    shutil.rmtree(directory / "src")
    shutil.copytree(ROOT / "buildpacks/python-runtime/src", directory / "src")
    for name in CARRIED:
        shutil.copytree(ROOT / "packages" / name, root / "packages" / name, dirs_exist_ok=True)
    write_settings(root)
    return directory


def pack(
    path: Path,
    files: Mapping[str, bytes],
    links: Mapping[str, str] | None = None,
    kind: bytes = tarfile.SYMTYPE,
) -> Path:
    """Write an archive with the top folder `python`; what lies in `bin/` is executable."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"python/{name}")
            info.size, info.mode = len(data), 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(f"python/{name}")
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return path


def pack_python(path: Path, version: str, program: str = "exit 1", **files: str) -> Path:
    """Write an archive whose interpreter is a script, with a small library and the version's own mark."""
    minor = version.rpartition(".")[0]
    script = f"#!/bin/sh\n{program}\nexit\n".encode() + f"{version}\0".encode()
    library = {"os.py": "sep = '/'\n", **{f"{name}.py": text for name, text in files.items()}}
    content = {f"lib/python{minor}/{name}": text.encode() for name, text in library.items()}
    return pack(path, {f"bin/python{minor}": script, **content}, {"bin/python3": f"python{minor}"})


def real_archives(
    *, minors: frozenset[str] | None = None, arch: str = "", releases: Sequence[StandaloneRelease] = RELEASES
) -> RuntimeSet:
    """Return archives of real trees (see `make_standalone`); without them the test lacks what it needs."""
    try:
        return make_standalone(minors=minors, arch=arch, releases=releases, report=say)
    except (MissingToolError, NetworkError) as error:
        lack(str(error))


def two_patches() -> RuntimeSet:
    """Return archives of two patches of one line, the older one first.

    They are a CPython of this machine and the real tree of its line, or where there is no such pair two real
    trees.
    """
    real = {one.minor: one for one in RELEASES}
    pairs = [one for one in find_installed().values() if one.minor in real]
    different = [one.minor for one in pairs if one.version != real[one.minor].version]
    if not different:
        older = [one for one in OLDER if one.minor == "3.10"]
        newer = [one for one in RELEASES if one.minor == "3.10"]
        archives = [real_archives(releases=[one]).archives[0] for one in (*older, *newer)]
    else:
        minor = different[-1]
        own = make_runtimes(minors=frozenset({minor}), report=say)
        archives = [*own.archives, *real_archives(minors=frozenset({minor})).archives]
    archives.sort(key=lambda one: int(one.version.rpartition(".")[2]))
    directory = cache_directory() / "runtimes" / "-".join(("patches", *(one.version for one in archives)))
    return make_set(archives, directory)
