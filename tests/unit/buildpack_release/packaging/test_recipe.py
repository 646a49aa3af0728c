"""A change in code that makes packages makes packages stale, whichever module it is in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import buildpack_common
import buildpack_release
import oci_registry
from buildpack_release.packaging.recipe import modules

LIBRARIES = (buildpack_common, buildpack_release, oci_registry)
HOMES = [Path(one.__file__).parents[1] for one in LIBRARIES if one.__file__]

# What Python itself has loaded once everything is imported that makes a package.
LOADED = """
import sys
import buildpack_release.packaging.packager
for module in list(sys.modules.values()):
    package = module.__name__.partition(".")[0]
    if package in {"buildpack_common", "buildpack_release", "oci_registry"} and module.__file__:
        print(module.__file__)
"""


def test_what_python_imports_is_covered() -> None:
    """Protects against a package that is called up to date although other code would make it differently."""
    program = f"import sys; sys.path[:0] = {[str(home) for home in HOMES]!r}\n{LOADED}"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    loaded = {Path(line) for line in output.splitlines()}
    missing = loaded - set(modules())
    assert len(loaded) > 30
    assert not missing


def test_modules_that_a_list_once_forgot() -> None:
    """Protects modules on which bits depend although they are two imports away."""
    covered = {path.name for path in modules()}
    assert {
        "redaction.py",
        "vendor.py",
        "interpreters.py",
        "lock_file.py",
        "buildpack_descriptor.py",
        "tar.py",
    } <= covered


def test_what_comes_after_packaging_is_not_covered() -> None:
    """Protects packages from going stale when only the publisher has changed."""
    rooms = {path.parent.name for path in modules()}
    assert {"oci_registry", "packaging"} <= rooms
    assert not rooms & {"publish", "remote", "releasing", "registration", "builder", "testing"}
