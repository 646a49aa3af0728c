"""The pictures in docs/images show what is built and what is printed today; else: nox -s pictures."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

import layers_picture
import session_picture

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture(scope="module")
def options(mirror: dict[str, str], wheel_index: dict[str, str]) -> list[str]:
    """Options of `inv try` for builds without any network."""
    return [f"--env={name}={value}" for name, value in {**mirror, **wheel_index}.items()]


def test_the_drawings_show_the_layers_that_are_built(options: list[str]) -> None:
    """Their names, whose they are and what they are for; sizes are those of some machine."""
    built = sorted(layer.title for layer in layers_picture.built_layers(options))
    for name in layers_picture.SCHEMES:
        drawn = (layers_picture.IMAGES / f"layers-{name}.svg").read_text("utf-8")
        assert sorted(layers_picture.drawn_titles(drawn)) == built


def test_the_session_shows_what_its_commands_print(options: list[str]) -> None:
    """Word for word; but figures, and so the width of columns, are those of some machine."""
    recorded = [
        line
        for command, output in session_picture.record(options)
        for line in (f"$ {command}", *output.splitlines())
    ]
    shown = _lines((layers_picture.IMAGES / "session.svg").read_text("utf-8"))
    assert [line for line in shown if line] == [without_figures(line) for line in recorded if line.strip()]


def without_figures(line: str) -> str:
    return re.sub(r"\d[\d.,]*", "#", " ".join(line.split())).replace("KiB", "MiB")


def _lines(svg: str) -> Iterator[str]:
    """Yield the lines of the terminal in a picture; those with the same height are parts of one."""
    parts = [one for one in ET.fromstring(svg).iter(_TEXT) if "clip-path" in one.attrib]  # noqa: S314  ours
    for _, line in groupby(parts, key=lambda one: one.get("y")):
        yield without_figures(" ".join(one.text or "" for one in line))
