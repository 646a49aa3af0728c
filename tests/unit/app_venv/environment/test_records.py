"""Which installed files are published ones, and that the lists of installers stay true."""

from __future__ import annotations

import base64
import hashlib
import py_compile
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.environment.records import PublishedFiles, correct_record, recorded_paths

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "pkg/__init__.py": "PASSWORD = 'password'\n",
    "pkg/data/words.txt": "password\n",
    "pkg/one.two.py": "",
    "../../../bin/pkg": "#!/venv/bin/python\n",
    "pkg-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: Pkg\nVersion: 1.0\n",
}


def recorded(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest},{len(text)}"


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    directory = tmp_path / "a b/lib/python3.13/site-packages"
    for name, text in FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        path.resolve().write_text(text)
    rows = [f"{name},{recorded(text)}\n" for name, text in FILES.items()]
    (directory / "pkg-1.0.dist-info/RECORD").write_text("".join(rows) + "pkg-1.0.dist-info/RECORD,,\n")
    return directory


def test_files_byte_code_and_directories_of_a_published_wheel_are_known(libraries: Path) -> None:
    for name in ("pkg/__init__.py", "pkg/one.two.py"):
        py_compile.compile(str(libraries / name))
    files = PublishedFiles(libraries, {"pkg"})
    for path in libraries.rglob("*"):
        assert str(path) in files
    assert str(libraries.parents[2] / "bin/pkg") in files
    nothing = PublishedFiles(libraries, {"other"})
    assert not [path for path in libraries.rglob("*") if str(path) in nothing]


def test_what_is_changed_or_has_come_since_is_not(libraries: Path) -> None:
    (libraries / "pkg/__init__.py").write_text("PASSWORD = 'changed'\n")
    py_compile.compile(str(libraries / "pkg/__init__.py"))
    (libraries / "pkg/news.txt").touch()
    (libraries / "pkg-1.0.dist-info/direct_url.json").touch()
    (libraries / "pkg/data/words.txt").unlink()
    (libraries / "pkg/data/words.txt").symlink_to("/nowhere")
    files = PublishedFiles(libraries, {"pkg"})
    changed = ["pkg/__init__.py", "pkg/news.txt", "pkg-1.0.dist-info/direct_url.json", "pkg/data/words.txt"]
    changed += [str(path.relative_to(libraries)) for path in libraries.glob("pkg/__pycache__/*.pyc")]
    assert len(changed) == 5
    assert [name for name in changed if str(libraries / name) in files] == []


def test_a_copy_is_known_by_its_content(libraries: Path, tmp_path: Path) -> None:
    """By no other: one of the list of files, or of what is not published, is none."""
    copy, link, other = (tmp_path / name for name in ("copy", "link", "other"))
    copy.write_text(FILES["pkg/data/words.txt"])
    link.symlink_to(copy)
    other.write_text((libraries / "pkg-1.0.dist-info/RECORD").read_text())
    files = PublishedFiles(libraries, {"pkg"})
    assert files.has_content(str(copy))
    assert not any(files.has_content(str(path)) for path in (link, other, tmp_path, tmp_path / "none"))
    assert not PublishedFiles(libraries, {"other"}).has_content(str(copy))


def test_all_recorded_paths_are_returned_as_they_are_on_the_disk(libraries: Path) -> None:
    paths = recorded_paths(installed_distributions(libraries))
    assert str(libraries / "pkg/__init__.py") in paths
    assert str(libraries.parents[2] / "bin/pkg") in paths


def test_a_changed_file_gets_its_new_hash_and_all_other_rows_stay(libraries: Path) -> None:
    (one,) = installed_distributions(libraries)
    record = libraries / "pkg-1.0.dist-info/RECORD"
    before = record.read_text().splitlines()
    correct_record(one, {libraries / "pkg/data/words.txt": b"new", libraries / "unheard-of": b""})
    after = record.read_text().splitlines()
    assert [row for row in after if row not in before] == [f"pkg/data/words.txt,{recorded('new')}"]
    assert len(after) == len(before)
