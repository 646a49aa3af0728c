"""What is asked for other Pythons, and in which order; the answers come from a real pip elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from app_venv.installers.pip.other_pythons import Question, uncovered, wheel_elsewhere

HASHES = ("1" * 64, "2" * 64)
MISMATCH = f"""\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    fast==1.0 from http://host/files/fast-1.0-cp315-cp315-manylinux_2_17_x86_64.whl (from -r r.txt (line 1)):
        Expected sha256 {HASHES[0]}
        Expected     or {HASHES[1]}
             Got        {"3" * 64}
"""
BUILD = "  Encountered error while generating package metadata.\n  ╰─> fast\n"
LOCKED = f"fast==1.0 --hash=sha256:{HASHES[0]} --hash=sha256:{HASHES[1]}"
PIP = """\
#!/bin/sh
line= file=
while [ $# -gt 0 ]; do
    case $1 in --python-version) line=$2 ;; --requirement) file=$2 ;; esac
    shift
done
echo "$line $(cat "$file")" >>"$ASKED"
[ "$line" = "$FITS" ]
"""


@pytest.fixture
def question(tmp_path: Path) -> Question:
    """Ask something that answers as pip does: by its exit code."""
    (tmp_path / "pip").write_text(PIP)
    (tmp_path / "pip").chmod(0o755)
    environment = {"PATH": "/usr/bin:/bin", "ASKED": str(tmp_path / "asked"), "FITS": "3.12"}
    return Question((str(tmp_path / "pip"),), environment, tmp_path, "3.14")


def asked(question: Question) -> list[str]:
    path = Path(question.environment["ASKED"])
    return path.read_text().splitlines() if path.exists() else []


def test_hashes_for_other_pythons_are_told_from_a_wrong_file(question: Question, tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(
        "#\n#    pip-compile --generate-hashes --output-file=r.txt r.in\n#\nfast==1.0\n"
    )
    found = uncovered(MISMATCH, [tmp_path / "missing.txt", tmp_path / "r.txt"], question)
    assert found is not None
    assert found.cause == "the hashes of fast 1.0 do not cover Python 3.14"
    assert "They fit the wheel for Python 3.12" in found.advice
    assert "\n  pip-compile --generate-hashes --output-file=r.txt r.in\n" in found.advice
    assert asked(question) == [f"3.13 {LOCKED}", f"3.12 {LOCKED}"]


@pytest.mark.parametrize(
    "output",
    [
        "",
        MISMATCH.replace("cp315-cp315-manylinux_2_17_x86_64", "py3-none-any"),
        MISMATCH.replace(".whl", ".zip"),
    ],
)
def test_what_is_the_same_for_all_pythons_is_not_asked_for(question: Question, output: str) -> None:
    assert uncovered(output, [], question) is None
    assert asked(question) == []


def test_hashes_of_nothing_are_no_matter_of_pythons(question: Question) -> None:
    none = Question(question.command, {**question.environment, "FITS": "2.7"}, question.directory, "3.11")
    assert uncovered(MISMATCH, [], none) is None
    assert [line.partition(" ")[0] for line in asked(none)] == ["3.10", "3.12", "3.13", "3.14"]


def test_an_older_line_with_a_wheel_is_named(question: Question) -> None:
    said = wheel_elsewhere(
        BUILD, ["other-2.0.tar.gz", "Fast-1.0.tar.gz", "fast-2-py3-none-any.whl"], question
    )
    assert said.startswith(" For Python 3.12 the index has a wheel of Fast 1.0:")
    assert asked(question) == ["3.13 Fast==1.0", "3.12 Fast==1.0"]


def test_what_was_not_fetched_is_not_asked_for(question: Question) -> None:
    assert wheel_elsewhere(BUILD, ["other-2.0.tar.gz"], question) == ""
    assert wheel_elsewhere("nothing", ["fast-1.0.tar.gz"], question) == ""
    assert asked(question) == []
