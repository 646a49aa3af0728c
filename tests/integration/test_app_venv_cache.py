"""The cache of pip that strata/app-venv keeps: what is in it, what it spares, and that it holds no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.main_job import VENV
from support.private_builds import PASSWORD
from support.venv_builds import installed, reused, site_packages, text_of
from support.wheels import NEEDS_LEFT, SOURCE_BACKEND, Project, sha256

if TYPE_CHECKING:
    from support.private_builds import PrivateBuilds
    from support.venv_builds import VenvBuilds


def cached(builds: VenvBuilds) -> list[str]:
    """Return digests of what is in the cache: bodies of downloads, and names of built wheels."""
    cache = builds.root / "work space/layers/strata_app-venv/pip-cache/cache"
    return sorted(
        sha256(path) if path.suffix == ".body" else path.name
        for path in cache.rglob("*")
        if path.suffix in (".body", ".whl")
    )


def wheel_digests(builds: VenvBuilds, *names: str) -> list[str]:
    return sorted(sha256(path) for path in builds.wheels if path.name.rsplit("-py3", 1)[0] in names)


def test_the_cache_holds_what_the_last_installation_used_and_nothing_else(private: PrivateBuilds) -> None:
    builds = private.builds
    builds.publish(Project("other"), Project("left", "1.1"))
    private.bind_index()
    builds.require("left==1.0", "other")
    private.build()
    assert cached(builds) == wheel_digests(builds, "left-1.0", "other-1.0")
    builds.require("right")
    private.build()
    assert cached(builds) == wheel_digests(builds, "left-1.1", "right-2.0")


def test_a_build_that_changes_nothing_changes_nothing_in_the_cache(private: PrivateBuilds) -> None:
    """Also if the index was asked, which fetches pages: the layer need not be saved again."""
    private.builds.require("right")
    private.bind_index()
    first = private.build().layer(VENV, "pip-cache")
    again = private.build()
    assert reused(again)
    assert again.layer(VENV, "pip-cache").diff_id == first.diff_id


def test_what_is_in_the_cache_is_not_downloaded_again(private: PrivateBuilds) -> None:
    private.builds.require("right")
    private.bind_index()
    private.build()
    private.index.requests.clear()
    private.builds.publish(Project("other"))
    private.builds.require("right", "other")
    private.build()
    fetched = [path.rpartition("/")[2] for path in private.index.requests if path.endswith(".whl")]
    assert fetched == ["other-1.0-py3-none-any.whl"]


def test_a_wheel_that_was_built_is_kept_without_its_source(private: PrivateBuilds) -> None:
    private.builds.publish_source(NEEDS_LEFT)
    private.bind_index()
    private.builds.require("source")
    private.build()
    assert cached(private.builds) == ["source-1.0-py3-none-any.whl"]
    private.builds.require("source", "left")
    private.build()
    assert "Building wheel" not in private.output


def test_what_is_kept_can_be_chosen(private: PrivateBuilds) -> None:
    private.builds.publish_source()
    private.bind_index()
    private.builds.require("source", "left")
    assert "BP_PIP_CACHE is 'some'" in private.failure({"BP_PIP_CACHE": "some"})
    private.build({"BP_PIP_CACHE": "built"})
    assert cached(private.builds) == ["source-1.0-py3-none-any.whl"]
    result = private.build({"BP_PIP_CACHE": "none"})
    assert cached(private.builds) == []
    assert not result.layer(VENV, "pip-cache").types.cache
    assert reused(result)


def test_credentials_and_cookies_that_pip_keeps_in_its_cache_are_not_in_the_layer(
    private: PrivateBuilds,
) -> None:
    """With "Vary: Authorization" pip notes the request's header beside the answer."""
    private.index.headers = {"Vary": "Authorization", "Set-Cookie": f"session={PASSWORD}"}
    private.builds.require("right")
    private.bind_index()
    private.build()
    assert not private.files_with_secrets()
    assert reused(private.build())
    assert not private.files_with_secrets()


def test_a_damaged_cache_is_harmless(private: PrivateBuilds) -> None:
    """A later buildpack may write into it, or the platform may lose a part."""
    write = 'echo garbage > "$1"'
    private.builds.consumer = f"""
        find "$PIP_CACHE_DIR" -type f -exec sh -c '{write}' - {{}} \\;
        echo garbage > "$PIP_CACHE_DIR/more"
    """
    private.bind_index()
    private.builds.require("right")
    private.build()
    private.builds.consumer = ""
    private.builds.publish(Project("other"))
    private.builds.require("right", "other")
    private.build()
    assert installed(private.builds) == ["left-1.0", "other-1.0", "right-2.0"]
    assert cached(private.builds) == wheel_digests(private.builds, "left-1.0", "other-1.0", "right-2.0")


READS_A_VARIABLE = SOURCE_BACKEND.replace(
    'wheel.writestr("source.py", "")',
    'import os; wheel.writestr("source.py", repr([os.environ.get(n) for n in ("SOURCE_LIBRARY", "CFLAGS")]))',
)
"""Builds source 1.0 with what two variables say: one that only it knows, one that all compilers do."""


def test_what_is_built_from_source_depends_on_what_its_build_can_see(builds: VenvBuilds) -> None:
    """Also if it is pinned by hash, and the wheel that was built of it is in the cache."""

    def build(**variables: str) -> tuple[str, str]:
        result = builds.build({"BUILD_ID": variables.get("SOURCE_LIBRARY", "x"), **variables})
        return (site_packages(builds) / "source.py").read_text(), text_of(result)

    builds.publish_source(READS_A_VARIABLE)
    (source,) = (path for path in builds.wheels if path.name.startswith("source"))
    builds.require(f"source==1.0 --hash=sha256:{sha256(source)}")
    assert build(SOURCE_LIBRARY="openssl")[0] == "['openssl', None]"
    content, printed = build(SOURCE_LIBRARY="nss")
    assert content == "['nss', None]"
    assert "made anew: SOURCE_LIBRARY has changed; built from source: source\n" in printed
    assert "What was built from source is built again: SOURCE_LIBRARY has changed\n" in printed
    content, printed = build(SOURCE_LIBRARY="nss", CFLAGS="-O1")
    assert content == "['nss', '-O1']"
    assert "CFLAGS is set now; built from source: source\n" in printed
    content, printed = build(SOURCE_LIBRARY="nss", CFLAGS="-O1", BUILD_ID="another", OTHER_TOKEN="new")
    assert "Reusing the virtual environment" in printed
    content, printed = build(CFLAGS="-O1", BP_PIP_BUILD_IGNORE="SOURCE_LIB*", SOURCE_LIBRARY="other")
    assert "SOURCE_LIBRARY is no longer set" in printed  # it does not count now, and did before
    builds.require("source==1.0", "left")
    content, printed = build(CFLAGS="-O1", BP_PIP_BUILD_IGNORE="SOURCE_LIB*", SOURCE_LIBRARY="third")
    assert "built from source is built again" not in printed
    assert "Created wheel" not in printed


def test_with_wheels_only_no_variable_of_a_build_counts(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.build({"CFLAGS": "-O1", "SOURCE_LIBRARY": "a"})
    again = builds.build({"CFLAGS": "-O2", "SOURCE_LIBRARY": "b"})
    assert reused(again)
