"""What goes and what stays, and that nothing goes that somebody asked to keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_runtime.prune import remove_dangling_links, wanted

if TYPE_CHECKING:
    from pathlib import Path

LIB = "lib/python3.14"
NEEDED = (
    "bin/python3.14", "bin/python3", "bin/python3.14-config", "bin/pydoc3",
    f"{LIB}/os.py", f"{LIB}/unittest/__init__.py", f"{LIB}/unittest/mock.py", f"{LIB}/doctest.py",
    f"{LIB}/ensurepip/__init__.py", f"{LIB}/ensurepip/_bundled/pip-26.1-py3-none-any.whl",
    f"{LIB}/venv/scripts/common/activate", f"{LIB}/sqlite3/__init__.py", f"{LIB}/curses/__init__.py",
    f"{LIB}/threading.py", f"{LIB}/pathlib/__init__.py", f"{LIB}/wsgiref/__init__.py",
    f"{LIB}/lib-dynload/_sqlite3.cpython-314-x86_64-linux-gnu.so",
    f"{LIB}/config-3.14-x86_64-linux-gnu/Makefile", f"{LIB}/site-packages/README.txt",
    "include/python3.14/Python.h", "lib/pkgconfig/python-3.14.pc", "lib/libpython3.14.so.1.0",
    "lib/libssl.so.3",
    "lib/libsqlite3.so.0",
)  # fmt: skip
NEVER = (
    "bin/pip", "bin/pip3", "bin/pip3.14", "bin/easy_install", "bin/wheel",
    f"{LIB}/site-packages/pip/__init__.py", f"{LIB}/site-packages/pip-26.2.1.dist-info/METADATA",
    f"{LIB}/site-packages/setuptools/__init__.py", f"{LIB}/site-packages/setuptools-65.5.0.dist-info/RECORD",
    f"{LIB}/site-packages/pkg_resources/__init__.py", f"{LIB}/site-packages/distutils-precedence.pth",
    f"{LIB}/__pycache__/os.cpython-314.pyc", f"{LIB}/site-packages/x/__pycache__/y.cpython-314.pyc",
    "share/man/man1/python3.1", "share/terminfo/x/xterm",
)  # fmt: skip
GROUPS = {
    "tests": (
        f"{LIB}/test/test_os.py", f"{LIB}/unittest/test/test_case.py", f"{LIB}/distutils/tests/__init__.py",
        f"{LIB}/lib-dynload/_testcapi.cpython-314-x86_64-linux-gnu.so", f"{LIB}/lib-dynload/xxlimited.so",
    ),
    "tk": (
        "bin/idle3.14", f"{LIB}/idlelib/idle.py", f"{LIB}/tkinter/__init__.py", f"{LIB}/turtle.py",
        f"{LIB}/turtledemo/clock.py", f"{LIB}/lib-dynload/_tkinter.cpython-314-x86_64-linux-gnu.so",
        "lib/libtcl9.0.so", "lib/libtcl9tk9.0.so", "lib/tcl9.0/init.tcl",
         "lib/tk9.0/button.tcl", "lib/itcl4.3.5/itcl.tcl",
        "lib/thread3.0.4/pkgIndex.tcl",
    ),
    "static": ("lib/libpython3.14.a", f"{LIB}/config-3.14-x86_64-linux-gnu/libpython3.14.a"),
}  # fmt: skip


@pytest.mark.parametrize("path", NEEDED)
def test_what_is_needed_stays(path: str) -> None:
    assert wanted("3.14", ())(path)


@pytest.mark.parametrize("path", NEVER)
def test_what_comes_from_elsewhere_goes_whatever_is_to_be_kept(path: str) -> None:
    assert not wanted("3.14", ())(path)
    assert not wanted("3.14", ("libpython", "static", "tests", "tk"))(path)


@pytest.mark.parametrize(("group", "paths"), GROUPS.items())
def test_a_group_goes_unless_it_is_to_be_kept(group: str, paths: tuple[str, ...]) -> None:
    others = [other for other in GROUPS if other != group]
    for path in paths:
        assert not wanted("3.14", ())(path)
        assert not wanted("3.14", others)(path)
        assert wanted("3.14", (group,))(path)


def test_packages_of_a_catalogue_of_ones_own_keep_their_tests() -> None:
    assert wanted("3.14", ())(f"{LIB}/site-packages/numpy/tests/test_x.py")
    assert wanted("3.14", ())(f"{LIB}/site-packages/numpy/lib.a")


def test_links_that_lead_nowhere_go_with_the_folders_that_held_them(tmp_path: Path) -> None:
    for name in ("share/man/man1", "bin", "lib/deep/er"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/python3.14").touch()
    (tmp_path / "bin/python3").symlink_to("python3.14")
    (tmp_path / "bin/python").symlink_to("python3")
    (tmp_path / "bin/idle").symlink_to("idle3")
    (tmp_path / "bin/idle3").symlink_to("idle3.14")
    (tmp_path / "lib/deep/er/x.so").symlink_to("../../gone.so")
    (tmp_path / "share/man/man1/python3.1").symlink_to("python3.14.1")
    (tmp_path / "lib/loop").symlink_to("loop")

    remove_dangling_links(tmp_path)

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bin", "python", "python3", "python3.14"]
