"""Lock files: what pip would refuse half-way, or pass over in silence, is said before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.locks import read_lock
from app_venv.inputs.pinning import Evidence, Pinning
from buildpack_api.errors import ConfigurationError, PlatformError
from support.venv_inputs import wanted

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 'lock-version = "1.0"\ncreated-by = "tests"\n'
DIGEST = "0123456789abcdef" * 4
WHEEL = (
    '[[packages]]\nname = "left"\nversion = "1.0"\nwheels = [{ name = "left-1.0-py3-none-any.whl", '
    f'url = "https://host/left-1.0-py3-none-any.whl", hashes = {{ sha256 = "{DIGEST}" }} }}]\n'
)
SDIST = WHEEL.replace("wheels = [{", "sdist = {").replace("}]", "}").replace("-py3-none-any.whl", ".tar.gz")
ARCHIVE = (
    '[[packages]]\nname = "far"\n[packages.archive]\nurl = "https://host/far.zip"\n'
    f'hashes = {{ sha512 = "{DIGEST * 2}" }}\n'
)
DIRECTORY = '[[packages]]\nname = "mine"\n[packages.directory]\npath = "."\neditable = true\n'
NEVER = "marker = \"'x' in extras or 'y' in dependency_groups\"\n"
VCS = '[[packages]]\nname = "far"\n[packages.vcs]\ntype = "git"\nurl = "https://host/x"\ncommit-id = "1"\n'


def read(app: Path, text: str, *, name: str = "pylock.toml", pip: str = "26.3", **variables: str) -> Evidence:
    (app / name).write_text(text)
    found = Evidence()
    read_lock(name, wanted(app, variables, pip=pip), found)
    return found


@pytest.mark.parametrize(
    ("text", "pinnings"),
    [
        (HEAD + "packages = []\n", []),
        (HEAD + WHEEL, [Pinning.LOCKED]),
        (HEAD + SDIST, [Pinning.LOCKED]),
        (HEAD + ARCHIVE + WHEEL, [Pinning.LOCKED]),
        (HEAD + WHEEL.replace("sha256", "md5"), [Pinning.OPEN, Pinning.LOCKED]),
        (HEAD + DIRECTORY, [Pinning.UNPROVABLE]),
        (HEAD + VCS, [Pinning.UNPROVABLE]),
        (HEAD + VCS + WHEEL, [Pinning.UNPROVABLE, Pinning.LOCKED]),
        (HEAD + WHEEL + VCS.replace("[packages.vcs]", f"{NEVER}[packages.vcs]"), [Pinning.LOCKED]),
        (HEAD + DIRECTORY.replace("[packages.dir", f"{NEVER}[packages.dir") + WHEEL, [Pinning.LOCKED]),
    ],
)
def test_how_far_a_lock_determines_what_is_installed(
    tmp_path: Path, text: str, pinnings: list[Pinning]
) -> None:
    assert [one.pinning for one in read(tmp_path, text).requirements] == pinnings


def test_pip_is_told_which_parts_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "pylock.web.toml").write_text(
        f'{HEAD}extras = ["a", "b-c"]\ndependency-groups = ["x", "y"]\n{WHEEL}'
    )
    variables = {"BP_PIP_EXTRAS": "A, b-c", "BP_PIP_GROUPS": "y x"}
    arguments = read_lock("pylock.web.toml", wanted(tmp_path, variables), Evidence())
    assert arguments == (
        *("--requirement", "pylock.web.toml[a,b-c]"),
        *("--group", "pylock.web.toml:y"),
        *("--group", "pylock.web.toml:x"),
    )


@pytest.mark.parametrize(
    ("text", "variables", "said"),
    [
        ("lock-version = [", {}, "not valid TOML"),
        (HEAD, {}, "is not a valid lock file"),
        (HEAD + WHEEL.replace(f'sha256 = "{DIGEST}"', ""), {}, "At least one hash must be provided"),
        (HEAD.replace("1.0", "2.0") + WHEEL, {}, "lock-version that is not known"),
        (HEAD + 'requires-python = "<3.13"\n' + WHEEL, {}, "The app gets Python 3.13.1."),
        (HEAD + f'requires-python = "<{"9" * 5000}"\n' + WHEEL, {}, "is not a valid lock file"),
        (HEAD + "environments = [\"os_name == 'nt'\"]\n" + WHEEL, {}, 'os_name == "nt"'),
        (HEAD + "environments = [\"os_name === 'nt'\"]\n" + WHEEL, {}, "cannot be evaluated: "),
        (HEAD + WHEEL.replace("wheels", "marker = \"os_name ~= 'x'\"\nwheels"), {}, "cannot be evaluated: "),
        (HEAD + WHEEL, {"BP_PIP_GROUPS": "web"}, "pylock.toml has no dependency group web"),
    ],
)
def test_a_lock_that_cannot_be_installed(
    tmp_path: Path, text: str, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, text, **variables)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("pip", "variables", "said"),
    [
        ("26.0.1", {}, "pip 26.0.1 cannot install pylock.toml"),
        ("26.2.1", {"BP_PIP_EXTRAS": "a"}, "pip 26.2.1 cannot install extras a of pylock.toml"),
        ("26.0.1", {}, "Put strata/pip-tool, or another provider"),
        (
            "26.0.1",
            {"BP_PIP_VERSION": "26.0.1"},
            "BP_PIP_VERSION=26.0.1 chooses it: set that to 26.1 or newer",
        ),
    ],
)
def test_a_pip_that_is_too_old_is_named(
    tmp_path: Path, pip: str, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(PlatformError) as refused:
        read(tmp_path, f'{HEAD}extras = ["a"]\n{WHEEL}', pip=pip, **variables)
    assert said in str(refused.value)


@pytest.mark.parametrize("minor", ["3.10.4", "3.14.0"])
def test_markers_are_those_of_the_app_s_python(tmp_path: Path, minor: str) -> None:
    """Not of the one that runs the buildpack."""
    (tmp_path / "pylock.toml").write_text(
        f"{HEAD}environments = [\"python_version == '{minor.rpartition('.')[0]}'\"]\n{WHEEL}"
    )
    read_lock("pylock.toml", wanted(tmp_path, python=minor), Evidence())


@pytest.mark.parametrize("loose", [DIRECTORY, VCS])
def test_hashes_are_checked_where_they_are_and_nothing_else_comes_in(tmp_path: Path, loose: str) -> None:
    (tmp_path / "pylock.toml").write_text(HEAD + WHEEL + loose)
    arguments = read_lock("pylock.toml", wanted(tmp_path), Evidence())
    assert arguments == ("--no-require-hashes", "--no-deps", "--requirement", "pylock.toml")


@pytest.mark.parametrize(("pip", "alone"), [("26.1", True), ("26.3", False)])
def test_a_mixture_that_pip_cannot_install(tmp_path: Path, pip: str, *, alone: bool) -> None:
    (tmp_path / "pylock.toml").write_text(HEAD + WHEEL + DIRECTORY)
    with pytest.raises(ConfigurationError, match="mine comes from a local directory"):
        read_lock("pylock.toml", wanted(tmp_path, pip=pip), Evidence(), alone=alone)
