"""The cache of pip that strata/app-venv keeps: what is in it, what it spares, and that it holds no secret."""

from __future__ import annotations

import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from app_venv.installers.pip import inside_pip
from buildpack_release.bytecode.interpreters import installed_interpreters
from support.main_job import PIP, VENV
from support.private_builds import PASSWORD
from support.venv_builds import (
    downloads,
    installed,
    lock,
    pinned,
    reused,
    site_packages,
    text_of,
    unpinned,
    without_hashes,
)
from support.wheels import NEEDS_LEFT, SOURCE_BACKEND, Project, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.private_builds import PrivateBuilds
    from support.venv_builds import VenvBuilds


ANEW = {"BP_VENV_HEAVY": "99"}
"""Another environment, by the same files: nothing is moved over, and all is taken from the cache."""


def cached(builds: VenvBuilds) -> list[str]:
    """Return digests of what is in the cache: bodies of downloads, and names of built wheels."""
    cache = builds.root / "work space/layers/strata_app-venv/pip-cache/cache"
    return sorted(
        sha256(path) if path.suffix == ".body" or path.is_relative_to(cache / "files") else path.name
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
    private.build(ANEW)
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
    private.builds.publish(Project("other"))
    private.builds.require("left", "other")
    private.index.requests.clear()
    private.build({"BP_PIP_CACHE": "none"})
    fetched = [path for path in private.index.requests if path.endswith(".whl")]
    assert fetched == ["/files/other-1.0-py3-none-any.whl"], "what is moved over is in the environment"


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
    private.build(ANEW)
    assert installed(private.builds) == ["left-1.0", "other-1.0", "right-2.0"]
    assert cached(private.builds) == wheel_digests(private.builds, "left-1.0", "other-1.0", "right-2.0")


@pytest.mark.parametrize("require", [pinned, lock, unpinned])
def test_what_came_over_http_is_not_downloaded_again(
    builds: VenvBuilds, require: Callable[..., None]
) -> None:
    """Of it pip's own cache keeps nothing. Nor does anything pile up."""
    platform = builds.platform(pip=PIP)
    builds.publish(Project("other"))
    require(builds, "left-1.0", "right-2.0")
    first = builds.build(platform=platform)
    assert downloads(builds) == ["left-1.0", "right-2.0"]
    assert cached(builds) == wheel_digests(builds, "left-1.0", "right-2.0")
    again = builds.build(platform=platform)
    assert downloads(builds) == []
    assert again.layer(VENV, "pip-cache").diff_id == first.layer(VENV, "pip-cache").diff_id
    require(builds, "left-1.0", "right-2.0", "other-1.0")
    result = builds.build(ANEW, platform=platform)
    assert downloads(builds) == ["other-1.0"]
    assert "2 from the cache, 1 downloaded" in text_of(result)
    fresh = builds.build(ANEW, platform=platform, clear=True)
    assert fresh.layer(VENV, "venv").diff_id == result.layer(VENV, "venv").diff_id
    assert fresh.layer(VENV, "pip-cache").diff_id == result.layer(VENV, "pip-cache").diff_id
    downloads(builds)
    require(builds, "left-1.0")
    builds.build(platform=platform)
    assert downloads(builds) == []
    assert cached(builds) == wheel_digests(builds, "left-1.0")


def test_what_an_index_sends_without_a_word_about_caching_is_not_downloaded_again(
    private: PrivateBuilds,
) -> None:
    """With a password, which is not in the layer; nor is what comes with a cookie."""
    private.index.caching = False
    private.bind_index()
    private.builds.publish(Project("other"))
    private.builds.require("right")
    private.build()
    assert cached(private.builds) == wheel_digests(private.builds, "left-1.0", "right-2.0")
    private.index.requests.clear()
    private.index.headers = {"Set-Cookie": f"session={PASSWORD}"}
    private.builds.require("right", "other")
    private.build(ANEW)
    assert [path for path in private.index.requests if path.endswith(".whl")] == [
        "/files/other-1.0-py3-none-any.whl"
    ]
    assert cached(private.builds) == wheel_digests(private.builds, "left-1.0", "right-2.0")
    assert not private.files_with_secrets()


def test_a_file_whose_hash_nobody_says_is_not_kept(builds: VenvBuilds) -> None:
    """It may be another one tomorrow, and pip would not notice. With a hash in the requirement it would."""
    without_hashes(builds)
    unpinned(builds, "left-1.0")
    builds.build()
    assert cached(builds) == []
    pinned(builds, "left-1.0")
    builds.build(ANEW)
    assert cached(builds) == wheel_digests(builds, "left-1.0")
    downloads(builds)
    pinned(builds, "left-1.0", "right-2.0")
    builds.build()
    assert downloads(builds) == ["right-2.0"]


def test_what_the_index_no_longer_has_is_not_taken_from_the_cache(builds: VenvBuilds) -> None:
    """Whatever is kept, the index decides: about versions, and about the file of a version."""
    unpinned(builds, "left-1.0")
    builds.build()
    page = builds.root / "index/simple/left/index.html"
    text = page.read_text()
    page.write_text("")
    assert "the index has no left for this Python" in builds.failure()
    page.write_text(text)
    builds.wheels.clear()
    builds.publish(Project("left", files={"left_more.py": ""}))
    builds.build()
    assert (site_packages(builds) / "left_more.py").is_file()
    assert cached(builds) == wheel_digests(builds, "left-1.0")


def test_a_file_that_was_changed_in_the_cache_is_downloaded_again(builds: VenvBuilds) -> None:
    """Also if the list of what is kept was changed with it."""
    pinned(builds, "left-1.0")
    builds.consumer = """
        file=$(echo "$PIP_CACHE_DIR"/files/*/left-1.0-py3-none-any.whl)
        digest=$(basename "$(dirname "$file")")
        echo evil >> "$file"
        sed -i "s/^$digest/$(sha256sum "$file" | cut -c -64)/" "$PIP_CACHE_DIR/kept"
    """
    builds.build()
    builds.consumer = ""
    pinned(builds, "left-1.0", "right-2.0")
    downloads(builds)
    builds.build(ANEW)
    assert downloads(builds) == ["left-1.0", "right-2.0"]
    assert cached(builds) == wheel_digests(builds, "left-1.0", "right-2.0")


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


def unpacked_pip(builds: VenvBuilds, python: Path, bundled: Path) -> Path:
    """Unpack a wheel of pip, beside the files that `inside_pip` reads."""
    folder = builds.root / bundled.stem / python.name
    with zipfile.ZipFile(bundled) as archive:
        archive.extractall(folder)
    for name in ("hashes", "offered"):
        (folder / name).touch()
    return folder


def install_right(builds: VenvBuilds, python: Path, folder: Path, into: str) -> None:
    """Install right with that pip, into a folder beside it."""
    files = (folder / name for name in ("store", "hashes", "offered", "pip/__pip-runner__.py"))
    place = (
        "--target",
        folder / into,
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-warn-conflicts",
    )
    options = ("--quiet", "--index-url", f"{builds.server.url}/simple/", *place)
    command = [str(one) for one in (python, "-B", inside_pip.__file__, *files, "install", *options, "right")]
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin"}, cwd=builds.root)


def install_twice(builds: VenvBuilds, python: Path, bundled: Path) -> list[list[str]]:
    """Install right with the pip of a wheel; return what was downloaded the first and the second time."""
    folder = unpacked_pip(builds, python, bundled)
    found = []
    for number in range(2):
        install_right(builds, python, folder, str(number))
        assert (folder / str(number) / "left.py").is_file()
        found.append(sorted(downloads(builds)))
    return found


def test_any_pip_leaves_out_what_is_offered(builds: VenvBuilds) -> None:
    """The others are downloaded and unpacked, as right is here, which is now asked for by name."""
    environment = builds.root / "environment"
    offered = []
    for wheel in builds.wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(environment)
        info = environment / f"{wheel.name.rsplit('-py3', 1)[0]}.dist-info"
        offered.append(f"sha256:{sha256(wheel)} False {info}")
    for python in installed_interpreters().values():
        library = python.executable.parents[1] / f"lib/python{python.minor}"
        for bundled in library.glob("ensurepip/_bundled/pip-*.whl"):
            folder = unpacked_pip(builds, python.executable, bundled)
            (folder / "offered").write_text("\n".join(offered))
            install_right(builds, python.executable, folder, "there")
            assert sorted(path.name for path in (folder / "there").glob("*.py")) == ["right.py"], bundled.name
            assert downloads(builds) == ["right-2.0"], bundled.name


def test_any_pip_keeps_what_it_downloads(builds: VenvBuilds) -> None:
    """Also those that Pythons bring along, of several years: all have what this relies on inside pip."""
    for python in installed_interpreters().values():
        library = python.executable.parents[1] / f"lib/python{python.minor}"
        for bundled in library.glob("ensurepip/_bundled/pip-*.whl"):
            found = install_twice(builds, python.executable, bundled)
            assert found == [["left-1.0", "right-2.0"], []], bundled.name
