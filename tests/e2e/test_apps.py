"""The sample apps, built with the composite by the real `creator`: equal builds, equal images; they serve."""

from __future__ import annotations

import http
import re
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from support.main_job import APPS, PIP, RUNTIME, START, VENV
from support.sample_builds import PYTHON_TREE, SAMPLES, VENV_TREE, Sample

if TYPE_CHECKING:
    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.podman import Podman
    from support.sample_builds import SampleBuilds


@pytest.mark.parametrize("name", SAMPLES)
def test_a_build_with_nothing_changed_gives_the_same_image(samples: SampleBuilds, name: str) -> None:
    """The same manifest digest: nothing is pushed, pulled or started anew."""
    first, second = samples.twice(name)
    assert second.digest == first.digest
    assert first.report["image"]["digest"] == first.digest
    assert "Reusing the virtual environment" not in first.output
    assert "Reusing the virtual environment" in second.output


@pytest.mark.parametrize("name", SAMPLES)
def test_the_group_and_its_layers_are_the_ones_documented(samples: SampleBuilds, name: str) -> None:
    """Four of ours take part; all but pip and its cache get into the image."""
    built, _ = samples.twice(name)
    members = [buildpack["id"] for buildpack in built.build_metadata["buildpacks"]]
    assert members == [RUNTIME, PIP, VENV, START, "test/web"]
    assert list(built.launch_layers) == [f"{RUNTIME}:python", f"{VENV}:venv", f"{START}:start"]


def test_an_image_made_elsewhere_in_layout_mode_has_the_same_layers(
    samples: SampleBuilds, run_base: BaseImage
) -> None:
    """No cache, no previous image, no registry: every layer is the same to the bit.

    Also that of the extension, which is compiled anew in a directory with a random name.
    """
    creator, sample = samples.creator("layout"), SAMPLES["compiled"]
    first, second = (
        creator.into_layout(
            sample.app,
            samples.composite(),
            run_image=run_base,
            name="app/compiled:1",
            variables=samples.variables("compiled"),
        )
        for _ in range(2)
    )
    assert "Building wheel for strata-test-squares" in first.output
    assert "Reusing the virtual environment" in second.output
    assert second.digest == first.digest
    in_registry, _ = samples.twice("compiled")
    assert first.diff_ids == in_registry.diff_ids


@pytest.mark.parametrize(("name", "sample"), SAMPLES.items())
def test_the_app_serves_as_process_1_on_a_read_only_file_system(
    samples: SampleBuilds, podman: Podman, name: str, sample: Sample
) -> None:
    """No shell and no launcher stand between: the app has the signals, and ends in good order on SIGTERM."""
    built, _ = samples.twice(name)
    with app_container.serve(podman, app_container.load(podman, built)) as app:
        answer = app.fetch(sample.path)
        assert (answer.status, sample.answer in answer.body) == (http.HTTPStatus.OK, True)
        program, *arguments = app.command_line()
        assert (program.rpartition("/")[2].startswith("python"), *arguments) == (True, *sample.arguments)
        environment = app.environment()
        assert environment["PATH"].startswith(f"{VENV_TREE}/bin:{PYTHON_TREE}/bin:")
        assert "PYTHONPATH" not in environment
        assert app.stop() == 0


def test_static_files_of_django_are_collected_into_the_image(samples: SampleBuilds, podman: Podman) -> None:
    """By both builds, though the second one reuses the environment; the page links to the collected name."""
    first, second = samples.twice("django")
    for built in (first, second):
        assert "static files         collected into /workspace/staticfiles" in built.output
    with app_container.serve(podman, app_container.load(podman, second)) as app:
        page = app.fetch().body.decode()
        found = re.search(r"styled by (/static/hello/site\.[0-9a-f]{12}\.css)$", page.strip())
        assert found, page
        style = app.fetch(found[1])
    source = APPS / "django" / "hello" / "static" / "hello" / "site.css"
    assert (style.status, style.body) == (http.HTTPStatus.OK, source.read_bytes())
