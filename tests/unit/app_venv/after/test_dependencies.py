"""Needs count for this Python and these extras; what is not met is named with both packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.after.dependencies import Graph, read_graph
from app_venv.environment.installed import InstalledDistribution
from buildpack_api.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = Interpreter(Path("/python"), "3.12.1", "3.12", "3.12.1 (main) [GCC 12]")


def one(name: str, version: str = "1.0", *requires: str) -> InstalledDistribution:
    fields = {"name": (name,), "version": (version,), "requires-dist": requires}
    return InstalledDistribution(name.lower(), version, fields=fields)


def graph(*found: InstalledDistribution, extras: Mapping[str, tuple[str, ...]] | None = None) -> Graph:
    return read_graph(found, extras or {}, PYTHON)


def test_needs_are_the_installed_packages_named() -> None:
    found = graph(one("a", "1.0", "b>=1", "C (<2)"), one("b"), one("c"))
    assert found == Graph({"a": ("b", "c"), "b": (), "c": ()}, ())


def test_what_is_missing_or_too_new_is_named_with_who_wants_it() -> None:
    found = graph(one("Right", "2.0", "left<2", "gone"), one("Left", "3.0"))
    assert found.problems == (
        "Right 2.0 requires left<2, but Left 3.0 is installed",
        "Right 2.0 requires gone, which is not installed",
    )


@pytest.mark.parametrize(
    ("marker", "counts"),
    [
        ("python_version < '3.11'", False),
        ("python_version >= '3.12'", True),
        ("python_full_version == '3.12.1'", True),
        ("sys_platform == 'win32'", False),
        ("platform_system == 'Linux' and os_name == 'posix'", True),
        ("platform_python_implementation == 'PyPy'", False),
        ("implementation_name == 'cpython'", True),
        ("extra == 'dev'", False),
        ("extra == 'dev' or python_version > '3'", True),
        ("os_name === 'posix'", False),  # nobody can compare that
    ],
)
def test_markers_are_those_of_the_environment(marker: str, counts: bool) -> None:
    """Not of the Python that runs this: the test has to hold with any."""
    assert bool(graph(one("a", "1.0", f"gone; {marker}")).problems) is counts


def test_extras_count_where_somebody_asks_for_them() -> None:
    a = one("a", "1.0", 'b[Fast_Mode]; extra == "web"', 'c; extra == "other"')
    b = one("b", "1.0", "d; extra == 'fast-mode'")
    alone = graph(a, b, one("c"), one("d"))
    assert alone.needs["a"] == alone.needs["b"] == ()
    asked = graph(a, b, one("c"), one("d"), extras={"a": ("web",)})
    assert (asked.needs["a"], asked.needs["b"]) == (("b",), ("d",))


def test_an_extra_that_asks_for_another_extra_of_its_own_package() -> None:
    found = graph(
        one("a", "1.0", 'a[two]; extra == "one"', 'b; extra == "two"'), one("b"), extras={"a": ("one",)}
    )
    assert found == Graph({"a": ("b",), "b": ()}, ())


def test_a_prerelease_that_fits_fits() -> None:
    assert graph(one("a", "1.0", "b>=2.0b1"), one("b", "2.0rc1")).problems == ()


def test_circles_end() -> None:
    found = graph(one("a", "1.0", "b[x]"), one("b", "1.0", 'a[y]; extra == "x"'))
    assert found.needs == {"a": ("b",), "b": ("a",)}


def test_what_cannot_be_read_is_said_and_the_rest_goes_on() -> None:
    found = graph(one("a", "1.0", "b (>dev)", "gone"))
    assert found.problems == (
        "a 1.0 requires gone, which is not installed",
        "a 1.0 has a requirement that cannot be read: b (>dev)",
    )
