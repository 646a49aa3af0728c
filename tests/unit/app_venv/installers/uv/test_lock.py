"""uv.lock: which packages are installed of it, and whether the lock alone determines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.selection import Selection
from app_venv.installers.uv.lock import read_lock
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.installers.locked_packages import LockedPackages

ENVIRONMENT = {"sys_platform": "linux", "python_full_version": "3.13.0", "python_version": "3.13"}
REGISTRY = 'source = { registry = "https://index.example/simple" }'
WHEEL = 'wheels = [{ url = "https://files.example/NAME-1-py3-none-any.whl", hash = "sha256:abc" }]'
ROOT = """\
version = 1
revision = 5
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
"""


def package(name: str, version: str = "1", source: str = REGISTRY, files: str = WHEEL, more: str = "") -> str:
    head = f'[[package]]\nname = "{name}"\nversion = "{version}"\n{source}\n'
    return f"{head}{files.replace('NAME', name)}\n{more}\n"


def lock(tmp_path: Path, text: str, *, member: str = "", **chosen: tuple[str, ...]) -> LockedPackages:
    (tmp_path / "uv.lock").write_text(text)
    return read_lock(tmp_path / "uv.lock", Selection(**chosen), member, ENVIRONMENT)


def names(found: LockedPackages) -> list[str]:
    return [one.name for one in found.packages]


def test_what_the_project_needs_is_followed_through_extras_and_markers(tmp_path: Path) -> None:
    text = (
        ROOT
        + 'dependencies = [{ name = "a", extra = ["Some.Extra"] }, '
        + '{ name = "win", marker = "sys_platform == \'win32\'" }]\n'
        + '[package.optional-dependencies]\nweb = [{ name = "w" }]\n'
        + '[package.dev-dependencies]\ndev = [{ name = "d" }]\nProd_Group = [{ name = "p" }]\n'
        + package(
            "a", more='[package.optional-dependencies]\nsome-extra = [{ name = "x" }]\nno = [{ name = "n" }]'
        )
        + "".join(map(package, ("win", "w", "d", "p", "x", "n")))
    )
    found = lock(tmp_path, text)
    assert (names(found), sorted(found.direct)) == (["a", "x"], ["a"])
    found = lock(tmp_path, text, extras=("web",), groups=("prod-group",))
    assert (names(found), sorted(found.direct)) == (["a", "p", "w", "x"], ["a", "p", "w"])


def test_of_two_versions_the_marked_one_and_of_conflicts_all(tmp_path: Path) -> None:
    """Markers about extras are uv's own: what they mean only uv can tell, so they may hold."""
    text = (
        ROOT
        + 'dependencies = [{ name = "a", version = "1", marker = "python_full_version < \'3.11\'" },'
        + ' { name = "a", version = "2", marker = "python_full_version >= \'3.11\'" },'
        + ' { name = "b", marker = "extra == \'extra-3-app-x\'" }]\n'
        + package("a")
        + package("a", "2")
        + package("b")
    )
    assert [(one.name, one.version) for one in lock(tmp_path, text).packages] == [("a", "2"), ("b", "1")]


@pytest.mark.parametrize(
    ("source", "files", "reason"),
    [
        (REGISTRY, WHEEL, ""),
        (REGISTRY, 'sdist = { url = "https://x/a-1.tar.gz", hash = "sha256:abc" }', ""),
        ('source = { url = "https://x/a.whl" }', WHEEL, ""),
        (REGISTRY, 'wheels = [{ url = "https://x/a-1-py3-none-any.whl" }]', "has no strong hash"),
        (REGISTRY, WHEEL.replace("sha256", "md5"), "has no strong hash"),
        (REGISTRY, "", "has no strong hash"),
        ('source = { git = "https://x/a?rev=main#0123" }', "", "comes from a version control system"),
        ('source = { directory = "a" }', "", "comes from a local directory"),
        ('source = { editable = "a" }', "", "comes from a local directory"),
    ],
)
def test_only_hashes_determine_what_is_installed(
    tmp_path: Path, source: str, files: str, reason: str
) -> None:
    text = ROOT + 'dependencies = [{ name = "a" }]\n' + package("a", source=source, files=files)
    (found,) = lock(tmp_path, text).packages
    assert found.reason == reason


def test_the_project_itself_is_installed_if_it_is_a_package(tmp_path: Path) -> None:
    text = ROOT.replace("virtual", "editable") + package("other", source='source = { editable = "libs/o" }')
    found = lock(tmp_path, text)
    assert (names(found), sorted(found.direct)) == (["app"], ["app"])
    assert names(lock(tmp_path, text, member="other")) == ["other"]
    with pytest.raises(ConfigurationError, match=r"uv\.lock does not have the package nope") as failed:
        lock(tmp_path, text, member="nope")
    assert failed.value.detail == "Packages of the app are: app, other."
    assert "BP_UV_PACKAGE" in failed.value.advice


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "uv.lock is no lock file of uv"),
        ("version = 2\n", "has a version that is not known: 2"),
        ("package = 1\nversion = 1\n", "does not have the project that it lies beside"),
        ("version = 1\n", "does not have the project that it lies beside"),
        ("<<<<<<< HEAD\n", ": not valid TOML"),
    ],
)
def test_what_is_no_lock_of_this_project_is_one_error(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        lock(tmp_path, text)
    assert said in caught.value.title


def test_an_installed_version_may_be_spelt_otherwise(tmp_path: Path) -> None:
    text = ROOT + 'dependencies = [{ name = "a" }]\n' + package("a", "1.0")
    found = lock(tmp_path, text)
    assert found.find("a", "1.0.0") == found.packages[0]
    assert found.find("a", "1.1") is None
    assert found.find("b", "1.0") is None


def test_of_a_workspace_without_a_project_all_packages_are_installed(tmp_path: Path) -> None:
    """As uv does it; groups of the workspace itself are in a table of their own."""
    one = package(
        "one", source='source = { editable = "packages/one" }', files='dependencies = [{ name = "a" }]'
    )
    two = package(
        "two", source='source = { virtual = "packages/two" }', files='dependencies = [{ name = "b" }]'
    )
    manifest = (
        'version = 1\n[manifest]\nmembers = ["One", "two"]\n'
        '[manifest.dependency-groups]\nprod = [{ name = "p" }]\n'
    )
    text = manifest + one + two + "".join(map(package, ("a", "b", "p", "dev")))
    found = lock(tmp_path, text)
    assert (names(found), sorted(found.direct)) == (["a", "b", "one"], ["a", "b", "one"])
    assert names(lock(tmp_path, text, groups=("prod",))) == ["a", "b", "one", "p"]
    assert names(lock(tmp_path, text, member="two", groups=("prod",))) == ["b"]
    with pytest.raises(ConfigurationError, match="does not have the package nope"):
        lock(tmp_path, text, member="nope")
