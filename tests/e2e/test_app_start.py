"""Apps that do not say how they start, in images of the real lifecycle: each server starts, answers, ends."""

from __future__ import annotations

import http.client
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.podman import ContainerSettings
from buildpack_testing.web import free_port
from support.app_shapes import ASGI, WSGI, django
from support.main_job import START

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Container, Podman
    from support.sample_builds import SampleBuilds

NOBODY = "1000680000:0"
"""A user as OpenShift gives: no name, no home, only the group of root."""
TERMINATED = 143
_HTTP_SERVER = """
import os
from http.server import HTTPServer, SimpleHTTPRequestHandler
if __name__ == "__main__":
    HTTPServer(("", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
"""
_SANIC = (
    "from sanic import Sanic, text\napp = Sanic('shop')\n"
    "@app.get('/')\nasync def hi(_):\n    return text('Hello')\n"
)
_AIOHTTP = (
    "from aiohttp import web\nasync def hi(_):\n    return web.Response(text='Hello')\n"
    "async def create_app():\n    app = web.Application()\n    app.router.add_get('/', hi)\n    return app\n"
)


@dataclass(frozen=True)
class Started:
    """An app, what it requires, what starts it, and the codes with which its server may end on SIGTERM."""

    files: Mapping[str, str]
    requirements: str
    command: str
    codes: tuple[int, ...] = (0,)
    path: str = "/"


_UVICORN = 'exec uvicorn --host 0.0.0.0 --port "$PORT"'
APPS = {
    "gunicorn": Started({"app.py": WSGI}, "flask gunicorn", "gunicorn app:app"),
    "uvicorn": Started({"app/main.py": ASGI}, "fastapi uvicorn", f"{_UVICORN} app.main:app", (0, TERMINATED)),
    "uvicorn-worker": Started(
        {"main.py": ASGI},
        "fastapi gunicorn uvicorn-worker",
        "gunicorn --worker-class uvicorn_worker.UvicornWorker main:app",
    ),
    "gunicorn-asgi": Started({"main.py": ASGI}, "fastapi gunicorn", "gunicorn --worker-class asgi main:app"),
    "hypercorn": Started(
        {"main.py": ASGI}, "fastapi hypercorn", 'exec hypercorn --bind "0.0.0.0:$PORT" main:app'
    ),
    "granian": Started(
        {"main.py": ASGI},
        "fastapi granian",
        'exec granian --interface asgi --host 0.0.0.0 --port "$PORT" main:app',
    ),
    "waitress": Started(
        {"app.py": WSGI},
        "flask waitress",
        'waitress-serve --host 0.0.0.0 --port "$PORT" app:app',
        (TERMINATED,),
    ),
    "daphne": Started(
        django("web/"),
        "django daphne",
        'exec daphne --bind 0.0.0.0 --port "$PORT" shop.asgi:application',
        path="/missing",
    ),
    "sanic": Started(
        {"server.py": _SANIC}, "sanic", 'exec sanic --single-process --host 0.0.0.0 --port "$PORT" server:app'
    ),
    "aiohttp": Started(
        {"main.py": _AIOHTTP},
        "aiohttp gunicorn",
        "gunicorn --worker-class aiohttp.GunicornWebWorker main:create_app",
    ),
    "program": Started({"main.py": _HTTP_SERVER}, "", "python main.py", (TERMINATED,)),
}


@dataclass(frozen=True)
class StartedImages:
    """An image of each app, built when it is first asked for."""

    samples: SampleBuilds
    root: Path
    made: dict[str, BuiltImage]

    def build(self, name: str, files: Mapping[str, str], requirements: str, **variables: str) -> BuiltImage:
        """Return the image of an app."""
        if name not in self.made:
            app = self.root / name
            for file, text in {**files, "requirements.txt": requirements.replace(" ", "\n")}.items():
                (app / file).parent.mkdir(parents=True, exist_ok=True)
                (app / file).write_text(text)
            self.made[name] = self.samples.another(f"start-{name}", app, "", variables)
        return self.made[name]


