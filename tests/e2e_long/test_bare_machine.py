"""All that the README shows, as it is, on bare Debian 12 and 13: nothing installed but what it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.bare_machine import BUILDPACKS, SUITES, WITHOUT_NETWORK, bare_machine, packages
from support.needs import need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.bare_machine import BareMachine

# What part of the integration tests has to run there: the others need programs that are skipped by name.
LEAST = 0.6
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def machine(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareMachine]:
    need("root", "debian")
    with bare_machine(suite, tmp_path_factory.mktemp("bare machine") / suite) as made:
        yield made


def test_the_first_command(machine: BareMachine) -> None:
    done = machine.run("./scripts/nox -s package")
    assert done.code == 0, done.end()
    assert len(packages(machine)) == len(BUILDPACKS) * 2


def test_the_second_command(machine: BareMachine, suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = machine.run("./scripts/nox", log=machine.root.parent / "log")
    assert done.code == 0, done.end()

    for session in ("lint", "types", f"tests-{PYTHONS[suite]}"):
        done.session(session)
    units, builds = done.counts(f"tests-{PYTHONS[suite]}"), done.counts("integration")
    with capsys.disabled():
        print(f"\n{suite}: unit tests {units}; integration tests {builds}, {builds.share:.0%} of all passed")  # noqa: T201
    assert builds.share >= LEAST
    for reason in done.skipped():
        assert "missing: " in reason


def test_the_demonstration(machine: BareMachine) -> None:
    """Its Python is a real one out of the package registries: nothing else is reached.

    In a log, what the buildpacks say stands below the heading of its step.
    """
    done = machine.run("./scripts/nox -s demo")
    assert done.code == 0, done.end()
    steps = (
        "1. Package",
        "] strata/python@",
        "2. Build",
        "Python runtime",
        "3. Start",
        "GET / -> 200",
        "4. Build again",
        "5. The same packages",
        "tests/apps/poetry: Installing poetry.lock with poetry",
    )
    places = [done.said.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("session", ["package", "demo"])
def test_a_second_time_without_changes(machine: BareMachine, session: str) -> None:
    """Nothing is installed, fetched or packaged again, and no network is needed any more."""
    done = machine.run(f"{WITHOUT_NETWORK} ./scripts/nox -s {session}")
    assert done.code == 0, done.end()
    assert not re.search("setting up|fetching|filling|making", done.said)
