from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.settings import MOVING_TAGS, PackageSettings, PublishSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_table_nothing_is_set(tmp_path: Path) -> None:
    """A repository without pyproject.toml, or without our table in it, can be packaged."""
    assert PackageSettings.read(tmp_path) == PackageSettings()
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert PackageSettings.read(tmp_path) == PackageSettings()


def test_settings_are_read(tmp_path: Path) -> None:
    """Other keys of the table belong to other parts of the release tool."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.buildpack-release]\nbytecode = ["3.10", "3.13"]\ninterpreter = "a/b"\nversions = "fixed"\n'
        'libraries = ["packages/one"]\n'
    )
    assert PackageSettings.read(tmp_path) == PackageSettings(
        ("3.10", "3.13"), "a/b", libraries=("packages/one",)
    )


@pytest.mark.parametrize(("value", "line"), [('["3.10",\n"3.9"]', 3), ('["3.10", "313"]', 2), ("[3.10]", 2)])
def test_a_wrong_minor_is_named_with_its_line(tmp_path: Path, value: str, line: int) -> None:
    """3.1 and 3.10 are one number in TOML, so versions are strings."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.buildpack-release]\nbytecode = {value}\n")
    with pytest.raises(CheckFailed) as caught:
        PackageSettings.read(tmp_path)
    assert (caught.value.file, caught.value.line) == (tmp_path / "pyproject.toml", line)


def test_without_a_table_all_moving_tags_and_documents_are_kept(tmp_path: Path) -> None:
    assert PublishSettings.read(tmp_path) == PublishSettings(MOVING_TAGS, documents=True)


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ("moving-tags = []\n", PublishSettings((), documents=True)),
        ('moving-tags = ["minor"]\n', PublishSettings(("minor",), documents=True)),
        ("documents = false\n", PublishSettings(MOVING_TAGS, documents=False)),
    ],
)
def test_what_is_published_beside_a_version_can_be_left_out(
    tmp_path: Path, lines: str, settings: PublishSettings
) -> None:
    """An empty list is a choice, for registries whose tags cannot change; it is not the default."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.buildpack-release.publish]\n{lines}")
    assert PublishSettings.read(tmp_path) == settings


@pytest.mark.parametrize(
    ("lines", "line"),
    [('moving-tags = ["minor",\n"newest"]', 3), ('moving-tags = "latest"', 2), ("tags = []", 2)],
)
def test_a_wrong_setting_of_publishing_is_named_with_its_line(tmp_path: Path, lines: str, line: int) -> None:
    """A word misspelt here would otherwise leave a tag where it is without anybody noticing."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.buildpack-release.publish]\n{lines}\n")
    with pytest.raises(CheckFailed) as caught:
        PublishSettings.read(tmp_path)
    assert (caught.value.file, caught.value.line) == (tmp_path / "pyproject.toml", line)
