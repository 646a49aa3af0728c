"""Which variables are inputs of what is built from source, and that none of them shows a secret."""

from __future__ import annotations

import pytest

from app_venv.evidence.build_environment import build_environment, changes
from buildpack_common.known_secrets import KnownSecret


def seen(users: dict[str, str], **others: str) -> tuple[str, ...]:
    return build_environment({**others, **users}, users=users)


@pytest.mark.parametrize(
    "name", ["PYCURL_SSL_LIBRARY", "CFLAGS", "PATH", "BUILD_WITH_CUDA", "MAKEFLAGS", "CIBW"]
)
def test_what_the_user_gives_counts(name: str) -> None:
    assert list(changes(seen({name: "1"}), seen({name: "2"}))) == [f"{name} has changed"]
    assert list(changes(seen({name: "1"}), seen({}))) == [f"{name} is no longer set"]
    assert list(changes(seen({}), seen({name: "1"}))) == [f"{name} is set now"]
    assert seen({name: ""}) == seen({})


@pytest.mark.parametrize(
    "name",
    [
        "BUILD_ID", "HOSTNAME", "CNB_TARGET_ARCH", "BP_PIP_CHECK", "PIP_PRE", "HTTPS_PROXY", "http_proxy",
        "UV_OFFLINE", "POETRY_INSTALLER_MAX_WORKERS",
        "CI", "CI_COMMIT_SHA", "GITHUB_RUN_ID", "HOME", "API_TOKEN", "SECRET_KEY", "DB_PASSWORD", "APIKEY",
    ],
)  # fmt: skip
def test_what_cannot_matter_changes_each_time_or_is_secret_does_not(name: str) -> None:
    assert seen({name: "1"}) == seen({name: "2"}) == ()


def test_of_others_only_what_compilers_read_counts() -> None:
    """The build image's own environment is that of all its builds; an earlier buildpack may bring headers."""
    assert seen({}, JAVA_HOME="/a") == ()
    assert seen({}, CPATH="/layers/a") != seen({}, CPATH="/layers/b")


def test_the_user_excludes_more() -> None:
    users = {"RELEASE": "1", "APP_A": "2", "APP_B": "3", "OTHER": "4"}
    found = build_environment(users, users=users, ignored=("RELEASE", "APP_*"))
    assert [line.partition(" ")[0] for line in found] == ["OTHER"]


def test_what_the_backend_cannot_see_does_not_count() -> None:
    assert build_environment({}, users={"PYTHONPATH": "/x"}) == ()


def test_no_value_is_kept_and_passwords_do_not_count() -> None:
    first = seen({"DATABASE_URL": "postgres://me:one-word@host/db"})
    assert first == seen({"DATABASE_URL": "postgres://me:two-words@host/db"})
    assert first != seen({"DATABASE_URL": "postgres://me:one-word@other/db"})
    assert "host" not in "".join(first)
    known = (KnownSecret("s3cret-word", "a binding"),)
    users = {"INNOCENT": "x-s3cret-word-y", "OTHER": "1"}
    (line,) = build_environment(users, users=users, secrets=known)
    assert line.startswith("OTHER ")
