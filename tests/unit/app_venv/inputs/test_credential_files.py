"""Files of people's tools are named if they hold a password; a false alarm would teach to look away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.credential_files import with_password

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "0123456789abcdefghij"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".netrc", "machine a.example login me password word\n"),
        ("_netrc", "machine a.example\n\tlogin me\n\tpassword word\n"),
        (".pypirc", "[pypi]\nusername = __token__\npassword = pypi-word\n"),
        (".pypirc", "[pypi]\npassword:word\n"),
        ("pip.conf", "[global]\nindex-url = https://me:word@a.example/simple\n"),
        (".config/pip/pip.conf", f"[global]\nextra-index-url =\n    https://{TOKEN}@a.example/simple\n"),
        ("uv.toml", '[[index]]\nurl = "https://me:word@a.example/simple"\n'),
        (".git-credentials", "https://me:word@a.example\n"),
        (".git/config", '[remote "origin"]\n\turl = https://me:word@a.example/a.git\n'),
        (".git/config", '[http "https://a.example/"]\n\textraheader = AUTHORIZATION: basic d29yZA==\n'),
    ],
)
def test_a_file_with_a_password_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert with_password([tmp_path / name]) == [tmp_path / name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".netrc", ""),
        (".netrc", "# machine a.example login me password word\n"),
        (".pypirc", "[pypi]\nusername = me\npassword =\n"),
        (".pypirc", "[pypi]\npassword = ${PASSWORD}\n"),
        ("pip.conf", "[global]\nindex-url = https://a.example/simple\nno-input = true\n"),
        ("pip.conf", "[global]\nindex-url = https://${NAME}:${WORD}@a.example/simple\n"),
        (".git/config", '[remote "origin"]\n\turl = https://git@a.example/a.git\n'),
        (".git/config", '[remote "origin"]\n\turl = https://someone@a.example/a.git\n'),
        (".git/config", '[remote "origin"]\n\turl = git@a.example:me/a.git\n'),
        (".git", "gitdir: ../.git/modules/a\n"),
    ],
)
def test_a_file_without_one_is_not(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert with_password([tmp_path / name, tmp_path / "none"]) == []
