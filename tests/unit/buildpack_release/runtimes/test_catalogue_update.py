"""Merging what is published into the catalogue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed, ConflictError
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue
from buildpack_release.runtimes.catalogue_update import Update, add_to_changelog, update
from buildpack_release.runtimes.published import PublishedArchive
from buildpack_release.versions.changelog import Changelog


def archive(
    version: str, tag: str = "20250101", arch: str = "amd64", sha256: str = "a" * 64
) -> PublishedArchive:
    major, minor, patch = map(int, version.split("."))
    return PublishedArchive(
        (major, minor, patch), arch, tag, f"{tag}/cpython-{version}-{arch}.tar.gz", sha256
    )


def parsed(found: Update) -> ArchiveCatalogue:
    return ArchiveCatalogue.parse(TomlSource.parse(found.text, Path("runtimes.toml")))


def test_a_first_catalogue_holds_all_archives_in_order_of_version() -> None:
    found = [archive("3.14.0"), archive("3.9.9"), archive("3.12.10"), archive("3.12.9")]
    catalogue = parsed(update(None, found))

    assert [one.text for one in catalogue.archives] == ["3.12.9", "3.12.10", "3.14.0"]
    assert set(catalogue.lines) == {"3.12", "3.14"}
    assert catalogue.lines["3.14"].isoformat() == "2030-10-31"


def test_the_same_publication_changes_nothing() -> None:
    first = update(None, [archive("3.14.0")])
    second = update(parsed(first), [archive("3.14.0")])

    assert second.text == first.text
    assert (second.added, second.rebuilt) == ((), ())
    assert second.news == ()


def test_an_archive_that_is_listed_no_more_is_kept() -> None:
    first = update(None, [archive("3.14.0")])
    second = update(parsed(first), [archive("3.14.1")])

    assert [one.text for one in parsed(second).archives] == ["3.14.0", "3.14.1"]
    assert second.added == ("3.14.1",)


def test_a_version_that_was_rebuilt_gets_the_new_archive() -> None:
    first = update(None, [archive("3.14.0", "20250101")])
    second = update(parsed(first), [archive("3.14.0", "20250202", sha256="b" * 64)])

    assert [one.tag for one in parsed(second).archives] == ["20250202"]
    assert second.rebuilt == ("3.14.0",)


@pytest.mark.parametrize(("tag", "flavour", "taken"), [
    ("20250202", "install_only_stripped", "20250202"),
    ("20250202", "install_only", "20250101"),
])  # fmt: skip
def test_no_archive_is_exchanged_for_one_with_debugging_symbols(tag: str, flavour: str, taken: str) -> None:
    """That would make users' layers anew, and larger."""
    known, found = archive("3.14.0"), archive("3.14.0", tag, sha256="b" * 64)
    known = replace(known, path="20250101/x-install_only_stripped.tar.gz")
    second = update(parsed(update(None, [known])), [replace(found, path=f"{tag}/x-{flavour}.tar.gz")])

    assert [one.tag for one in parsed(second).archives] == [taken]
    assert second.rebuilt == (() if taken == known.tag else ("3.14.0",))


def test_a_row_says_nothing_that_is_true_of_all() -> None:
    """The file is read by every build: what it need not hold costs time there."""
    text = update(None, [archive("3.14.0")]).text

    assert '[[runtime]]\nversion = "3.14.0"\narch = "amd64"\ntag = ' in text


def test_a_changed_checksum_of_a_known_archive_is_refused() -> None:
    first = update(None, [archive("3.14.0")])

    with pytest.raises(ConflictError, match="another SHA-256") as caught:
        update(parsed(first), [archive("3.14.0", sha256="b" * 64)])

    assert "a" * 64 in caught.value.detail
    assert "b" * 64 in caught.value.detail


def test_a_line_without_an_end_of_life_date_is_refused() -> None:
    with pytest.raises(CheckFailed, match=r"3\.99"):
        update(None, [archive("3.99.0")])


def test_the_default_line_of_the_present_catalogue_stays() -> None:
    catalogue = replace(parsed(update(None, [archive("3.13.0"), archive("3.14.0")])), default="3.13")

    assert parsed(update(catalogue, [archive("3.14.0")])).default == "3.13"


def test_news_become_entries_of_the_changelog() -> None:
    """Once, however often the update runs."""
    before = Changelog.parse("# C\n\n## [Unreleased]\n\n## [1.0.0]\n", Path("CHANGELOG.md"))
    news = Update("", added=("3.13.1", "3.14.0"), rebuilt=("3.12.1",))
    after = add_to_changelog(before, news)
    assert after.text == (
        "# C\n\n## [Unreleased]\n\n### Added\n\n- Python 3.13.1 and 3.14.0.\n"
        "\n### Changed\n\n- Newer builds of Python 3.12.1.\n\n## [1.0.0]\n"
    )
    assert add_to_changelog(after, news).text == after.text


def test_sizes_are_kept_and_filled_in() -> None:
    """Of archives that are known already, too; one that was built anew has another."""
    first = update(None, [archive("3.14.0"), replace(archive("3.13.0"), size=5)])
    assert first.without_size == 1
    second = update(
        parsed(first), [archive("3.13.0")], lambda found: [replace(one, size=one.size or 6) for one in found]
    )
    assert [one.size for one in parsed(second).archives] == [5, 6]
    assert (second.news, second.without_size) == ((), 0)
    third = update(parsed(second), [archive("3.14.0", "20250202", sha256="b" * 64)])
    assert [one.size for one in parsed(third).archives] == [5, None]
