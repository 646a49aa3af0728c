"""What goes into an environment is read from pyproject.toml, and what cannot be read is said in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from buildpack_testing.installed_pythons import find_installed
from environments import (
    LIBRARIES,
    LOCKED,
    SetupError,
    _name,
    lock_file,
    locked,
    lowest,
    missing,
    not_locked,
    put_on_path,
    read_toml,
    requirements,
)

ROOT = Path(__file__).parents[3]
NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
TAILS = st.sampled_from(
    ["", ">=1", " >=1", "[x]", "[x,y]~=1.0", "; python_version < '3'", " @ file:///x", "(>1)"]
)


def repository(root: Path, groups: str) -> Path:
    (root / "pyproject.toml").write_text(f"[dependency-groups]\n{groups}\n", "utf-8")
    for name in LIBRARIES:
        file = root / "packages" / name / "pyproject.toml"
        file.parent.mkdir(parents=True)
        file.write_text('[project]\ndependencies = ["packaging>=24", "Buildpack_API"]\n', "utf-8")
    return root


def test_groups_include_others_and_bring_what_the_libraries_need(tmp_path: Path) -> None:
    """The libraries themselves are on the path and never installed, however their names are written."""
    root = repository(tmp_path, 'a = ["x>=1", {include-group = "b"}]\nb = ["y", "x>=1"]\nc = ["z"]')
    assert requirements(root, "a") == ["packaging>=24", "x>=1", "y"]
    assert requirements(root, "b", "c", libraries=False) == ["x>=1", "y", "z"]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ('a = [{include-group = "b"}]\nb = [{include-group = "a"}]', '"a" includes itself'),
        ("b = []", 'there is no dependency group "a"'),
        ('a = "x"', 'there is no dependency group "a"'),
        ("a = [1]", 'does not belong in the dependency group "a": 1'),
        ('a = [{include = "b"}]', "does not belong"),
        ("a = [", "pyproject.toml:3: this is not TOML"),
        ("a = []\nb", "pyproject.toml:3: this is not TOML"),
        ("a = []\na = []", "this is not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_file(tmp_path: Path, groups: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        requirements(repository(tmp_path, groups), "a")
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}:")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    with pytest.raises(SetupError, match=r"pyproject\.toml: No such file"):
        read_toml(file)
    file.write_bytes(b"\nname = '\xff'")
    with pytest.raises(SetupError, match=r"pyproject\.toml:2: this is not TOML"):
        read_toml(file)
    with pytest.raises(SetupError, match="Is a directory"):
        read_toml(tmp_path)


@given(NAMES, TAILS)
def test_a_requirements_name_is_what_packaging_says(name: str, tail: str) -> None:
    assert _name(name + tail) == canonicalize_name(Requirement(name + tail).name)


def test_what_is_missing_concerns_this_python_and_is_named_once() -> None:
    wanted = [
        *("pytest>=8", "no-such-thing>=1", "no-such-thing<3", "hypothesis==0.0.1"),
        *("nor-this; python_version < '3'", "nor-that; sys_platform == 'beos'"),
    ]
    found = missing(wanted)
    assert found["hypothesis"] == "hypothesis==0.0.1"
    assert set(Requirement(found["no-such-thing"]).specifier) == set(Requirement("x>=1,<3").specifier)
    assert len(found) == 2


def test_the_lowest_versions_are_those_that_all_requirements_allow() -> None:
    """With markers apart: what is required only before Python 3.11 has a version of its own there."""
    wanted = ["X>=1.2", "x>=1.10,<3", "y~=2.1", "z==4", "t>=2; python_version < '3.11'", "t>=3"]
    assert lowest(wanted) == ['t==2; python_version < "3.11"', "t==3", "x==1.10", "y==2.1", "z==4"]


def test_every_requirement_of_the_libraries_has_a_lowest_version() -> None:
    """What nox -s minimums installs; a requirement without one would promise all versions there ever were."""
    assert len(lowest(requirements(ROOT))) >= 5


def test_every_session_can_be_put_together() -> None:
    """The groups of this repository's own pyproject.toml, as noxfile.py and set_up.py ask for them."""
    for group in ("maintain", "release", "lint", "types", "test-tools", "tests", "coverage", "bench", "docs"):
        assert [Requirement(one) for one in requirements(ROOT, group)]
    assert not {Requirement(one).name for one in requirements(ROOT, "maintain")} & set(LIBRARIES)


