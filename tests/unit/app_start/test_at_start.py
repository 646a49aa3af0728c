"""What is told before a server starts, for any container; and that nothing keeps a process from starting."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app_start.at_start import cpu_limit, memory_limit, workers_for
from app_start.layer import AtStart, program_text
from buildpack_api import toml

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

MEBIBYTE = 1 << 20


def write(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return f"{root}/"


V2 = "0::/\n"
V1 = "5:cpuacct,cpu:/\n3:memory:/\n1:name=systemd:/x\n0::/x\n"


@pytest.mark.parametrize(
    ("files", "cpus", "memory"),
    [
        ({}, None, None),
        ({"proc/self/cgroup": "nonsense\n::\n:"}, None, None),
        ({"proc/self/cgroup": V2}, None, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "max 100000\n"}, None, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 1.5, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "1 0"}, None, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/memory.max": "536870912\n"}, None, 512 * MEBIBYTE),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/memory.max": "max\n"}, None, None),
        (
            {
                "proc/self/cgroup": "0::/a/b/../c\n",
                "sys/fs/cgroup/cpu.max": "400000 100000",
                "sys/fs/cgroup/a/cpu.max": "200000 100000",
                "sys/fs/cgroup/a/b/cpu.max": "max 100000",
            },
            2.0,
            None,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
            },
            0.5,
            256 * MEBIBYTE,
        ),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
            None,
        ),
    ],
)
def test_limits_of_a_container(
    tmp_path: Path, files: dict[str, str], cpus: float | None, memory: int | None
) -> None:
    """Both versions of cgroups, the least of all groups above, and none at all."""
    root = write(tmp_path, files)
    assert (cpu_limit(root), memory_limit(root)) == (cpus, memory)


@pytest.mark.parametrize(
    ("cpus", "memory", "available", "expected"),
    [
        (None, None, 64, 0),
        (1.0, None, 64, 3),
        (0.25, None, 64, 1),
        (2.0, 512 * MEBIBYTE, 64, 2),
        (2.0, 64 * MEBIBYTE, 64, 1),
        (None, 1024 * MEBIBYTE, 64, 4),
        (None, 64 * 1024 * MEBIBYTE, 2, 5),
        (64.0, 64 * 1024 * MEBIBYTE, 64, 12),
        (64.0, None, 1, 3),
    ],
)
def test_workers(cpus: float | None, memory: int | None, available: int, expected: int) -> None:
    """The least of what CPUs and memory allow, at least one; nothing where nothing is limited."""
    assert workers_for(cpus, memory, available) == expected


def run(program: Path, **variables: str) -> tuple[int, dict[str, Any], bytes]:
    """Run an exec.d program as the launcher does; return code, what it told, and what it printed."""
    answer = program.parent / "answer.toml"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" 3>"$1"', str(program), str(answer)],
        env=variables,
        capture_output=True,
        check=False,
        cwd=program.parent,
    )
    return done.returncode, toml.load(answer), done.stdout + done.stderr


ALL = AtStart(workers=True, gunicorn=True, control_socket=True)


@pytest.fixture(params=["bin", "a b", "x" * 120])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The program, with a Python at an ordinary place, at one with a blank, and at a long one."""
    python = tmp_path / request.param / "python3"
    python.parent.mkdir()
    python.symlink_to(os.path.realpath(sys.executable))
    path = tmp_path / "program"
    path.write_text(program_text(python, ALL))
    path.chmod(0o755)
    return path


def test_gunicorn_is_told_where_it_may_write(program: Path) -> None:
    """In an empty environment, from anywhere; what the user says comes last, and so counts."""
    code, told, printed = run(program)
    assert (code, printed) == (0, b"")
    memory = "--worker-tmp-dir /dev/shm " if os.access("/dev/shm", os.W_OK) else ""
    assert told["GUNICORN_CMD_ARGS"] == f"{memory}--no-control-socket"
    _, told, _ = run(program, GUNICORN_CMD_ARGS='--access-logformat "%h\\n" --worker-tmp-dir /tmp')
    found = told["GUNICORN_CMD_ARGS"]
    assert found == '--no-control-socket --access-logformat "%h\\n" --worker-tmp-dir /tmp'


def test_workers_of_the_user_count(program: Path) -> None:
    assert "WEB_CONCURRENCY" not in run(program, WEB_CONCURRENCY="7")[1]


@pytest.mark.parametrize(
    "variables",
    [{"GUNICORN_CMD_ARGS": "a\nb"}, {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/"}, {"PYTHONINSPECT": "1"}],
)
def test_nothing_makes_it_fail(program: Path, variables: dict[str, str]) -> None:
    """Not even what cannot be said on one line of TOML, or what would spoil any other Python."""
    (program.parent / "os.py").write_text("raise SystemExit(1)")
    code, told, printed = run(program, **variables)
    assert (code, printed) == (0, b"")
    assert set(told) <= {"WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"}


def test_without_the_launcher_it_ends_well_too(program: Path) -> None:
    """Nobody listens at descriptor 3."""
    done = subprocess.run([program], env={}, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
