"""What an environment takes is measured once, kept with its layer, and told again on reuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.after.summary import DiskUsage, measure, read_disk_usage, summary_rows, warn_of_environments
from app_venv.environment.installed import InstalledDistribution
from app_venv.installers.pip.installation_report import Origins
from buildpack_api.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def installed(root: Path, *sizes: int) -> Iterator[InstalledDistribution]:
    """Yield distributions that have recorded so many bytes."""
    for number, size in enumerate(sizes):
        info = root / str(number)
        info.mkdir(parents=True)
        (info / "RECORD").write_text(f'a,sha256=x,{size - 1}\n"b, c",,1\nRECORD,,\n')
        yield InstalledDistribution(f"part-{size}", "1.0", directory=info)


def test_the_largest_come_first_and_small_ones_are_left_out(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "tool").write_bytes(b"x" * 2500)
    room = measure(venv, tuple(installed(tmp_path / "found", 3000, 10, 7000, 7000, 20, 5)))
    assert (room.packages, room.size) == ("6", "2.5 kB")
    assert room.largest == (
        "part-7000 1.0 (7.0 kB), part-7000 1.0 (7.0 kB), part-3000 1.0 (3.0 kB), part-20 1.0 (20 bytes), "
        "part-10 1.0 (10 bytes)"
    )


def test_an_empty_environment_has_no_largest_package(tmp_path: Path) -> None:
    rows = summary_rows(measure(tmp_path, ()), Origins(), reused=False)
    assert rows == [("packages", "0 installed, 0 bytes with bytecode")]


def test_what_was_recorded_is_told_again() -> None:
    room = DiskUsage("8", "6.9 MB", "flask 3.1 (342.6 kB)")
    assert read_disk_usage(room.record) == room
    assert summary_rows(room, Origins(), reused=True) == [
        ("packages", "8 reused, 6.9 MB with bytecode"),
        ("largest", "flask 3.1 (342.6 kB)"),
    ]


@pytest.mark.parametrize("record", [(), ("8",), ("8", "6.9 MB"), ("8", "6.9 MB", "", "more")])
def test_another_record_is_none(record: tuple[str, ...]) -> None:
    """So it is measured: the layer of another version of the buildpack has none, or a different one."""
    assert read_disk_usage(record) is None


@pytest.mark.parametrize("place", [".venv", "venv", "deep/er/env"])
def test_a_virtual_environment_in_the_app_is_named_with_its_size(
    tmp_path: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("pyvenv.cfg", "inner/pyvenv.cfg"):
        (tmp_path / place / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place / name).write_text("x" * 1500)
    warn_of_environments(tmp_path, Output())
    printed = capsys.readouterr().out
    assert f"Warning: The app has a virtual environment of its own: {place} (3.0 kB)" in printed
    assert "inner" not in printed


def test_an_app_without_one_is_told_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is what belongs to others looked through, and a link leads nowhere."""
    (tmp_path / "node_modules/x").mkdir(parents=True)
    (tmp_path / "node_modules/x/pyvenv.cfg").touch()
    (tmp_path / "link").symlink_to(tmp_path / "node_modules/x")
    (tmp_path / "pyvenv.cfg").touch()
    warn_of_environments(tmp_path, Output())
    assert capsys.readouterr().out == ""
