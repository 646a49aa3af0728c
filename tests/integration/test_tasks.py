"""The edge: what every task does about options, errors, pipes and interruptions."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.sample_repository import component, composite, library, plan

ROOT = Path(__file__).parents[2]
INV = [sys.executable, "-m", "invoke"]
USAGE, CHECK_FAILED, INTERRUPTED, BROKEN_PIPE = 2, 3, 130, 141


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small sound repository with the real tasks."""
    (tmp_path / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    library(tmp_path)
    component(tmp_path, "acme/a", plans={"x": (None, plan(provides=("a",), requires=("a",)))})
    composite(tmp_path, "acme/all", ["acme/a"])
    return tmp_path


def inv(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*INV, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_the_list_of_tasks_is_a_table_of_contents() -> None:
    """One line a task, in 80 columns, below the heading of its section."""
    lines = inv("-l", cwd=ROOT).stdout.splitlines()[:-1]
    assert all(len(line) <= 80 and line.endswith(".") for line in lines), lines
    headings = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert headings == ["Look", "Make", "Versions", "Publish", "Builders", "Images", "Update"]


def test_no_task_prints_a_password_of_the_environment(repository: Path) -> None:
    """Whatever repeats it: here, the message about a wrong option."""
    environment = {**os.environ, "PIP_INDEX_URL": "https://me:of-the-index@index.example/simple"}
    command = [*INV, "graph", "--format", "of-the-index"]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == USAGE
    assert 'there is no format "***"' in done.stderr


def test_every_option_of_every_task_is_explained() -> None:
    """`inv TASK --help` says what each option is for."""
    tasks = json.loads(inv("-l", "-F", "json", cwd=ROOT).stdout)

    def names(collection: dict[str, list[dict[str, object]]], prefix: str = "") -> list[str]:
        found = [f"{prefix}{one['name']}" for one in collection["tasks"]]
        for inner in collection["collections"]:
            found += names(inner, f"{prefix}{inner['name']}.")  # type: ignore[arg-type]
        return found

    for name in names(tasks):
        text = inv(name, "--help", cwd=ROOT).stdout
        options = text.partition("Options:\n")[2]
        for line in options.splitlines():
            if line.strip().startswith("-"):
                assert len(line.strip().split("  ", maxsplit=1)) > 1, f"{name}: {line}"


@pytest.mark.parametrize("folder", [".", "buildpacks/a/src"])
def test_works_from_any_folder(repository: Path, folder: str) -> None:
    """Tasks act on the repository, not on the current folder."""
    done = inv("list", cwd=repository / folder)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ID", "acme/a", "acme/all"]
    assert (done.returncode, done.stderr) == (0, "")


def test_list_as_data(repository: Path) -> None:
    """Programs read JSON."""
    assert [one["id"] for one in json.loads(inv("list", "--json", cwd=repository).stdout)] == [
        "acme/a",
        "acme/all",
    ]


@pytest.mark.parametrize(
    ("arguments", "start"), [([], "acme/all 1.0.0\n"), (["--format", "mermaid"], "flowchart")]
)
def test_graph(repository: Path, arguments: list[str], start: str) -> None:
    """In both forms."""
    assert inv("graph", *arguments, cwd=repository).stdout.startswith(start)


def test_a_wrong_option_is_a_usage_error(repository: Path) -> None:
    """With what would be right."""
    done = inv("graph", "--format", "dot", cwd=repository)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "text, mermaid" in done.stderr


@pytest.mark.parametrize("task", ["list", "graph"])
def test_a_broken_descriptor_is_one_clear_error(repository: Path, task: str) -> None:
    """File and line on stderr, nothing on stdout, no traceback."""
    path = repository / "buildpacks/a/buildpack.toml"
    path.write_text(path.read_text().replace("1.0.0", "1.0"))
    done = inv(task, cwd=repository)
    assert (done.returncode, done.stdout) == (CHECK_FAILED, "")
    assert done.stderr.startswith('Error: buildpacks/a/buildpack.toml:5: the version "1.0" is not X.Y.Z')


def open_when_read(pipe: Path, task: subprocess.Popen[str]) -> int:
    """Open a pipe for writing as soon as ``task`` has opened its end; fail if it ends without."""
    while task.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads yet
                raise
            time.sleep(0.02)
    pytest.fail(f"the task ended with {task.returncode} and did not read {pipe.name}")


def test_an_interrupted_task_says_so(repository: Path) -> None:
    """Ctrl-C gives one word and the usual exit code. The task is held by a pipe in place of a descriptor."""
    path = repository / "buildpacks/a/buildpack.toml"
    path.unlink()
    os.mkfifo(path)
    with subprocess.Popen(
        [*INV, "list"], cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as task:
        writer = open_when_read(path, task)
        task.send_signal(signal.SIGINT)
        out, err = task.communicate(timeout=60)
        os.close(writer)
    assert (task.returncode, out, err) == (INTERRUPTED, "", "Error: interrupted\n")


def test_a_reader_that_has_gone_is_no_error(repository: Path) -> None:
    """As in `inv list | head -0`: quiet, but not a success either."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*INV, "list"], cwd=repository, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (BROKEN_PIPE, "")


def test_a_full_disk_is_one_clear_error(repository: Path) -> None:
    """Even when it is stdout that cannot be written."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*INV, "list"], cwd=repository, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode != 0
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
