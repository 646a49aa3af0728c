"""The page that shows how to write a buildpack is followed to the letter."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from buildpack_testing.platform import LocalPlatform
from support.packaging import environment, inv
from support.sample_repository import write

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "packages/buildpack-api/WRITE-A-BUILDPACK.md").read_text("utf-8")
BLOCKS = re.findall(r"\*\*`(buildpacks/[^`]+)`\*\*.*?```\w*\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository with one buildpack: that of the page."""
    root = tmp_path_factory.mktemp("page") / "a repository"
    for name in ("packages/buildpack-api", "packages/buildpack-common"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("tasks.py", "LICENSE"):
        shutil.copyfile(ROOT / name, root / name)
    write(
        root / "pyproject.toml",
        "[tool.buildpack-release]\nlibraries = ['packages/buildpack-common', 'packages/buildpack-api']\n",
    )
    for path, text in BLOCKS:
        write(root / path, text)
    write(root / "buildpacks/greeting/src/greeting/__init__.py")
    for name in ("README.md", "CHANGELOG.md"):
        write(root / "buildpacks/greeting" / name, "# Greeting\n")
    return root


def test_the_page_has_all_files() -> None:
    assert [Path(path).name for path, _ in BLOCKS] == [
        "buildpack.toml", "markers", "plan.toml", "vendor.lock", "build.py",
    ]  # fmt: skip


def test_the_check_has_nothing_to_say(root: Path) -> None:
    report = json.loads(inv("check", "--json", root=root, env=environment()).stdout)
    assert [one for one in report["findings"] if one["severity"] != "note"] == []


def test_it_builds_reuses_and_starts(root: Path, tmp_path: Path) -> None:
    done = inv("build", "--id", "acme/greeting", root=root, env=environment())
    assert done.returncode == 0, done.stderr
    platform = LocalPlatform(tmp_path / "platform", [root / "build/acme_greeting"], [["acme/greeting"]])
    app = tmp_path / "app"
    write(app / "greeting.txt", "good morning\n")
    logs = []
    for text in ("good morning\n", "good morning\n", "good night\n"):
        write(app / "greeting.txt", text)
        logs.append(platform.build(app).run("acme/greeting").printed)
        with platform.container() as container:
            assert container.run(container.command(None)).stdout == text
    assert ["as before" in log for log in logs] == [False, True, False]
