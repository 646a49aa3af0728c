"""Patching by command: it plans, asks, acts, says what became of it, and ends with the right code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode
from oci_registry.remote.registries import Registries, connection
from oci_registry.testing.hosted import Habit, HostedRegistry
from oci_registry.testing.loopback import Response
from oci_registry.testing.memory import MemoryRegistry
from support.app_images import AppShape
from support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.remote.client import RemoteRepository

ROOT = Path(__file__).parents[2]


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    """A registry with an app, and with the layers of two patches as they were released."""
    with MemoryRegistry() as running, Registries(connection(anonymous=True)) as registries:
        client = registries.client(running.host)
        client.repository("shop/web").push(AppShape().content(), ["1"])
        for version in ("3.13.0", "3.13.1"):
            client.repository("released/python").push(AppShape(version=version).content(), [version])
        yield running


def inv(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", "image.patch", *arguments]
    env = {**os.environ, **environment}
    env.pop("BP_PYTHON_RUNTIMES", None)
    return subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def patch(host: str, *options: str, images: str = "shop/*") -> subprocess.CompletedProcess[str]:
    layers = [part for one in ("0", "1") for part in ("--layer", f"{host}/released/python:3.13.{one}")]
    return inv(f"{host}/{images}", "--python", "3.13", *layers, *options)


@pytest.fixture
def web(registry: MemoryRegistry) -> Iterator[RemoteRepository]:
    """The repository of the app."""
    with Registries(connection(anonymous=True)) as registries:
        yield registries.client(registry.host).repository("shop/web")


def test_nothing_is_written_before_somebody_agrees(registry: MemoryRegistry) -> None:
    """The plan alone with --dry-run; without a terminal nobody could answer."""
    before = registry.store.state()
    shown = patch(registry.host, "--dry-run")
    assert (shown.returncode, shown.stdout) == (ExitCode.OK, "")
    assert "1 patch" in shown.stderr
    assert patch(registry.host).returncode == ExitCode.USAGE
    assert registry.store.state() == before


def test_a_run_a_second_run_and_the_way_back(registry: MemoryRegistry, web: RemoteRepository) -> None:
    """With the old image kept, and a document about what was done beside the new one."""
    before, options = web.digest("1"), ("--keep", "{tag}-py{old}", "--provenance", "--yes", "--json")
    first = patch(registry.host, *options)
    assert first.returncode == ExitCode.OK, first.stderr
    (done,) = json.loads(first.stdout)["images"]
    assert (done["plan"], done["done"], done["digest"]) == ("patch", True, web.digest("1"))
    assert web.digest("1-py3.13.0") == before != web.digest("1")
    assert [one.extra["artifactType"] for one in web.referrers(web.digest("1"))] == [
        "application/vnd.in-toto+json"
    ]
    state = registry.store.state()
    second = patch(registry.host, *options)
    assert json.loads(second.stdout)["summary"] == {"current": 1, "kept": 1}
    assert (second.returncode, registry.store.state()) == (ExitCode.OK, state)
    assert inv(f"{registry.host}/shop/web:1", "--undo", "--yes").returncode == ExitCode.OK
    assert web.digest("1") == before


def test_who_may_not_read_is_told_who_they_were(registry: MemoryRegistry) -> None:
    """Of a namespace and of an image: the words about credentials are not lost among others."""
    login = {"STRATA_REGISTRY_USERNAME": "me", "STRATA_REGISTRY_PASSWORD": "secret word"}
    denied = Response(401, {"WWW-Authenticate": 'Basic realm="tests"'}, b"")
    with ScriptedServer(lambda _: denied) as server:
        for images, code in (("shop/*", ExitCode.AUTH), ("shop/web:1", ExitCode.CHECK)):
            done = inv(
                *(f"{server.host}/{images}", "--python", "3.13", "--yes"),
                **login,
                STRATA_REGISTRY_HOST=server.host,
            )
            assert done.returncode == code, done.stderr
            assert "the credentials were those of user 'me'" in done.stderr
            assert "secret word" not in done.stderr


def test_what_is_refused_or_fails_is_in_the_exit_code(
    registry: MemoryRegistry, web: RemoteRepository
) -> None:
    """After all others were patched."""
    web.push(AppShape(python={"constraints": [".python-version: ==3.13.0"]}).content(), ["pinned"])
    refused = patch(registry.host, "--yes")
    assert refused.returncode == ExitCode.CHECK
    assert "1 patch, 1 refused" in refused.stderr
    web.push(AppShape(app="another").content(), ["2"])
    with HostedRegistry(registry, Habit.IMMUTABLE_409) as immutable:
        failed = patch(immutable.host, "--yes", images="shop/web:2")
    assert failed.returncode == ExitCode.CONFLICT
    assert "TAG_IMMUTABLE" in failed.stderr
    assert "--to-tag" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--python", "3.13"), ExitCode.USAGE, "needs REF"),
        (("HOST/shop/web:1",), ExitCode.USAGE, "which Python"),
        (("HOST/shop/web:1", "--python", "3.99"), ExitCode.USAGE, "there is no Python 3.99"),
        (("HOST/shop/web:1", "--python", "3.13", "--keep", "a b"), ExitCode.USAGE, "no tag comes out"),
        (("HOST/shop/web:1", "--undo", "--keep", "{old}"), ExitCode.USAGE, "--keep has no meaning"),
        (("HOST/nothing/*", "--python", "3.13"), ExitCode.CHECK, "there is no image HOST/nothing/*"),
        (("HOST/nothing:*", "--undo"), ExitCode.CHECK, "there is no image HOST/nothing:*"),
        (("HOST/shop/web:1", "--python", "3.13", "--sign", "key"), ExitCode.MISSING_TOOL, "cosign"),
    ],
)
def test_a_slip_is_one_error(
    registry: MemoryRegistry, arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    """Before anything is written."""
    before = registry.store.state()
    done = inv(*(one.replace("HOST", registry.host) for one in arguments), "--yes", PATH="/nowhere")
    assert (done.returncode, done.stdout) == (code, "")
    assert said.replace("HOST", registry.host) in done.stderr
    assert registry.store.state() == before
