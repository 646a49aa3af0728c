"""Whatever an app's files hold, they are read to the end, and nothing outside of the app is."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_start.environment import Environment, Installed
from app_start.inference.decide import inferred_plan
from app_start.inference.project import Project

if TYPE_CHECKING:
    from support.start_builds import App

STDLIB = Path(sysconfig.get_path("stdlib"))
ALL = "flask fastapi django aiohttp celery rq gunicorn uvicorn streamlit gradio panel functions-framework"


def everything() -> Environment:
    """An environment in which no rule stops early."""
    return Environment(STDLIB, STDLIB, {name: Installed("99.0") for name in ALL.split()})


@pytest.mark.parametrize(
    "package", ["zipfile", "json", "email", "asyncio", "importlib", "http", "xml", "concurrent"]
)
def test_packages_of_the_standard_library_are_read(package: str) -> None:
    """They import themselves relatively, each other, and modules that are only there in other places."""
    inferred_plan(Project(STDLIB / package, everything(), {})).launch()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"\x00",
        b"def f(:\n",
        b"(" * 5000,
        b"# -*- coding: nonsense -*-\n",
        "app = '\ud800'".encode("utf-8", "surrogatepass"),
    ],
)
def test_what_is_no_python_is_passed_over(app: App, content: bytes) -> None:
    app.write({"main.py": "if __name__ == '__main__':\n    pass\n"}).install()
    (app.directory / "app.py").write_bytes(content)
    assert app.build() == {"*main": "python main.py"}


def test_nothing_outside_of_the_app_is_found(app: App, tmp_path: Path) -> None:
    """Neither through relative imports nor through FLASK_APP, nor in a directory that a link leads to."""
    outside = "from flask import Flask\napp = Flask(__name__)\n"
    (tmp_path / "secret.py").write_text(outside)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/app.py").write_text(outside)
    app.write({"__init__.py": "", "main.py": "from ..secret import app\n"}).install("flask", "gunicorn")
    (app.directory / "linked").symlink_to(tmp_path / "other")
    assert app.build() == {}
    assert app.build(FLASK_APP="../secret.py") == {}
    assert app.build(FLASK_APP="..secret") == {}


def test_a_virtual_environment_in_the_app_does_not_count(app: App) -> None:
    flask = "from flask import Flask\napp = Flask(__name__)\n"
    app.write({"myenv/pyvenv.cfg": "", "myenv/app.py": flask, "app.py": flask}).install("flask", "gunicorn")
    assert app.build() == {"*web": "gunicorn app:app"}
    shutil.rmtree(app.directory / "myenv")
    assert app.build() == {"*web": "gunicorn app:app"}
