"""A report of a build as a page: one file with nothing from outside and no script.

The page is built as a tree, so that every text is escaped when it is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from buildpack_common.files import write_atomically
from buildpack_release.files.asked_file import check_asked_file
from buildpack_release.text import duration, size
from buildpack_testing.treemap import Tile, treemap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from buildpack_testing.trial_report import ReportedBuildpack, ReportedLayer, ReportedPackage, TrialReport

    Content = ET.Element | str
    Cell = Sequence[Content]

_ENDINGS = (".html", ".htm")
_WIDE, _NARROW = Tile(0, 0, 16, 7), Tile(0, 0, 4, 5)
"""The shapes of the treemap: on a screen, and on a phone."""
_SMALLEST = 0.004
"""The share of the whole below which a layer is not drawn."""
_LABELLED = 0.05
"""The share of the treemap's width and height from which on a tile has room for its name."""
_COLOURS = 6
_STYLE = Path(__file__).with_suffix(".css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def check_page(name: str) -> None:
    """Raise UsageError for a place where no page can be written; "" is none, and fine."""
    check_asked_file(name, "report", _ENDINGS[:1], aliases=_ENDINGS[1:])


def write_page(report: TrialReport, file: Path) -> None:
    """Write the page whole or not at all. Raises OSError."""
    write_atomically(file, trial_page(report).encode())


def trial_page(report: TrialReport) -> str:
    """Return the page."""
    title = f"Build of {report.app}"
    head = _element(
        "head",
        _element("meta", charset="utf-8"),
        _element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _element("meta", name="color-scheme", content="light dark"),
        _element("meta", **{"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        _element("title", title),
        _element("style", _STYLE.read_text("utf-8")),
    )
    main = _element(
        "main",
        _element("h1", title),
        _summary(report),
        _section("Layers", _treemaps(report.layers), _layer_table(report.layers)),
        _section("Time", _times(report)),
        _section("Packages", *_packages(report.packages)),
        _section("At launch", *_launch(report)),
        _section("Plan", _element("pre", "\n".join(report.plan))),
        _section("What the buildpacks said", *map(_log, report.buildpacks)),
    )
    page = _element("html", head, _element("body", main), lang="en")
    return f"<!DOCTYPE html>\n{ET.tostring(page, encoding='unicode', method='html')}\n"


def _element(tag: str, *content: Content, **attributes: str) -> ET.Element:
    """Return an element; a low line at the end of an attribute's name only keeps it from being a keyword."""
    made = ET.Element(tag, {name.rstrip("_"): value for name, value in attributes.items()})
    for one in content:
        if not isinstance(one, str):
            made.append(one)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + one
        else:
            made.text = (made.text or "") + one
    return made


def _section(title: str, *content: Content) -> ET.Element:
    return _element("section", _element("h2", title), *content)


def _summary(report: TrialReport) -> ET.Element:
    in_image = [layer for layer in report.layers if layer.types.launch]
    reused = sum(layer.reused for layer in report.layers)
    packages = sum(one.in_image for one in report.packages)
    facts = {
        "in the app image": size(report.image_size),
        "layers in the image, and the app": str(len(in_image)),
        "packages in the image": f"{packages:,}",
        "from detect to export": duration(sum(report.seconds.values())),
        "layers reused": f"{reused} of {len(report.layers)}",
    }
    return _element(
        "dl",
        *(_element("div", _element("dt", name), _element("dd", value)) for name, value in facts.items()),
        class_="facts",
    )


def _treemaps(layers: Sequence[ReportedLayer]) -> ET.Element:
    """Draw the layers for wide and narrow screens; the style sheet shows one of both."""
    whole = sum(layer.size for layer in layers)
    shown = sorted((one for one in layers if one.size > _SMALLEST * whole), key=lambda one: -one.size)
    owners = list(dict.fromkeys(layer.buildpack for layer in layers))
    drawn = [
        _element(
            "div",
            *(
                _tile(layer, tile, shape, owners.index(layer.buildpack))
                for layer, tile in zip(shown, treemap([one.size for one in shown], shape), strict=True)
            ),
            class_=f"map {name}",
            style=f"aspect-ratio: {shape.width} / {shape.height}",
            role="img",
            **{"aria-label": "Layers by size; the table below has them all"},
        )
        for name, shape in (("wide", _WIDE), ("narrow", _NARROW))
    ]
    small = len(layers) - len(shown)
    note = "Areas are sizes. Striped: for builds only, not in the app image."
    if small:
        note += f" Too small to be drawn: {small}."
    return _element("figure", *drawn, _element("figcaption", note))


def _tile(layer: ReportedLayer, tile: Tile, shape: Tile, owner: int) -> ET.Element:
    where = "; ".join(
        f"{name}: {100 * part / total:.3f}%"
        for name, part, total in (
            ("left", tile.left, shape.width),
            ("top", tile.top, shape.height),
            ("width", tile.width, shape.width),
            ("height", tile.height, shape.height),
        )
    )
    has_room = tile.width > _LABELLED * shape.width and tile.height > _LABELLED * shape.height
    label = [_element("b", layer.name), _element("span", size(layer.size))] if has_room else []
    title = f"{layer.buildpack} {layer.name}: {size(layer.size)}"
    kind = "" if layer.types.launch else " outside"
    return _element("div", *label, class_=f"tile c{owner % _COLOURS}{kind}", style=where, title=title)


def _layer_table(layers: Sequence[ReportedLayer]) -> ET.Element:
    rows: list[list[Cell]] = [
        [
            [_element("b", one.name), _element("br"), _element("small", one.buildpack)],
            size(one.size),
            f"{one.files:,}",
            ", ".join(name for name in ("build", "launch", "cache") if getattr(one.types, name)),
            _fate(one),
        ]
        for one in sorted(layers, key=lambda one: not one.types.launch)
    ]
    return _table(
        ["Layer", "Size", "Files", "For", "Made or reused, and why"], rows, numbers={1, 2}, class_="layers"
    )


def _fate(layer: ReportedLayer) -> list[Content]:
    inputs = [*layer.inputs, *([("diff ID", layer.diff_id)] if layer.diff_id else [])]
    more = _element("details", _element("summary", "What it was made from"), _pairs(inputs))
    state = "reused" if layer.reused else "made"
    return [_element("b", state, class_=state), f": {'; '.join(layer.reasons)}", more]


def _times(report: TrialReport) -> ET.Element:
    longest = max([*report.seconds.values(), 0.001])
    rows: list[list[Cell]] = []
    for phase, seconds in report.seconds.items():
        rows.append([phase, duration(seconds), [_bar(seconds / longest)]])
        if phase == "build":
            rows += [
                [
                    f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{one.id}",
                    duration(one.seconds),
                    [_bar(one.seconds / longest)],
                ]
                for one in report.buildpacks
            ]
    return _table(["Phase", "Time", ""], rows, numbers={1}, class_="times")


def _bar(share: float) -> ET.Element:
    return _element("div", class_="bar", style=f"width: {100 * share:.1f}%")


def _packages(packages: Sequence[ReportedPackage]) -> list[ET.Element]:
    """Show what is in the image, and what was there for the build only."""
    inside = [one for one in packages if one.in_image]
    outside = [one for one in packages if not one.in_image]
    shown = [_package_table(inside) if inside else _element("p", "No bill of materials lists a package.")]
    if outside:
        summary = _element("summary", f"For builds only, not in the image: {len(outside)}")
        shown.append(_element("details", summary, _package_table(outside)))
    return shown


def _package_table(packages: Sequence[ReportedPackage]) -> ET.Element:
    rows: list[list[Cell]] = [
        [[_element("b", one.name)], one.version, [_element("code", one.purl)], one.layer] for one in packages
    ]
    return _table(["Package", "Version", "Package URL", "Layer"], rows)


def _launch(report: TrialReport) -> list[ET.Element]:
    shown = [
        _element("h3", "Environment"),
        _element("p", "What the run image does not have. Values that may be secret are not shown."),
        _pairs(report.environment),
        _element("h3", "Processes"),
        _pairs(report.processes) if report.processes else _element("p", "None."),
    ]
    if report.start:
        shown += [_element("h3", "Started"), _element("pre", "\n".join(report.start))]
    return shown


def _log(buildpack: ReportedBuildpack) -> ET.Element:
    title = f"{buildpack.id} {buildpack.version}, {duration(buildpack.seconds)}"
    return _element("details", _element("summary", title), _element("pre", buildpack.log.rstrip()))


def _pairs(pairs: Iterable[tuple[str, str]]) -> ET.Element:
    rows = [[[_element("code", name)], [_element("code", value)]] for name, value in pairs]
    return _table([], rows, class_="pairs")


def _table(
    heads: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    numbers: Iterable[int] = (),
    class_: str = "",
) -> ET.Element:
    """Return a table that scrolls by itself where it is too wide; `numbers` are columns set to the right."""
    right = set(numbers)
    made = _element("table", class_=class_) if class_ else _element("table")
    if heads:
        cells = (_cell("th", [head], is_number=at in right) for at, head in enumerate(heads))
        made.append(_element("thead", _element("tr", *cells)))
    body = _element("tbody")
    for row in rows:
        body.append(_element("tr", *(_cell("td", one, is_number=at in right) for at, one in enumerate(row))))
    made.append(body)
    return _element("div", made, class_="scroll")


def _cell(tag: str, content: Iterable[Content], *, is_number: bool) -> ET.Element:
    return _element(tag, *content, class_="number") if is_number else _element(tag, *content)
