"""The pictures in docs/images show what is built and what is printed today; else: nox -s pictures."""

from __future__ import annotations

import os
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


@pytest.mark.usefixtures("runtimes")
def test_the_drawings_show_the_layers_that_are_built(
    wheel_index: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names, whose they are and what they are for; sizes are those of some machine."""
    for name, value in wheel_index.items():
        monkeypatch.setenv(name, value)
    built = sorted(layer.title for layer in layers_picture.built_layers())
    for name in layers_picture.SCHEMES:
        drawn = (layers_picture.IMAGES / f"layers-{name}.svg").read_text("utf-8")
        assert sorted(layers_picture.drawn_titles(drawn)) == built


@pytest.mark.usefixtures("runtimes")
def test_the_session_shows_what_its_commands_print(wheel_index: dict[str, str]) -> None:
    """Word for word; but figures, and so the width of columns, are those of some machine."""
    recorded = [
        line
        for command, output in session_picture.record({**os.environ, **wheel_index})
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
