from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_release.wheels.wheel_file import check_pure, member_paths, read_metadata, unpack
from support.wheels import Project, make_wheel

if TYPE_CHECKING:
    from pathlib import Path

NAME = "x-1-py3-none-any.whl"


def wheel(path: Path, members: dict[str, str], modes: dict[str, int] | None = None) -> Path:
    with zipfile.ZipFile(path / NAME, "w") as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (modes or {}).get(name, stat.S_IFREG | 0o644) << 16
            archive.writestr(info, text)
    return path / NAME


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    "name", ["tomli-2.5.0-py3-none-any.whl", "six-1-py2.py3-none-any.whl", "a-1-2build-py3-none-any.whl"]
)
def test_pure_wheels(name: str) -> None:
    """For every Python 3, without compiled code, for every machine."""
    check_pure(name)


@pytest.mark.parametrize(
    "name",
    [
        "x-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        "x-1-py3-none-linux_x86_64.whl",
        "x-1-py2-none-any.whl",
        "x-1-cp312-none-any.whl",
        "x-1.tar.gz",
        "py3-none-any",
    ],
)
def test_other_files_are_refused(name: str) -> None:
    """They would work on some machines only."""
    with pytest.raises(ReleaseError, match="not a pure Python wheel"):
        check_pure(name)


def test_unpacks_modules_and_metadata(tmp_path: Path) -> None:
    """The licence texts in .dist-info travel along."""
    made = make_wheel(Project("demo-lib", files={"pkg/__init__.py": "x = 1\n"}), tmp_path)
    unpack(made, tmp_path / "lib")
    assert {"demo_lib.py", "pkg/__init__.py", "demo_lib-1.0.dist-info/METADATA"} <= set(
        contents(tmp_path / "lib")
    )


def test_data_folders(tmp_path: Path) -> None:
    """Modules go to their place, commands are left out; other files have no place in a buildpack."""
    made = wheel(tmp_path, {"x-1.data/purelib/p/m.py": "a", "x-1.data/scripts/tool": "b", "x.py": "c"})
    unpack(made, tmp_path / "lib")
    assert contents(tmp_path / "lib") == {"p/m.py": "a", "x.py": "c"}
    with pytest.raises(ReleaseError, match=r"outside the library folder: x-1\.data/data/etc/x\.conf"):
        unpack(wheel(tmp_path, {"x-1.data/data/etc/x.conf": ""}), tmp_path / "lib2")


@pytest.mark.parametrize(
    "name",
    ["../evil.py", "a/../../evil.py", "/evil.py", "a\\..\\evil.py", "x-1.data/purelib/../../../evil.py"],
)
def test_members_that_would_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    """Before anything of them is written."""
    with pytest.raises(ReleaseError, match="not safe to unpack"):
        unpack(wheel(tmp_path, {name: "evil"}), tmp_path / "in/lib")
    assert not list(tmp_path.rglob("evil.py"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO])
def test_links_and_pipes_are_refused(tmp_path: Path, kind: int) -> None:
    """A link could lead the next member out of the folder."""
    with pytest.raises(ReleaseError, match="not safe to unpack"):
        unpack(wheel(tmp_path, {"link": "/etc"}, {"link": kind | 0o777}), tmp_path / "lib")


def test_two_wheels_with_one_file_are_refused(tmp_path: Path) -> None:
    """One would silently replace a part of the other, or of our own code."""
    (tmp_path / "lib/buildpack_api").mkdir(parents=True)
    (tmp_path / "lib/buildpack_api/__init__.py").write_text("ours")
    made = wheel(tmp_path, {"buildpack_api/__init__.py": "theirs"})
    with pytest.raises(ReleaseError, match="is there already"):
        unpack(made, tmp_path / "lib")
    assert (tmp_path / "lib/buildpack_api/__init__.py").read_text() == "ours"


def test_a_broken_file_is_one_clear_error(tmp_path: Path) -> None:
    """With the file's name."""
    (tmp_path / NAME).write_bytes(b"not a zip")
    with pytest.raises(ReleaseError, match="not a wheel that can be unpacked"):
        unpack(tmp_path / NAME, tmp_path / "lib")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A megabyte of zeros compressed says what it becomes."""
    with zipfile.ZipFile(tmp_path / NAME, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(33):
            archive.writestr(f"{number}.py", bytes(16 << 20))
    for use in (lambda: unpack(tmp_path / NAME, tmp_path / "lib"), lambda: member_paths(tmp_path / NAME)):
        with pytest.raises(ReleaseError, match="not a wheel that can be unpacked") as caught:
            use()
        assert "more than 512 MiB" in caught.value.detail
    assert not (tmp_path / "lib").exists()


def test_metadata_of_a_broken_file_are_the_same_error(tmp_path: Path) -> None:
    """An index may give anything."""
    (tmp_path / NAME).write_bytes(b"not a zip")
    with pytest.raises(ReleaseError, match="not a wheel that can be unpacked"):
        read_metadata(tmp_path / NAME)
