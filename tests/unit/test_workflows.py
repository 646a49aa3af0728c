"""Our workflows give secrets and rights only to what is pinned, and no job more of them than it needs.

actionlint and zizmor look at the same files for what is wrong in any workflow; here is what ours promise.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[str, Any]] = {one.stem: yaml.safe_load(one.read_text("utf-8")) for one in FILES}
JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]
ON_THE_RELEASE_BRANCH = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"


def job_of(workflow: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[workflow]["jobs"][name]
    return found


def scripts(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def is_trusted(job: dict[str, Any]) -> bool:
    """Whether something would be lost if a job ran foreign code: a right to write, an identity, a secret."""
    return "write" in job.get("permissions", {}).values() or "${{ secrets." in str(job)


def test_all_are_looked_at() -> None:
    assert set(WORKFLOWS) == {"ci", "docs", "fleet", "release", "update"}
    assert [(name, job) for name, job in JOBS if is_trusted(job_of(name, job))] == [
        ("docs", "publish"),
        ("fleet", "patch"),
        ("release", "publish"),
        ("release", "tag"),
        ("update", "propose"),
    ]


def test_actions_are_named_by_commit_with_their_version() -> None:
    uses = [line for file in FILES for line in file.read_text("utf-8").splitlines() if "uses:" in line]
    assert len(uses) > 10
    for line in uses:
        assert re.fullmatch(r"\s+(- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_no_checkout_leaves_a_token_behind(workflow: str, job: str) -> None:
    steps = job_of(workflow, job)["steps"]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts or not scripts(job_of(workflow, job))
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_rights_are_given_to_jobs_and_none_to_all_of_them(workflow: str) -> None:
    assert WORKFLOWS[workflow]["permissions"] in ({}, {"contents": "read"})


@pytest.mark.parametrize("job", ["publish", "tag"])
def test_what_a_release_trusts_comes_from_the_release_branch(job: str) -> None:
    first = job_of("release", "package")
    assert first["if"] == ON_THE_RELEASE_BRANCH
    assert not is_trusted(first)
    assert job_of("release", "publish")["if"] == ON_THE_RELEASE_BRANCH
    assert job_of("release", "publish")["needs"] == "package"
    assert job_of("release", "tag")["needs"] == "publish"
    assert job_of("update", "look")["if"] == ON_THE_RELEASE_BRANCH


def test_jobs_that_may_write_to_the_repository_run_nothing_of_it() -> None:
    """Neither our code nor what it installs; and a token is seen by the step alone that uses it."""
    for workflow, name in (("release", "tag"), ("update", "propose")):
        job = job_of(workflow, name)
        commands = re.sub(r'"[^"]*"', "", scripts(job))
        assert not re.search(r"\./|nox|inv |python|pip", commands)
        assert all("github.token" not in str(step) or "git push" in step["run"] for step in job["steps"])


def test_a_release_publishes_what_was_made_without_secrets_and_nothing_else() -> None:
    """The sum is compared before anything is unpacked; set-up has no index to install anything else from."""
    job = job_of("release", "publish")
    assert set(job["permissions"]) == {"contents", "id-token"}
    assert job["permissions"]["contents"] == "read"
    runs = [step for step in job["steps"] if "run" in step]
    unpack, set_up, no_remote, release, _ = runs
    assert unpack["env"]["SUM"] == "${{ needs.package.outputs.sum }}"
    assert unpack["run"].index("sha256sum --check") < unpack["run"].index("tar --extract")
    assert set_up["env"]["PIP_NO_INDEX"] == "1"
    assert no_remote["run"] == "git remote remove origin"
    assert "--packaged" in release["run"]
    for step in job["steps"]:
        assert ("${{ secrets." in str(step)) == (step is release)
    assert not re.search("nox|pip ", scripts(job))


def test_the_site_is_published_by_a_job_that_runs_nothing_but_that() -> None:
    """What made it had no rights; and it does not come from a branch that anybody could name."""
    make, publish = job_of("docs", "make"), job_of("docs", "publish")
    assert make["if"] == ON_THE_RELEASE_BRANCH
    assert make["permissions"] == {"contents": "read"}
    assert publish["needs"] == "make"
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == ["actions/deploy-pages"]


def test_the_weekly_update_keeps_the_locks() -> None:
    lines = scripts(job_of("update", "look")).splitlines()
    assert "./scripts/nox -s lock -- --upgrade" in lines
    assert lines.index("./scripts/nox -s lock -- --upgrade") < lines.index("./scripts/inv check")


def test_a_fleet_is_patched_from_the_release_branch_by_the_step_alone_that_has_the_secrets() -> None:
    """What it runs is installed before; and nobody is asked, so a plan alone is the default by hand."""
    job = job_of("fleet", "patch")
    assert ON_THE_RELEASE_BRANCH in job["if"]
    assert job["permissions"] == {"contents": "read"}
    assert [step["name"] for step in job["steps"] if "${{ secrets." in str(step)] == ["Patch, and report"]
    # YAML 1.1 takes the key for a truth value.
    (triggers,) = (value for key, value in WORKFLOWS["fleet"].items() if str(key) in {"on", "True"})
    assert triggers["workflow_dispatch"]["inputs"]["dry-run"]["default"] is True


def test_gitlab_runs_the_same_commands() -> None:
    """Beside the options that only one of the two has, for the same lines of Python."""
    github = job_of("fleet", "patch")
    gitlab = yaml.safe_load((ROOT / ".gitlab/fleet.yml").read_text("utf-8"))["fleet"]
    commands = re.findall(r"\./scripts/inv image\.\w+", scripts(github))
    assert (
        re.findall(r"\./scripts/inv image\.\w+", str(gitlab["script"] + gitlab["after_script"])) == commands
    )
    (matrix,) = gitlab["parallel"]["matrix"]
    assert matrix["PYTHON"] == github["strategy"]["matrix"]["python"]
