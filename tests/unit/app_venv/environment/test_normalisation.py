"""What uv leaves besides what is installed is gone afterwards, and nothing is written in place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.environment.normalisation import normalise_environment, normalise_shared_files

if TYPE_CHECKING:
    from pathlib import Path

ENTRY_POINTS = (
    "[console_scripts]\ntool = a.b:main.run [extra]\nabsent = a:x\n[gui_scripts]\nwin=a:Y\n[other]\nz = a:b\n"
)
RECORD = """\
a.py,sha256=x,1
../../../bin/tool,sha256=old,9
a-1.dist-info/uv_cache.json,sha256=y,2
a-1.dist-info/REQUESTED,sha256=z,0
a-1.dist-info/RECORD,,
"""


def environment(root: Path) -> Path:
    """Make what uv has installed; return site-packages."""
    libraries = root / "lib/python3.13/site-packages"
    info = libraries / "a-1.dist-info"
    info.mkdir(parents=True)
    (root / "bin").mkdir()
    (root / ".lock").touch()
    texts = {
        "METADATA": "Name: a\nVersion: 1\n", "RECORD": RECORD, "uv_cache.json": "{}", "uv_build.json": "{}",
        "REQUESTED": "", "entry_points.txt": ENTRY_POINTS, "INSTALLER": "uv",
    }  # fmt: skip
    for name, text in texts.items():
        (info / name).write_text(text)
    (libraries / "a.py").touch()
    for name in ("tool", "win"):
        (root / "bin" / name).write_text("#!x\nas uv writes it\n")
    return libraries


def test_notes_are_gone_and_scripts_are_as_pip_writes_them(tmp_path: Path) -> None:
    libraries = environment(tmp_path)
    linked = tmp_path / "cache"
    os.link(libraries / "a-1.dist-info/RECORD", linked)
    normalise_environment(tmp_path, installed_distributions(libraries), direct=())
    info = libraries / "a-1.dist-info"
    assert sorted(path.name for path in info.iterdir()) == [
        "INSTALLER", "METADATA", "RECORD", "entry_points.txt",
    ]  # fmt: skip
    assert not (tmp_path / ".lock").exists()
    assert (tmp_path / "bin/tool").read_text() == (
        f"#!{tmp_path}/bin/python\nimport sys\nfrom a.b import main\nif __name__ == '__main__':\n"
        "    sys.argv[0] = sys.argv[0].removesuffix('.exe')\n    sys.exit(main.run())\n"
    )
    assert (tmp_path / "bin/win").stat().st_mode & 0o777 == 0o755
    assert not (tmp_path / "bin/absent").exists()
    names = [line.partition(",")[0] for line in (info / "RECORD").read_text().splitlines()]
    assert names == ["../../../bin/tool", "../../../bin/win", "a-1.dist-info/RECORD", "a.py"]
    assert linked.read_text() == RECORD, "a file of the cache is another name of it"


def test_what_is_asked_for_says_so(tmp_path: Path) -> None:
    libraries = environment(tmp_path)
    (libraries / "a-1.dist-info/REQUESTED").unlink()
    normalise_environment(tmp_path, installed_distributions(libraries), direct=("a",))
    assert (libraries / "a-1.dist-info/REQUESTED").exists()
    assert "a-1.dist-info/REQUESTED,sha256=" in (libraries / "a-1.dist-info/RECORD").read_text()


def test_what_pip_has_noted_of_that_stays(tmp_path: Path) -> None:
    libraries = environment(tmp_path)
    normalise_environment(tmp_path, installed_distributions(libraries))
    assert (libraries / "a-1.dist-info/REQUESTED").exists()
    assert "a-1.dist-info/REQUESTED,sha256=z,0" in (libraries / "a-1.dist-info/RECORD").read_text()


@pytest.mark.parametrize("place", ["with a blank", "long" * 40])
def test_a_place_that_no_first_line_can_name(tmp_path: Path, place: str) -> None:
    root = tmp_path / place
    libraries = environment(root)
    normalise_environment(root, installed_distributions(libraries), direct=())
    text = (root / "bin/tool").read_text()
    assert text.startswith(f"#!/bin/sh\n'''exec' \"{root}/bin/python\" \"$0\" \"$@\"\n' '''\nimport sys\n")


def test_what_poetry_leaves_names_neither_its_version_nor_a_place(tmp_path: Path) -> None:
    """The project itself, linked: absolute paths in RECORD, an order of its own in the .pth."""
    libraries = environment(tmp_path)
    info = libraries / "a-1.dist-info"
    (info / "INSTALLER").write_text("poetry")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: poetry-core 2.5.0\nTag: py3-none-any\n")
    (info / "direct_url.json").write_text("{}")
    (libraries / "a.pth").write_text("/workspace/src\n/workspace\n")
    rows = [tmp_path / "bin/tool", libraries / "a.pth", *info.iterdir()]
    (info / "RECORD").write_text("".join(f"{path},sha256=x,1\n" for path in rows))
    normalise_environment(tmp_path, installed_distributions(libraries), direct=("a",))
    assert "Generator: poetry-core\n" in (info / "WHEEL").read_text()
    assert (libraries / "a.pth").read_text() == "/workspace\n/workspace/src\n"
    record = (info / "RECORD").read_text()
    assert str(tmp_path) not in record
    assert "../../../bin/tool,sha256=" in record
    names = [line.partition(",")[0] for line in record.splitlines()]
    assert len(names) == len(set(names))


def test_a_published_package_keeps_its_own_words(tmp_path: Path) -> None:
    """Only the note of who has installed it is Poetry's."""
    libraries = environment(tmp_path)
    info = libraries / "a-1.dist-info"
    (info / "INSTALLER").write_text("Poetry 2.5.1")
    (info / "WHEEL").write_text("Generator: poetry-core 1.0.0\n")
    normalise_environment(tmp_path, installed_distributions(libraries), direct=())
    assert (info / "INSTALLER").read_text() == "poetry"
    assert (info / "WHEEL").read_text() == "Generator: poetry-core 1.0.0\n"


