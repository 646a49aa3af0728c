"""A picture of the layers of images: each distinct layer once, by size, with how many images share it."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically
from buildpack_common.terminal_text import one_line
from buildpack_release.files.asked_file import check_asked_file
from buildpack_release.images.app_image import LayerKind
from buildpack_release.images.image_report import summary
from buildpack_release.text import size

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.app_image import AppLayer
    from buildpack_release.images.show import Fleet

_COLOURS = {
    LayerKind.RUN_IMAGE: "#8d99ae",
    LayerKind.BUILDPACK: "#2a6f97",
    LayerKind.APP: "#e07a5f",
    LayerKind.LIFECYCLE: "#81b29a",
    LayerKind.UNKNOWN: "#bbbbbb",
}
_WIDTH, _BAR, _ROW, _TOP, _LEFT = 1000, 420, 22, 88, 16
_MOST = 60
_SVG, _HTML = ".svg", (".html", ".htm")
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body>
{picture}
</body></html>
"""


def check_picture(name: str) -> None:
    """Raise UsageError for a place where no picture can be written; "" is none, and fine."""
    check_asked_file(name, "picture", (_SVG, _HTML[0]), aliases=_HTML[1:])


def write_picture(fleet: Fleet, file: Path) -> None:
    """Write the picture: SVG, or a page with it, as the ending of the file's name says. Raises OSError."""
    picture = draw_layers(fleet)
    if file.suffix.lower() in _HTML:
        picture = _PAGE.format(title=_text(summary(fleet)), picture=picture)
    write_atomically(file, picture.encode())


def draw_layers(fleet: Fleet) -> str:
    """Draw a bar for each distinct layer, the largest first; the last line sums up those left out."""
    layers = {layer.blob.digest: layer for image in fleet.images for layer in image.layers}
    counts = Counter(digest for image in fleet.images for digest in {one.blob.digest for one in image.layers})
    ordered = sorted(layers.values(), key=lambda one: (-one.blob.size, one.title, one.diff_id))
    shown, left = ordered[:_MOST], ordered[_MOST:]
    largest = max((one.blob.size for one in shown), default=1) or 1
    rows = [_bar(number, one, counts[one.blob.digest], largest) for number, one in enumerate(shown)]
    height = _TOP + _ROW * (len(rows) + bool(left)) + 16
    if left:
        rows.append(_label(_LEFT, _TOP + _ROW * len(rows), f"{len(left)} smaller layers, {size(_sum(left))}"))
    every = sum(image.size for image in fleet.images)
    stored = f"{len(layers)} distinct layers, {size(_sum(ordered))} in all; without sharing {size(every)}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13" role="img">'
    )
    background = f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    words = [_label(_LEFT, 10, summary(fleet)), _label(_LEFT, 10 + _ROW, stored)]
    title = f"<title>{_text(summary(fleet))}</title>"
    return "\n".join([head, title, background, *words, *_legend(), *rows, "</svg>", ""])


def _bar(number: int, layer: AppLayer, count: int, largest: int) -> str:
    top = _TOP + _ROW * number
    width = max(1, round(_BAR * layer.blob.size / largest))
    images = "1 image" if count == 1 else f"{count} images"
    said = f"{size(layer.blob.size)}, {images}: {layer.title}"
    return (
        f"<g><title>{_text(f'{layer.title} {layer.diff_id}')}</title>"
        f'<rect x="{_LEFT}" y="{top}" width="{width}" height="{_ROW - 6}"'
        f' fill="{_COLOURS[layer.kind]}"/>'
        f"{_label(_LEFT + width + 8, top, said)}</g>"
    )


def _legend() -> list[str]:
    parts, left = [], _LEFT
    for kind, colour in _COLOURS.items():
        parts.append(f'<rect x="{left}" y="60" width="12" height="12" fill="{colour}"/>')
        parts.append(_label(left + 18, 57, kind.value))
        left += 120
    return parts


def _label(left: int, top: int, text: str) -> str:
    return f'<text x="{left}" y="{top + 13}">{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(one_line(text))


def _sum(layers: list[AppLayer]) -> int:
    return sum(layer.blob.size for layer in layers)
