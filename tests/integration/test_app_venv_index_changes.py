"""strata/app-venv and an index that changes, or fails, between two builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.main_job import VENV
from support.private_builds import PASSWORD, USER
from support.private_index import PrivateIndex, private_index
from support.venv_builds import VenvBuilds, installed, reused, text_of
from support.wheels import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_testing.platform import BuildResult


@pytest.fixture
def index(builds: VenvBuilds) -> Iterator[PrivateIndex]:
    """The index of ``builds`` under another address, where it can misbehave."""
    with private_index(builds.root / "index") as made:
        yield made


def build_from(builds: VenvBuilds, index: PrivateIndex, **variables: str) -> BuildResult:
    return builds.build({"PIP_INDEX_URL": index.url, **variables})


def test_a_yanked_release_is_replaced_unless_it_is_pinned(builds: VenvBuilds, index: PrivateIndex) -> None:
    builds.publish(Project("left", "1.1", script=True))
    builds.require("left")
    builds.require("left==1.1", file="pinned.txt")
    build_from(builds, index)
    assert installed(builds) == ["left-1.1"]
    page = builds.root / "index/simple/left/index.html"
    page.write_text(
        page.read_text().replace(
            '<a href="../../files/left-1.1', '<a data-yanked="bad" href="../../files/left-1.1'
        )
    )
    result = build_from(builds, index)
    assert "1.1 -> 1.0\n" in text_of(result)
    assert installed(builds) == ["left-1.0"]
    result = build_from(builds, index, BP_PIP_REQUIREMENT="pinned.txt")
    assert installed(builds) == ["left-1.1"]
    assert "yanked" in text_of(result)
    assert reused(build_from(builds, index, BP_PIP_REQUIREMENT="pinned.txt"))


def test_a_release_that_is_gone_is_an_error_unless_it_is_locked(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right==2.0")
    build_from(builds, index)
    builds.require(*builds.locked("left-1.0"), file="locked.txt")
    build_from(builds, index, BP_PIP_REQUIREMENT="locked.txt")
    builds.wheels.clear()
    builds.publish(Project("right", "3.0"), Project("other"))
    assert reused(build_from(builds, index, BP_PIP_REQUIREMENT="locked.txt"))
    output = builds.failure(PIP_INDEX_URL=index.url)
    assert "the index has no right==2.0" in output


def test_an_index_that_is_down_fails_what_has_to_be_asked_and_nothing_else(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    """Whether the restored environment is still right cannot be known then; and nothing of it is lost."""
    builds.require("right")
    first = build_from(builds, index)
    index.down = True
    output = builds.failure(PIP_INDEX_URL=index.url)
    assert "Whether the restored environment is still right cannot be told" in output
    assert "503" in output
    assert "the package index cannot be reached" in output
    index.down = False
    again = build_from(builds, index)
    assert reused(again)
    assert again.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    build_from(builds, index)
    index.down = True
    assert reused(build_from(builds, index))


def test_a_slow_index_is_waited_for_and_one_that_hangs_is_not(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right")
    index.delay = 0.5
    build_from(builds, index)
    assert reused(build_from(builds, index))
    index.delay = 5.0
    output = builds.failure(PIP_INDEX_URL=index.url, PIP_TIMEOUT="0.5")
    assert "the package index cannot be reached" in output


def test_an_index_that_wants_a_password_all_at_once_is_named_as_the_cause(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right")
    build_from(builds, index)
    index.user, index.password = USER, PASSWORD
    output = builds.failure(PIP_INDEX_URL=index.url)
    assert "the index refused access" in output
    assert "The index answered: 401" in output
