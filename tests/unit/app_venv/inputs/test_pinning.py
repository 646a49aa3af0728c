"""Lines that are refused if everything has to be pinned by hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.pinning import NEVER_FILLED, Evidence, PinnedInputs
from app_venv.inputs.requirement_files import read_requirements
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

HASH = "--hash=sha256:" + "0" * 64


def requirements(app: Path, *lines: str) -> PinnedInputs:
    (app / "requirements.txt").write_text("\n".join(lines))
    found = Evidence()
    read_requirements(["requirements.txt"], (), app, {}, found)
    return PinnedInputs("", (), tuple(found.files), found.digest, tuple(found.requirements))


def test_all_lines_without_a_hash_are_listed(tmp_path: Path) -> None:
    requirements(tmp_path, f"left==1 {HASH}").require_hashes()
    found = requirements(
        tmp_path, f"left==1 {HASH}", "right==1", "-e .", f"more {HASH}", "--no-require-hashes"
    )
    with pytest.raises(ConfigurationError, match="4 of the requirements") as refused:
        found.require_hashes()
    lines = refused.value.detail.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [
        f"requirements.txt:{number}" for number in (2, 3, 4, 5)
    ]


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        requirements(tmp_path, *(f"p{number}" for number in range(50))).require_hashes()
    assert refused.value.detail.endswith("\nand 30 more")


@pytest.mark.parametrize(
    ("line", "variables", "said"),
    [
        ("left @ https://${TOKEN}@host/l.whl", {}, "requirements.txt:1: ${TOKEN} is not set"),
        ("left @ https://u:${TOKEN}@host/l.whl", {"TOKEN": ""}, "requirements.txt:1: ${TOKEN} is empty"),
        (
            "--extra-index-url https://${token}@host/",
            {"token": "x"},
            "names of capital letters, digits and _",
        ),
        ("left==${VERSION}", {}, "requirements.txt:1: ${VERSION} is not set"),
        (
            "left @ https://${TOKEN:-none}@host/l.whl",
            {"TOKEN": "x"},
            "${TOKEN} stays as it is: pip fills in a",
        ),
        ("left @ https://${ TOKEN }@host/l.whl", {}, "requirements.txt:1: ${TOKEN} is not set"),
        ("left==${VERSION?}", {}, "requirements.txt:1: ${VERSION} is not set"),
        ("-r ${WHERE}.txt", {}, "requirements.txt:1: ${WHERE} is not set"),
        ("-c constraints.txt", {}, "constraints.txt:1: ${LIMIT} is not set"),
    ],
)
def test_variables_without_a_value_are_named(
    tmp_path: Path, line: str, variables: dict[str, str], said: str
) -> None:
    (tmp_path / "constraints.txt").write_text("left<${LIMIT}")
    (tmp_path / "requirements.txt").write_text(line)
    found = Evidence()
    read_requirements(["requirements.txt"], (), tmp_path, variables, found)
    (unfilled,) = found.unfilled
    assert said in str(unfilled)


def test_variables_with_a_value_and_comments_are_not_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("left @ https://${TOKEN}@host/l.whl  # not ${OTHER}\n# ${A}\n")
    found = Evidence()
    read_requirements(["requirements.txt"], (), tmp_path, {"TOKEN": "x"}, found)
    assert found.unfilled == []


def test_in_other_files_nothing_is_filled_in(tmp_path: Path) -> None:
    found = Evidence()
    found.know("left @ https://${TOKEN}@host/l.whl", "pyproject.toml")
    (unfilled,) = found.unfilled
    assert str(unfilled) == f"pyproject.toml: ${{TOKEN}} {NEVER_FILLED}"
