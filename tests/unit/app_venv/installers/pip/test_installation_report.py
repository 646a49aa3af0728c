"""The texts are what pip 23 and 26 print, with progress bars off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.resolution import InstallationResolution, read_record
from app_venv.installers.pip.installation_report import Origins, read_report
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = """\
Collecting flask (from -r r.txt (line 1))
  Downloading flask-3.1.3-py3-none-any.whl.metadata (3.2 kB)
Collecting docopt (from -r r.txt (line 2))
  Using cached docopt-0.6.2-py2.py3-none-any.whl
Collecting blinker>=1.9.0 (from flask->-r r.txt (line 1))
  Using cached blinker-1.9.0-py3-none-any.whl.metadata (1.6 kB)
Collecting wide (from -r r.txt (line 3))
  Downloading wide-1.0.tar.gz (25 kB)
Downloading flask-3.1.3-py3-none-any.whl (103 kB)
Using cached blinker-1.9.0-py3-none-any.whl (8.5 kB)
  Building wheel for wide (pyproject.toml): finished with status 'done'
  Created wheel for wide: filename=wide-1.0-py2.py3-none-any.whl size=13781 sha256=0488
Successfully installed blinker-1.9.0 docopt-0.6.2 flask-3.1.3 wide-1.0
"""


def item(name: str, version: str, **download: object) -> dict[str, object]:
    return {"metadata": {"name": name, "version": version}, "download_info": download}


def report(directory: Path, *items: dict[str, object]) -> InstallationResolution:
    path = directory / "report.json"
    path.write_text(json.dumps({"version": "1", "install": list(items)}))
    return read_report(path)


def test_packages_are_known_by_hash_whatever_their_address_is(tmp_path: Path) -> None:
    resolution = report(
        tmp_path,
        item(
            "Zope.Interface",
            "6",
            url="https://b/z.whl",
            archive_info={"hashes": {"sha256": "12", "md5": "3"}},
        ),
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


@pytest.mark.parametrize(
    ("url", "direct", "hashes", "kind"),
    [
        ("https://host/a-1-py3-none-any.whl", False, {"sha256": "ab"}, "published"),
        ("https://host/a-1-py3-none-any.whl?x=1", False, {"sha256": "ab"}, "published"),
        ("https://host/a-1-py3-none-any.whl", True, {"sha256": "ab"}, ""),
        ("https://host/a-1-py3-none-any.whl", False, {}, ""),
        ("https://host/a-1.tar.gz", False, {"sha256": "ab"}, "built"),
        ("https://host/a-1.zip#egg=a", True, {}, "built"),
        ("file:///workspace/vendor/a-1.tar.gz", False, {"sha256": "ab"}, "built"),
        ("file:///workspace/vendor/a-1-py3-none-any.whl", False, {"sha256": "ab"}, ""),
    ],
)
def test_only_a_wheel_of_an_index_by_hash_is_a_published_one(
    tmp_path: Path, url: str, direct: bool, hashes: dict[str, str], kind: str
) -> None:
    found = report(
        tmp_path, {**item("a", "1", url=url, archive_info={"hashes": hashes}), "is_direct": direct}
    )
    (package,) = found.packages
    assert (package.published, package.built) == (kind == "published", kind == "built")
    (again,) = read_record(found.record).packages
    assert (again, again.published, again.built) == (package, kind == "published", kind == "built")


def test_files_are_counted_once_and_metadata_not_at_all() -> None:
    origins = Origins()
    for line in OUTPUT.splitlines(keepends=True):
        origins.see(line)
    assert len(origins.cached) == 2
    assert len(origins.downloaded) == 2
    assert str(origins) == "2 from the cache, 2 downloaded, 1 built from source"


def test_nothing_seen_is_nothing_said() -> None:
    assert str(Origins()) == ""
