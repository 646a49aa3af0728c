from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.archived_interpreter import ArchivedInterpreter
from buildpack_release.bytecode.compile import compile_tree
from buildpack_release.bytecode.interpreters import Compiler, installed_interpreters
from buildpack_release.errors import MissingToolError, ReleaseError
from support.python_archives import TRIM, pack, pack_python

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = list(installed_interpreters().values())[-1]


def test_it_compiles_as_one_that_is_installed_does(tmp_path: Path) -> None:
    """The same bytes; it is unpacked when it is needed, and only once."""
    count = tmp_path / "count"
    script = f'echo >>"{count}"\nexec "{PYTHON.executable}" "$@"'
    archive = pack_python(tmp_path / "a.tar.gz", PYTHON.version, script)
    (tmp_path / "home").mkdir()
    archived = ArchivedInterpreter.of(archive, TRIM, tmp_path / "home")
    assert (archived.minor, archived.version) == (PYTHON.minor, PYTHON.version)
    assert not list((tmp_path / "home").iterdir())
    found = []
    compilers: tuple[Compiler, ...] = (PYTHON, archived)
    for number, one in enumerate(compilers):
        root = tmp_path / str(number)
        (root / "lib").mkdir(parents=True)
        (root / "lib/m.py").write_text("KINDS = frozenset({'a', 'b'})\ndef f(): return 'a'\n")
        compile_tree(root, root / "lib", interpreters=[one], cache=tmp_path / f"cache {number}")
        found.append([path.read_bytes() for path in root.rglob("*.pyc")])
    assert found[0] == found[1] != []
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: archived.executable, range(8)))) == 1
    assert count.read_text() == "\n\n", "asked once, and compiled once"


def test_nothing_is_unpacked_for_what_the_cache_has(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/m.py").touch()
    compile_tree(tmp_path, tmp_path / "lib", interpreters=[PYTHON], cache=tmp_path / "cache")
    archived = ArchivedInterpreter(tmp_path / "gone", PYTHON.minor, PYTHON.patch, TRIM, tmp_path / "home")
    compile_tree(tmp_path, tmp_path / "lib", interpreters=[archived], cache=tmp_path / "cache")


def test_one_that_does_not_run_here_says_why(tmp_path: Path) -> None:
    archive = pack_python(tmp_path / "a.tar.gz", "3.13.2", "echo 'libc.so.6: version' >&2; exit 1")
    (tmp_path / "home").mkdir()
    with pytest.raises(MissingToolError, match=r"Python 3\.13\.2 in this archive does not run") as caught:
        _ = ArchivedInterpreter.of(archive, TRIM, tmp_path / "home").executable
    assert (caught.value.detail, caught.value.file) == ("libc.so.6: version", archive)


def test_one_that_lies_about_its_version(tmp_path: Path) -> None:
    """Byte code is kept by version: that of another must not get under its name."""
    archive = pack_python(tmp_path / "a.tar.gz", "3.13.2", "echo 3.13.3")
    (tmp_path / "home").mkdir()
    with pytest.raises(ReleaseError, match=r"holds Python 3\.13\.3"):
        _ = ArchivedInterpreter.of(archive, TRIM, tmp_path / "home").executable


@pytest.mark.parametrize(("version", "said"), [("3.9.1", "It holds 3.9.1."), ("3.14.0rc1", "")])
def test_what_cannot_compile_for_a_package(tmp_path: Path, version: str, said: str) -> None:
    """A line that is not supported, and a pre-release."""
    minor = ".".join(version.split(".")[:2])
    archive = pack(tmp_path / "a.tar.gz", {f"bin/python{minor}": f"{version}\0".encode()})
    with pytest.raises(ReleaseError, match="no final release of a supported Python") as caught:
        ArchivedInterpreter.of(archive, TRIM, tmp_path)
    assert said in caught.value.detail
