"""Apps that do not say how they start, built with the composite: they start, answer, and end when told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_common.files import remove
from buildpack_release.errors import ReleaseError
from buildpack_release.model.repository import Repository
from buildpack_testing.local_sources import RuntimeSource
from buildpack_testing.try_app import AppTrial, try_app
from buildpack_testing.web import free_port, started
from support.app_shapes import django
from support.main_job import APPS, ROOT, START

if TYPE_CHECKING:
    from pathlib import Path

from support.main_job import MainJob

PROGRAM = """
import os
from http.server import HTTPServer, SimpleHTTPRequestHandler
if __name__ == "__main__":
    HTTPServer(("", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
"""


def start(job: MainJob) -> list[str]:
    """Start what the last image starts by itself."""
    with job.platform.container() as container:
        return started(replace(container, variables={"PORT": str(free_port())}))


def test_flask_without_a_procfile(job: MainJob) -> None:
    """The layer of a second build is the same, and so is that of another app with the same server."""
    app = job.copy("flask")
    (app / "Procfile").unlink()
    first = job.build(app)
    assert "app.py line" in first.run(START).printed
    command, answer, end = start(job)
    assert command == "$ gunicorn app:app"
    assert answer.startswith("GET / -> 200 ")
    assert end.startswith("SIGTERM -> ended with code 0 ")
    again = job.build(app)
    assert again.layer(START, "start").diff_id == first.layer(START, "start").diff_id
    (app / "app.py").rename(app / "main.py")
    other = job.build(app)
    assert other.layer(START, "start").diff_id == first.layer(START, "start").diff_id
    assert start(job)[0] == "$ gunicorn main:app"


def test_django_below_the_top(job: MainJob) -> None:
    """It runs where its manage.py is."""
    app = job.copy("django")
    for name in ("manage.py", "hello"):
        remove(app / name)
    for name, text in django("web/").items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    result = job.build(app)
    assert "web/manage.py has shop.settings" in result.run(START).printed
    command, answer, _ = start(job)
    assert command == "$ gunicorn shop.wsgi:application"
    assert answer.startswith("GET / -> 404 ")


def test_a_program_ends_when_it_is_told(job: MainJob) -> None:
    """Though it does not know SIGTERM: it would go on as the first process of a container."""
    app = job.copy("minimal")
    (app / "main.py").write_text(PROGRAM)
    job.build(app)
    _, answer, end = start(job)
    assert answer.startswith("GET / -> 200 ")
    assert end.startswith("SIGTERM -> ended with code 143 ")


def test_what_the_procfile_says_counts(job: MainJob) -> None:
    app = job.copy("flask")
    (app / "Procfile").write_text(
        "web: true && gunicorn --bind 0.0.0.0:$PORT app:app\nworker: python -c pass\n"
    )
    result = job.build(app)
    assert "docker run --entrypoint worker IMAGE" in result.run(START).printed
    command, answer, end = start(job)
    assert command.startswith("$ sh -c 'true && exec gunicorn")
    assert answer.startswith("GET / -> 200 ")
    assert end.startswith("SIGTERM -> ended with code 0 ")


@pytest.fixture
def trial(wheel_index: dict[str, str]) -> AppTrial:
    """An app whose server ends at once."""
    variables = {**wheel_index, "BP_START_COMMAND": "python -c 'raise SystemExit(\"no database\")'"}
    return AppTrial(APPS / "minimal", variables=variables, runtime=RuntimeSource.LOCAL)


def test_trying_an_app_that_does_not_answer_fails(trial: AppTrial, tmp_path: Path) -> None:
    """With what the app has said."""
    said: list[str] = []
    with pytest.raises(ReleaseError, match="the app did not answer: it ended with 1") as failed:
        try_app(Repository.discover(ROOT), trial, write=said.append, report=said.append, workspaces=tmp_path)
    assert "no database" in failed.value.detail
