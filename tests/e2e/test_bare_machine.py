"""Both commands of the README where there is nothing but what it asks for, for an ordinary user of Debian 12.

Its Python is 3.11.2, which lacks what later patches brought. This is the short form: the packages, all unit
tests, and integration tests that need no download. `nox -s e2e-long` runs the second command as it is, on
Debian 13 too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.bare_machine import BUILDPACKS, SUITES, bare_machine, packages
from support.needs import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.bare_machine import BareMachine

# What builds with the distribution's own Python, what makes packages, and what runs tasks.
INTEGRATION = ("test_pip_tool.py", "test_app_venv_launch.py", "test_package_wheels.py", "test_tasks.py")


@pytest.fixture(scope="module")
def machine(scratch: Path) -> Iterator[BareMachine]:
    need("root", "debian")
    with bare_machine(SUITES[0], scratch / "bare machine") as made:
        yield made


def test_the_first_command_makes_the_packages(machine: BareMachine) -> None:
    done = machine.run("./scripts/nox -s package")
    assert done.code == 0, done.end()
    assert len(packages(machine)) == len(BUILDPACKS) * 2


def test_the_second_command_checks_code_with_the_distributions_python(machine: BareMachine) -> None:
    paths = " ".join(f"tests/integration/{name}" for name in INTEGRATION)
    units = machine.run("./scripts/nox -s lint tests")
    assert units.code == 0, units.end()
    builds = machine.run(f"./scripts/nox -s integration -- {paths}")
    assert builds.code == 0, builds.end()

    assert units.counts("tests-3.11").passed > 3000
    assert builds.counts("integration").share > 0.9
    for reason in (*units.skipped(), *builds.skipped()):
        assert "missing: " in reason
