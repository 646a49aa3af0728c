"""Values of environment markers: those of the Python that the app gets, not of the one that runs."""

from __future__ import annotations

from pathlib import Path

from packaging.markers import default_environment

from app_venv.inputs.markers import marker_environment
from buildpack_api.interpreter import Interpreter

PYTHON = Interpreter(Path("/python"), "3.12.1", "3.12", "3.12.1 (main) [GCC 12]")


def test_they_are_those_of_the_standard() -> None:
    here = default_environment()
    found = marker_environment(PYTHON)
    assert found.keys() == here.keys()
    own = ("python_version", "python_full_version", "implementation_version")
    assert [found[name] for name in own] == ["3.12", "3.12.1", "3.12.1"]
    others = [name for name in found if name not in own]
    assert {name: found[name] for name in others} == {name: dict(here)[name] for name in others}


def test_another_implementation_is_recognised() -> None:
    pypy = Interpreter(Path("/p"), "3.11.9", "3.11", "3.11.9 (...) [PyPy 7.3.17 with GCC 10]")
    assert marker_environment(pypy)["platform_python_implementation"] == "PyPy"
