"""Comparing what pip installed with what it would install today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.resolution import Package, Resolution, read_record, read_report
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
ORIGINS = st.from_regex(r"sha256:[0-9a-f]{8}|unprovable|address:[0-9a-f]{8}", fullmatch=True)
PACKAGES = st.builds(Package, NAMES, st.from_regex(r"\d\.\d", fullmatch=True), ORIGINS)
RESOLUTIONS = st.lists(PACKAGES, unique_by=lambda package: package.name).map(
    lambda packages: Resolution(tuple(sorted(packages, key=lambda package: package.name)))
)


def item(name: str, version: str, **download: object) -> dict[str, object]:
    return {"metadata": {"name": name, "version": version}, "download_info": download}


def report(directory: Path, *items: dict[str, object]) -> Resolution:
    path = directory / "report.json"
    path.write_text(json.dumps({"version": "1", "install": list(items)}))
    return read_report(path)


def test_packages_are_known_by_hash_whatever_their_address_is(tmp_path: Path) -> None:
    resolution = report(
        tmp_path,
        item("Zope.Interface", "6", url="https://b", archive_info={"hashes": {"sha256": "12", "md5": "3"}}),
        item("attrs", "23", url="https://me:pw@host/a.whl", archive_info={"hashes": {"sha256": "ab"}}),
    )
    assert resolution.record == ("attrs==23 sha256:ab", "zope-interface==6 sha256:12")
    assert resolution.unprovable == ()


@pytest.mark.parametrize(
    "download",
    [
        {"url": "file:///workspace", "dir_info": {"editable": True}},
        {"url": "https://host/x", "vcs_info": {"vcs": "git", "commit_id": "1" * 40}},
    ],
)
def test_directories_and_repositories_are_never_provable(tmp_path: Path, download: dict[str, object]) -> None:
    assert report(tmp_path, item("mine", "1", **download)).unprovable == ("mine",)


def test_without_a_hash_the_address_is_remembered_but_not_kept(tmp_path: Path) -> None:
    first = report(tmp_path, item("a", "1", url="https://me:one@host/a.whl", archive_info={}))
    second = report(tmp_path, item("a", "1", url="https://me:two@host/a.whl", archive_info={}))
    third = report(tmp_path, item("a", "1", url="https://host/b.whl", archive_info={}))
    assert "host" not in "".join(first.record)
    assert first.changes_to(second) == ()
    assert first.changes_to(third) == ("a 1: another file of the same version",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"install": [{}]}', '{"install": 1}', "\x00"])
def test_something_else_than_a_report_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(BuildpackError, match="pip wrote no report"):
        read_report(path)


def test_changes_are_sentences() -> None:
    old = Resolution((Package("a", "1", "h"), Package("b", "1", "h"), Package("c", "1", "h")))
    new = Resolution((Package("b", "2", "h"), Package("c", "1", "i"), Package("d", "3", "h")))
    assert old.changes_to(new) == (
        "a 1 is no longer needed",
        "b 1 -> 2",
        "c 1: another file of the same version",
        "d 3 comes in",
    )


@given(RESOLUTIONS)
def test_a_record_comes_back_as_it_was(resolution: Resolution) -> None:
    assert read_record(resolution.record) == resolution
    assert resolution.changes_to(read_record(resolution.record)) == ()


@given(RESOLUTIONS, RESOLUTIONS)
def test_no_change_is_reported_exactly_if_they_are_equal(old: Resolution, new: Resolution) -> None:
    assert (old.changes_to(new) == ()) == (old == new)


@given(st.lists(st.text(max_size=20)))
def test_a_strange_record_is_read_without_a_fault(record: list[str]) -> None:
    read_record(tuple(record))


@pytest.mark.parametrize(
    ("url", "direct", "hashes", "published"),
    [
        ("https://host/a-1-py3-none-any.whl", False, {"sha256": "ab"}, True),
        ("https://host/a-1-py3-none-any.whl?x=1", False, {"sha256": "ab"}, True),
        ("https://host/a-1-py3-none-any.whl", True, {"sha256": "ab"}, False),
        ("https://host/a-1-py3-none-any.whl", False, {}, False),
        ("https://host/a-1.tar.gz", False, {"sha256": "ab"}, False),
        ("file:///workspace/vendor/a-1-py3-none-any.whl", False, {"sha256": "ab"}, False),
    ],
)
def test_only_a_wheel_of_an_index_by_hash_is_a_published_one(
    tmp_path: Path, url: str, direct: bool, hashes: dict[str, str], published: bool
) -> None:
    found = report(
        tmp_path, {**item("a", "1", url=url, archive_info={"hashes": hashes}), "is_direct": direct}
    )
    (package,) = found.packages
    assert package.published is published
    (again,) = read_record(found.record).packages
    assert (again, again.published) == (package, published)
