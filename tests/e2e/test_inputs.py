"""Inputs other than requirements.txt, and none at all, with the real lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.creator import CreatorError
from buildpack_testing.local_sources import served_index
from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.lock_files import lock_text
from support.main_job import ROOT, RUNTIME, VENV
from support.sample_builds import SAMPLES, VENV_TREE
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.podman import Podman
    from support.sample_builds import SampleBuilds

GREETER = ROOT / "tests" / "fixtures" / "projects" / "greeter"
FAILED_DETECTION = 20  # platform/exit.go: every group failed, none with an error


def test_a_lock_file_is_installed_once(samples: SampleBuilds, podman: Podman, tmp_path: Path) -> None:
    """Hashes prove that what was restored is right: the second build asks nobody, and changes nothing."""
    sample, index = SAMPLES["flask"], samples.feed.index
    app = samples.copy("flask", tmp_path / "app")
    pins = (app / "requirements.txt").read_text(encoding="utf-8")
    (app / "requirements.txt").unlink()
    wheels = [wheel for wheel in samples.feed.wheels if sha256(wheel) in pins]
    (app / "pylock.toml").write_text(lock_text(wheels, index.url), encoding="utf-8")
    before = len(index.requests)
    first = samples.another("locked", app, sample.command)
    asked = len(index.requests)
    assert asked - before >= len(pins.split("==")) - 1
    second = samples.another("locked", app, sample.command)
    assert "Installing pylock.toml" in first.output
    assert "Reusing the virtual environment" in second.output
    assert len(index.requests) == asked
    assert second.digest == first.digest
    for layer in (f"{RUNTIME}:python", f"{VENV}:venv"):
        assert f"Reusing layer '{layer}'" in second.output
    with app_container.serve(podman, app_container.load(podman, second)) as running:
        assert sample.answer in running.fetch(sample.path).body


def test_a_project_below_src_serves_out_of_the_app_directory(
    samples: SampleBuilds, podman: Podman, tmp_path: Path
) -> None:
    """Its command is in the environment, its code in the layer of the app, where the image has it, too."""
    wheel = make_wheel(Project("right", "2.0"), tmp_path)
    with serve(write_index([wheel], tmp_path / "index").directory) as server:
        built = samples.another("greeter", GREETER, "greet-web", served_index(server))
    assert "BP_PIP_PROJECT is not set: editable" in built.output
    with app_container.serve(podman, app_container.load(podman, built)) as app:
        greeting = app.fetch().body.decode()
        assert greeting == "greetings from /workspace/src/greeter/__init__.py with right 2.0\n"
        assert app.command_line()[1:] == (f"{VENV_TREE}/bin/greet-web",)
        assert app.stop() == 0


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("environment.yml", "A file of Conda or Pixi is there"),
        ("Pipfile", "pipenv lock"),
        ("requirement.txt", "BP_PIP_REQUIREMENT=requirement.txt"),
    ],
)
def test_an_app_with_nothing_to_install_from_is_told_what_to_do(
    samples: SampleBuilds, tmp_path: Path, file: str, hint: str
) -> None:
    """The lifecycle shows what our detection says, without being asked for more output."""
    (tmp_path / "main.py").touch()
    (tmp_path / file).touch()
    with pytest.raises(CreatorError) as failed:
        samples.another("undetected", tmp_path, "python main.py")
    assert failed.value.code == FAILED_DETECTION
    assert hint in failed.value.output
