"""Which tool installs: build and detection have to agree, or the tool is not there that the build wants."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from app_venv.installers.choice import choose_manager, choose_strategy
from app_venv.settings import PackageManager
from buildpack_api.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[4]
FILES = (
    "requirements.txt",
    "pylock.toml",
    "pylock.a.toml",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
)
VARIABLES: tuple[dict[str, str], ...] = (
    {},
    {"BP_PACKAGE_MANAGER": " uv\n"},
    {"BP_PACKAGE_MANAGER": "pip"},
    {"BP_PACKAGE_MANAGER": "poetry"},
    {"BP_PACKAGE_MANAGER": "poetry", "BP_INSTALLER": "uv"},
    {"BP_PIP_REQUIREMENT": "x.txt"},
    {"BP_PIP_PROJECT": "wheel"},
    {"BP_INSTALLER": "uv"},
    {"BP_INSTALLER": "pip", "BP_PIP_REQUIREMENT": "x.txt"},
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """bin/detect beside the markers of this buildpack."""
    directory = tmp_path_factory.mktemp("buildpack")
    (directory / "bin").mkdir()
    source = ROOT / "packages/buildpack-api/share/bin/detect"
    (directory / "bin/detect").write_bytes(source.read_bytes())
    (directory / "detect").symlink_to(ROOT / "buildpacks/app-venv/detect")
    return directory / "bin/detect"


@pytest.mark.parametrize("variables", VARIABLES, ids=str)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_detection_requires_the_tool_that_the_build_takes(
    program: Path, tmp_path: Path, variables: dict[str, str], count: int
) -> None:
    """Whatever files there are: where detection passes, its plan has the tool."""
    plan, seen = tmp_path / "plan", set[str]()
    for number, names in enumerate(itertools.combinations(FILES, count)):
        app = tmp_path / str(number)
        app.mkdir()
        for name in names:
            (app / name).write_text("[project]\n" if name == "pyproject.toml" else "")
        plan.write_text("")
        environment = {"PATH": "", "CNB_PLATFORM_DIR": str(tmp_path), "CNB_BUILD_PLAN_PATH": str(plan)}
        done = subprocess.run(
            ["/bin/sh", program], cwd=app, env=environment | variables, capture_output=True, check=False
        )
        if done.returncode == os.EX_OK:
            try:
                name = choose_strategy(app, variables).name
            except ConfigurationError:  # what contradicts itself
                assert (names, variables["BP_INSTALLER"]) == (
                    ("poetry.lock",),
                    "uv",
                ) or "pyproject.toml" in names
                continue
            assert f'name = "{name}"' in plan.read_text(), names
            seen.add(name)
    assert seen


@pytest.mark.parametrize("manager", [PackageManager.UV, PackageManager.POETRY])
def test_an_app_that_pip_has_installed_before_is_still_installed_by_pip(
    tmp_path: Path, manager: PackageManager
) -> None:
    (tmp_path / f"{manager.value}.lock").touch()
    assert choose_manager(tmp_path, {}) is manager
    (tmp_path / "requirements.txt").touch()
    assert choose_manager(tmp_path, {}) is PackageManager.PIP
    assert choose_manager(tmp_path, {"BP_PACKAGE_MANAGER": manager.value}) is manager


def test_a_lock_of_poetry_is_not_for_what_stands_in_for_pip(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").touch()
    with pytest.raises(ConfigurationError, match=r"BP_INSTALLER=uv cannot be used with poetry\.lock"):
        choose_manager(tmp_path, {"BP_INSTALLER": "uv"})


@pytest.mark.parametrize("word", ["poetry install", "uv pip", "conda"])
def test_another_word_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        choose_manager(tmp_path, {"BP_PACKAGE_MANAGER": word})
    assert caught.value.title == f"BP_PACKAGE_MANAGER is {word!r}"
    assert "pip, uv or poetry" in caught.value.advice


@pytest.mark.parametrize("more", [{}, {"BP_PACKAGE_MANAGER": "uv"}])
def test_another_word_for_the_installer_is_refused_whatever_installs(
    tmp_path: Path, more: dict[str, str]
) -> None:
    """Who writes poetry there, beside a uv.lock, expects something that does not happen."""
    (tmp_path / "uv.lock").touch()
    with pytest.raises(ConfigurationError, match="BP_INSTALLER is 'poetry'"):
        choose_manager(tmp_path, {"BP_INSTALLER": "poetry", **more})
