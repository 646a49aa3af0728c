from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode import toolchain as module
from buildpack_release.bytecode.archived_interpreter import ArchivedInterpreter
from buildpack_release.bytecode.interpreters import HostInterpreter
from buildpack_release.bytecode.option import BytecodeSources
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.errors import CheckFailed, MissingToolError, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import own_arch
from oci_registry.content import file_sha256
from support.python_archives import carrier, pack_python
from support.sample_repository import write, write_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTALLED = (
    HostInterpreter(Path("/a/python3.12"), "3.12", 1),
    HostInterpreter(Path("/b/python3.12"), "3.12", 3),
    HostInterpreter(Path("/a/python3.13"), "3.13", 0),
)
SETTINGS = 'bytecode = ["3.12", "3.13", "3.14", "3.15"]\n'
LINES = '[lines."3.12"]\nend-of-life = 2028-10-31\n[lines."3.14"]\nend-of-life = 2030-10-31\n'


def row(version: str, sha256: str, arch: str = own_arch(), name: str = "x.tar.gz") -> str:
    return (
        f'[[runtime]]\nversion = "{version}"\nos = "linux"\narch = "{arch}"\nlibc = "gnu"\ntag = "1"\n'
        f'path = "1/{name}"\nsha256 = "{sha256}"\n'
    )


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """One with a buildpack that knows archives: the code of strata/python-runtime, and a small catalogue."""
    root = tmp_path / "repository"
    carrier(root, "acme/runtime")
    write_catalogue(root, row("3.14.6", "ab" * 32))
    write_settings(root, f'{SETTINGS}runtimes = "acme/runtime"\n')
    monkeypatch.setattr(module, "installed", lambda: INSTALLED)
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "cache"))
    return Repository.discover(root)


def write_catalogue(root: Path, *rows: str) -> None:
    text = f'schema = 1\ndefault = "3.14"\nbases = []\n{LINES}{"".join(rows)}'
    write(root / "buildpacks/runtime/data/runtimes.toml", text)


def versions(compilers: Sequence[object]) -> list[str]:
    return [one.version for one in compilers if isinstance(one, HostInterpreter | ArchivedInterpreter)]


def test_the_newest_of_each_minor_that_is_wanted(repository: Repository) -> None:
    """What is missing is told, and what of it can be fetched; the others may compile for other processors."""
    with Toolchain.of_machine(repository) as machine:
        assert versions(machine.interpreters) == ["3.12.3", "3.13.0"]
        assert machine.missing == ("3.14", "3.15")
        assert machine.fetchable == ("3.14",)
        assert set(versions(machine.compilers)) == {"3.12.1", "3.12.3", "3.13.0"}


def test_what_is_given_goes_before_what_is_installed(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an older one: somebody has asked for it. It is unpacked nowhere yet, and nothing is left of it."""
    archives = [pack_python(tmp_path / f"{v}.tar.gz", v) for v in ("3.12.2", "3.14.6", "3.14.4")]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Toolchain.of_machine(repository, BytecodeSources(tuple(archives))) as machine:
        assert machine.versions == {"3.12": "3.12.2", "3.13": "3.13.0", "3.14": "3.14.6"}
        assert machine.missing == ("3.15",)
        assert "3.14.4" in versions(machine.compilers)
        homes = {one.home for one in machine.compilers if isinstance(one, ArchivedInterpreter)}
        assert all(home.is_dir() and not list(home.iterdir()) for home in homes)
    assert not any(home.exists() for home in homes)


def test_a_variable_gives_them_to_every_task(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To those without the option, such as a release."""
    monkeypatch.setenv("STRATA_BYTECODE_FROM", str(pack_python(tmp_path / "a b.tar.gz", "3.14.6")))
    with Toolchain.of_machine(repository) as machine:
        assert machine.versions["3.14"] == "3.14.6"


def test_an_archive_under_the_name_of_a_published_one(repository: Repository, tmp_path: Path) -> None:
    """It must be that very one: the catalogue has its SHA-256. One of another name is one's own affair."""
    archive = pack_python(tmp_path / "cpython-3.14.6+1.tar.gz", "3.14.6")
    write_catalogue(repository.root, row("3.14.6", "cd" * 32, name="cpython-3.14.6%2B1.tar.gz"))
    for name in ("cpython-3.14.6+1.tar.gz", "cpython-3.14.6%2B1.tar.gz"):
        archive = archive.rename(tmp_path / name)
        with (
            pytest.raises(CheckFailed, match="not the published one of this name") as caught,
            Toolchain.of_machine(repository, BytecodeSources((archive,))),
        ):
            pass
        assert "cd" * 32 in caught.value.detail
    sha256 = file_sha256(archive).removeprefix("sha256:")
    write_catalogue(repository.root, row("3.14.6", sha256, name="cpython-3.14.6%2B1.tar.gz"))
    with Toolchain.of_machine(repository, BytecodeSources((archive,))) as machine:
        assert machine.versions["3.14"] == "3.14.6"


def test_what_the_catalogue_has_not_got_cannot_be_fetched(repository: Repository) -> None:
    for version, detail in (
        ("3.15", "Known lines: 3.12, 3.14."),
        ("3.14.9", "Of that line there are: 3.14.6."),
    ):
        with (
            pytest.raises(UsageError, match=f'no Python "{version}"') as caught,
            Toolchain.of_machine(repository, BytecodeSources((), (version,))),
        ):
            pass
        assert caught.value.detail == detail


def test_a_repository_that_knows_no_archives(repository: Repository, tmp_path: Path) -> None:
    """Nothing can be fetched, and no archive be unpacked: the setting that is missing is named."""
    write_settings(repository.root, SETTINGS)
    with Toolchain.of_machine(repository) as machine:
        assert machine.fetchable == ()
    archive = pack_python(tmp_path / "a.tar.gz", "3.14.6")
    with (
        pytest.raises(CheckFailed, match="can unpack archives") as caught,
        Toolchain.of_machine(repository, BytecodeSources((archive,))),
    ):
        pass
    assert "runtimes = " in caught.value.advice


def test_a_buildpack_without_the_code_for_archives(repository: Repository, tmp_path: Path) -> None:
    (repository.root / "buildpacks/runtime/src/python_runtime/trim.py").unlink()
    archive = pack_python(tmp_path / "a.tar.gz", "3.14.6")
    with (
        pytest.raises(CheckFailed, match=r"python_runtime\.trim is missing"),
        Toolchain.of_machine(repository, BytecodeSources((archive,))),
    ):
        pass


def test_missing_pythons_are_a_note_with_the_command_or_if_asked_an_error(tmp_path: Path) -> None:
    said: list[str] = []
    machine = Toolchain((), ("3.13", "3.14", "3.15"), tmp_path, fetchable=("3.13", "3.14"))
    machine.tell_missing(said.append)
    assert said == [
        "No bytecode for Python 3.13, 3.14, 3.15: not installed on this machine",
        "  To fetch 3.13 and 3.14 for it: inv package --bytecode-from 3.13 --bytecode-from 3.14",
        "  For 3.15: install it (`uv python install 3.15`, pyenv), or: inv package --bytecode-from ARCHIVE",
    ]
    with pytest.raises(MissingToolError, match=r"3\.13, 3\.14, 3\.15") as caught:
        machine.tell_missing(said.append, strict=True)
    assert "--bytecode-from 3.14" in caught.value.advice
    Toolchain((), (), tmp_path).tell_missing(said.append, strict=True)
    assert len(said) == 3
