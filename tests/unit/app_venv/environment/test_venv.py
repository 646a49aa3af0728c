"""The virtual environment itself: what is taken for one that works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app_venv.environment.venv import check_venv, create_venv, site_packages
from buildpack_api.errors import BuildpackError
from buildpack_api.interpreter import Interpreter

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A real one, of the Python that runs the tests."""
    python = Path(sys._base_executable)  # type: ignore[attr-defined]
    path = tmp_path / "a b" / "venv"
    path.parent.mkdir()
    create_venv(Interpreter(python, MINOR, MINOR, ""), path, environment={"PATH": "/usr/bin:/bin"})
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sitecustomize.py", "print('one', end='')"),
        ("x.pth", "import atexit, sys; print('two'); atexit.register(print, 'three')"),
    ],
)
def test_packages_may_print_when_python_starts(venv: Path, name: str, text: str) -> None:
    """The environment is not taken for another one then."""
    (site_packages(venv, MINOR) / name).write_text(f"{text}\n")
    check_venv(venv, environment={"PATH": "/usr/bin:/bin"})


def test_the_python_of_another_environment_is_told(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()
    with pytest.raises(BuildpackError, match=r"belongs to .+, not to "):
        check_venv(venv, environment={"PATH": "/usr/bin:/bin"})
