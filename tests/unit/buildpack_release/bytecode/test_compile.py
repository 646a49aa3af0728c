from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from buildpack_release.bytecode.compile import compile_tree
from buildpack_release.bytecode.interpreters import HostInterpreter, installed_interpreters
from buildpack_release.errors import ReleaseError

# Frozensets of strings, shared strings and nested code: what has made bytecode differ between runs.
SOURCE = '''
"""A module."""
KINDS = "alpha", "beta", "gamma"
def known(kind: str) -> bool:
    def inner() -> str:
        return "alpha"
    return kind in {"alpha", "beta", "gamma", "delta", "epsilon"} or kind == inner()
'''
INSTALLED = list(installed_interpreters().values())
every_interpreter = pytest.mark.parametrize("interpreter", INSTALLED, ids=[one.minor for one in INSTALLED])


def tree(root: Path, *names: str) -> Path:
    for name in names:
        path = root / "lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SOURCE)
    return root


def compiled(root: Path, cache: Path, *interpreters: HostInterpreter) -> dict[str, bytes]:
    compile_tree(root, root / "lib", interpreters=interpreters, cache=cache)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*.pyc"))}


@every_interpreter
def test_equal_sources_give_equal_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: HostInterpreter
) -> None:
    """On another path, with other modules beside it, with another hash seed, locale and encoding."""
    first = compiled(tree(tmp_path / "a", "m.py", "p/__init__.py"), tmp_path / "c1", interpreter)
    monkeypatch.setenv("PYTHONHASHSEED", "42")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("LC_ALL", "C")
    second = compiled(
        tree(tmp_path / "an other ü/x", "a.py", "m.py", "p/__init__.py"), tmp_path / "c2", interpreter
    )
    tag = interpreter.minor.replace(".", "")
    assert set(first) == {
        f"lib/__pycache__/m.cpython-{tag}.pyc",
        f"lib/p/__pycache__/__init__.cpython-{tag}.pyc",
    }
    assert {name: second[name] for name in first} == first
    assert not any(str(tmp_path).encode() in data for data in first.values())


@every_interpreter
def test_it_is_used_whatever_the_times_of_files_are(tmp_path: Path, interpreter: HostInterpreter) -> None:
    """Unchecked hash: Python runs it without a look at the source, which is another one here."""
    root = tree(tmp_path / "a", "m.py")
    (data,) = compiled(root, tmp_path / "cache", interpreter).values()
    assert struct.unpack("<I", data[4:8]) == (0b01,), "hash-based, unchecked (PEP 552)"
    (root / "lib/m.py").write_text("KINDS = 'changed'")
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]\nimport m; print(m.KINDS[0], m.known.__code__.co_filename)"
    )
    command: list[str | Path] = [interpreter.executable, "-I", "-c", script, str(root / "lib")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"alpha {root}/lib/m.py\n", "tracebacks name the real path"


def test_all_minors_side_by_side(tmp_path: Path) -> None:
    """One `__pycache__` serves all of them."""
    found = compiled(tree(tmp_path / "a", "m.py"), tmp_path / "cache", *INSTALLED)
    assert set(found) == {f"lib/__pycache__/m.cpython-3{one.minor[2:]}.pyc" for one in INSTALLED}


def test_the_second_time_nothing_is_compiled(tmp_path: Path) -> None:
    """The cache knows sources by content: no interpreter is started for what it has."""
    first = compiled(tree(tmp_path / "a", "m.py"), tmp_path / "cache", INSTALLED[0])
    gone = HostInterpreter(Path("/nonexistent"), INSTALLED[0].minor, INSTALLED[0].patch)
    assert compiled(tree(tmp_path / "b", "m.py"), tmp_path / "cache", gone) == first
    other = HostInterpreter(Path("/nonexistent"), INSTALLED[0].minor, INSTALLED[0].patch + 1)
    with pytest.raises(OSError, match="nonexistent"):
        compiled(tree(tmp_path / "c", "m.py"), tmp_path / "cache", other)


def test_a_damaged_entry_of_the_cache_is_made_again(tmp_path: Path) -> None:
    """It would otherwise go into every package."""
    first = compiled(tree(tmp_path / "a", "m.py"), tmp_path / "cache", INSTALLED[0])
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    entry.write_bytes(entry.read_bytes()[:-5])
    assert compiled(tree(tmp_path / "b", "m.py"), tmp_path / "cache", INSTALLED[0]) == first


def test_what_does_not_compile_is_one_clear_error(tmp_path: Path) -> None:
    """With the path in the buildpack, the line, and the Python that refuses it."""
    root = tree(tmp_path / "a", "m.py")
    (root / "lib/broken.py").write_text("x = 1\ndef f(:\n")
    with pytest.raises(ReleaseError) as caught:
        compiled(root, tmp_path / "cache", INSTALLED[-1])
    assert caught.value.title == f"a module does not compile with Python {INSTALLED[-1].version}"
    assert 'File "lib/broken.py", line 2' in caught.value.detail


def test_the_working_directory_is_not_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file called py_compile.py lying about must not become the compiler."""
    (tmp_path / "py_compile.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert compiled(tree(tmp_path / "a", "m.py"), tmp_path / "cache", INSTALLED[0])


def test_no_interpreters_no_bytecode(tmp_path: Path) -> None:
    """A repository may package sources only."""
    assert compiled(tree(tmp_path / "a", "m.py"), tmp_path / "cache") == {}
