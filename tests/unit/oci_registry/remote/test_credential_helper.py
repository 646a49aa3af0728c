"""Programs that keep logins: what they answer, how they fail, how long they may take."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from oci_registry.errors import AuthError, CredentialError, MissingHelperError, MissingToolError
from oci_registry.remote.credential_helper import ask_helper
from oci_registry.remote.login import IdentityToken, Login, Password
from oci_registry.remote.secret import ConcealedText


def ask(directory: Path, script: str, time_limit: float = 30) -> Login | None:
    program = directory / "docker-credential-test"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environ = {"PATH": f"{directory}{os.pathsep}{os.environ['PATH']}"}
    config = directory / "config.json"
    return ask_helper("test", "localhost:5000", environ=environ, configured_in=config, time_limit=time_limit)


def test_the_server_is_asked_for_on_stdin(tmp_path: Path) -> None:
    script = """
    [ "$1" = get ] || exit 2
    printf '{"ServerURL":"%s","Username":"me","Secret":"pw of %s"}' "$(cat)" x
    """
    assert ask(tmp_path, script) == Password(
        "me", ConcealedText("pw of x"), f"docker-credential-test ({tmp_path / 'config.json'})"
    )


def test_a_token_is_marked_by_the_user_name(tmp_path: Path) -> None:
    login = ask(tmp_path, """echo '{"Username":"<token>","Secret":"t"}'""")
    assert isinstance(login, IdentityToken)


@pytest.mark.parametrize(
    "script",
    [
        "echo 'credentials not found in native keychain'; exit 1",
        """echo '{"Username":"","Secret":""}'""",
    ],
)
def test_a_helper_without_a_login_is_no_fault(tmp_path: Path, script: str) -> None:
    assert ask(tmp_path, script) is None


@pytest.mark.parametrize(
    "script",
    [
        "echo hunter2; echo hunter2 >&2; exit 3",
        "echo hunter2",
        """echo '{"Username":"hunter2"}'""",
        "echo '[\"hunter2\"]'",
        "kill -9 $$",
    ],
)
def test_a_failure_is_told_without_what_the_helper_printed(tmp_path: Path, script: str) -> None:
    with pytest.raises(CredentialError) as caught:
        ask(tmp_path, script)
    assert "docker-credential-test" in caught.value.title
    assert "hunter2" not in str(caught.value)
    assert isinstance(caught.value, AuthError)


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """The child would keep the pipe open for an hour."""
    with pytest.raises(CredentialError, match="did not answer within"):
        ask(tmp_path, f"sleep 3600 & echo $! > {tmp_path}/child; wait", time_limit=0.5)
    assert ended(int((tmp_path / "child").read_text()))


def ended(pid: int) -> bool:
    """Whether a process is gone, or dead and not waited for yet; it has a moment to get there."""
    stat = Path(f"/proc/{pid}/stat")
    for _ in range(1000):
        try:
            state = stat.read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_missing_one_has_its_own_exit_code(tmp_path: Path) -> None:
    with pytest.raises(MissingHelperError, match="docker-credential-nowhere") as caught:
        ask_helper("nowhere", "x.io", environ={"PATH": str(tmp_path)}, configured_in=tmp_path / "config.json")
    assert isinstance(caught.value, MissingToolError)


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "-x", "a b"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialError, match="not the name"):
        ask_helper(name, "x.io", environ={}, configured_in=tmp_path)
