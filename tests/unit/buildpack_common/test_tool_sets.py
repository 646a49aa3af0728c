"""Releases of a tool with all that it needs, as the file in a buildpack says it."""

from __future__ import annotations

from typing import Any

import pytest

from buildpack_api import toml
from buildpack_common.tool_sets import FILE, MACHINES, ToolSetsError, parse
from buildpack_release.model.settings import MINORS
from support.component_builds import ROOT

SHA = "a" * 64
WHEELS = {
    "tool-1.0-py3-none-any.whl": SHA,
    "Fast_Lib-2.0-cp310-cp310-manylinux2014_x86_64.manylinux_2_17_x86_64.whl": "b" * 64,
    "fast_lib-2.1-cp313-cp313-manylinux_2_28_x86_64.whl": "c" * 64,
}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": "Tool", "releases": [{"version": "1.0", "wheels": WHEELS}], **changes}


def test_a_build_takes_the_wheels_for_its_python_and_machine() -> None:
    """Of what is compiled another version may be for another Python; what is missing leaves nothing."""
    (release,) = parse(document()).releases
    for minor, version in (("3.10", "2.0"), ("3.13", "2.1")):
        found = release.wheels_for(minor, "x86_64")
        assert found is not None
        assert [(one.name, one.version) for one in found] == [("fast-lib", version), ("tool", "1.0")]
    assert release.wheels_for("3.11", "x86_64") is None
    assert release.wheels_for("3.10", "aarch64") is None
    assert release.wheels_for("3.1", "x86_64") is None


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("machine", MACHINES.values())
def test_every_release_of_poetry_is_there_for_every_python_and_machine(minor: str, machine: str) -> None:
    """Poetry runs with the Python of the app, whichever that is."""
    known = parse(toml.load(ROOT / "buildpacks/poetry-tool" / FILE))
    assert len(known.releases) > 1
    for release in known.releases:
        found = release.wheels_for(minor, machine)
        assert found is not None
        names = {one.name for one in found}
        assert not names & set(known.without)
        assert names >= {"poetry", *known.plugins}
        assert [one.name for one in found if not one.is_pure] == ["msgpack", "rapidfuzz"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": 1}, ("name",)),
        ({"plugins": "x"}, ("plugins",)),
        ({"without": [1]}, ("without",)),
        ({"releases": []}, ("releases",)),
        ({"releases": ["x"]}, ("releases", 0)),
        ({"releases": [{"version": 1, "wheels": WHEELS}]}, ("releases", 0, "version")),
        ({"releases": [{"version": "1.0", "wheels": []}]}, ("releases", 0, "wheels")),
        ({"releases": [{"version": "2.0", "wheels": WHEELS}]}, ("releases", 0, "wheels")),
        ({"releases": [{"version": "1.0", "wheels": {"x.zip": SHA}}]}, ("releases", 0, "wheels", "x.zip")),
        (
            {"releases": [{"version": "1.0", "wheels": {"a/tool-1.0-py3-none-any.whl": SHA}}]},
            ("releases", 0, "wheels", "a/tool-1.0-py3-none-any.whl"),
        ),
        (
            {"releases": [{"version": "1.0", "wheels": {"tool-1.0-py3-none-any.whl": "A" * 64}}]},
            ("releases", 0, "wheels", "tool-1.0-py3-none-any.whl"),
        ),
    ],
)
def test_a_fault_has_a_place(changes: dict[str, Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ToolSetsError) as caught:
        parse(document(**changes))
    assert caught.value.place == place
