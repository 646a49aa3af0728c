"""What the user says: the variable before the Procfile, and what is worth a warning."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml

if TYPE_CHECKING:
    from support.start_builds import App


def test_the_processes_of_a_procfile(app: App) -> None:
    app.write({"Procfile": "web: gunicorn app:app\nworker: celery -A x worker -c $N\n"}).install(
        "gunicorn", "celery"
    )
    assert app.build() == {"*web": "gunicorn app:app", "worker": "celery -A x worker -c $N"}
    assert "web (default) gunicorn app:app (Procfile line 1)" in app.text
    assert "docker run --entrypoint worker IMAGE" in app.text
    assert "Warning" not in app.text


@pytest.mark.parametrize("variable", ["BP_START_COMMAND", "GOOGLE_ENTRYPOINT", "BP_PROCFILE_DEFAULT_PROCESS"])
def test_a_variable_comes_first(app: App, variable: str) -> None:
    """What it does not say is still taken from the Procfile."""
    app.write({"Procfile": "web: gunicorn app:app\nworker: gunicorn w\n"}).install("gunicorn")
    assert app.build(**{variable: "gunicorn other:app"}) == {
        "*web": "gunicorn other:app",
        "worker": "gunicorn w",
    }
    assert f"{variable} is started, not the process web of Procfile" in app.text


def test_without_a_default_nothing_starts_by_itself(app: App) -> None:
    app.write({"Procfile": "clock: gunicorn a\nworker: gunicorn b\n"}).install("gunicorn")
    assert app.build() == {"clock": "gunicorn a", "worker": "gunicorn b"}
    assert "This image starts nothing by itself Call one of the processes web" in app.text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Procfile", "gunicorn app:app\n", "Procfile, line 1 is not used: it is not '<type>: <command>'"),
        ("procfile", "web: gunicorn b\n", "procfile is not read: it would be as Procfile, exactly so"),
        ("Procfile.txt", "web: gunicorn b\n", "Procfile.txt is not read"),
    ],
)
def test_a_procfile_without_a_process_is_told_and_files_of_the_app_are_looked_at(
    app: App, name: str, text: str, said: str
) -> None:
    app.write({name: text, "app.py": "from flask import Flask\napp = Flask('a')\n"})
    assert app.install("flask", "gunicorn").build() == {"*web": "gunicorn app:app"}
    assert said in app.text


def test_a_procfile_of_another_tool_is_none(app: App) -> None:
    app.write({"Procfile.dev": "web: gunicorn b\n"}).build()
    assert "Procfile.dev" not in app.text


def test_release_is_said_to_wait_for_somebody(app: App) -> None:
    app.write({"Procfile": "web: python app.py\nrelease: python manage.py migrate\n"}).install(
        programs=("python",)
    )
    assert app.build() == {"*web": "python app.py", "release": "python manage.py migrate"}
    assert "release python manage.py migrate (Procfile line 2; no CNB platform runs it by itself)" in app.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("waitress-serve x", "Procfile line 1 names waitress-serve, which is in no layer of this image"),
        ("uv run gunicorn x", "All that the app needs is on PATH already: leave 'uv run' out."),
        ("./start.sh", "Procfile line 1 names ./start.sh, which"),
        ("gunicorn x\nrelease: alembic upgrade head", "Procfile line 2 names alembic, which"),
        ("gunicorn x | tee log", "the shell stays the first process"),
        ("source env && gunicorn x", "is written for bash, which the run image must have"),
    ],
)
def test_what_may_fail_in_the_image_is_a_warning(app: App, line: str, said: str) -> None:
    app.write({"Procfile": f"web: {line}"}).install("gunicorn").build()
    assert said in app.text


@pytest.mark.parametrize(
    "line", ["sh -c 'echo a'", "./run.sh", "bin/run x", "cd /tmp && gunicorn x", "env A=1 gunicorn x"]
)
def test_what_is_there_is_none(app: App, line: str) -> None:
    app.write({"Procfile": f"web: {line}", "run.sh": "", "bin/run": ""}).install("gunicorn").build()
    assert "Warning" not in app.text


def test_what_only_the_build_has_is_not_in_the_image(app: App) -> None:
    """A tool's layer is on PATH, and its own."""
    tool = app.root / "layers/strata_pip-tool/pip/userbase/bin/tool"
    tool.parent.mkdir(parents=True)
    tool.touch(0o755)
    (app.root / "layers/strata_pip-tool/pip.toml").write_text("[types]\nbuild = true\n")
    app.write({"Procfile": "web: tool"}).build(PATH=f"{tool.parent}:{app.venv}/bin")
    assert "names tool, which is in no layer of this image" in app.text


def test_the_layer_has_a_port_and_a_program_for_servers_only(app: App) -> None:
    app.write({"Procfile": "web: gunicorn a\nworker: python w.py\n"}).install(
        "gunicorn==25.1.0", programs=("python",)
    )
    app.build()
    layer = app.layers / "start"
    assert {str(path.relative_to(layer)) for path in layer.rglob("*") if path.is_file()} == {
        "env.launch/PORT.default",
        "exec.d/web/strata-server",
    }
    program = layer / "exec.d/web/strata-server"
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert "at_start(workers=True, gunicorn=True, control_socket=True)" in program.read_text()
    assert toml.load(app.layers / "start.toml")["types"] == {"launch": True, "build": False, "cache": False}


@pytest.mark.parametrize(
    ("packages", "files", "variables", "call"),
    [
        (["gunicorn==25.0.3"], {}, {}, "workers=True, gunicorn=True, control_socket=False"),
        (
            ["gunicorn==25.1.0"],
            {},
            {"BP_WEB_CONCURRENCY": "off"},
            "workers=False, gunicorn=True, control_socket=True",
        ),
        (["gunicorn", "flask-socketio"], {}, {}, "workers=False, gunicorn=True, control_socket=False"),
        (["gunicorn", "mcp"], {}, {}, "workers=False, gunicorn=True, control_socket=False"),
        (
            ["gunicorn==26"],
            {"gunicorn.conf.py": "worker_tmp_dir = '/tmp'"},
            {},
            "workers=True, gunicorn=False, control_socket=True",
        ),
    ],
)
def test_what_runs_before_a_server(
    app: App, packages: list[str], files: dict[str, str], variables: dict[str, str], call: str
) -> None:
    """As the app's gunicorn can, and as its own configuration leaves open."""
    app.write({"Procfile": "web: gunicorn a", **files}).install(*packages).build(**variables)
    assert f"at_start({call})" in (app.layers / "start/exec.d/web/strata-server").read_text()


def test_nothing_is_left_when_nothing_starts(app: App) -> None:
    """Also where an earlier build has left something."""
    app.write({"Procfile": "web: gunicorn a"}).install("gunicorn").build()
    (app.directory / "Procfile").write_text("# nothing\n")
    assert app.build() == {}
    assert not (app.layers / "launch.toml").exists()
    assert "This image starts nothing by itself" in app.text
