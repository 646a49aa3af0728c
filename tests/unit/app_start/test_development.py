"""Only if asked: a process that follows changes, one for a debugger; the one for everybody stays as it is."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from support.app_shapes import ASGI, WSGI

if TYPE_CHECKING:
    from support.start_builds import App


@pytest.mark.parametrize(
    ("files", "packages", "reloading"),
    [
        ({"app.py": WSGI}, ["flask", "gunicorn"], "gunicorn --reload app:app"),
        (
            {"main.py": ASGI},
            ["fastapi", "uvicorn"],
            'uvicorn --reload --host 0.0.0.0 --port "$PORT" main:app',
        ),
        (
            {"Procfile": "web: cd x && gunicorn -b :$PORT a"},
            ["gunicorn"],
            "cd x && exec gunicorn --reload -b :$PORT a",
        ),
        (
            {"app.py": "from sanic import Sanic\napp = Sanic('x')\n"},
            ["sanic"],
            'sanic --reload --host 0.0.0.0 --port "$PORT" app:app',
        ),
        (
            {"app.py": "import streamlit"},
            ["streamlit"],
            (
                "streamlit run --server.runOnSave true --server.headless true --server.address 0.0.0.0 "
                '--server.port "$PORT" app.py'
            ),
        ),
    ],
)
def test_live_reload(app: App, files: dict[str, str], packages: list[str], reloading: str) -> None:
    """It starts by itself, and web is what it is otherwise."""
    app.write(files).install(*packages)
    (web,) = app.build().values()
    found = app.build(BP_LIVE_RELOAD_ENABLED="true")
    assert found == {"web": web, "*reload-web": reloading}


def test_live_reload_of_what_cannot_itself(app: App) -> None:
    """Watchfiles starts it anew, with the shell that fills in the port."""
    app.write({"app.py": WSGI}).install("flask", "waitress", "watchfiles").build(
        BP_LIVE_RELOAD_ENABLED="true"
    )
    _, reloading = (one["command"] for one in app.processes())
    assert reloading[:-2] == ["watchfiles", "--filter", "python", "--target-type", "command"]
    line = 'exec waitress-serve --host 0.0.0.0 --port "$PORT" app:app "$@"'
    assert shlex.split(reloading[-2]) == ["sh", "-c", line, "reload-web"]


@pytest.mark.parametrize(
    ("files", "packages", "debugged"),
    [
        ({"app.py": WSGI}, ["flask", "gunicorn", "debugpy"], "-m gunicorn app:app"),
        ({"main.py": "if __name__ == '__main__':\n    pass\n"}, ["debugpy"], "main.py"),
    ],
)
def test_debugging(app: App, files: dict[str, str], packages: list[str], debugged: str) -> None:
    """Nothing listens unless somebody starts it."""
    found = app.write(files).install(*packages).build(BP_DEBUG_ENABLED="true")
    listen = 'python -Xfrozen_modules=off -m debugpy --listen "0.0.0.0:${BPL_DEBUG_PORT:-5678}"'
    assert found["debug-web"] == f"{listen} {debugged}"
    assert sum(name.startswith("*") for name in found) == 1
    assert "*debug-web" not in found


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("BP_LIVE_RELOAD_ENABLED", "BP_LIVE_RELOAD_ENABLED does nothing for web It takes watchfiles"),
        ("BP_DEBUG_ENABLED", "BP_DEBUG_ENABLED does nothing for web It takes debugpy"),
    ],
)
def test_what_cannot_be_is_said(app: App, variable: str, said: str) -> None:
    app.write({"app.py": WSGI}).install("flask", "waitress")
    assert list(app.build(**{variable: "true"})) == ["*web"]
    assert said in app.text


def test_workers_do_not_multiply_while_developing(app: App) -> None:
    app.write({"app.py": WSGI}).install("flask", "gunicorn").build(BP_LIVE_RELOAD_ENABLED="true")
    program = (app.layers / "start/exec.d/reload-web/strata-server").read_text()
    assert "at_start(workers=False, gunicorn=True" in program