@pytest.fixture(scope="module")
def images(samples: SampleBuilds, tmp_path_factory: pytest.TempPathFactory) -> StartedImages:
    """The images of this module."""
    return StartedImages(samples, tmp_path_factory.mktemp("apps"), {})


@contextmanager
def running(
    podman: Podman,
    image: str,
    *arguments: str,
    variables: Mapping[str, str],
    user: str | None = None,
    process: str = "",
) -> Iterator[tuple[Container, int]]:
    """Run an image, read-only, with nothing to write to but /dev/shm; yield the container and its port.

    ``variables`` are those of the container; without PORT the port is that of the image.
    """
    entrypoint = f"/cnb/process/{process}" if process else None
    settings = ContainerSettings(environment=variables, user=user, read_only=True, entrypoint=entrypoint)
    with podman.container(image, *arguments, settings=settings) as container:
        yield container, int(variables.get("PORT", "8080"))


def fetched(container: Container, port: int, path: str) -> int:
    """Return the status of a page, as soon as somebody answers."""
    end = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            assert container.running(), container.logs()
            assert time.monotonic() < end, container.logs()
            time.sleep(0.1)
        finally:
            connection.close()


@pytest.mark.parametrize("name", APPS)
def test_a_server_starts_answers_and_ends(podman: Podman, images: StartedImages, name: str) -> None:
    """As the image's user with a port that is given, and as somebody unknown with the port of the image.

    Nothing is written, since nothing can be; the arguments of the launcher's command are those of the build.
    """
    app = APPS[name]
    built = images.build(name, app.files, app.requirements)
    process = built.processes["web"]
    shown = process["command"][2] if process["command"][0] == "sh" else " ".join(process["command"])
    assert app.command in shown
    assert f"{START}:start" in built.launch_layers
    image = app_container.load(podman, built)
    for user, variables in ((None, {"PORT": str(free_port())}), (NOBODY, {"HOME": ""})):
        with running(podman, image, variables=variables, user=user) as (container, port):
            assert fetched(container, port, app.path) < 500, container.logs()
            container.signal("TERM")
            assert container.wait(9) in app.codes, container.logs()


PROCFILE = {
    "web": ("gunicorn app:app", 0),
    "variable": ("gunicorn --bind 0.0.0.0:$PORT app:app", 0),
    "list": ("echo preparing && cd . && gunicorn app:app", 0),
    "assigned": ("GREETING='a b' gunicorn app:app", 0),
    "piped": ("gunicorn app:app 2>&1 | cat", TERMINATED),
    "told": ("echo $PORT", 0),
}
"""A line of each shape, and the code with which it ends on SIGTERM."""


@pytest.fixture(scope="module")
def procfile(podman: Podman, images: StartedImages) -> str:
    """An image with a process of each shape."""
    text = "".join(f"{name}: {line}\r\n" for name, (line, _) in PROCFILE.items())
    built = images.build("procfile", {"app.py": WSGI, "Procfile": text}, "flask gunicorn")
    return app_container.load(podman, built)


@pytest.mark.parametrize("process", [name for name in PROCFILE if name != "told"])
def test_a_line_of_a_procfile_starts_answers_and_ends(podman: Podman, procfile: str, process: str) -> None:
    """Whatever shell it needs, also with a pipe, where the shell stays."""
    with running(podman, procfile, variables={"PORT": str(free_port())}, process=process) as (
        container,
        port,
    ):
        assert fetched(container, port, "/") == 200, container.logs()
        container.signal("TERM")
        assert container.wait(9) == PROCFILE[process][1], container.logs()


def test_arguments_reach_the_process(podman: Podman, procfile: str) -> None:
    settings = ContainerSettings(entrypoint="/cnb/process/told", network="none", read_only=True)
    assert podman.run(procfile, "a b", "$c", settings=settings).stdout == b"8080 a b $c\n"


def test_equal_apps_give_equal_layers(images: StartedImages) -> None:
    """The layer of one server is the same in every image."""
    first = images.build("gunicorn", APPS["gunicorn"].files, APPS["gunicorn"].requirements)
    second = images.build("another", {"main.py": WSGI}, "flask gunicorn")
    assert first.launch_layers[f"{START}:start"] == second.launch_layers[f"{START}:start"]
