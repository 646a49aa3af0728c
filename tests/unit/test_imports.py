"""The layout is the architecture: imports go one way, between libraries, between rooms, between modules.

Every import counts, those for types and those inside functions as well: a reader follows them all.
"""

from __future__ import annotations

import ast
import functools
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]

# The rooms of buildpack_release from the lowest floor up: a room imports only from floors below its own.
FLOORS = (
    {"errors", "maintainer_variables", "terminal", "text"},
    {"files", "git", "progress"},
    {"wheels"},
    {"model"},
    {"checking", "dist", "drawing", "listing"},
    {"versions"},
    {"attestation", "runtimes"},
    {"bytecode"},
    {"embedded"},
    {"packaging"},
    {"builder", "publish", "updates"},
    {"images", "kpack", "registration"},
    {"releasing"},
    {"tasks"},
)

# Which of this repository's packages may be imported by each; the tests may import all of them.
ALLOWED = {
    "buildpack_common": set[str](),
    "buildpack_api": {"buildpack_common"},
    "oci_registry": {"buildpack_common"},
    "buildpack_release": {"buildpack_common", "oci_registry"},
    "buildpack_testing": {"buildpack_api", "buildpack_common", "buildpack_release", "oci_registry"},
    "app_start": {"buildpack_api", "buildpack_common"},
    "app_venv": {"buildpack_api", "buildpack_common"},
    "pip_tool": {"buildpack_api", "buildpack_common"},
    "uv_tool": {"buildpack_api", "buildpack_common"},
    "poetry_tool": {"buildpack_api", "buildpack_common"},
    "python_runtime": {"buildpack_api", "buildpack_common"},
}


@functools.cache
def modules() -> Mapping[str, Path]:
    """Return the source file of every module of the libraries and the buildpacks, by its dotted name."""
    sources = [*ROOT.glob("packages/*/src"), *ROOT.glob("buildpacks/*/src")]
    return {_name(path.relative_to(source)): path for source in sources for path in source.rglob("*.py")}


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def imports(module: str) -> frozenset[str]:
    """Return what a module imports, as dotted names: a module where there is one of that name."""
    return frozenset(_imported(ast.parse(modules()[module].read_bytes())))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in modules() else node.module


def room(module: str) -> str:
    """Return the room of buildpack_release that a module lies in: the folder, or the module itself."""
    return module.split(".")[1]


def inside(package: str) -> list[str]:
    """Return the modules below a package."""
    return [module for module in modules() if module.startswith(f"{package}.")]


def test_every_package_has_its_rule() -> None:
    """A new library or buildpack is given its place here before anything depends on it."""
    assert {module.split(".")[0] for module in modules()} == set(ALLOWED)


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_only_what_they_may(package: str) -> None:
    """What runs in a build and what a maintainer runs stay apart, and neither imports a helper of tests."""
    forbidden = {*ALLOWED, "benchmarks", "hypothesis", "pytest", "support"} - ALLOWED[package] - {package}
    wrong = [
        f"{module} imports {name}"
        for module in inside(package)
        for name in sorted(imports(module))
        if name.split(".")[0] in forbidden
    ]
    assert not wrong


def test_products_do_not_import_test_registries() -> None:
    """They are in the distribution for the tests of whoever uses it, not for what it does."""
    doubles = "oci_registry.testing"
    wrong = [
        f"{module} imports {name}"
        for package in (
            "oci_registry",
            "buildpack_release",
            "app_start",
            "app_venv",
            "pip_tool",
            "python_runtime",
            "uv_tool",
            "poetry_tool",
        )
        for module in inside(package)
        for name in sorted(imports(module))
        if f"{name}.".startswith(f"{doubles}.")
        if not f"{module}.".startswith(f"{doubles}.")
    ]
    assert any(module.startswith(f"{doubles}.") for module in modules())
    assert not wrong


def test_every_room_of_the_release_library_has_a_floor() -> None:
    """A room that is not in the table would be held by no rule; one that is gone would mislead readers."""
    assert {room(module) for module in inside("buildpack_release")} == set().union(*FLOORS)
    assert sum(map(len, FLOORS)) == len(set().union(*FLOORS))


def test_rooms_import_only_from_floors_below() -> None:
    """Otherwise the halves of a circle can only be understood, and changed, together."""
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    wrong = [
        f"{module} imports {name}"
        for module in inside("buildpack_release")
        for name in sorted(imports(module))
        if name.startswith("buildpack_release.")
        if room(name) != room(module) and floor[room(name)] >= floor[room(module)]
    ]
    assert not wrong


def test_no_module_is_part_of_a_circle() -> None:
    """Two modules that import each other are one module in two files."""
    graph = {module: {name for name in imports(module) if name in modules()} for module in modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
