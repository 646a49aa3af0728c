from __future__ import annotations

import gzip
import io
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.packaging.bundle import unpack_interpreter
from buildpack_release.packaging.interpreters import Interpreter, installed_interpreters

INSTALLED = tuple(installed_interpreters().values())
MINOR = INSTALLED[-1].minor
LIB = f"lib/python{MINOR}"
FILES = {
    f"bin/python{MINOR}": "#!/bin/sh\nexit 1\n",
    "bin/pip3": "x",
    f"{LIB}/os.py": "sep = '/'\n",
    f"{LIB}/lib-dynload/_json.so": "x",
    f"{LIB}/lib-dynload/_tkinter.so": "x",
    f"{LIB}/test/test_os.py": "x = 1\n",
    f"{LIB}/site-packages/pip/__init__.py": "x = 1\n",
    f"{LIB}/unittest/__init__.py": "x = 1\n",
    f"{LIB}/config-{MINOR}-x86_64-linux-gnu/Makefile": "x",
    f"{LIB}/__pycache__/os.cpython-39.pyc": "x",
    "lib/libssl.so.3": "x",
    f"lib/libpython{MINOR}.so.1.0": "x",
    "lib/tcl9.0/init.tcl": "x",
    "include/python/Python.h": "x",
    "share/man/python.1": "x",
}
LINKS = {"bin/python3": f"python{MINOR}"}


def pack(
    path: Path, files: dict[str, str], links: dict[str, str] | None = None, kind: bytes = tarfile.SYMTYPE
) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"python/{name}")
            info.size, info.mode = len(text), 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(info, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(f"python/{name}")
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return path


def unpack(archive: Path, into: Path, installed: tuple[Interpreter, ...] = INSTALLED) -> set[str]:
    unpack_interpreter(archive, into, installed=installed, cache=into / "cache")
    root = into / "interpreter"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def test_only_what_our_code_uses_is_kept(tmp_path: Path) -> None:
    """The interpreter, the library with bytecode, shared libraries; no pip, tests, headers, tk, manuals."""
    tag = MINOR.replace(".", "")
    assert unpack(pack(tmp_path / "a.tar.gz", FILES, LINKS), tmp_path) == {
        f"bin/python{MINOR}",
        "bin/python3",
        "lib/libssl.so.3",
        f"{LIB}/os.py",
        f"{LIB}/__pycache__/os.cpython-{tag}.pyc",
        f"{LIB}/unittest/__init__.py",
        f"{LIB}/unittest/__pycache__/__init__.cpython-{tag}.pyc",
        f"{LIB}/lib-dynload/_json.so",
    }
    assert stat.S_IMODE((tmp_path / f"interpreter/bin/python{MINOR}").stat().st_mode) == 0o755
    assert (tmp_path / "interpreter/bin/python3").readlink() == Path(f"python{MINOR}")


def test_libpython_is_kept_for_a_program_that_loads_it(tmp_path: Path) -> None:
    """Only where it is built in as well is the library a second copy."""
    files = {**FILES, f"bin/python{MINOR}": f"... libpython{MINOR}.so.1.0 ..."}
    assert f"lib/libpython{MINOR}.so.1.0" in unpack(pack(tmp_path / "a.tar.gz", files, LINKS), tmp_path)


def test_hard_links_become_files(tmp_path: Path) -> None:
    """Some archives have them; the package has none."""
    links = {"bin/python3": f"python/bin/python{MINOR}"}
    unpack(pack(tmp_path / "a.tar.gz", FILES, links, tarfile.LNKTYPE), tmp_path)
    assert (tmp_path / "interpreter/bin/python3").read_text() == FILES[f"bin/python{MINOR}"]


def test_a_python_of_the_same_minor_is_needed(tmp_path: Path) -> None:
    """Without bytecode every build would start slowly, on read-only layers for ever."""
    with pytest.raises(MissingToolError, match=f"Python {MINOR} is needed"):
        unpack(pack(tmp_path / "a.tar.gz", FILES, LINKS), tmp_path, installed=())


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ({"lib/x": "/etc/passwd"}, "leaves it"),
        ({f"{LIB}/x": "../../../../etc/passwd"}, "leaves it"),
    ],
)
def test_links_out_of_the_archive_are_refused(tmp_path: Path, links: dict[str, str], message: str) -> None:
    """They would show the build machine's files."""
    with pytest.raises(ReleaseError, match=message):
        unpack(pack(tmp_path / "a.tar.gz", FILES, links), tmp_path)


@pytest.mark.parametrize("name", ["../evil", "../../evil", "bin/../../../evil"])
def test_members_out_of_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    """Whatever they are called."""
    with pytest.raises(ReleaseError, match="outside python/"):
        unpack(pack(tmp_path / "a.tar.gz", {name: "x"}), tmp_path / "in")
    assert not list(tmp_path.rglob("evil"))


def test_devices_are_refused(tmp_path: Path) -> None:
    """No archive of Python has any."""
    with pytest.raises(ReleaseError, match="is no file"):
        unpack(pack(tmp_path / "a.tar.gz", FILES, {"lib/null": ""}, tarfile.CHRTYPE), tmp_path)


def test_what_is_no_archive_of_python(tmp_path: Path) -> None:
    """One clear error each: no gzip, cut off, nothing inside."""
    whole = pack(tmp_path / "whole.tar.gz", FILES).read_bytes()
    broken = {"text": b"hello", "cut": whole[: len(whole) // 2], "other": gzip.compress(b"x" * 999)}
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ReleaseError, match="not a whole"):
            unpack(tmp_path / name, tmp_path / f"in {name}")
    with pytest.raises(ReleaseError, match="holds no Python"):
        unpack(pack(tmp_path / "empty.tar.gz", {f"{LIB}/os.py": ""}), tmp_path / "in")


def test_an_interpreter_that_runs_here_compiles_its_own_library(tmp_path: Path) -> None:
    """It is the one whose bytecode certainly fits."""
    real = INSTALLED[-1].executable
    files = {**FILES, f"bin/python{MINOR}": f'#!/bin/sh\nexec "{real}" "$@"\n'}
    found = unpack(pack(tmp_path / "a.tar.gz", files, LINKS), tmp_path, installed=())
    assert any(name.endswith(".pyc") for name in found)
    assert subprocess.run([tmp_path / "interpreter/bin/python3", "-V"], check=False).returncode == 0
