"""What the user allows to be installed: values, pip's options, and the lines that are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.evidence import Evidence, Inputs
from app_venv.inputs.requirement_files import read_requirements
from app_venv.policy import Policy, read_policy
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

HASH = "--hash=sha256:" + "0" * 64


def requirements(app: Path, *lines: str) -> Inputs:
    (app / "requirements.txt").write_text("\n".join(lines))
    found = Evidence()
    read_requirements(["requirements.txt"], (), app, {}, found)
    return Inputs("", (), tuple(found.files), found.digest, tuple(found.requirements))


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("1", True), ("", False), ("No", False)])
def test_a_switch_is_read(text: str, meant: bool) -> None:
    assert read_policy({"BP_PIP_REQUIRE_HASHES": text}).require_hashes is meant


@pytest.mark.parametrize(
    ("text", "option"),
    [
        (":all:", "--only-binary=:all:"),
        ("left :all:", "--only-binary=:all:"),
        ("Right, left left", "--only-binary=left,right"),
    ],
)
def test_projects_are_read(text: str, option: str) -> None:
    assert read_policy({"BP_PIP_ONLY_BINARY": text}).options == (option,)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BP_PIP_REQUIRE_HASHES", "maybe"),
        ("BP_PIP_ONLY_BINARY", ":none:"),
        ("BP_PIP_ONLY_BINARY", "left>1"),
        ("BP_PIP_ONLY_BINARY", "--pre"),
    ],
)
def test_other_values_are_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as refused:
        read_policy({variable: value})
    assert value in str(refused.value)


def test_nothing_is_asked_for_without_a_policy(tmp_path: Path) -> None:
    assert read_policy({}) == Policy()
    assert Policy().options == ()
    Policy().check(requirements(tmp_path, "left", "-e ."))


def test_all_lines_without_a_hash_are_listed(tmp_path: Path) -> None:
    policy = read_policy({"BP_PIP_REQUIRE_HASHES": "true"})
    assert policy.options == ("--require-hashes",)
    policy.check(requirements(tmp_path, f"left==1 {HASH}"))
    found = requirements(
        tmp_path, f"left==1 {HASH}", "right==1", "-e .", f"more {HASH}", "--no-require-hashes"
    )
    with pytest.raises(ConfigurationError, match="4 of the requirements") as refused:
        policy.check(found)
    lines = refused.value.detail.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [
        f"requirements.txt:{number}" for number in (2, 3, 4, 5)
    ]


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Policy(require_hashes=True).check(requirements(tmp_path, *(f"p{number}" for number in range(50))))
    assert refused.value.detail.endswith("\nand 30 more")
