"""The variables of this library's own that its tasks read, described as data."""

from __future__ import annotations

from buildpack_common.environment_variables import Variable

BUILDER_ID = Variable(
    "STRATA_BUILDER_ID",
    "who makes packages, for their provenance (default: the workflow in GitHub Actions or GitLab CI)",
    form="a URI",
)
BYTECODE_FROM = Variable(
    "STRATA_BYTECODE_FROM",
    "what `--bytecode-from` says, for all tasks: archives of CPython, lines or versions",
    form="values, separated like `PATH`",
)
CACHE_DIR = Variable(
    "STRATA_CACHE_DIR",
    "where what can be made again is kept (default: `$XDG_CACHE_HOME/strata`, else `~/.cache/strata`)",
    form="a directory",
)
SIGN = Variable(
    "STRATA_SIGN",
    "how packages are signed, where `--sign` does not say it (default: as `pyproject.toml` says)",
    form="a key for cosign, `keyless` or `no`",
)
SIGN_LOG = Variable(
    "STRATA_SIGN_LOG",
    "signatures get no entry in the transparency log (default: as `pyproject.toml` says)",
    form="`no`",
)

VARIABLES = (BUILDER_ID, BYTECODE_FROM, CACHE_DIR, SIGN, SIGN_LOG)
"""All of them, in the order of the documentation."""
