"""The variables that a build backend could see when something was built from source.

They are inputs of what it built, whatever their names are: no list holds all that some ``setup.py`` reads.
Only what the user gives to the build counts, and what compilers read whoever sets it: the build image's own
environment is that of all its builds. Kept are names with digests of the values, and these in public
metadata: what is secret, or sounds so, is left out.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from app_venv.evidence.key import public_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from buildpack_common.known_secrets import KnownSecret

COMPILERS = (
    "ARCHFLAGS", "CC", "CFLAGS", "CPATH", "CPPFLAGS", "CXX", "CXXFLAGS", "LDFLAGS", "LIBRARY_PATH",
    "PKG_CONFIG_PATH", "SOURCE_DATE_EPOCH",
)  # fmt: skip
"""What compilers and build backends read; it counts if an earlier buildpack sets it, too."""

IGNORED = (
    # of buildpacks and platforms, with inputs of their own or none
    "BP_*", "BPE_*", "BPL_*", "CNB_*", "SERVICE_BINDING_ROOT", "STRATA_*",
    # of pip, uv and Poetry: those that matter are settings, which count in any case
    "PIP_*", "UV_*", "POETRY_*",
    # how the network is reached, and who is asked for passwords
    "*_PROXY", "*_proxy", "*_CA_BUNDLE", "GIT_ASKPASS", "GIT_CONFIG_*", "GIT_SSH*", "NETRC", "SSH_*",
    "SSL_CERT_*",
    # of the process, the terminal and the machine
    "COLUMNS", "HOME", "HOSTNAME", "LINES", "LOGNAME", "OLDPWD", "PWD", "SHLVL", "TERM", "TMPDIR", "USER",
    # of CI systems: which run it is, and of what
    "BUILDKITE*", "BUILD_DATE", "BUILD_ID", "BUILD_NUMBER", "BUILD_TAG", "BUILD_TIME*", "BUILD_URL", "CI",
    "CIRCLE*", "CI_*", "COMMIT", "COMMIT_*", "DRONE*", "GITHUB_*", "GITLAB_*", "GIT_COMMIT*", "GIT_SHA*",
    "JENKINS_*", "JOB_ID", "JOB_NAME", "RUNNER_*", "RUN_ID", "RUN_NUMBER", "SOURCE_COMMIT*", "SOURCE_VERSION",
    "TRAVIS*",
)  # fmt: skip
"""Patterns of names that cannot matter, or that change with every build."""

_PATCH = "the patch of Python"  # stands among variables, and no variable is called so
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|(^|[_-]|API|ACCESS)KEY", re.IGNORECASE)


def build_environment(
    visible: Mapping[str, str],
    *,
    users: Mapping[str, str],
    ignored: Iterable[str] = (),
    secrets: Sequence[KnownSecret] = (),
    python: str = "",
) -> tuple[str, ...]:
    """Return a line, name and digest, for each variable that counts, sorted.

    ``visible`` is what a backend sees, ``users`` what of it the user has given; ``ignored`` are patterns of
    more names that cannot matter. ``python`` is the build of Python, if each patch has to build for itself.
    """
    values = {name: users.get(name, visible[name]) for name in visible if name in users or name in COMPILERS}
    patterns = (*IGNORED, *ignored)
    counting = {
        name: value
        for name, value in values.items()
        if value
        and not _SECRET.search(name)
        and not any(fnmatchcase(name, pattern) for pattern in patterns)
        and not any(secret.value in value for secret in secrets)
    }
    if python:
        counting[_PATCH] = python
    return tuple(f"{name} {public_digest(counting[name])}" for name in sorted(counting))


def changes(before: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    """Yield a phrase for each variable that is not what it was."""
    old, new = (dict(line.rsplit(" ", 1) for line in lines if " " in line) for lines in (before, now))
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{name} is set now"
        elif name not in new:
            yield f"{name} is no longer set"
        elif old[name] != new[name]:
            yield f"{name} has changed"
