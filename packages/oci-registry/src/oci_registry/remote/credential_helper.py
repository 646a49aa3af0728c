"""Credential helpers: programs `docker-credential-NAME` that keep logins in a key store.

Protocol: `get` as argument, the server's name on stdin, `{"Username", "Secret"}` on stdout
(docker/docker-credential-helpers, README). Whatever they print may be secret and is shown only if it is one
of the known messages.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from oci_registry.errors import CredentialError, MissingHelperError
from oci_registry.remote.login import IdentityToken, Login, Password
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIME_LIMIT = 30.0  # seconds; a helper may have to ask a cloud, but not a person
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_IDENTITY_USER = "<token>"  # says that the secret is an identity token
_NOT_FOUND = ("credentials not found", "no credentials server URL", "no credentials username")


def ask_helper(
    helper: str,
    server: str,
    *,
    environ: Mapping[str, str],
    configured_in: Path,
    time_limit: float = TIME_LIMIT,
) -> Login | None:
    """Ask a helper for the login of a server; None if it has none.

    Raises MissingHelperError if there is no such program, CredentialError if it fails, takes longer than
    time_limit seconds or answers nonsense.
    """
    if not _NAME.fullmatch(helper):
        raise CredentialError(f"not the name of a credential helper: {helper!r}", file=configured_in)
    program = f"docker-credential-{helper}"
    status, output = _run(program, server, environ, configured_in, time_limit)
    if status != 0:
        if any(text.lower() in output.lower() for text in _NOT_FOUND):
            return None
        raise CredentialError(
            f"{program} failed for {server} with status {status}",
            advice=f"to see why, run: echo {server} | {program} get",
            file=configured_in,
        )
    return _login(output, program, configured_in)


def _run(
    program: str, server: str, environ: Mapping[str, str], configured_in: Path, time_limit: float
) -> tuple[int, str]:
    """Run the helper in a process group of its own, so that at the time limit its children end with it."""
    try:
        process = subprocess.Popen(
            [program, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except OSError as error:
        raise MissingHelperError(
            f"the credential helper {program} cannot be run",
            detail=error.strerror or "",
            advice="install it, or log in without a helper",
            file=configured_in,
        ) from error
    with process:
        try:
            output, _ = process.communicate(server.encode(), timeout=time_limit)
        except subprocess.TimeoutExpired:
            _end_group(process)
            raise CredentialError(
                f"{program} did not answer within {time_limit:g} s",
                advice="unlock the key store, or log in without a helper",
                file=configured_in,
            ) from None
        except BaseException:
            _end_group(process)
            raise
    return process.returncode, output.decode("utf-8", "replace")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the helper, not waited for yet, and the children that would hold its pipes open."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _login(output: str, program: str, configured_in: Path) -> Login | None:
    source = f"{program} ({configured_in})"
    try:
        document = parse_json(output)
        username, secret = str(document["Username"]), str(document["Secret"])
    except (ValueError, KeyError, TypeError):  # their text would quote the output
        raise CredentialError(f"{program} did not answer with a login", file=configured_in) from None
    if not secret:
        return None
    if username == _IDENTITY_USER:
        return IdentityToken(ConcealedText(secret), source)
    return Password(username, ConcealedText(secret), source)
