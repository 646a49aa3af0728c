"""What follows an installation, with real Pythons and a real pip: checks, bills of materials, the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from buildpack_testing.failure import PhaseError
from support.component_builds import CONSUMER
from support.main_job import VENV
from support.restored import change_metadata, change_restored
from support.sbom_schemas import assert_valid_sbom
from support.venv_builds import VenvBuilds, installed, reused, text_of, venv_builds
from support.wheels import Project, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult

PIP_CHECK = "pip check || true\n"
# The resolver that lets conflicts be; it is the user's choice.
HEEDLESS = {"PIP_USE_DEPRECATED": "legacy-resolver"}
LEFT = Project("left")
RIGHT = Project("right", "2.0", requires=("left<3", 'more; extra == "web"'), extras=("web",))
MORE = Project("more", "0.1+local")
SBOMS = ("venv.sbom.cdx.json", "venv.sbom.spdx.json")


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[VenvBuilds]:
    with venv_builds(tmp_path / "a b") as made:
        made.publish(LEFT, RIGHT, MORE)
        yield made


def layers(builds: VenvBuilds) -> Path:
    return builds.root / "work space/layers/strata_app-venv"


def bom(builds: VenvBuilds) -> dict[str, Any]:
    assert_valid_sbom(layers(builds) / "venv.sbom.spdx.json")
    return assert_valid_sbom(layers(builds) / "venv.sbom.cdx.json")


def without_bills(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "sboms": {}} if "sboms" in stored else stored


def largest(result: BuildResult) -> list[str]:
    """The rows of the summary about what takes the space."""
    lines = text_of(result).partition("Summary")[2].splitlines()
    return [line for line in lines if "with bytecode" in line or line.startswith("  largest")]


# Packages that do not fit together


def test_what_fits_needs_no_words(builds: VenvBuilds) -> None:
    builds.consumer = PIP_CHECK
    builds.require("right")
    result = builds.build()
    assert "Warning" not in text_of(result)
    assert result.run(CONSUMER).printed == "No broken requirements found.\n"


def test_what_does_not_fit_is_named_as_pip_names_it_and_again_when_reused(builds: VenvBuilds) -> None:
    """The check of pip itself, run by a later buildpack, is the measure."""
    builds.consumer = PIP_CHECK
    builds.publish(Project("left", "3.0"))
    builds.require("left==3.0", "right")
    first = builds.build(HEEDLESS)
    assert first.run(CONSUMER).printed == "right 2.0 has requirement left<3, but you have left 3.0.\n"
    words = " ".join(text_of(first).split())
    assert "Warning: Installed packages do not fit together" in words
    assert "right 2.0 requires left<3, but left 3.0 is installed." in words
    second = builds.build(HEEDLESS)
    assert reused(second)
    assert "right 2.0 requires left<3, but left 3.0 is installed." in text_of(second)
    assert "Warning" not in text_of(builds.build({**HEEDLESS, "BP_PIP_CHECK": "off"}))


def test_an_error_keeps_nothing(builds: VenvBuilds) -> None:
    builds.publish(Project("left", "3.0"))
    builds.require("left==3.0", "right")
    builds.build(HEEDLESS)
    with pytest.raises(PhaseError) as failed:
        builds.build({**HEEDLESS, "BP_PIP_CHECK": "error"})
    assert "right 2.0 requires left<3, but left 3.0 is installed." in failed.value.output
    assert "Reusing the virtual environment" in failed.value.output
    with pytest.raises(PhaseError) as failed:
        builds.build({**HEEDLESS, "BP_PIP_CHECK": "error"}, clear=True)
    assert "Error: Installed packages do not fit together" in failed.value.output
    assert not (layers(builds) / "venv").exists()
    assert not (layers(builds) / "venv.toml").exists()
    assert not [name for name in SBOMS if (layers(builds) / name).exists()]


def test_a_wrong_value_is_refused_before_anything_is_installed(builds: VenvBuilds) -> None:
    builds.require("right")
    with pytest.raises(PhaseError) as failed:
        builds.build({"BP_PIP_CHECK": "maybe"})
    assert "BP_PIP_CHECK is 'maybe'" in failed.value.output
    assert not builds.server.requests


# The bill of materials


def test_the_bill_names_what_is_installed(builds: VenvBuilds) -> None:
    builds.require("right[web]")
    builds.build()
    found = {one["name"]: one for one in bom(builds)["components"]}
    assert {name: one["version"] for name, one in found.items()} == {
        "left": "1.0",
        "more": "0.1+local",
        "right": "2.0",
    }
    wheels = {path.name.partition("-")[0]: sha256(path) for path in builds.wheels}
    assert {name: one["hashes"][0]["content"] for name, one in found.items()} == wheels
    kinds = {name: one["properties"][0]["value"] for name, one in found.items()}
    assert kinds == {"left": "transitive", "more": "transitive", "right": "direct"}
    graph = {one["ref"]: one["dependsOn"] for one in bom(builds)["dependencies"]}
    assert graph["pkg:pypi/right@2.0"] == ["pkg:pypi/left@1.0", "pkg:pypi/more@0.1%2Blocal"]
    assert graph["environment"] == ["pkg:pypi/right@2.0"]


def test_pip_is_in_the_bill_only_if_the_app_requires_it(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.build()
    assert [one["purl"] for one in bom(builds)["components"]] == ["pkg:pypi/left@1.0"]
    builds.publish(Project("pip", "99.0", files={"pip/__init__.py": ""}))
    builds.require("left", "pip")
    builds.build()
    purls = [one["purl"] for one in bom(builds)["components"]]
    assert purls == ["pkg:pypi/left@1.0", "pkg:pypi/pip@99.0"]


def test_equal_environments_have_equal_bills_wherever_they_are_made(
    builds: VenvBuilds, tmp_path: Path
) -> None:
    builds.require("right[web]")
    builds.build()
    texts = [(layers(builds) / name).read_bytes() for name in SBOMS]
    with venv_builds(tmp_path / "other") as other:
        other.publish(LEFT, RIGHT, MORE)
        other.require("right[web]")
        other.build()
        assert [(layers(other) / name).read_bytes() for name in SBOMS] == texts


def test_a_reused_environment_keeps_its_bill(builds: VenvBuilds) -> None:
    builds.require("right[web]")
    builds.build()
    texts = [(layers(builds) / name).read_bytes() for name in SBOMS]
    assert reused(builds.build())
    assert [(layers(builds) / name).read_bytes() for name in SBOMS] == texts


def test_a_bill_that_was_not_restored_is_written_again(builds: VenvBuilds) -> None:
    """By a platform that does not restore bills."""
    builds.require("right[web]")
    builds.build()
    texts = [(layers(builds) / name).read_bytes() for name in SBOMS]
    platform = builds.platform()
    change_restored(platform, without_bills)
    result = builds.build(platform=platform)
    assert reused(result)
    assert [(layers(builds) / name).read_bytes() for name in SBOMS] == texts


def test_credentials_are_in_no_bill(builds: VenvBuilds) -> None:
    secret = "s3cr3t-of-the-index"
    address = builds.server.url.removeprefix("http://")
    wheel = next(path for path in builds.wheels if path.name.startswith("left"))
    direct = f"left @ http://me:{secret}@{address}/files/{wheel.name}#sha256={sha256(wheel)}"
    builds.require(direct, "right")
    builds.build({"PIP_INDEX_URL": f"http://me:{secret}@{address}/simple/"})
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert not [name for name in SBOMS if secret in (layers(builds) / name).read_text()]
    left = assert_valid_sbom(layers(builds) / SBOMS[0])["components"][0]
    assert left["purl"] == f"pkg:pypi/left@1.0?download_url=http://{address}/files/{wheel.name}"


# The summary


def test_the_summary_counts_what_came_from_where(builds: VenvBuilds) -> None:
    builds.publish_source()
    builds.require("right", "source")
    summary = text_of(builds.build()).partition("Summary")[2]
    assert "3 installed (3 downloaded, 1 built from source), " in summary
    builds.require("right", "source", "more")
    summary = text_of(builds.build()).partition("Summary")[2]
    assert "4 installed (1 from the cache, 1 downloaded), " in summary
    assert " kB with bytecode" in summary
    assert "largest" in summary
    assert "4 reused, " in text_of(builds.build()).partition("Summary")[2]


def test_the_summary_of_a_reused_environment_tells_what_was_measured(builds: VenvBuilds) -> None:
    """It is kept with the layer: measuring reads the metadata of all packages and walks through all files."""
    builds.require("right")
    first = largest(builds.build())
    platform = builds.platform()
    change_metadata(platform, "room", ["7", "1 kB", "x"])
    again = largest(builds.build(platform=platform))
    assert len(first) == len(again) == 2
    assert again[0].split() == ["packages", "7", "reused,", "1", "kB", "with", "bytecode"]


def test_what_was_not_recorded_is_measured_again(builds: VenvBuilds) -> None:
    """And recorded. A layer of an earlier version, or one with strange metadata, is reused all the same."""
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    first = builds.build()
    rows = [line.replace("installed (2 downloaded)", "reused") for line in largest(first)]
    recorded = first.layer(VENV, "venv").metadata["room"]
    for room in (None, [], ["2"], [2.0, 3.0, ""], 5.0, {"size": "1 kB"}):
        platform = builds.platform()
        change_metadata(platform, "room", room)
        again = builds.build(platform=platform)
        assert reused(again)
        assert largest(again) == rows, room
        assert again.layer(VENV, "venv").metadata["room"] == recorded, room
