"""Merging what is published into the catalogue."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.errors import CheckFailed, ConflictError, ReleaseError
from buildpack_release.runtimes.main import main
from buildpack_release.runtimes.published import Published
from buildpack_release.runtimes.update import Update, add_to_changelog, update

if TYPE_CHECKING:
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def archive(version: str, tag: str = "20250101", arch: str = "amd64", sha256: str = "a" * 64) -> Published:
    major, minor, patch = map(int, version.split("."))
    return Published((major, minor, patch), arch, tag, f"{tag}/cpython-{version}-{arch}.tar.gz", sha256)


def parsed(found: Update) -> dict[str, Any]:
    return tomllib.loads(found.text)


def test_a_first_catalogue_holds_all_archives_in_order_of_version() -> None:
    document = parsed(
        update(None, [archive("3.13.0"), archive("3.9.9"), archive("3.12.10"), archive("3.12.9")])
    )

    assert [row["version"] for row in document["runtime"]] == ["3.12.9", "3.12.10", "3.13.0"]
    assert document["schema"] == 1
    assert set(document["lines"]) == {"3.12", "3.13"}
    assert document["lines"]["3.13"]["end-of-life"].isoformat() == "2029-10-31"


def test_the_same_publication_changes_nothing() -> None:
    first = update(None, [archive("3.13.0")])
    second = update(parsed(first), [archive("3.13.0")])

    assert second.text == first.text
    assert (second.added, second.rebuilt) == ((), ())
    assert str(second) == "nothing new"


def test_an_archive_that_is_listed_no_more_is_kept() -> None:
    first = update(None, [archive("3.13.0")])
    second = update(parsed(first), [archive("3.13.1")])

    assert [row["version"] for row in parsed(second)["runtime"]] == ["3.13.0", "3.13.1"]
    assert second.added == ("3.13.1",)


def test_a_version_that_was_rebuilt_gets_the_new_archive() -> None:
    first = update(None, [archive("3.13.0", "20250101")])
    second = update(parsed(first), [archive("3.13.0", "20250202", sha256="b" * 64)])

    assert [row["tag"] for row in parsed(second)["runtime"]] == ["20250202"]
    assert second.rebuilt == ("3.13.0",)


def test_a_changed_checksum_of_a_known_archive_is_refused() -> None:
    first = update(None, [archive("3.13.0")])

    with pytest.raises(ConflictError, match="another SHA-256") as caught:
        update(parsed(first), [archive("3.13.0", sha256="b" * 64)])

    assert "a" * 64 in caught.value.detail
    assert "b" * 64 in caught.value.detail


def test_a_line_without_an_end_of_life_date_is_refused() -> None:
    with pytest.raises(CheckFailed, match=r"3\.99"):
        update(None, [archive("3.99.0")])


def test_the_default_line_of_the_present_catalogue_stays() -> None:
    document = {**parsed(update(None, [archive("3.13.0")])), "default": "3.13"}

    assert parsed(update(document, [archive("3.13.0")]))["default"] == "3.13"


ADDED = "### Added\n\n"
NEWS = "- Python 3.13.1 and 3.14.0.\n"
OLD = "## [1.0.0]\n\n### Added\n\n- Old.\n"
SECTIONS = "- One.\n- Two\n  lines.\n{}\n### Fixed\n\n- Three.\n\n## [1.0.0]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# C\n\n## [Unreleased]\n", f"# C\n\n## [Unreleased]\n\n{ADDED}{NEWS}"),
        (
            f"## [Unreleased]\n\n{ADDED}{SECTIONS.format('')}",
            f"## [Unreleased]\n\n{ADDED}{SECTIONS.format(NEWS)}",
        ),
        (f"## [Unreleased]\n\n{OLD}", f"## [Unreleased]\n\n{ADDED}{NEWS}\n{OLD}"),
    ],
)
def test_news_go_below_unreleased_and_only_once(before: str, after: str) -> None:
    news = Update("", added=("3.13.1", "3.14.0"))

    assert add_to_changelog(before, news) == after
    assert add_to_changelog(after, news) == after


def test_a_changelog_without_unreleased_is_an_error() -> None:
    with pytest.raises(ReleaseError, match="Unreleased"):
        add_to_changelog("# Changelog\n", Update("", added=("3.13.1",)))


ENTRY = {
    "name": "cpython",
    "arch": {"family": "x86_64", "variant": None},
    "os": "linux",
    "libc": "gnu",
    "major": 3,
    "minor": 13,
    "patch": 0,
    "prerelease": "",
    "variant": None,
    "sha256": "a" * 64,
    "url": "https://host/releases/download/1/install_only_stripped.tar.gz",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with nothing but the buildpack's changelog."""
    folder = tmp_path / "buildpacks" / "python-runtime"
    folder.mkdir(parents=True)
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n", encoding="utf-8")
    (tmp_path / "uv.json").write_text("{}", encoding="utf-8")
    (tmp_path / "pbs.json").write_text("[]", encoding="utf-8")
    return tmp_path


def test_the_command_writes_nothing_when_a_fault_is_found(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "buildpacks/python-runtime/CHANGELOG.md").write_text("no section\n", encoding="utf-8")
    (root / "uv.json").write_text(json.dumps({"x": ENTRY}), encoding="utf-8")
    options = ["--uv-json", str(root / "uv.json"), "--pbs-installer-json", str(root / "pbs.json")]

    assert main(options, root=root) == 1

    assert "update-runtimes: the changelog has no section" in capsys.readouterr().err
    assert not (root / "buildpacks/python-runtime/data").exists()


def test_the_command_writes_catalogue_and_changelog_and_is_idempotent(root: Path) -> None:
    (root / "uv.json").write_text(json.dumps({"x": ENTRY}), encoding="utf-8")
    options = ["--uv-json", str(root / "uv.json"), "--pbs-installer-json", str(root / "pbs.json")]
    buildpack = root / "buildpacks" / "python-runtime"

    assert main([*options, "--check"], root=root) == 1
    assert not (buildpack / "data").exists()
    assert main(options, root=root) == 0
    assert main([*options, "--check"], root=root) == 0

    assert 'version = "3.13.0"' in (buildpack / "data/runtimes.toml").read_text("utf-8")
    assert "- Python 3.13.0." in (buildpack / "CHANGELOG.md").read_text("utf-8")
