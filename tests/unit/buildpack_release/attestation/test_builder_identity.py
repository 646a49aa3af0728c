from __future__ import annotations

import pytest

from buildpack_release.attestation.builder_identity import LOCAL, BuilderIdentity
from buildpack_release.errors import UsageError

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "acme/x",
    "GITHUB_WORKFLOW_REF": "acme/x/.github/workflows/release.yml@refs/heads/main",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_URL": "https://gitlab.example/acme/x",
    "CI_RUNNER_ID": "3",
    "CI_JOB_URL": "https://gitlab.example/acme/x/-/jobs/5",
}


def test_a_workflow_of_github_is_named_by_its_file() -> None:
    assert BuilderIdentity.from_environment(GITHUB) == BuilderIdentity(
        "https://github.example/acme/x/.github/workflows/release.yml@refs/heads/main",
        "https://github.example/acme/x/actions/runs/7/attempts/2",
        "https://github.example/acme/x",
    )


def test_a_runner_of_gitlab() -> None:
    assert BuilderIdentity.from_environment(GITLAB) == BuilderIdentity(
        "https://gitlab.example/acme/x/-/runners/3",
        "https://gitlab.example/acme/x/-/jobs/5",
        "https://gitlab.example/acme/x",
    )


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}, {**GITHUB, "GITHUB_ACTIONS": ""}])
def test_everything_else_is_a_machine_that_nobody_vouches_for(environ: dict[str, str]) -> None:
    assert BuilderIdentity.from_environment(environ) == BuilderIdentity(LOCAL)


def test_another_name_can_be_given() -> None:
    """The run stays what the environment says; secrets in an address are never published."""
    found = BuilderIdentity.from_environment(
        {**GITHUB, "STRATA_BUILDER_ID": "https://me:secret@ci.example/release"}
    )
    assert found.id == "https://***@ci.example/release"
    assert found.invocation.endswith("/runs/7/attempts/2")
    with pytest.raises(UsageError) as caught:
        BuilderIdentity.from_environment({"STRATA_BUILDER_ID": "my machine"})
    assert "my machine" in str(caught.value)
