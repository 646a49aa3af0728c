"""The package itself has what most buildpacks need, loaded only when it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import buildpack_api

SOURCE = Path(buildpack_api.__file__)


def declared() -> dict[str, str]:
    """Return the names that type checkers see, with the modules that they come from."""
    tree = ast.parse(SOURCE.read_bytes())
    imports = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    own = [one for one in imports if (one.module or "").startswith("buildpack_api.")]
    return {alias.name: str(one.module) for one in own for alias in one.names}


def test_every_name_is_what_type_checkers_take_it_for() -> None:
    """The imports for types and the table for the running program say the same."""
    assert dir(buildpack_api) == sorted(declared())
    for name, module in declared().items():
        assert getattr(buildpack_api, name) is getattr(import_module(module), name)


def test_no_name_is_that_of_a_module() -> None:
    """Which of the two one got would depend on what was imported before."""
    assert not set(declared()) & {path.stem for path in SOURCE.parent.glob("*.py")}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Layerkey'"):
        buildpack_api.Layerkey  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_loads_nothing_else() -> None:
    """A build that reuses its layers pays for each module it loads."""
    code = f"""
import sys
sys.path.insert(0, {str(SOURCE.parents[1])!r})
import buildpack_api
print([name for name in sys.modules if name.startswith("buildpack_api")])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['buildpack_api']"
