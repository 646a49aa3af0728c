"""A change in code that makes packages makes packages stale, whichever module it is in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import buildpack_common
import buildpack_release
from buildpack_release.packaging.recipe import modules

HOME = Path(buildpack_release.__file__).parent

# What Python itself has loaded once everything is imported that makes a package.
LOADED = """
import sys
import buildpack_release.packaging.packager
for module in list(sys.modules.values()):
    if module.__name__.partition(".")[0] in {"buildpack_release", "buildpack_common"} and module.__file__:
        print(module.__file__)
"""


def test_what_python_imports_is_covered() -> None:
    """Protects against a package that is called up to date although other code would make it differently."""
    paths = [str(Path(one.__file__ or "").parents[1]) for one in (buildpack_release, buildpack_common)]
    program = f"import sys; sys.path[:0] = {paths!r}\n{LOADED}"
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
        "descriptor.py",
        "tar.py",
    } <= covered


def test_what_comes_after_packaging_is_not_covered() -> None:
    """Protects packages from going stale when only the publisher has changed."""
    rooms = {path.relative_to(HOME).parts[0] for path in modules() if path.is_relative_to(HOME)}
    assert not rooms & {"publish", "registry", "releasing", "registration", "builder"}