def test_toml_is_read_where_nothing_is_installed() -> None:
    """Also by 3.10, which has no parser: pip's is taken, even that of a pip which is not installed yet."""
    program = f"""import sys; sys.path.insert(0, {str(ROOT / "scripts")!r})
import environments, pathlib
print(len(environments.requirements(pathlib.Path({str(ROOT)!r}), "maintain")))"""
    expected = f"{len(requirements(ROOT, 'maintain'))}\n"
    pythons = {sys.executable, *(str(python.executable) for python in find_installed().values())}
    for python in pythons:
        done = subprocess.run(
            [python, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.stderr) == (expected, "")


def test_libraries_are_found_through_every_name_of_an_environment(tmp_path: Path) -> None:
    """Python adds the lines of a .pth file to the name it was started by, not to where that leads."""
    site_packages = tmp_path / "deep/down/site-packages"
    site_packages.mkdir(parents=True)
    (tmp_path / "link").symlink_to(site_packages)
    for name in LIBRARIES:
        (tmp_path / "packages" / name / "src").mkdir(parents=True)
    put_on_path(tmp_path, site_packages, tmp_path / "link")
    for known in (site_packages, tmp_path / "link"):
        program = f"import site, sys; site.addsitedir({str(known)!r}); print(*sys.path, sep='\\n')"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert {str(tmp_path / "packages" / name / "src") for name in LIBRARIES} <= {
            *done.stdout.splitlines()
        }


def lock(root: Path, group: str, text: str) -> None:
    lock_file(root, group).parent.mkdir(exist_ok=True)
    lock_file(root, group).write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("packaging==25.0 \\\n    --hash=sha256:00\nx==1.0\n", []),
        ("packaging==25.0\nX==1.1rc1 ; python_full_version >= '3.3' \\\n", []),
        ("packaging==25.0\nx==1.0 ; python_full_version < '3.3'\n", ["x>=1"]),
        ("packaging==25.0\nx==0.9\ny==1\n", ["x>=1"]),
        ("# x==1.0\n", ["packaging>=24", "x>=1"]),
    ],
)
def test_a_lock_is_behind_if_it_lacks_what_is_asked_for_here(
    tmp_path: Path, text: str, lacking: list[str]
) -> None:
    """What is asked for elsewhere only, and in which order the lock has it, does not count."""
    root = repository(tmp_path, 'maintain = ["x>=1", "z; sys_platform == \'nowhere\'"]')
    lock(root, "maintain", text)
    assert not_locked(root, "maintain") == lacking


def test_faults_about_locks_are_one_line(tmp_path: Path) -> None:
    root = repository(tmp_path, 'maintain = ["x>=1"]\nlint = ["no requirement"]')
    with pytest.raises(SetupError, match=r"locks/maintain\.txt: No such file"):
        locked(root, "maintain")
    lock(root, "maintain", "")
    lock_file(root, "maintain").write_bytes(b"\xff")
    with pytest.raises(SetupError, match="it is not UTF-8"):
        not_locked(root, "maintain")
    lock(root, "lint", "")
    with pytest.raises(SetupError, match=r'^"no requirement" is no requirement: [^\n]*$'):
        not_locked(root, "lint")


@pytest.mark.parametrize("group", LOCKED)
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_our_locks_have_what_pyproject_asks_for(group: str, system: str) -> None:
    """On every Python that we support; or else: ./scripts/nox -s lock (the weekly update does it as well)."""
    for minor in ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15"):
        environment = {
            "python_version": minor, "python_full_version": f"{minor}.1", "sys_platform": system,
        }  # fmt: skip
        assert not_locked(ROOT, group, environment) == []


@pytest.mark.parametrize("group", LOCKED)
def test_our_locks_have_digests_and_name_no_place(group: str) -> None:
    """Every entry has one version and a digest; where it comes from is the user's setting."""
    entries = locked(ROOT, group).replace("\\\n", " ").splitlines()
    assert entries[0].startswith("#")
    for entry in entries[1:]:
        requirement, *digests = entry.split("--hash=sha256:")
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; .*)?", requirement.strip()), entry
        assert digests
        assert all(re.fullmatch("[0-9a-f]{64}", one.strip()) for one in digests)
