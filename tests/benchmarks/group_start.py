"""Starting programs from read-only layers, against the same interpreter where it is at home."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, RUNTIME, Bench, plain_environment
from benchmarks.jobs import Job
from benchmarks.measure import Sample, Side, alternate, run
from benchmarks.rows import Aim, Row, Skipped
from buildpack_testing import needs
from buildpack_testing.cnb import base_images
from buildpack_testing.cnb.podman import ContainerSettings, Mount
from buildpack_testing.cnb.podman_session import podman, unpack
from buildpack_testing.installed_pythons import find_installed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_testing.cnb.podman import Container
    from buildpack_testing.launched_process import ImageFileSystem as Image

GROUP = "start"
_SMALL = "import argparse, email.message, http.client, json, logging, sqlite3, urllib.request"
_APP = "import app; assert app.app.test_client().get('/').status_code == 200"
_NOBODY = 65534
# "At least as fast", with room for noise: equal programs differ by as much.
_EQUAL = 1.05
# Starts a program in the container and prints how long it took: `podman exec` itself takes longer than that.
_TIMER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - started
print([wall, usage.ru_utime + usage.ru_stime])
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measure(bench: Bench) -> Iterator[Row | Skipped]:
    """Build the sample app; start a small program and the app from its image, in turn with their peers."""
    job = Job.of(bench, "start")
    home = find_installed()[bench.runtimes.minors[-1]].executable
    venv = _local_venv(bench, home)
    with job.platform.container() as image:
        env = image.environment()
        layer = image.workspace.layers / RUNTIME.replace("/", "_") / "python" / "cpython" / "bin" / "python3"
        own = _unprivileged(image)
        plain = plain_environment(bench.scratch / "home")
        sides = {
            "small": Side(lambda: run([layer, "-c", _SMALL], env=env, cwd=image.workspace.app, user=own)),
            "small at home": Side(lambda: run([home, "-c", _SMALL], env=plain, cwd=image.workspace.app)),
            "app": Side(lambda: _start(shutil.which("python", path=env["PATH"]), env, image, own)),
            "app at home": Side(lambda: _start(venv / "bin" / "python", plain, image, None)),
        }
        with _container(bench, image, env) as container:
            if container:
                sides["container"] = Side(partial(_start_inside, container, image))
            found = alternate(sides, bench.many, warm_up=True)
    against = "the same interpreter where it is installed"
    what = "a small program, layer read-only to it"
    yield Row.timed(GROUP, what, against, found["small"], found["small at home"], Aim.ratio(_EQUAL))
    against = "the same app from a plain local venv"
    what = "Flask app up to its first answer, layers read-only to it"
    yield Row.timed(GROUP, what, against, found["app"], found["app at home"], Aim.ratio(1.1))
    what = "Flask app up to its first answer, in a read-only container"
    if "container" in found:
        yield Row.timed(GROUP, what, against, found["container"], found["app at home"], Aim.ratio(1.1))
    else:
        yield Skipped(GROUP, what, _lacking() or "no base image was made yet (nox -s e2e makes them)")


def _local_venv(bench: Bench, python: Path) -> Path:
    """Install the sample's requirements as somebody does at home."""
    venv = bench.scratch / "start" / "venv"
    env = plain_environment(bench.scratch / "home", **bench.index_variables)
    run([python, "-m", "venv", venv], env=env)
    run([venv / "bin" / "pip", "install", "--quiet", "-r", APPS / "flask" / "requirements.txt"], env=env)
    return venv


def _unprivileged(image: Image) -> int | None:
    """Return a user who may not write to the layers; where that is ourselves, take away our right to."""
    if os.geteuid() == 0:
        return _NOBODY
    for folder, _, _ in os.walk(image.workspace.layers):
        os.chmod(folder, 0o555)  # noqa: PTH101, S103 (a name; everybody may read)
    return None


def _start(python: Path | str | None, env: Mapping[str, str], image: Image, user: int | None) -> Sample:
    return run([python or "python", "-c", _APP], env=env, cwd=image.workspace.app, user=user)


def _lacking() -> str:
    return needs.describe(needs.missing(("podman", "container runtime", "root", "skopeo")))


@contextmanager
def _container(bench: Bench, image: Image, env: Mapping[str, str]) -> Iterator[Container | None]:
    """Run a container of the run image with the app's layers in it, all read-only, if that is possible."""
    base = base_images.find(base_images.RUN)
    if base is None or _lacking():
        yield None
        return
    root = image.workspace.root
    settings = ContainerSettings(
        mounts=(Mount(root, str(root)),),
        environment=env,
        user=f"{base_images.USER_ID}:{base_images.GROUP_ID}",
        network="none",
        read_only=True,
        options=("--workdir", str(image.workspace.app)),
    )
    with podman(base_images=unpack([base])) as engine:
        name = f"localhost/{base.repository}:{base.tag}"
        with engine.container(name, "sleep", "3600", settings=settings) as container:
            yield container


def _start_inside(container: Container, image: Image) -> Sample:
    python = "python"
    done = container.execute(python, "-I", "-S", "-c", _TIMER, python, "-c", _APP)
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    return Sample(wall, cpu)
