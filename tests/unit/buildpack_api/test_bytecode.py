from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from shlex import quote

import pytest

from buildpack_api.bytecode import compile_tree
from buildpack_api.errors import CommandFailed
from buildpack_release.bytecode.interpreters import installed_interpreters

STDLIB = Path(os.__file__).parent
PYTHON = Path(sys.executable)
UNCHECKED_HASH = b"\x01\x00\x00\x00"


def digests(tree: Path) -> dict[str, str]:
    return {
        str(path.relative_to(tree)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tree.rglob("*.pyc")
    }


def test_equal_trees_at_equal_paths_give_equal_bytes(tmp_path: Path) -> None:
    """Some 60 modules with sets, shared strings and nested functions: enough to show an order or a seed."""
    tree = tmp_path / "tree"
    found = []
    for _ in range(2):
        shutil.rmtree(tree, ignore_errors=True)
        for package in ("email", "json", "logging", "concurrent"):
            shutil.copytree(STDLIB / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
        for module in ("argparse", "ast", "inspect", "tokenize", "typing", "turtle", "tarfile", "locale"):
            shutil.copy(STDLIB / f"{module}.py", tree)
        compile_tree(PYTHON, tree, env=os.environ)
        found.append(digests(tree))
    assert found[0] == found[1]
    assert len(found[0]) == len(list(tree.rglob("*.py"))) > 40


@pytest.mark.parametrize("minor", [one for one in installed_interpreters() if one != "3.10"])
def test_what_a_process_has_interned_does_not_show(tmp_path: Path, minor: str) -> None:
    """Protects environments that are made of another one's parts: files have names and sets in common."""
    python = installed_interpreters()[minor].executable
    kept = (
        "import sys; kept = [sys.intern(one) for one in ('426', '225', 'First.Second', 'f.<locals>.Local')]"
    )
    after_others = tmp_path / "python"
    after_others.write_text(
        f'#!/bin/sh\nexec {quote(str(python))} "$1" "$2" "$3" "$4" -c "{kept}\n$6" "$7"\n'
    )
    after_others.chmod(0o755)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "x.py").write_text(
        "class First:\n class Second:\n  def a(self, x): return x in {'426', '225'}\n"
        "  def b(self, x): return x not in {'426', '225'}\n"
        "def f():\n class Local:\n  def g(self, x): return x in {1, 2} or x in {True, 2}\n"
    )
    found = []
    for compiler in (python, after_others):
        compile_tree(compiler, tree, env=os.environ)
        found.append(digests(tree))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "instead",
    [
        "def fork(): raise BlockingIOError(11, 'Try again')",
        "def fork(): return real() or os.kill(os.getpid(), 9)",
    ],
    ids=["refused", "killed"],
)
def test_a_machine_without_room_for_more_processes_makes_the_same_bytes(tmp_path: Path, instead: str) -> None:
    """Whether no process can be started, or one is ended half-way: what it should have compiled is."""
    tree = tmp_path / "tree"
    shutil.copytree(STDLIB / "email", tree, ignore=shutil.ignore_patterns("__pycache__"))
    compile_tree(PYTHON, tree, env=os.environ)
    expected = digests(tree)
    for cache in list(tree.rglob("__pycache__")):
        shutil.rmtree(cache)
    narrow = tmp_path / "python"
    start = (
        f"import os; real = os.fork\n{instead}\nos.fork = fork; os.sched_getaffinity = lambda _: range(3)\n"
    )
    narrow.write_text(f'#!/bin/sh\nexec {quote(str(PYTHON))} "$1" "$2" "$3" "$4" -c "{start}$6" "$7"\n')
    narrow.chmod(0o755)
    compile_tree(narrow, tree, env=os.environ)
    assert digests(tree) == expected
    assert len(expected) > 20


def test_pycs_are_never_checked_against_the_times_of_their_sources(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("x = 1\n")
    compile_tree(PYTHON, tmp_path, env=os.environ)
    (pyc,) = tmp_path.rglob("*.pyc")
    assert pyc.read_bytes()[4:8] == UNCHECKED_HASH
    assert pyc.name == f"x.{sys.implementation.cache_tag}.pyc"


def test_an_old_pyc_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("x = 1\n")
    compile_tree(PYTHON, tmp_path, env=os.environ)
    before = digests(tmp_path)
    (tmp_path / "x.py").write_text("x = 2\n")
    compile_tree(PYTHON, tmp_path, env=os.environ)
    assert digests(tmp_path) != before


def test_files_that_are_no_python_are_passed_over_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "template.py").write_text("import {{ name }}\n")
    (tmp_path / "python2.py").write_text("print 'hello'\n")
    (tmp_path / "encoding.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "nul.py").write_bytes(b"x = 1\0\n")
    (tmp_path / "warns.py").write_text("x = '\\d' is 1\n")
    (tmp_path / "good module.py").write_text("x = 1\n")
    compile_tree(PYTHON, tmp_path, env=os.environ)
    compiled = {path.name.partition(".")[0] for path in tmp_path.rglob("*.pyc")}
    assert compiled == {"good module", "warns"}
    assert capfd.readouterr() == ("", "")


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Unlike a file that does not compile: a full disk must not give a layer without byte code."""
    (tmp_path / "x.py").write_text("x = 1\n")
    (tmp_path / "__pycache__").write_text("not a directory")
    with pytest.raises(OSError, match="Not a directory"):
        compile_tree(PYTHON, tmp_path, env=os.environ)


def test_settings_and_modules_of_the_app_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, tree = tmp_path / "app", tmp_path / "tree"
    tree.mkdir()
    (tree / "x.py").write_text("x = 1\n")
    app.mkdir()
    for name in ("compileall", "multiprocessing", "struct", "sitecustomize"):
        (app / f"{name}.py").write_text("raise SystemExit('imported from the app')")
    monkeypatch.chdir(app)
    hostile = {
        "PYTHONPATH": str(app),
        "PYTHONPYCACHEPREFIX": str(app),
        "PYTHONOPTIMIZE": "2",
        "PYTHONHOME": "/no",
    }
    compile_tree(PYTHON, tree, env={**os.environ, **hostile})
    assert [path.name for path in tree.rglob("*.pyc")] == [f"x.{sys.implementation.cache_tag}.pyc"]


def test_a_broken_interpreter_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="false failed"):
        compile_tree(Path(shutil.which("false") or "/bin/false"), tmp_path, env=os.environ)
