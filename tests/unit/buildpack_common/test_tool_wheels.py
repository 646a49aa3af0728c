"""The release of a tool, as the file in a buildpack says it: each fault is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from buildpack_common.tool_wheels import TargetWheel, ToolWheels, ToolWheelsError, parse

ROW = {"os": "linux", "arch": "amd64", "platform": "manylinux_2_17_x86_64", "sha256": "a" * 64}


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": "uv", "version": "0.13.9", "wheels": [ROW], **changes}


def test_a_release_has_a_wheel_for_each_target() -> None:
    wheel = TargetWheel("linux", "amd64", "manylinux_2_17_x86_64", "a" * 64)
    assert parse(document()) == ToolWheels("uv", "0.13.9", (wheel,))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": 1}, ("name",)),
        ({"version": ""}, ("version",)),
        ({"wheels": {}}, ("wheels",)),
        ({"wheels": []}, ("wheels",)),
        ({"wheels": [ROW, "x"]}, ("wheels", 1)),
        ({"wheels": [ROW, ROW]}, ("wheels",)),
        ({"wheels": [{**ROW, "sha256": "A" * 64}]}, ("wheels", 0, "sha256")),
        ({"wheels": [{**ROW, "platform": None}]}, ("wheels", 0, "platform")),
    ],
)
def test_a_fault_has_a_place(changes: dict[str, Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ToolWheelsError) as caught:
        parse(document(**changes))
    assert caught.value.place == place
