"""The reasons for one layer per concern, held against the layers that the lifecycle has exported."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from buildpack_release.files.cache import cache_directory
from buildpack_release.wheels.lock_file import read_lock
from buildpack_release.wheels.vendor import fetch
from buildpack_testing.cnb import app_container
from buildpack_testing.local_sources import mirror_variables
from support.main_job import PIP, RUNTIME, VENV
from support.python_archives import two_patches
from support.sample_builds import PIP_VERSION, SAMPLES, changed

if TYPE_CHECKING:
    from pathlib import Path

    from support.sample_builds import SampleBuilds

PYTHON_LAYER, VENV_LAYER = f"{RUNTIME}:python", f"{VENV}:venv"


def test_different_apps_share_the_layer_with_python(samples: SampleBuilds) -> None:
    """Made three times from nothing, in three places with caches of their own: one diff ID."""
    images = [samples.twice(name)[0] for name in ("flask", "django", "compiled")]
    assert len({built.launch_layers[PYTHON_LAYER] for built in images}) == 1
    assert len({built.launch_layers[VENV_LAYER] for built in images}) == 3


def test_another_pip_changes_no_layer_of_the_app_image(
    samples: SampleBuilds, fixtures: Path, tmp_path: Path
) -> None:
    """A release of pip-tool with another pip: its layer and the environment are made anew, of the same bits.

    Only the lifecycle's own account in the image changes, which has the versions of all buildpacks.
    """
    before, _ = samples.twice("flask")
    other = _with_another_pip(samples.directory(PIP), fixtures / "another-pip.lock", tmp_path / "pip-tool")
    after = samples.again("flask", "pip", group=samples.components(instead={PIP: other}))
    (pin,) = read_lock(fixtures / "another-pip.lock")
    assert f"installed with: pip {PIP_VERSION} -> pip {pin.version}" in after.output
    assert f"Installing requirements.txt with pip {pin.version}" in after.output
    assert changed(before, after) == {"config"}
    assert len(set(before.diff_ids) - set(after.diff_ids)) == 1


def test_a_requirement_changes_only_the_environment(samples: SampleBuilds, tmp_path: Path) -> None:
    """One more requirement: Python stays. The file is part of the app's layer, the SBOM has its own."""
    before, _ = samples.twice("flask")
    app = samples.copy("flask", tmp_path / "app")
    more = (SAMPLES["django"].app / "requirements.txt").read_text(encoding="utf-8")
    with (app / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write(more[more.index("sqlparse==") : more.index("typing_extensions==")])
    after = samples.again("flask", "requirement", app=app)
    assert changed(before, after) == {VENV_LAYER, "app", "sbom"}


def test_code_of_the_app_changes_only_the_layer_of_the_app(samples: SampleBuilds, tmp_path: Path) -> None:
    """What happens every day: both layers of ours stay, in the registry and on all machines that run it."""
    before, _ = samples.twice("flask")
    app = samples.copy("flask", tmp_path / "app")
    with (app / "app.py").open("a", encoding="utf-8") as file:
        file.write("\n# another commit\n")
    after = samples.again("flask", "code", app=app)
    assert changed(before, after) == {"app"}
    assert "Reusing the virtual environment" in after.output


def test_a_patch_of_python_changes_only_the_layer_with_python(samples: SampleBuilds) -> None:
    """Two real patches of one line: the environment's layer stays, byte code and all, and serves both.

    The bill of materials has the new version, the configuration's label which one was asked for.
    """
    patches = two_patches()
    older, newer = (archive.version for archive in patches.archives)
    with mirror_variables(patches) as mirror:
        address = {"BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"]}
        feed = replace(samples.feed, runtimes=patches, variables={**samples.feed.variables, **address})
        fed = replace(samples, feed=feed)
        sample = SAMPLES["flask"]
        before, after = (
            fed.another("flask-patch", sample.app, sample.command, {"BP_PYTHON_VERSION": version})
            for version in (older, newer)
        )
    assert changed(before, after) == {PYTHON_LAYER, "sbom"}
    assert before.launch_layers[VENV_LAYER] == after.launch_layers[VENV_LAYER]
    assert f"It was made with Python {older} and serves {newer} as well" in after.output
    assert after.layer_metadata[VENV_LAYER] == before.layer_metadata[VENV_LAYER]
    assert after.layer_metadata[PYTHON_LAYER]["constraints"] == [f"BP_PYTHON_VERSION: =={newer}"]
    with app_container.serve(samples.podman, app_container.load(samples.podman, after)) as app:
        assert sample.answer in app.fetch(sample.path).body


def _with_another_pip(assembled: Path, lock: Path, target: Path) -> Path:
    """Copy pip-tool with another wheel of pip and a version of its own."""
    shutil.copytree(assembled, target)
    for wheel in (target / "wheels").glob("pip-*.whl"):
        wheel.unlink()
    for wheel in fetch(read_lock(lock), cache=cache_directory()).values():
        shutil.copy(wheel, target / "wheels")
    descriptor = target / "buildpack.toml"
    text = descriptor.read_text(encoding="utf-8")
    descriptor.write_text(
        re.sub('(?m)^version = ".*"', 'version = "99.0.0"', text, count=1), encoding="utf-8"
    )
    return target
