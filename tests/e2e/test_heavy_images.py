"""Layers of heavy files and the real lifecycle: what it keeps, restores and exports, and that links hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.podman import ContainerSettings
from support.main_job import VENV
from support.sample_builds import E2E_FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Podman
    from support.sample_builds import SampleBuilds

LAUNCHER = "/cnb/lifecycle/launcher"
LOWERED = {"BP_VENV_HEAVY": "1"}
# Where the library is, and that it works.
USE = (
    "import asyncio, os, uvloop.loop as l\n"
    "async def answer(): return 42\n"
    "print(os.path.realpath(l.__file__), l.Loop().run_until_complete(answer()))"
)


class HeavyApp:
    """An app with uvloop, built at places of its own."""

    def __init__(self, samples: SampleBuilds, app: Path) -> None:
        self.samples, self.app = samples, app
        pins = (E2E_FIXTURES / "servers/requirements.txt").read_text("utf-8").splitlines()
        self.pins = {line.partition("==")[0].lower(): line for line in pins if "==" in line}
        app.mkdir()
        self.require("uvloop")

    def require(self, *names: str) -> None:
        """Let it require these."""
        text = "".join(f"{self.pins[name].removesuffix(' ' + chr(92))}\n" for name in names)
        (self.app / "requirements.txt").write_text(text)

    def build(self, tag: str = "1", options: tuple[str, ...] = ()) -> BuiltImage:
        """Build it on its machine, into a tag; with options of the lifecycle."""
        return replace(self.samples.creator("heavy"), options=options).into_registry(
            self.app,
            self.samples.composite(),
            registry=self.samples.registry,
            run_image=self.samples.run_image,
            name=f"heavy/app:{tag}",
            variables={**self.samples.feed.variables, "WEB_COMMAND": "python", **LOWERED},
        )


@pytest.fixture(scope="module")
def app(samples: SampleBuilds, tmp_path_factory: pytest.TempPathFactory) -> HeavyApp:
    return HeavyApp(samples, tmp_path_factory.mktemp("heavy") / "app")


@pytest.fixture(scope="module")
def first(app: HeavyApp) -> BuiltImage:
    return app.build()


def heavy_layers(built: BuiltImage) -> dict[str, str]:
    """Return the diff IDs of the layers with heavy files."""
    return {name: sha for name, sha in built.launch_layers.items() if name.startswith(f"{VENV}:heavy-")}


def used(podman: Podman, built: BuiltImage) -> list[str]:
    """Use the library in a container whose root is read-only, as a user that the image does not know."""
    settings = ContainerSettings(
        entrypoint=LAUNCHER, network="none", read_only=True, options=("--user=12345:0",)
    )
    image = app_container.load(podman, built)
    return podman.run(image, "--", "python", "-c", USE, settings=settings).stdout.decode().split()


def test_it_works_and_the_next_build_reuses_all_of_it(
    app: HeavyApp, first: BuiltImage, podman: Podman
) -> None:
    (name,) = heavy_layers(first)
    place, answer = used(podman, first)
    assert place.startswith(f"/layers/{name.replace('/', '_').replace(':', '/')}/files/uvloop/loop.")
    assert answer == "42"
    second = app.build()
    assert second.digest == first.digest
    assert "Reusing the virtual environment" in second.output
    assert f"Reusing layer '{name}'" in second.output
    assert f'Restoring data for "{name}"' not in second.output


def test_wherever_image_or_cache_are_gone_the_image_is_the_same(
    app: HeavyApp, first: BuiltImage, podman: Podman
) -> None:
    other = app.build("2")
    assert "the heavy files of uvloop are not in the last image" in " ".join(other.output.split())
    assert other.digest == first.digest
    app.samples.creator("heavy").forget_cache()
    third = app.build()
    assert "Reusing the virtual environment" not in third.output
    assert third.digest == first.digest
    (name,) = heavy_layers(first)
    assert f"Reusing layer '{name}'" in third.output
    assert used(podman, third)[1] == "42"


def test_the_layer_is_that_of_any_app_with_the_wheel(app: HeavyApp, first: BuiltImage) -> None:
    app.require("uvloop", "cryptography", "cffi", "pycparser")
    other = app.build("3")
    assert heavy_layers(first).items() < heavy_layers(other).items()


def test_whoever_clears_the_cache_gets_the_same(app: HeavyApp, first: BuiltImage) -> None:
    app.require("uvloop")
    again = app.build(options=("-skip-restore",))
    assert "Reusing the virtual environment" not in again.output
    assert again.digest == first.digest


def test_when_something_else_changes_pip_asks_for_nothing_of_it(app: HeavyApp, first: BuiltImage) -> None:
    app.require("uvloop", "h11")
    requests = app.samples.feed.index.requests
    before = len(requests)
    changed = app.build()
    asked = [one.path for one in requests[before:] if "/files/" in one.path]
    assert all("/h11-" in path for path in asked)
    assert asked
    assert "their files are the same: 1 of 2 packages" in " ".join(changed.output.split())
    assert heavy_layers(changed) == heavy_layers(first)
