"""Markers are those of the Python that the app gets, wherever they are evaluated."""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.markers import Marker, default_environment

from app_venv.inputs.markers import marker_environment
from buildpack_api.interpreter import Interpreter


def test_of_this_python_they_are_what_packaging_finds() -> None:
    """Protects the values against drifting from the specification, as its reference reads it."""
    version = ".".join(map(str, sys.version_info[:3]))
    own = Interpreter(Path(sys.executable), version, version.rpartition(".")[0], sys.version)
    found = {name: str(value) for name, value in default_environment().items()}
    assert marker_environment(own).items() <= found.items() | {
        ("python_full_version", version),
        ("implementation_version", version),
    }


def test_another_implementation_is_recognised() -> None:
    pypy = Interpreter(Path("/p"), "3.11.9", "3.11", "3.11.9 (...) [PyPy 7.3.17 with GCC 10]")
    assert marker_environment(pypy)["platform_python_implementation"] == "PyPy"


def test_what_only_the_machine_decides_is_added() -> None:
    other = Interpreter(Path("/p"), "3.10.4", "3.10", "3.10.4 (...) [GCC 10]")
    marker = Marker("platform_release != '' and python_version == '3.10'")
    assert marker.evaluate(marker_environment(other))
