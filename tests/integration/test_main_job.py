"""End to end: the sample apps through the composite, as people look at the result.

Each test builds what it needs; all but the first build of the module find the layers of the ones before.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.repository import Repository
from buildpack_release.packaging.package import package
from buildpack_testing.demo import Demo
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.local_sources import RuntimeSource
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.try_app import AppTrial, try_app
from buildpack_testing.web import fetch, free_port
from buildpack_testing.workspace import SYSTEM_PATH
from support.main_job import APPS, COMPOSITE, PIP, PROBED, ROOT, RUNTIME, START, VENV, MainJob, python_json

if TYPE_CHECKING:
    from buildpack_testing.launched_process import ImageFileSystem
    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

FLASK = APPS / "flask"
OURS = (RUNTIME, PIP, VENV, START)


def _installed(container: ImageFileSystem) -> set[str]:
    listed = "[d.metadata['Name'].lower() for d in __import__('importlib.metadata').metadata.distributions()]"
    return set(python_json(container, listed))


def _without_gunicorn(job: MainJob) -> Path:
    """Return a copy of the Flask app that does not require gunicorn."""
    app = job.copy("flask")
    requirements = app / "requirements.txt"
    blocks = requirements.read_text().replace("\\\n", "").splitlines()
    requirements.write_text("\n".join(line for line in blocks if not line.startswith("gunicorn==")) + "\n")
    return app


def _get(url: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as response:
        content: bytes = response.read()
    return content


def _refusal(job: MainJob, app: Path, **variables: str) -> PhaseError | None:
    try:
        job.build(app, **variables)
    except PhaseError as error:
        return error
    return None


def test_the_flask_app_answers(job: MainJob) -> None:
    job.build(FLASK)
    port = str(free_port())
    with (
        job.platform.container({"PORT": port}) as container,
        container.start(["gunicorn", "app:app"], output=subprocess.DEVNULL) as server,
    ):
        answer = fetch(f"http://127.0.0.1:{port}/", server)
        seen = json.loads(_get(f"http://127.0.0.1:{port}/runtime"))
    assert (answer.status, "Hello from a layer" in answer.text) == (200, True)
    assert seen["executable"] == str(job.venv / "bin" / "python")
    assert Path(seen["compiled"]).is_relative_to(job.venv)
    assert seen["compiled"].endswith(".so")
    assert server.returncode == 0  # gunicorn ends in good order when it is told to


def test_the_group_and_the_layers_are_the_ones_documented(job: MainJob) -> None:
    result = job.build(FLASK)
    assert [run.id for run in result.runs] == [*OURS, "test/probe"]
    flags = {
        (layer.buildpack, layer.name): (layer.types.build, layer.types.launch, layer.types.cache)
        for layer in result.layers
        if layer.buildpack in OURS
    }
    assert flags == {
        (RUNTIME, "python"): (True, True, True),
        (PIP, "pip"): (True, False, True),
        (VENV, "installer"): (False, False, True),
        (VENV, "pip-cache"): (True, False, True),
        (VENV, "venv"): (True, True, True),
        (START, "start"): (False, True, False),
    }


def test_a_second_build_reuses_every_layer(job: MainJob) -> None:
    """But for the small one that is in no cache: it is made again, of the same bits."""
    first = job.build(FLASK)
    second = job.build(FLASK)
    ours = [layer for layer in second.layers if layer.buildpack in OURS]
    cached = [layer for layer in ours if layer.types.cache]
    assert {layer.name: layer.reused for layer in cached} == dict.fromkeys(
        ("python", "pip", "installer", "pip-cache", "venv"), True
    )
    for layer in ours:
        assert layer.diff_id == first.layer(layer.buildpack, layer.name).diff_id


def test_a_later_buildpack_has_everything_at_hand(job: MainJob) -> None:
    job.build(FLASK, PROBE_COMMANDS=PROBED)
    env = job.recorded.environment
    pip_bin = job.layers / "strata_pip-tool" / "pip" / "userbase" / "bin"
    assert env["PATH"] == f"{job.venv}/bin:{pip_bin}:{job.python}/bin:{job.platform.base.build_path}"
    assert env["VIRTUAL_ENV"] == str(job.venv)
    assert "PYTHONPATH" not in env
    for name in ("LD_LIBRARY_PATH", "LIBRARY_PATH"):
        assert name not in env
    for command in ("python-m-pip", "pip"):
        assert job.recorded.code(command) == 0, job.recorded.output(command)
        assert job.recorded.output(command).startswith("pip ")
    _, prefix, path = json.loads(job.recorded.output("python"))
    assert prefix == str(job.venv)
    assert not [entry for entry in path if entry.startswith(str(job.platform.workspace.app))]
    listed = {entry["name"].lower() for entry in json.loads(job.recorded.output("pip-list"))}
    assert {"flask", "gunicorn", "markupsafe"} <= listed


def test_system_programs_load_nothing_of_ours(job: MainJob) -> None:
    job.build(FLASK, PROBE_COMMANDS=PROBED)
    assert str(job.layers) not in job.recorded.output("system-libraries")
    with job.platform.container() as container:
        assert str(job.layers) not in container.run(["/bin/cat", "/proc/self/maps"]).stdout


def test_the_launch_environment_is_exactly_this(job: MainJob) -> None:
    job.build(FLASK)
    with job.platform.container({"LD_LIBRARY_PATH": "/of/the/user"}) as container:
        env = container.environment("web")
    env.pop("WEB_CONCURRENCY", "")  # if this machine is a container with limits
    assert env == {
        "GUNICORN_CMD_ARGS": "--worker-tmp-dir /dev/shm --no-control-socket",
        "PATH": f"{job.venv}/bin:{job.python}/bin:{SYSTEM_PATH}",
        "PORT": "8080",
        "PYTHONUNBUFFERED": "1",
        "VIRTUAL_ENV": str(job.venv),
        "LD_LIBRARY_PATH": "/of/the/user",
        "HOME": str(job.platform.workspace.home),
        "HOSTNAME": "run",
    }


def test_sys_path_at_launch_is_the_standard_library_and_the_venv(job: MainJob, runtimes: RuntimeSet) -> None:
    job.build(FLASK)
    minor = runtimes.minors[-1]
    library = f"{job.python}/lib/python{minor}"
    with job.platform.container() as container:
        assert python_json(container, "sys.path") == [
            "",
            f"{job.python}/lib/python{minor.replace('.', '')}.zip",
            library,
            f"{library}/lib-dynload",
            f"{job.venv}/lib/python{minor}/site-packages",
        ]
        assert python_json(container, "[sys.prefix, sys.base_prefix]") == [str(job.venv), str(job.python)]


def test_there_is_no_pip_at_launch_but_a_hint_and_a_way(job: MainJob) -> None:
    job.build(FLASK)
    with job.platform.container() as container:
        assert not [name for name in _installed(container) if name == "pip"]
        assert not list(job.layers.rglob("site-packages/pip"))
        for command in (["python", "-c", "import pip"], [f"{job.python}/bin/python", "-c", "import pip"]):
            assert container.run(command, check=False).returncode != 0
        hint = container.run(["pip", "--version"], check=False)
        assert hint.returncode != 0
        assert "python -m ensurepip --default-pip" in hint.stdout + hint.stderr
        container.run(["python", "-m", "ensurepip", "--default-pip"])
        assert container.run(["pip", "--version"]).stdout.startswith("pip ")


def test_the_standard_library_is_compiled_for_good(job: MainJob) -> None:
    """In an image every file is of 1980: a time-stamped .pyc would be stale for ever."""
    job.build(FLASK)
    with job.platform.container():
        stale = [
            path
            for tree in (job.python, job.venv)
            for path in tree.rglob("*.pyc")
            if not path.read_bytes()[4]
            & 1  # PEP 552: bit 0 says that the .pyc is checked by hash or not at all
        ]
        assert list(job.python.rglob("os.cpython-*.pyc"))
        assert list(job.venv.rglob("flask/__pycache__/app.cpython-*.pyc"))
    assert stale == []


def test_a_removed_requirement_is_gone(job: MainJob) -> None:
    job.build(FLASK)
    result = job.build(_without_gunicorn(job))
    assert not result.layer(VENV, "venv").reused
    assert result.layer(RUNTIME, "python").reused
    assert result.layer(PIP, "pip").reused
    with job.platform.container() as container:
        installed = _installed(container)
        assert "gunicorn" not in installed
        assert "flask" in installed
        assert not (job.venv / "bin" / "gunicorn").exists()


def test_no_wheel_is_fetched_twice(job: MainJob, wheel_server: StaticServer) -> None:
    """The environment is made anew when a requirement goes; the others are moved over."""
    job.build(FLASK)
    fetched = len(wheel_server.requests)
    job.build(_without_gunicorn(job))
    later = [request.path for request in wheel_server.requests[fetched:]]
    assert not [path for path in later if path.endswith(".whl")]


def test_the_django_app_answers(job: MainJob) -> None:
    job.build(APPS / "django")
    port = str(free_port())
    with job.platform.container({"PORT": port}) as container:
        container.run(["python", "manage.py", "check"])
        with container.start(["gunicorn", "hello.wsgi"], output=subprocess.DEVNULL) as server:
            assert "Hello from Django" in fetch(f"http://127.0.0.1:{port}/", server).text


def test_modules_of_the_app_do_not_get_into_the_build(job: MainJob) -> None:
    """The app has logging.py, pip/ and venv/ in its root, each of which stops whoever imports it."""
    job.build(APPS / "hostile")
    with job.platform.container() as container:
        assert container.run(["python", "main.py"]).stdout == "itsdangerous 2.2.0\n"


@pytest.mark.parametrize(
    "variable",
    [
        "PYTHONPATH={app}",
        "PYTHONHOME=/nowhere",
        "PYTHONNOUSERSITE=1",
        "PYTHONUSERBASE=/nowhere",
        "PYTHONSAFEPATH=",
        "PIP_DRY_RUN=1",
        "PIP_TARGET=/nowhere",
        "PIP_PREFIX=/nowhere",
        "PIP_USER=1",
        "PIP_PYTHON=/nowhere",
        "PIP_NO_DEPS=1",
        "PIP_REQUIREMENT=/nowhere",
        "VIRTUAL_ENV=/nowhere",
        "PATH=/nowhere",
    ],
)
def test_hostile_variables_give_a_right_build_or_a_clear_refusal(job: MainJob, variable: str) -> None:
    """Never a silently empty environment, and never a traceback."""
    name, _, value = variable.partition("=")
    value = value.format(app=job.platform.workspace.app)
    refused = _refusal(job, APPS / "hostile", **{name: value})
    if refused:
        assert refused.code in (LifecycleCode.BUILD_BUILDPACK, LifecycleCode.DETECT_NOBODY)
        said = refused.output + refused.detail
        assert name in said
        assert "Traceback" not in said
        return
    with job.platform.container() as container:
        assert container.run(["python", "main.py"]).stdout == "itsdangerous 2.2.0\n"


def test_the_packages_build_the_same_layers_as_the_repository(
    job: MainJob, mirror: dict[str, str], wheel_index: dict[str, str], tmp_path: Path
) -> None:
    """What is shipped is what is tested: a buildpackage, unpacked as in a builder, gives equal layers."""
    outcomes = package(
        Repository.discover(ROOT), [COMPOSITE], dist=tmp_path / "dist", build=tmp_path / "build", report=print
    )
    image = next(
        image
        for outcome in outcomes
        if outcome.package.id == COMPOSITE
        for image in outcome.package.images
        if image.target == f"linux/{job.platform.base.arch}"
    )
    directories = unpack_buildpackage(tmp_path / "dist" / image.file, tmp_path / "builder")
    ordinary = job.build(APPS / "hostile")
    packaged = LocalPlatform(job.platform.workspace.root, directories, [[COMPOSITE]])
    result = packaged.build(APPS / "hostile", variables=mirror | wheel_index, clear=True)
    assert {
        (layer.buildpack, layer.name): layer.diff_id for layer in result.layers if layer.types.launch
    } == {(layer.buildpack, layer.name): layer.diff_id for layer in ordinary.layers if layer.types.launch}


# The last tests with the module's workspace: what they leave there is of no use to the others.


@pytest.mark.needs("two runtimes")
def test_another_python_changes_everything_that_depends_on_it(job: MainJob, runtimes: RuntimeSet) -> None:
    job.build(FLASK)
    app = job.copy("flask")
    (app / ".python-version").write_text(f"{runtimes.minors[-2]}\n")
    result = job.build(app)
    assert not any(layer.reused for layer in result.layers if layer.name in {"python", "pip", "venv"})
    assert (
        f"{runtimes.archives[-1].version} -> {runtimes.archives[-2].version}" in result.run(RUNTIME).printed
    )
    with job.platform.container() as container:
        assert python_json(container, "sys.version.split()[0]") == runtimes.archives[-2].version
        assert {"flask", "gunicorn"} <= _installed(container)


def test_an_app_without_dependencies_runs(job: MainJob, runtimes: RuntimeSet) -> None:
    app = job.copy("minimal")
    (app / ".python-version").write_text(f"{runtimes.minors[0]}\n")
    job.build(app)
    with job.platform.container() as container:
        assert python_json(container, "sys.version.split()[0]") == runtimes.archives[0].version


def test_trying_an_app_shows_what_came_out_and_runs_a_command(
    wheel_index: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    trial = AppTrial(
        APPS / "hostile",
        variables={**wheel_index, "API_TOKEN": "hush"},
        runtime=RuntimeSource.LOCAL,
        run="python main.py",
        page=tmp_path / "report.html",
    )
    repository = Repository.discover(ROOT)
    for stdout in (None, 2):
        code = try_app(
            repository,
            trial,
            write=written.append,
            report=written.append,
            stdout=stdout,
            workspaces=tmp_path,
        )
        assert code == 0
    text = "".join(written)
    assert "venv: provided by strata/app-venv, required by strata/app-venv (build, launch)" in text
    assert (
        "PATH=/layers/strata_app-venv/venv/venv/bin:/layers/strata_python-runtime/python/cpython/bin:" in text
    )
    assert "hush" not in text
    assert "reused" in text.rpartition("Layers")[2]
    out, err = capfd.readouterr()
    assert (out, err.count(out)) == ("itsdangerous 2.2.0\n", 1)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "pkg:pypi/itsdangerous@2.2.0" in page
    assert '<b class="reused">reused</b>: its inputs are the same as before' in page
    assert "hush" not in page


def test_the_demonstration_shows_what_it_promises(tmp_path: Path) -> None:
    written: list[str] = []
    Demo(Repository.discover(ROOT), write=written.append, report=print, output=tmp_path).run()
    text = "".join(written)
    assert "GET / -> 200" in text
    assert "SIGTERM -> ended with code 0" in text
    assert "No module named 'pip'" in text
    in_image, not_in_image = text.split("Not in the app image")
    assert "strata/pip-tool pip" in not_in_image
    assert "strata/pip-tool pip" not in in_image
    assert text.count(": reused, same digest") == 5
    assert "tests/apps/pdm: Installing pdm.lock with pip" in text
    assert "tests/apps/uv: Installing uv.lock with uv" in text
    assert "tests/apps/poetry: Installing poetry.lock with poetry" in text
    assert text.count("Python's layer has the same digest") == 3
    page = (tmp_path / "build" / "demo.html").read_text("utf-8")
    assert "GET / -&gt; 200" in page
    assert page.count(">reused</b>") == 5
