from __future__ import annotations

import errno
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from buildpack_release.errors import ConflictError, ReleaseError
from buildpack_release.files.output_directory import output_directory


def silent(_line: str) -> None:
    pass


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_files_and_folders_replace_older_ones(tmp_path: Path) -> None:
    """Whatever kind they were; nothing is left of the old ones."""
    for content in ("one", "two"):
        with output_directory(tmp_path / "out", report=silent) as output:
            (output.staging / "file").write_text(content)
            output.publish(output.staging / "file", "file")
            (output.staging / "folder").mkdir()
            (output.staging / "folder" / content).touch()
            assert output.publish(output.staging / "folder", "folder") == tmp_path / "out/folder"
    assert (tmp_path / "out/file").read_text() == "two"
    assert names(tmp_path / "out/folder") == ["two"]
    assert names(tmp_path / "out") == ["file", "folder"]
    assert not (tmp_path / "out/.staging").exists()


def test_what_an_interrupted_run_left_is_removed(tmp_path: Path) -> None:
    """It never had its final name."""
    (tmp_path / ".staging/half").mkdir(parents=True)
    with output_directory(tmp_path, report=silent) as output:
        assert list(output.staging.iterdir()) == []


def test_removal(tmp_path: Path) -> None:
    """Of a file, a folder, and of nothing."""
    (tmp_path / "folder/x").mkdir(parents=True)
    (tmp_path / "file").touch()
    with output_directory(tmp_path, report=silent) as output:
        for name in ("folder", "file", "absent"):
            output.remove(name)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["../x", "a/b"])
def test_names_outside_are_refused(tmp_path: Path, name: str) -> None:
    """Only direct members of the directory are ever written or deleted."""
    (tmp_path / "x").touch()
    with output_directory(tmp_path / "out", report=silent) as output:
        (output.staging / "file").touch()
        with pytest.raises(ConflictError):
            output.publish(output.staging / "file", name)
        output.remove(name)
    assert (tmp_path / "x").exists()


def test_a_link_in_place_of_a_package_is_not_followed(tmp_path: Path) -> None:
    """Somebody put it there; what it leads to is not ours."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/folder").symlink_to(tmp_path / "theirs")
    with output_directory(tmp_path / "out", report=silent) as output:
        (output.staging / "folder").mkdir()
        with pytest.raises(ConflictError):
            output.publish(output.staging / "folder", "folder")


def test_faults_of_the_system_are_clear_errors(tmp_path: Path) -> None:
    """A full disk (the real one of the kernel), a file where the directory should be, a read-only place."""
    with (
        pytest.raises(ReleaseError, match="no space left on device"),
        output_directory(tmp_path, report=silent),
    ):
        Path("/dev/full").write_text("x")
    (tmp_path / "file").touch()
    with (
        pytest.raises(ReleaseError, match="not a directory"),
        output_directory(tmp_path / "file/out", report=silent),
    ):
        pass
    with pytest.raises(ReleaseError), output_directory(Path("/proc/none"), report=silent):
        pass
    with (
        pytest.raises(ReleaseError, match="read-only file system") as caught,
        output_directory(tmp_path, report=silent),
    ):
        raise OSError(errno.EROFS, "Read-only file system", "/some/file")
    assert caught.value.file == Path("/some/file")


def test_two_runs_take_turns(tmp_path: Path) -> None:
    """The second says that it waits, and starts when the first has ended."""
    said: list[str] = []
    order: list[str] = []
    waiting = threading.Event()

    def hear(line: str) -> None:
        said.append(line)
        waiting.set()

    def second() -> None:
        with output_directory(tmp_path, report=hear):
            order.append("second")

    thread = threading.Thread(target=second)
    with output_directory(tmp_path, report=silent):
        thread.start()
        assert waiting.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
    assert said == [f"Another run is writing to {tmp_path}: waiting for it to end"]


def test_a_killed_run_leaves_no_lock(tmp_path: Path) -> None:
    """The kernel gives the lock back, so there is no stale one to delete by hand."""
    script = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from buildpack_release.files.output_directory import output_directory\n"
        "with output_directory(Path(sys.argv[1]), report=print) as output:\n"
        "    (output.staging / 'half').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script, tmp_path], env=environment, check=False)
    assert done.returncode == -9
    assert (tmp_path / ".staging/half").exists()
    said: list[str] = []
    with output_directory(tmp_path, report=said.append) as output:
        assert list(output.staging.iterdir()) == []
    assert said == []
