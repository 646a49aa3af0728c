"""How the lifecycle and pack are found, without building them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode, MissingToolError, ReleaseError
from buildpack_testing.cnb import tools
from buildpack_testing.cnb.install_tools import main
from buildpack_testing.cnb.tool_versions import LIFECYCLE, PACK

if TYPE_CHECKING:
    from pathlib import Path


def _program(path: Path, prints: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache with a blank in its name."""
    return tmp_path / "a cache"


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    """A directory with a lifecycle that fits, as a user may have unpacked it."""
    _program(tmp_path / "my lifecycle" / "launcher", "launcher")
    return _program(tmp_path / "my lifecycle" / "lifecycle", f"{LIFECYCLE.version}+abc").parent


def test_named_lifecycle_is_completed_in_the_cache(cache: Path, binaries: Path) -> None:
    """Phases, descriptor and archive are made; the user's directory is left as it is."""
    found = tools.ensure_lifecycle(cache, {"STRATA_LIFECYCLE_DIR": str(binaries)})
    assert (found.directory / "creator").resolve() == found.directory / "lifecycle"
    assert found.archive.is_file()
    assert found.version == LIFECYCLE.version
    assert found.origin == "named by STRATA_LIFECYCLE_DIR"
    assert cache in found.directory.parents
    assert sorted(path.name for path in binaries.iterdir()) == ["launcher", "lifecycle"]


def test_second_run_changes_nothing(cache: Path, binaries: Path) -> None:
    """What is there is not made again, even by an interrupted neighbour."""
    environ = {"STRATA_LIFECYCLE_DIR": str(binaries)}
    first = tools.ensure_lifecycle(cache, environ)
    before = first.archive.stat()
    assert tools.ensure_lifecycle(cache, environ) == first
    assert first.archive.stat() == before


def test_killed_run_is_taken_up(cache: Path, binaries: Path) -> None:
    """What a killed run left is removed, and the tool is whole."""
    left = tools.tools_directory(cache) / ".work-1234" / "new"
    left.mkdir(parents=True)
    found = tools.ensure_lifecycle(cache, {"STRATA_LIFECYCLE_DIR": str(binaries)})
    assert not left.parent.exists()
    assert sorted(path.name for path in tools.tools_directory(cache).iterdir()) == sorted(
        [".lock", found.directory.parent.name]
    )


def test_changed_binaries_are_another_lifecycle(cache: Path, binaries: Path) -> None:
    """The place is keyed by content: a rebuilt lifecycle of the same version is not confused with the old."""
    environ = {"STRATA_LIFECYCLE_DIR": str(binaries)}
    first = tools.ensure_lifecycle(cache, environ)
    _program(binaries / "launcher", "another")
    assert tools.ensure_lifecycle(cache, environ).directory != first.directory


def test_named_lifecycle_that_is_too_old_is_refused(cache: Path, binaries: Path) -> None:
    """An override that does not fit is not passed over in silence."""
    _program(binaries / "lifecycle", "0.20.1")
    with pytest.raises(ReleaseError, match=r"lifecycle 0\.21\.17 or newer is needed") as caught:
        tools.find_lifecycle(cache, {"STRATA_LIFECYCLE_DIR": str(binaries)})
    assert "0.20.1" in caught.value.detail
    assert "STRATA_LIFECYCLE_DIR" in caught.value.advice


def test_named_lifecycle_without_launcher_is_refused(cache: Path, binaries: Path) -> None:
    """Without the launcher no image could start."""
    (binaries / "launcher").unlink()
    with pytest.raises(MissingToolError, match="no launcher in"):
        tools.find_lifecycle(cache, {"STRATA_LIFECYCLE_DIR": str(binaries)})


def test_lifecycle_on_path(cache: Path, binaries: Path) -> None:
    """Taken if it fits, else as if it were not there."""
    found = tools.find_lifecycle(cache, {"PATH": str(binaries)})
    assert found is not None
    assert "on PATH" in found.origin
    _program(binaries / "lifecycle", "0.1.0")
    assert tools.find_lifecycle(cache, {"PATH": str(binaries)}) is None


def test_pack_by_name_and_on_path(cache: Path, tmp_path: Path) -> None:
    """A newer pack fits, an older one does only where nobody asked for it."""
    newer = _program(tmp_path / "new" / "pack", "1.0.0+git-abc.build-1")
    older = _program(tmp_path / "old" / "pack", "0.30.0")
    named = tools.find_pack(cache, {"STRATA_PACK": str(newer)})
    assert named is not None
    assert (named.version, named.executable) == ("1.0.0", newer)
    assert tools.find_pack(cache, {"PATH": str(older.parent)}) is None
    with pytest.raises(ReleaseError, match=f"pack {PACK.version} or newer"):
        tools.find_pack(cache, {"STRATA_PACK": str(older)})


def test_program_that_cannot_run_is_refused(cache: Path, tmp_path: Path) -> None:
    """A wrong path or architecture: the system's own words are shown."""
    with pytest.raises(ReleaseError) as caught:
        tools.find_pack(cache, {"STRATA_PACK": str(tmp_path / "absent")})
    assert "No such file" in caught.value.detail


def test_no_way_to_a_tool(cache: Path, tmp_path: Path) -> None:
    """Without Go the message says what would help; nothing half-made stays."""
    with pytest.raises(MissingToolError, match="no go command on PATH") as caught:
        tools.ensure_pack(cache, {"PATH": str(tmp_path)})
    assert "STRATA_PACK" in caught.value.advice
    assert [path.name for path in tools.tools_directory(cache).iterdir()] == [".lock"]


@pytest.mark.usefixtures("bare_environment")
def test_check_reports_and_installs_nothing(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--check is for scripts: exit code 7, no cache made."""
    assert main(["--check", "--cache", str(cache)]) == ExitCode.MISSING_TOOL
    assert "lifecycle: not installed" in capsys.readouterr().err
    assert not cache.exists()


@pytest.mark.usefixtures("bare_environment")
def test_install_without_go(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One clear error, its exit code, nothing on stdout."""
    assert main(["--cache", str(cache)]) == ExitCode.MISSING_TOOL
    captured = capsys.readouterr()
    assert "no go command on PATH" in captured.err
    assert captured.out == ""


def test_install_prints_names_and_paths(
    cache: Path, binaries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a script reads is on stdout, what a person reads is on stderr."""
    monkeypatch.setenv("STRATA_LIFECYCLE_DIR", str(binaries))
    assert main(["--only", "lifecycle", "--cache", str(cache)]) == ExitCode.OK
    captured = capsys.readouterr()
    names = dict(line.split("=", 1) for line in captured.out.splitlines())
    assert list(names) == ["lifecycle", "lifecycle-archive"]
    assert "named by STRATA_LIFECYCLE_DIR" in captured.err


def test_print_dir(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The directory is told without being made."""
    assert main(["--print-dir", "--cache", str(cache)]) == ExitCode.OK
    assert capsys.readouterr().out == f"{cache}/cnb-tools\n"
    assert not cache.exists()


def test_cache_that_cannot_be_written(
    tmp_path: Path, binaries: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of the machine is one line with the path, no traceback."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("STRATA_LIFECYCLE_DIR", str(binaries))
    assert main(["--cache", str(tmp_path / "file")]) == ExitCode.FAILED
    assert str(tmp_path / "file") in capsys.readouterr().err


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No overrides, nothing on PATH."""
    monkeypatch.delenv("STRATA_LIFECYCLE_DIR", raising=False)
    monkeypatch.delenv("STRATA_PACK", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
