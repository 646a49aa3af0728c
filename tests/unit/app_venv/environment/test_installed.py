"""Installed metadata are read as they are: repeated fields, folded lines, marks of the installer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app_venv.environment.installed import installed_distributions

if TYPE_CHECKING:
    from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: My_Package
Version: 1.0
License: MIT License
        
        Permission is hereby granted: to anybody
Classifier: License :: OSI Approved :: MIT License
Classifier: Topic :: Other
Requires-Dist: left
Requires-Dist: right>=2; extra == "x"

Name: of the description
"""  # noqa: W293  (as setuptools folds)


def write(site: Path, **files: str) -> None:
    info = site / "my_package-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    for name, text in files.items():
        (info / name.replace("__", ".")).write_text(text)


def test_fields_are_read_up_to_the_description(tmp_path: Path) -> None:
    write(tmp_path, RECORD="a.py,sha256=x,10\nb.py,sha256=y,5\nRECORD,,\n")
    (one,) = installed_distributions(tmp_path)
    assert (one.name, one.version, one.size, one.label) == ("my-package", "1.0", 15, "My_Package 1.0")
    assert one.fields["requires-dist"] == ("left", 'right>=2; extra == "x"')
    assert one.fields["classifier"][1] == "Topic :: Other"
    assert one.first("License").startswith("MIT License\n")
    assert "permission is hereby granted" not in one.fields


def test_what_was_asked_for_by_name_is_known(tmp_path: Path) -> None:
    write(tmp_path / "a", REQUESTED="")
    write(tmp_path / "b")
    assert [installed_distributions(tmp_path / name)[0].requested for name in "ab"] == [True, False]


def test_a_direct_source_is_known(tmp_path: Path) -> None:
    source = {"url": "https://host/x.whl", "archive_info": {}}
    write(tmp_path / "a", direct_url__json=json.dumps(source))
    write(tmp_path / "b", direct_url__json="[broken")
    write(tmp_path / "c", direct_url__json="[]")
    write(tmp_path / "d")
    found = [installed_distributions(tmp_path / name)[0].direct_url() for name in "abcd"]
    assert found == [source, {}, {}, {}]


def test_a_directory_without_metadata_is_no_distribution(tmp_path: Path) -> None:
    (tmp_path / "odd-1.0.dist-info").mkdir()
    (tmp_path / "file-1.0.egg-info").write_text("Name: file")
    assert installed_distributions(tmp_path) == ()
    assert installed_distributions(tmp_path / "nowhere") == ()
