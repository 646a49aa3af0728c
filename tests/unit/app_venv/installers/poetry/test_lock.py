"""Which packages of a poetry.lock are installed, and whether it determines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.selection import Selection
from app_venv.installers.poetry.lock import read_lock
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

HASH = "sha256:" + "0" * 64
ENVIRONMENT = {"python_version": "3.13", "sys_platform": "linux"}
FOOT = '[metadata]\nlock-version = "{}"\n'


def package(
    name: str, *lines: str, files: str = f'[{{file = "{{}}-1-py3-none-any.whl", hash = "{HASH}"}}]'
) -> str:
    more = "".join(f"{line}\n" for line in lines)
    text = files.replace("{}", name)
    return f'[[package]]\nname = "{name}"\nversion = "1"\nfiles = {text}\n{more}'


def names(path: Path, selection: Selection | None = None) -> list[str]:
    found = read_lock(path, selection or Selection(), ("a",), ENVIRONMENT)
    assert found.direct == {"a"}
    return [one.name for one in found.packages]


def test_groups_and_markers_tell_what_is_installed(tmp_path: Path) -> None:
    path = tmp_path / "poetry.lock"
    path.write_text(
        package("a", 'groups = ["main"]')
        + package("b", 'groups = ["main", "dev"]', 'markers = {main = "python_version < \'3\'", dev = "x"}')
        + package("c", 'groups = ["Dev_1"]')
        + package("d", 'groups = ["main"]', "markers = \"sys_platform == 'win32'\"")
        + package("e", 'groups = ["main"]', "markers = \"extra == 'web'\"")
        + package("f", 'groups = ["main"]', 'markers = "no marker"')
        + FOOT.format("2.1")
    )
    assert names(path) == ["a", "e", "f"]
    assert names(path, Selection(groups=("dev-1",))) == ["a", "c", "e", "f"]


def test_an_older_lock_says_nothing_of_groups(tmp_path: Path) -> None:
    """Only Poetry can tell then which are needed: all may be."""
    path = tmp_path / "poetry.lock"
    path.write_text(package("a") + package("b") + FOOT.format("2.0"))
    assert names(path) == ["a", "b"]


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        ("", "", ""),
        ('type = "legacy"\nurl = "https://x/simple"', "", ""),
        ('type = "url"\nurl = "https://x/a.whl"', "", ""),
        ('type = "file"\nurl = "a-1-py3-none-any.whl"', "", ""),
        ('type = "git"\nurl = "https://x/a.git"', "[]", "comes from a version control system"),
        ('type = "directory"\nurl = "libs/a"', "[]", "comes from a local directory"),
        ("", "[]", "has no strong hash"),
        ("", '[{file = "a.whl", hash = "md5:0"}]', "has no strong hash"),
    ],
)
def test_what_a_lock_does_not_determine_has_a_reason(
    tmp_path: Path, source: str, files: str, reason: str
) -> None:
    path = tmp_path / "poetry.lock"
    text = package("a", files=files) if files else package("a")
    path.write_text(text + (f"[package.source]\n{source}\n" if source else "") + FOOT.format("2.1"))
    (found,) = read_lock(path, Selection(), (), ENVIRONMENT).packages
    assert found.reason == reason


@pytest.mark.parametrize("text", ["= no toml", "", FOOT.format("1.1"), "metadata = 1\n"])
def test_what_is_no_lock_of_poetry_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "poetry.lock"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_lock(path, Selection(), (), ENVIRONMENT)
    assert "poetry.lock" in caught.value.title
    assert "poetry lock" in caught.value.advice
