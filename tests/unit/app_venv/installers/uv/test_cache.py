"""uv's cache: what of it stays, and that nothing is used which somebody has changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app_venv.installers.uv.cache import _keep, _make_intact, linked_archives

if TYPE_CHECKING:
    from pathlib import Path

ALL = {"a", "built", "local"}


def names(root: Path) -> set[str]:
    found = (path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    return {path.relative_to(root).as_posix() for path in found}


def wheel(cache: Path, identity: str, name: str, link: str) -> Path:
    """Unpack a wheel as uv does it, with a pointer to it."""
    archive = cache / "archive-v0" / identity
    (archive / f"{name}-1.dist-info").mkdir(parents=True)
    (archive / f"{name}-1.dist-info/METADATA").touch()
    (archive / f"{name}.py").write_text(name)
    path = cache / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(archive, path.parent))
    path.with_name(f"{path.name}.http").write_text(f"sha256 {identity}")
    path.with_name(f"{path.name}.lock").touch()
    return archive


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A published wheel, one that is no longer used, one that was built of a source, one of a directory."""
    cache, packages = tmp_path / "cache", tmp_path / "venv/lib/python3.13/site-packages"
    packages.mkdir(parents=True)
    archives = [
        wheel(cache, "one", "a", "wheels-v8/pypi/a/1-py3-none-any"),
        wheel(cache, "two", "built", "sdists-v11/pypi/built/1/id/built-1-py3-none-any"),
        wheel(cache, "three", "local", "sdists-v11/editable/x/id/local-1-py3-none-any"),
    ]
    wheel(cache, "four", "gone", "wheels-v8/pypi/gone/1-py3-none-any")
    (cache / "sdists-v11/pypi/built/1/revision.http").write_text("source")
    (cache / "sdists-v11/pypi/built/1/id/src.tar").touch()
    (cache / "simple-v28").mkdir()
    (cache / "simple-v28/a.rkyv").touch()
    (cache / "CACHEDIR.TAG").touch()
    for archive in archives:
        for path in archive.glob("*.py"):
            os.link(path, packages / path.name)
    return cache


def test_only_what_the_environment_is_made_of_stays(cache: Path, tmp_path: Path) -> None:
    _keep(cache, tmp_path / "venv", ALL, published=True)
    built = "sdists-v11/pypi/built/1"
    kept = {
        "CACHEDIR.TAG", "kept", "archive-v0/one/a.py", "archive-v0/two/built.py",
        "archive-v0/one/a-1.dist-info/METADATA", "archive-v0/two/built-1.dist-info/METADATA",
        "wheels-v8/pypi/a/1-py3-none-any", "wheels-v8/pypi/a/1-py3-none-any.http", f"{built}/revision.http",
        f"{built}/id/built-1-py3-none-any", f"{built}/id/built-1-py3-none-any.http",
    }  # fmt: skip
    assert names(cache) == kept
    _keep(cache, tmp_path / "venv", ALL, published=False)
    assert names(cache) == {name for name in kept if not name.startswith(("wheels", "archive-v0/one"))}


def test_what_need_not_be_installed_again_does_not_stay(cache: Path, tmp_path: Path) -> None:
    _keep(cache, tmp_path / "venv", ALL - {"a"}, published=True)
    assert not [name for name in names(cache) if name.startswith(("wheels", "archive-v0/one"))]
    assert "archive-v0/two/built.py" in names(cache)


def test_what_the_environment_is_linked_to_is_told(cache: Path, tmp_path: Path) -> None:
    found = {one.distribution: one for one in linked_archives(cache, tmp_path / "venv", ())}
    assert {name: one.built for name, one in found.items()} == {"a": False, "built": True, "local": True}
    assert b"sha256 one" in found["a"].notes
    others = linked_archives(cache, tmp_path / "venv", {"a"})
    assert {one.distribution for one in others} == {"built", "local"}


def test_a_copy_is_not_what_the_environment_is_linked_to(cache: Path, tmp_path: Path) -> None:
    """A file of the same name may be from anywhere: only the very same one shows what was installed."""
    file = tmp_path / "venv/lib/python3.13/site-packages/a.py"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content)
    found = {one.distribution for one in linked_archives(cache, tmp_path / "venv", ())}
    assert found == {"built", "local"}


def test_news_are_removed_and_a_changed_file_spoils_all(cache: Path, tmp_path: Path) -> None:
    _keep(cache, tmp_path / "venv", ALL, published=True)
    before = names(cache)
    (cache / ".lock").touch()
    _make_intact(cache)
    assert names(cache) == before
    with (tmp_path / "venv/lib/python3.13/site-packages/a.py").open("a") as file:
        file.write("changed in place")
    _make_intact(cache)
    assert names(cache) == {"kept"}


@pytest.mark.parametrize("damage", ["kept", "archive-v0/one/a.py", "wheels-v8/pypi/a/1-py3-none-any"])
def test_what_is_missing_spoils_all(cache: Path, tmp_path: Path, damage: str) -> None:
    _keep(cache, tmp_path / "venv", ALL, published=True)
    (cache / damage).unlink()
    _make_intact(cache)
    assert names(cache) <= {"kept"}


def test_what_was_moved_into_the_environment_keeps_its_wheel(cache: Path, tmp_path: Path) -> None:
    """It has no links to the cache, which shall serve an installation of all of it."""
    venv = tmp_path / "venv"
    for name in ("one", "two"):
        (next((cache / "archive-v0" / name).glob("*.dist-info")) / "WHEEL").touch()
    _keep(cache, venv, ALL, published=True)
    before = names(cache)
    packages = venv / "lib/python3.13/site-packages"
    for path in packages.glob("*.py"):
        path.unlink()
    (packages / "a-1.dist-info").mkdir()
    _keep(cache, venv, ALL, published=True)
    assert names(cache) == {name for name in before if "/built/" not in name and "archive-v0/two" not in name}
    assert "wheels-v8/pypi/a/1-py3-none-any" in names(cache)
