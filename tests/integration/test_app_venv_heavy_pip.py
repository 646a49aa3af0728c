"""What pip downloads where heavy files lie in layers of their own: no wheel that is moved over."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.main_job import VENV
from support.uv_builds import uv_platform
from support.venv_builds import (
    digest,
    downloads,
    lock,
    pinned,
    reused,
    text_of,
    unpinned,
    without_hashes,
)
from support.wheels import Project, sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_testing.platform import BuildResult
    from support.private_builds import PrivateBuilds
    from support.venv_builds import VenvBuilds

SIZE = 1 << 20
LOWERED = {"BP_VENV_HEAVY": "1"}
LARGE = Project(
    "large",
    requires=("small<3", "extra; extra == 'more'"),
    extras=("more",),
    files={"large_data/big.bin": "\0" * SIZE, "large_data/small.bin": "\0"},
)
SMALL, NEWER, NEWEST = Project("small"), Project("small", "2.0"), Project("small", "3.0")
NOTHING_MOVED = "Nothing is moved over from the environment before"


@pytest.fixture
def large(builds: VenvBuilds) -> VenvBuilds:
    """Builds with large and small on the index, and no later buildpack that loads heavy files."""
    builds.wanted = "build = true\nheavy-files = false"
    builds.publish(LARGE, SMALL)
    return builds


def build(builds: VenvBuilds, *, clear: bool = False) -> BuildResult:
    return builds.build(LOWERED, clear=clear)


def is_moved(result: BuildResult) -> bool:
    return "since their files are the same: 1 of 2 packages" in text_of(result)


def cache_size(result: BuildResult) -> int:
    return result.layer(VENV, "pip-cache").size


def is_as_fresh(builds: VenvBuilds, result: BuildResult) -> bool:
    """Whether a build that has nothing of an earlier one makes the same layers."""
    fresh = build(builds, clear=True)
    made = {one.name: one.diff_id for one in result.layers if one.buildpack == VENV and one.types.launch}
    assert len(made) == 2
    return all(fresh.layer(VENV, name).diff_id == diff_id for name, diff_id in made.items())


@pytest.mark.parametrize("require", [pinned, lock, unpinned])
def test_a_heavy_wheel_is_in_no_cache_and_not_downloaded_when_something_else_changes(
    large: VenvBuilds, require: Callable[..., None]
) -> None:
    """Nor to tell whether anything has changed, if it is not pinned. The index says nothing of caching."""
    require(large, "large-1.0", "small-1.0")
    first = build(large)
    assert sorted(downloads(large)) == ["large-1.0", "small-1.0"]
    assert cache_size(first) < SIZE
    large.publish(NEWER)
    require(large, "large-1.0", "small-2.0")
    changed = build(large)
    assert is_moved(changed)
    assert downloads(large) == ["small-2.0"]
    assert cache_size(changed) < SIZE
    assert reused(build(large))
    assert downloads(large) == []
    assert is_as_fresh(large, changed)
    assert sorted(downloads(large)) == ["large-1.0", "small-2.0"]


def test_what_pip_itself_would_keep_is_not_kept_either(private: PrivateBuilds) -> None:
    """An index as the public one: over TLS, and files may be kept for ever."""
    builds = private.builds
    builds.wanted = "build = true\nheavy-files = false"
    builds.publish(LARGE, SMALL)
    private.bind_index()
    builds.require("large", "small<2")
    assert cache_size(private.build(LOWERED)) < SIZE
    builds.publish(NEWER)
    private.index.requests.clear()
    builds.require("large", "small")
    changed = private.build(LOWERED)
    assert is_moved(changed)
    assert cache_size(changed) < SIZE
    assert [path for path in private.index.requests if "/files/" in path] == [
        "/files/small-2.0-py3-none-any.whl"
    ]


def with_metadata_files(builds: VenvBuilds) -> None:
    """Make the index one that has the metadata beside each wheel (PEP 658, PEP 714)."""
    index = builds.root / "index"
    for page in (index / "simple").glob("*/index.html"):
        text = page.read_text()
        for wheel in (index / "files").glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
                content = archive.read(name)
            wheel.with_name(f"{wheel.name}.metadata").write_bytes(content)
            said = f'data-core-metadata="sha256={hashlib.sha256(content).hexdigest()}"'
            text = text.replace(
                f'<a href="../../files/{wheel.name}#', f'<a {said} href="../../files/{wheel.name}#'
            )
        page.write_text(text)


def test_of_what_is_there_not_even_the_metadata_are_asked_for(large: VenvBuilds) -> None:
    with_metadata_files(large)
    unpinned(large, "large-1.0", "small-1.0")
    build(large)
    asked = {name.removesuffix("-none-any.whl.metadata") for name in downloads(large)}
    assert asked == {"large-1.0", "small-1.0"}
    large.publish(NEWER)
    with_metadata_files(large)
    assert is_moved(build(large))
    assert set(downloads(large)) == {"small-2.0"}
    assert reused(build(large))
    assert downloads(large) == []


def test_extras_are_those_of_the_wheel_that_is_there(large: VenvBuilds) -> None:
    large.publish(Project("extra"))
    unpinned(large, "large-1.0", "small-1.0")
    build(large)
    downloads(large)
    large.require("large[more]", "small")
    result = build(large)
    assert "since their files are the same: 2 of 3 packages" in text_of(result)
    assert downloads(large) == ["extra-1.0"]


def test_what_does_not_fit_to_the_wheel_that_is_there_is_refused(large: VenvBuilds) -> None:
    unpinned(large, "large-1.0", "small-1.0")
    build(large)
    large.publish(NEWEST)
    downloads(large)
    large.require("large", "small==3.0")
    assert "large 1.0 depends on small<3" in large.failure(**LOWERED)
    assert "large-1.0" not in downloads(large)


def test_another_hash_of_the_lock_or_of_the_index_is_refused(large: VenvBuilds) -> None:
    """It says which wheel is wanted; what the index has for it is downloaded, and is another one."""
    pinned(large, "large-1.0", "small-1.0")
    build(large)
    wrong, (_, small) = digest("another"), large.locked("large-1.0", "small-1.0")
    downloads(large)
    large.require(f"large==1.0 --hash=sha256:{wrong}", small)
    assert "DO NOT MATCH THE HASHES" in large.failure(**LOWERED)
    assert downloads(large)[:1] == ["large-1.0"]
    page = large.root / "index/simple/large/index.html"
    page.write_text(page.read_text().replace(sha256(large.wheels[-2]), wrong))
    unpinned(large, "large-1.0", "small-1.0")
    assert "DO NOT MATCH THE HASHES" in large.failure(**LOWERED)
    assert downloads(large)[:1] == ["large-1.0"]


def test_an_index_that_says_no_hash_is_asked_unless_the_requirement_says_it(large: VenvBuilds) -> None:
    large.publish(NEWER)
    without_hashes(large)
    pinned(large, "large-1.0", "small-1.0")
    build(large)
    downloads(large)
    pinned(large, "large-1.0", "small-2.0")
    build(large)
    assert downloads(large) == ["small-2.0"]
    large.require("large", "small==1.0")
    build(large)
    assert sorted(downloads(large)) == ["large-1.0", "small-1.0"]


def test_what_cannot_be_moved_is_downloaded_and_then_kept(large: VenvBuilds) -> None:
    """What comes in has a file of it: whose that is, pip alone decides. From then on both have it."""
    large.publish(NEWER, Project("taker", files={"large_data/small.bin": "\1"}))
    pinned(large, "large-1.0", "small-1.0")
    build(large)
    downloads(large)
    pinned(large, "large-1.0", "small-1.0", "taker-1.0")
    both = build(large)
    assert NOTHING_MOVED in text_of(both)
    assert sorted(downloads(large)) == ["large-1.0", "taker-1.0"]
    assert cache_size(both) > SIZE
    pinned(large, "large-1.0", "small-2.0", "taker-1.0")
    changed = build(large)
    assert downloads(large) == ["small-2.0"]
    assert is_as_fresh(large, changed)


def test_metadata_that_a_later_buildpack_has_written_tell_nothing(large: VenvBuilds) -> None:
    """They are in the cache with the environment, which is used again as it is."""
    large.consumer = 'cd "$VIRTUAL_ENV"/lib/*/site-packages\necho x | tee -a large-1.0*/METADATA\n'
    unpinned(large, "large-1.0", "small-1.0")
    build(large)
    downloads(large)
    build(large)
    assert downloads(large) == ["large-1.0"]


@pytest.mark.parametrize(("require", "kept"), [(pinned, False), (lock, True)])
def test_with_uv_in_the_place_of_pip_what_is_not_moved_is_kept(
    large: VenvBuilds, require: Callable[..., None], *, kept: bool
) -> None:
    """It installs lock files as a whole. Neither is downloaded twice."""
    large.publish(NEWER)
    platform, variables = uv_platform(large), {**LOWERED, "BP_INSTALLER": "uv"}
    require(large, "large-1.0", "small-1.0")
    large.build(variables, platform=platform)
    downloads(large)
    require(large, "large-1.0", "small-2.0")
    changed = large.build(variables, platform=platform)
    assert is_moved(changed) is not kept
    assert (changed.layer(VENV, "uv-cache").size > SIZE) is kept
    assert set(downloads(large)) == {"small-2.0"}
