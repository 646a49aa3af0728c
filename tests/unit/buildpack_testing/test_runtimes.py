"""The catalogue must fit the archives; one Python's archive must not be taken for another's."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_release.errors import ReleaseError
from buildpack_testing import runtimes
from buildpack_testing.installed_pythons import InstalledPython
from buildpack_testing.relocate import RelocationTools
from buildpack_testing.runtime_set import TAG, RuntimeSet

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, InstalledPython]:
    """Two installations whose relocation writes one file."""
    found = {}
    for version in ("3.9.1", "3.10.2"):
        python = InstalledPython(version, tmp_path / version)
        python.executable.parent.mkdir(parents=True)
        python.executable.write_text(version)
        found[python.minor] = python

    def fake(python: InstalledPython, tree: Path, _tools: RelocationTools) -> None:
        tree.mkdir()
        (tree / "version").write_text(python.version)

    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(runtimes, "find_installed", lambda: found)
    patchelf = tmp_path / "patchelf"
    patchelf.write_text("of one version")
    monkeypatch.setattr(runtimes, "find_tools", lambda: RelocationTools(str(patchelf), "ldd", None))
    monkeypatch.setattr(runtimes, "make_relocatable", fake)
    return found


def test_the_catalogue_names_every_archive_with_its_hash(
    fakes: dict[str, InstalledPython], tmp_path: Path
) -> None:
    made = runtimes.make_runtimes(tmp_path / "out")
    document = toml.load(made.catalogue)
    assert document["default"] == "3.10"
    assert document["lines"]["3.10"]["end-of-life"] == date(2026, 10, 31)
    for entry, archive in zip(document["runtime"], made.archives, strict=True):
        assert entry["version"] == archive.version
        assert entry["path"] == f"{TAG}/{archive.file.name.replace('+', '%2B')}"
        assert (tmp_path / "out" / TAG / archive.file.name).read_bytes()
        assert entry["sha256"] == archive.sha256


def test_a_second_run_makes_nothing_and_changes_nothing(
    fakes: dict[str, InstalledPython], tmp_path: Path
) -> None:
    said: list[str] = []
    first = runtimes.make_runtimes(tmp_path / "out", report=said.append)
    assert sum("making" in line for line in said) == 2
    said.clear()
    assert runtimes.make_runtimes(tmp_path / "out", report=said.append) == first
    assert said == []


def test_a_changed_interpreter_gets_a_new_archive(fakes: dict[str, InstalledPython], tmp_path: Path) -> None:
    runtimes.make_runtimes(tmp_path / "out")
    fakes["3.10"].executable.write_text("rebuilt")
    said: list[str] = []
    runtimes.make_runtimes(tmp_path / "out", report=said.append)
    assert [line.split(" from")[0] for line in said if "making" in line] == [
        "making a runtime archive of Python 3.10.2"
    ]


def test_an_interrupted_run_leaves_no_archive(
    fakes: dict[str, InstalledPython], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_python: InstalledPython, _tree: Path, _tools: RelocationTools) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runtimes, "make_relocatable", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runtimes.make_runtimes(tmp_path / "out")
    assert not list(tmp_path.rglob("*.tar.gz"))
    assert not (tmp_path / "out" / "runtimes.toml").exists()


def test_a_minor_that_is_not_installed_is_an_error(fakes: dict[str, InstalledPython], tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"No suitable CPython 3\.99"):
        runtimes.make_runtimes(tmp_path / "out", minors=frozenset({"3.99"}))


def test_another_version_of_a_tool_makes_new_archives(
    fakes: dict[str, InstalledPython], tmp_path: Path
) -> None:
    """Two versions of patchelf lay a program out differently; its archive's sum is in the catalogue."""
    runtimes.make_runtimes(tmp_path / "out")
    (tmp_path / "patchelf").write_text("of another version")
    said: list[str] = []
    runtimes.make_runtimes(tmp_path / "out", report=said.append)
    assert sum("making" in line for line in said) == 2


def test_where_none_is_installed_real_archives_take_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects a machine with the distribution's Python only; what comes is up to `standalone`."""
    asked: list[dict[str, object]] = []
    nothing = RuntimeSet(tmp_path, tmp_path / "runtimes.toml", ())

    def make_standalone(directory: Path | None, **options: object) -> RuntimeSet:
        asked.append(options)
        return nothing

    monkeypatch.setattr(runtimes, "find_installed", dict)
    monkeypatch.setattr(runtimes, "make_standalone", make_standalone)

    assert runtimes.make_runtimes(minors=frozenset({"3.13"})) is nothing
    assert [(one["minors"], one["complete_only"]) for one in asked] == [(frozenset({"3.13"}), True)]
