"""A checkout has the same bytes everywhere, and what forges, editors and hooks read there is right."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.bare_machine import NEEDED

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
FORMS = [one for one in TEMPLATES if one.name != "config.yml"]


def git(*arguments: str | Path, cwd: Path) -> None:
    """Run git as if nobody had set anything."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, env=environment)


def test_a_checkout_of_windows_detects(tmp_path: Path) -> None:
    """Git makes CRLF of line ends there; neither a shell nor the names of markers could stand that."""
    source, checkout = tmp_path / "source", tmp_path / "check out"
    shutil.copytree(ROOT / "buildpacks/app-venv/detect", source / "detect")
    shutil.copytree(ROOT / "packages/buildpack-api/share/bin", source / "bin")
    shutil.copyfile(ROOT / ".gitattributes", source / ".gitattributes")
    git("init", "--quiet", cwd=source)
    git("add", "--all", cwd=source)
    git("commit", "--quiet", "--message", "All", cwd=source)
    git("clone", "--quiet", "--config", "core.autocrlf=true", source, checkout, cwd=tmp_path)
    files = [path for path in checkout.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert len(files) > 20
    assert [path for path in files if b"\r" in path.read_bytes()] == []
    app, plan = tmp_path / "app", tmp_path / "plan.toml"
    app.mkdir()
    (app / "requirements.txt").write_text("")
    environment = {"PATH": os.environ["PATH"], "CNB_BUILDPACK_DIR": str(checkout)}
    environment["CNB_BUILD_PLAN_PATH"] = str(plan)
    done = subprocess.run([checkout / "bin/detect"], cwd=app, env=environment, check=False)
    assert (done.returncode, "[[provides]]" in plan.read_text()) == (0, True)


def test_the_bytes_of_others_stay_what_they_are(tmp_path: Path) -> None:
    """Seeds of the fuzzer have line ends of all kinds."""
    seed = ROOT / "tests/fuzz/seeds/procfiles/shell/Procfile"
    place = tmp_path / seed.relative_to(ROOT)
    place.parent.mkdir(parents=True)
    shutil.copyfile(seed, place)
    shutil.copyfile(ROOT / ".gitattributes", tmp_path / ".gitattributes")
    git("init", "--quiet", cwd=tmp_path)
    git("add", "--all", cwd=tmp_path)
    place.unlink()
    git("checkout", "--", place, cwd=tmp_path)
    assert b"\r\n" in seed.read_bytes()
    assert place.read_bytes() == seed.read_bytes()


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_issue_forms_are_as_the_forge_wants_them(file: Path) -> None:
    """A form that is not is not shown at all (GitHub, "Syntax for issue forms")."""
    form: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    ids = [one["id"] for one in form["body"] if one["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    for one in form["body"]:
        assert one["type"] in {"markdown", "textarea", "input"}
        assert "value" if one["type"] == "markdown" else "label" in one["attributes"]


def test_hooks_are_sessions_and_tasks() -> None:
    """They fetch nothing, and there is no second list of what is looked at."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = hooks["repos"]
    assert repository["repo"] == "local"
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE))
    entries = [hook["entry"].split() for hook in repository["hooks"]]
    assert {entry[-1] for entry in entries if entry[0] == "./scripts/nox"} <= sessions
    assert {entry[0] for entry in entries} == {"./scripts/nox", "./scripts/inv"}


def test_the_development_container_has_what_a_machine_needs() -> None:
    text = (ROOT / ".devcontainer/Dockerfile").read_text("utf-8")
    installed = text.partition("--no-install-recommends")[2].partition("&&")[0].split()
    assert {*NEEDED} <= {*installed}
    settings = (ROOT / ".devcontainer/devcontainer.json").read_text("utf-8")
    json.loads(re.sub(r"(?m)^//.*$", "", settings))
