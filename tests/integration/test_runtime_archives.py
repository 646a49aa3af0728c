"""Real runtime archives: of python-build-standalone's shape, and independent of where they were made."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.archive import unpack
from buildpack_testing.runtimes import make_runtimes

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeArchive, RuntimeSet

# Some of these need libraries of the system that made the archive: they must have come along.
_MODULES = "bz2 ctypes curses decimal ensurepip hashlib lzma readline sqlite3 ssl uuid zlib"
_LOADED = f"""
import json, sys
import {_MODULES.replace(" ", ", ")}
maps = [line.split(None, 5) for line in open("/proc/self/maps")]
files = sorted({{fields[5].strip() for fields in maps if len(fields) == 6 and ".so" in fields[5]}})
print(json.dumps([sys.prefix, sys.version.split()[0], files]))
"""
_GLIBC = re.compile(r"(ld-linux.*|ld|libc|libm|libdl|libpthread|librt|libutil)([-.].*)?\.so.*")


@pytest.fixture(scope="module")
def unpacked(
    runtimes: RuntimeSet, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[RuntimeArchive, Path]]:
    """Each archive, unpacked below a path with a blank."""
    found = []
    for archive in runtimes.archives:
        directory = tmp_path_factory.mktemp(f"some where {archive.minor}")
        with tarfile.open(archive.file) as tar:
            unpack(tar, directory)
        found.append((archive, directory / "python"))
    return found


def test_every_module_loads_from_the_tree_and_glibc_alone(
    unpacked: list[tuple[RuntimeArchive, Path]],
) -> None:
    """On the machine that made it a moved Python would silently start with the libraries of its old place."""
    for archive, tree in unpacked:
        command = [str(tree / "bin" / "python3"), "-I", "-c", _LOADED]
        # Whoever runs the tests may have libraries of their own loaded into every program.
        env = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        said = subprocess.run(command, env=env, capture_output=True, check=True).stdout
        prefix, version, files = json.loads(said)
        assert (prefix, version) == (str(tree), archive.version)
        foreign = [file for file in files if not file.startswith(f"{tree}/")]
        assert [file for file in foreign if not _GLIBC.fullmatch(file.rsplit("/", 1)[-1])] == []


def test_the_scripts_find_their_python(unpacked: list[tuple[RuntimeArchive, Path]]) -> None:
    for _, tree in unpacked:
        shown = subprocess.run(
            [tree / "bin" / "pip3", "--version"], capture_output=True, text=True, check=True
        )
        assert f"from {tree}/lib/" in shown.stdout


def test_the_shape(runtimes: RuntimeSet) -> None:
    for archive in runtimes.archives:
        with tarfile.open(archive.file) as tar:
            names = set(tar.getnames())
        library = f"python/lib/python{archive.minor}"
        assert {name.split("/")[0] for name in names} == {"python"}
        assert {name.split("/")[1] for name in names if "/" in name} <= {"bin", "include", "lib", "share"}
        assert f"python/include/python{archive.minor}/Python.h" in names
        assert f"{library}/site-packages/pip/__init__.py" in names
        assert f"{library}/ensurepip/_bundled" in names
        assert f"{library}/test" not in names
        assert not [name for name in names if name.endswith((".a", ".pyc", "__pycache__"))]


def test_making_one_again_gives_the_same_bytes(
    runtimes: RuntimeSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layer key holds the sha256: with another one each time, nothing would be reused."""
    newest = runtimes.archives[-1]
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "another cache"))
    again = make_runtimes(tmp_path / "out", minors=frozenset({newest.minor}))
    assert again.archives[0].sha256 == newest.sha256
