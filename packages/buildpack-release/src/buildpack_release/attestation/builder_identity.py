"""Who makes packages: the workflow of a forge, as its environment says, or a person's machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.redaction import redact
from buildpack_release.errors import UsageError
from buildpack_release.maintainer_variables import BUILDER_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = "urn:strata:builder:local"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")


@dataclass(frozen=True)
class BuilderIdentity:
    """The builder of a package (SLSA 1.0, "runDetails").

    Attributes:
        id: the URI of who is trusted to have made the package.
        invocation: the address of this run, or "".
        source: the address of the repository, if the environment knows it.
    """

    id: str
    invocation: str = ""
    source: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> BuilderIdentity:
        """Read the environment: STRATA_BUILDER_ID, else that of GitHub Actions or GitLab CI.

        Raises UsageError if STRATA_BUILDER_ID is not a URI.
        """
        found = _github(environ) or _gitlab(environ) or cls(LOCAL)
        named = BUILDER_ID.text(environ)
        if named and not _URI.fullmatch(named):
            raise UsageError(
                f"{BUILDER_ID.name} is not a URI: {redact(named)}",
                advice="For example https://ci.example/jobs/release.",
            )
        return cls(redact(named or found.id), redact(found.invocation), redact(found.source))


def _github(environ: Mapping[str, str]) -> BuilderIdentity | None:
    server, repository = environ.get("GITHUB_SERVER_URL"), environ.get("GITHUB_REPOSITORY")
    workflow, run = environ.get("GITHUB_WORKFLOW_REF"), environ.get("GITHUB_RUN_ID")
    if environ.get("GITHUB_ACTIONS") != "true" or not (server and repository and workflow and run):
        return None
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    source = f"{server}/{repository}"
    return BuilderIdentity(f"{server}/{workflow}", f"{source}/actions/runs/{run}/attempts/{attempt}", source)


def _gitlab(environ: Mapping[str, str]) -> BuilderIdentity | None:
    project = environ.get("CI_PROJECT_URL")
    if environ.get("GITLAB_CI") != "true" or not project:
        return None
    runner = environ.get("CI_RUNNER_ID", "unknown")
    return BuilderIdentity(f"{project}/-/runners/{runner}", environ.get("CI_JOB_URL", ""), project)
