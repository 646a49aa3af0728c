"""All code runs on the first releases of a supported line too, such as a distribution keeps for years.

What later patches of the line brought (with security fixes, mostly) is not there. An interpreter of that age
is rarely at hand, so the names are looked for.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDERS = ("packages/*/src", "buildpacks/*/src", "scripts", "tests")
# 3.10.12, 3.11.4, 3.12.0: the filters of tarfile. Setting TarFile.extraction_filter works everywhere.
UNPACKING = {"extract", "extractall", "unpack_archive"}
# 3.10.15, 3.11.10, 3.12.6 and 3.13.0.
ADDRESSES = {"getaddresses", "parseaddr"}
LATER = {
    *("data_filter", "tar_filter", "fully_trusted_filter"),
    *("set_int_max_str_digits", "get_int_max_str_digits"),  # 3.10.7
    "ALLOW_MISSING",  # os.path; 3.10.18, 3.11.13, 3.12.11, 3.13.4
    *("SetReparseDeferralEnabled", "GetReparseDeferralEnabled"),  # xml; 3.10.14, 3.11.9, 3.12.3
}


def later(source: str) -> Iterator[str]:
    """Yield each use of something that the first releases of a line lack, as line and name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in LATER:
            yield f"{node.lineno}: {node.attr}"
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = {keyword.arg for keyword in node.keywords}
            if (called in UNPACKING and "filter" in given) or (called in ADDRESSES and "strict" in given):
                yield f"{node.lineno}: {called}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_used_that_came_with_a_later_patch(folder: str) -> None:
    files = [file for one in ROOT.glob(folder) for file in one.rglob("*") if _is_python(file)]
    assert files
    assert [
        f"{file.relative_to(ROOT)}:{use}" for file in files for use in later(file.read_text("utf-8"))
    ] == []


def test_such_uses_are_found() -> None:
    assert list(later("import tarfile\ntar.extractall(x, filter='data')\ntarfile.data_filter\n")) == [
        "2: extractall",
        "3: data_filter",
    ]


def _is_python(file: Path) -> bool:
    if file.suffix == ".py":
        return True
    return file.is_file() and not file.suffix and file.read_bytes().startswith(b"#!/usr/bin/env python")