def test_directories_without_files_go_and_that_of_packages_stays(tmp_path: Path) -> None:
    """Those of a wheel are made by uv alone, and not from its cache as it is kept."""
    packages = tmp_path / "lib/python3.13/site-packages"
    (packages / "yaml.libs/deep").mkdir(parents=True)
    (packages / "yaml").mkdir()
    (packages / "yaml/__init__.py").touch()
    normalise_environment(tmp_path, ())
    assert [path.name for path in packages.iterdir()] == ["yaml"]
    (packages / "yaml/__init__.py").unlink()
    normalise_environment(tmp_path, ())
    assert [*packages.parent.iterdir()] == [packages]


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_permissions_of_what_several_bring_do_not_depend_on_which_of_them_has_decided(
    tmp_path: Path, mode: int
) -> None:
    """Wheels that were made on another file system have the executable bit everywhere."""
    venv = tmp_path / "venv"
    packages = venv / "lib/python3.13/site-packages"
    shared = {
        "both/__init__.py": "", "both/__pycache__/__init__.cpython-313.pyc": "", "both/tool": "#!/bin/sh",
        "both/program": "\x7fELF", "../../../bin/both": "print",
    }  # fmt: skip
    own = {"a.py": "", "both/a.py": "", "both/__pycache__/a.cpython-313.pyc": "", "../../../../outside": ""}
    for name, text in {**shared, **own}.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
    (packages / "both/link").symlink_to("a.py")
    (tmp_path / "cached").hardlink_to(packages / "both/__init__.py")
    names = [name for name in (*shared, "both/link", "both/gone.py") if not name.endswith(".pyc")]
    for one in ("a", "b"):
        (packages / f"{one}-1.dist-info").mkdir()
        (packages / f"{one}-1.dist-info/METADATA").write_text(f"Name: {one}\nVersion: 1\n")
        recorded = (*names, "../../../../outside", *(own if one == "a" else ()))
        (packages / f"{one}-1.dist-info/RECORD").write_text("".join(f"{name},,\n" for name in recorded))
    normalise_shared_files(venv, installed_distributions(packages))
    modes = {name: (packages / name).stat().st_mode & 0o777 for name in (*shared, *own)}
    assert modes == {
        **dict.fromkeys(own, mode),
        **dict.fromkeys(shared, 0o755),
        **dict.fromkeys(list(shared)[:2], 0o644),
    }
    assert {name: (packages / name).read_text() for name in shared} == shared
    assert (tmp_path / "cached").stat().st_mode & 0o777 == mode, "a file of the cache is another name of it"
