"""A page is read by people: whole, by itself, whatever texts are in it; and written where it can be."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from buildpack_api.layers import LayerTypes
from buildpack_release.errors import UsageError
from buildpack_testing.trial_page import check_page, trial_page, write_page
from buildpack_testing.trial_report import (
    ReportedBuildpack,
    ReportedLayer,
    ReportedPackage,
    TrialReport,
)

if TYPE_CHECKING:
    from pathlib import Path

_HOSTILE = """</pre><script>alert(1)</script><img src=x onerror="alert(2)">'"&amp;"""
_IMAGE, _BUILD = LayerTypes(launch=True), LayerTypes(build=True)
_LAYERS = (
    ReportedLayer("a/b", "big", 9_000_000, 3, _IMAGE, "sha256:1", reused=True, reasons=("same",), inputs=()),
    ReportedLayer("a/b", _HOSTILE, 4_000_000, 1, _BUILD, "", reused=False, reasons=(_HOSTILE,), inputs=()),
    ReportedLayer(
        "a/c", "tiny", 1, 1, _IMAGE, "", reused=False, reasons=("new",), inputs=((_HOSTILE, _HOSTILE),)
    ),
)
REPORT = TrialReport(
    app=_HOSTILE,
    plan=(_HOSTILE,),
    layers=_LAYERS,
    image_size=9_000_001,
    packages=(ReportedPackage(_HOSTILE, "1", _HOSTILE, "a/b", "big", in_image=True),),
    seconds={"detect": 0.0, "build": 2.5},
    buildpacks=(ReportedBuildpack("a/b", "1", 2.0, _HOSTILE),),
    environment=((_HOSTILE, _HOSTILE),),
    processes=((_HOSTILE, _HOSTILE),),
    start=(_HOSTILE,),
)


class _Page(HTMLParser):
    """The tags, the attributes' names and values, and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_texts_of_others_stay_texts() -> None:
    """In every place where one can stand: no element and no attribute comes of them, and they can be read."""
    page = _Page(trial_page(REPORT))
    assert not page.tags & {"script", "img"}
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.text.count(_HOSTILE) == 17


def test_nothing_is_fetched_and_nothing_runs() -> None:
    """No address of anything in the page or its style, and browsers are told to refuse all."""
    text = trial_page(replace(REPORT, app="plain"))
    page = _Page(text)
    assert not [pair for pair in page.attributes if pair[0] in {"src", "href", "srcset", "action"}]
    assert not re.search(r"url\(|@import|@font-face", text)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert "prefers-color-scheme: dark" in text


def test_layers_are_drawn_by_size_for_wide_and_narrow_screens() -> None:
    """What is too small is counted; what is not in the image is marked."""
    page = _Page(trial_page(REPORT))
    tiles = [value for name, value in page.attributes if name == "class" and value.startswith("tile")]
    assert tiles == ["tile c0", "tile c0 outside"] * 2
    assert "Too small to be drawn: 1." in page.text


def test_a_build_without_anything_has_a_page() -> None:
    nothing = replace(REPORT, layers=(), packages=(), seconds={}, buildpacks=(), processes=(), start=())
    assert "No bill of materials lists a package." in trial_page(nothing)


def test_a_page_is_written_whole_in_place_of_another(tmp_path: Path) -> None:
    file = tmp_path / "a report.html"
    file.write_text("old")
    write_page(REPORT, file)
    assert file.read_text("utf-8") == trial_page(REPORT)
    assert os.listdir(tmp_path) == [file.name]  # noqa: PTH208  (names)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("-", "is written as .html"),
        ("report.pdf", "is written as .html"),
        ("folder.html", "this is a folder"),
        ("nowhere/report.html", "there is no folder .*nowhere"),
        ("/proc/report.html", "cannot be written to"),
    ],
)
def test_a_place_for_no_page_is_told_before_anything_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UsageError, match=message):
        check_page(name)
    check_page("")
    check_page("report.HTML")
