from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import NetworkError, ReleaseError
from buildpack_release.runtimes.buildpack_program import BuildpackProgram
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

SAY = 'import json, sys\norder = json.load(sys.stdin)\nprint("working on", order["x"], file=sys.stderr)\n'
FAULT = '{"title": "The thing is wrong", "detail": "so", "advice": "Do this."}'


def program(root: Path, code: str) -> BuildpackProgram:
    write(root / "a place/acme/__init__.py")
    body = "".join(f"    {line}\n" for line in (SAY + code).splitlines())
    write(root / "a place/acme/work.py", f"def main():\n{body}")
    return BuildpackProgram("acme", "work", (root / "a place",))


def test_an_order_and_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is passed on while it works; neither PYTHONPATH nor the working directory gets in its way."""
    write(tmp_path / "json.py", "raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    said: list[str] = []
    work = program(tmp_path, 'print(json.dumps({"got": order["x"]}))')
    assert work.run({"x": "ä b"}, report=said.append) == {"got": "ä b"}
    assert said == ["working on ä b"]


def test_what_is_wrong_is_its_own_words(tmp_path: Path) -> None:
    """Its exit code says what kind of error it is; a file makes the title a part of a sentence."""
    work = program(tmp_path, f"print('{FAULT}')\nsys.exit(4)")
    with pytest.raises(NetworkError) as caught:
        work.run({"x": 1}, faults={4: NetworkError})
    assert (caught.value.title, caught.value.detail, caught.value.advice) == (
        "The thing is wrong",
        "so",
        "Do this.",
    )
    with pytest.raises(ReleaseError) as other:
        work.run({"x": 1}, file=tmp_path / "f")
    assert type(other.value) is ReleaseError
    assert (other.value.title, other.value.file) == ("the thing is wrong", tmp_path / "f")


@pytest.mark.parametrize(
    "code", ["1 / 0", "sys.exit(7)", "print('no json')", "print('[1]')", "print('{}')\nsys.exit(3)"]
)
def test_a_fault_of_its_own_shows_what_it_said(tmp_path: Path, code: str) -> None:
    with pytest.raises(ReleaseError, match=r"acme\.work ended with") as caught:
        program(tmp_path, code).run({"x": 1})
    assert "working on 1" in caught.value.detail
