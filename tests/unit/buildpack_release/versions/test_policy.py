from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.settings import Versioning
from buildpack_release.versions.links import Forge
from buildpack_release.versions.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path


def read(root: Path, text: str) -> Policy:
    (root / "pyproject.toml").write_text(f"[tool.buildpack-release]\n{text}\n")
    return Policy.read(root)


def test_by_default_all_share_one_version(tmp_path: Path) -> None:
    """Without a file, a table or a key."""
    assert Policy.read(tmp_path) == read(tmp_path, "") == Policy(Versioning.FIXED, None)


def test_the_policy_is_read(tmp_path: Path) -> None:
    """A slash or .git at the end of the address does not matter."""
    policy = read(tmp_path, 'versioning = "independent"\nrepository-url = "https://e.org/a/b.git/"')
    assert policy == Policy(Versioning.INDEPENDENT, Forge("https://e.org/a/b"), "https://e.org/a/b")


def test_the_homepage_may_be_another_page(tmp_path: Path) -> None:
    """By default it is where the repository is."""
    assert read(tmp_path, 'homepage = "https://e.org/"').homepage == "https://e.org/"
    both = read(tmp_path, 'repository-url = "https://e.org/a/b"\nhomepage = "https://e.org/docs"')
    assert (both.forge, both.homepage) == (Forge("https://e.org/a/b"), "https://e.org/docs")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('versioning = "fix"', 'did you mean "fixed"'),
        ("versioning = 1", "must be a string"),
        ('repository-url = "git@e.org:a/b"', "not an http"),
        ('repository-url = "https://u:secret@e.org/a"', "user name or password"),
        ('repository-url = "https://e.org/a?b=c"', "query"),
        ('repository-url = "https://e.org/a b"', "not an http"),
        ('repository-url = "https://[e.org"', "no address"),
        ('homepage = "https://u:secret@e.org"', "user name or password"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    """Secrets would be published with the changelog, and are not even shown here."""
    with pytest.raises(CheckFailed) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert caught.value.line == 2
    assert "secret" not in str(caught.value)
