"""A report must tell what has happened, why, and no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.trial_report import TrialReport, report_trial
from support.scripted import Platforms, ScriptedBuildpacks, layer

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.platform import LocalPlatform

_BOM = """cat > "$CNB_LAYERS_DIR/{name}.sbom.cdx.json" <<'T'
{{"bomFormat": "CycloneDX", "components": [
  {{"name": "{package}", "version": "1.0", "purl": "pkg:pypi/{package}@1.0"}}]}}
T
"""
_FORMATS = 'sbom-formats = ["application/vnd.cyclonedx+json"]'


def reported(platform: LocalPlatform, app: Path, **variables: str) -> TrialReport:
    result = platform.build(app, variables=variables)
    with platform.container() as container:
        return report_trial("an app", result, container, ["GET / -> 200"])


def kept(version: str, *types: str) -> str:
    """Return sh that makes a layer if there is none, and says which version it was made from."""
    made = layer("x", *types, content="c", metadata=f'version = "{version}"')
    return f'if [ ! -e "$CNB_LAYERS_DIR/x/content" ]; then\n{made}\nfi\n' + layer(
        "x", *types, metadata=f'version = "{version}"'
    )


def test_the_reasons_say_what_has_changed_since_the_last_build(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Nothing before; the same; another input."""
    directory = scripted.add("a", build=kept("1", "launch", "cache"))
    platform = platforms("a")
    reports = [reported(platform, app), reported(platform, app)]
    new = layer("x", "launch", "cache", content="other", metadata='version = "2"\\nlist = ["b"]')
    (directory / "bin/build").write_text(f"#!/bin/sh\n{new}")
    reports.append(reported(platform, app))
    told = [(one.layers[0].reused, one.layers[0].reasons) for one in reports]
    assert told == [
        (False, ("no earlier build has left such a layer",)),
        (True, ("its inputs are the same as before",)),
        (False, ("list: none → b", "version: 1 → 2")),
    ]
    assert reports[-1].layers[0].inputs == (("list", "b"), ("version", "2"))


def test_a_layer_that_is_made_in_each_build_says_so(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Its inputs are no reason: nobody keeps it, or it was written to."""
    append = 'mkdir -p "$CNB_LAYERS_DIR/y"; echo more >> "$CNB_LAYERS_DIR/y/file"\n'
    scripted.add("a", build=layer("x", "launch", content="c") + append + layer("y", "cache"))
    platform = platforms("a")
    reported(platform, app)
    x, y = reported(platform, app).layers
    same = "its inputs are the same as before, but"
    assert x.reasons == (f"{same} its contents are not kept between builds",)
    assert y.reasons == (f"{same} its contents differ",)


def test_packages_are_those_of_the_bills_of_materials(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """The image's first; a document that cannot be read lists nothing."""
    build = layer("tool", "build", content="t") + _BOM.format(name="tool", package="installer")
    build += layer("venv", "launch", content="v") + _BOM.format(name="venv", package="flask")
    build += layer("odd", "launch", content="o") + 'echo "{" > "$CNB_LAYERS_DIR/odd.sbom.cdx.json"\n'
    scripted.add("a", build=build, extra=_FORMATS)
    packages = reported(platforms("a"), app).packages
    assert [(one.name, one.version, one.layer, one.in_image) for one in packages] == [
        ("flask", "1.0", "venv", True),
        ("installer", "1.0", "tool", False),
    ]


@pytest.mark.parametrize("name", ["API_TOKEN", "DB_PASSWORD", "AWS_ACCESS_KEY_ID", "SENTRY_DSN", "GIT_AUTH"])
def test_values_that_may_be_secret_are_not_told(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, name: str
) -> None:
    """Neither at launch nor in a log; other values are, in a container's paths."""
    env = 'mkdir -p "$CNB_LAYERS_DIR/x/env.launch"; cd "$CNB_LAYERS_DIR/x/env.launch"\n'
    env += f'printf hushhush > {name}.override; printf "$CNB_LAYERS_DIR/x" > PLACE.override\n'
    env += 'printf "https://me:hush-too@index.example/simple" > INDEX.override\n'
    scripted.add("a", build=layer("x", "launch") + env + 'echo "asking https://me:hush-too@index.example/"\n')
    report = reported(platforms("a"), app)
    assert dict(report.environment)[name] == "***"
    assert dict(report.environment)["PLACE"] == "/layers/a/x"
    assert "asking" in report.buildpacks[0].log
    assert "hush" not in repr(report)


def test_values_of_metadata_that_may_be_secret_are_not_told(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """A buildpack of somebody else may keep what it should not; that it has changed is told."""
    directory = scripted.add("a", build=layer("x", "launch", content="c", metadata='index_token = "hush-1"'))
    platform = platforms("a")
    first = reported(platform, app)
    program = (directory / "bin/build").read_text().replace("hush-1", "hush-2")
    (directory / "bin/build").write_text(program)
    second = reported(platform, app)
    assert first.layers[0].inputs == (("index_token", "***"),)
    assert second.layers[0].reasons == ("index_token: changed",)
    assert "hush" not in repr((first, second))
