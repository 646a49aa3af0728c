"""Running pip, because it knows the user's index, mirror, proxy, certificates and credentials."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from buildpack_common.known_secrets import hide_environment
from buildpack_common.redaction import redact
from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# What a user may have set to reach an index. Everything else (PIP_TARGET, PIP_DRY_RUN, PIP_PYTHON ...)
# would change what is fetched.
_SETTINGS = frozenset(
    f"PIP_{name}"
    for name in (
        "CERT",
        "CLIENT_CERT",
        "CONFIG_FILE",
        "DEFAULT_TIMEOUT",
        "EXTRA_INDEX_URL",
        "FIND_LINKS",
        "INDEX_URL",
        "KEYRING_PROVIDER",
        "NO_INDEX",
        "PROXY",
        "TIMEOUT",
        "TRUSTED_HOST",
    )
)
_OPTIONS = (
    "--disable-pip-version-check",
    "--no-input",
    "--retries=3",  # at least one: pip says nothing of an unreachable index but that it tries again
)
_UNREACHABLE = re.compile(
    "NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|NameResolutionError|Max retries|"
    "name resolution|Connection refused|Connection broken|(401|403|407|5[0-9][0-9]) (Client|Server) Error"
)
_LINES_SHOWN = 8
# pip reads what an index sends to its end before it compares hashes. So no file may get larger than this,
# in blocks of 512 bytes (POSIX, ulimit): pip then fails with "File too large".
_FILE_BLOCKS = (1 << 30) // 512
_LIMITED = ("/bin/sh", "-c", 'ulimit -f "$0" 2>/dev/null; exec "$@"', str(_FILE_BLOCKS))
_TIME_LIMIT = 1800.0  # seconds; pip's own time-out is for each receive


def run_pip(
    command: str, arguments: Sequence[str], *, cwd: Path, modules: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of this Python's pip; its output is captured, without secrets.

    No file that it fetches may have more than 1 GiB. Raises NetworkError if it takes half an hour.

    Args:
        command: `download`, `index` ...
        arguments: what follows it.
        cwd: a folder that nothing but this run uses.
        modules: a folder of modules that a build backend may import.
    """
    environment = _environment(os.environ)
    hide_environment(environment)
    if modules is None:
        # No module of the working directory or of PYTHONPATH stands in for pip's own.
        options = ["-I"]
    else:
        options, environment["PYTHONPATH"] = ["-s"], str(modules)
    try:
        done = subprocess.run(
            [*_LIMITED, sys.executable, *options, "-m", "pip", command, *_OPTIONS, *arguments],
            env=environment, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", check=False, timeout=_TIME_LIMIT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NetworkError(
            f"pip {command} did not end within {_TIME_LIMIT:g} s",
            advice="The package index, or the network in between, is too slow: try again later.",
        ) from None
    done.stdout, done.stderr = redact(done.stdout), redact(done.stderr)
    return done


def pip_failure(
    done: subprocess.CompletedProcess[str], wanted: str, *, advice: str, file: Path | None = None
) -> ReleaseError:
    """Return the error that a run of pip that was to fetch something means."""
    output = done.stdout + done.stderr
    if "No module named pip" in output:
        return MissingToolError(
            f"there is no pip to fetch {wanted} with",
            detail=f"Tried: {sys.executable} -m pip",
            advice="Install pip into this environment, or use ./scripts/nox or ./scripts/inv, which have it.",
        )
    detail = last_lines(output)
    if was_unreachable(output):
        return NetworkError(
            f"the package index could not be reached to fetch {wanted}",
            detail=detail,
            advice="Check the network and pip's settings (`pip config list`), then try again.",
        )
    return ReleaseError(f"pip could not fetch {wanted}", detail=detail, advice=advice, file=file)


def was_unreachable(output: str) -> bool:
    """Return whether pip could not reach its index. It goes on then, and finds that nothing is there."""
    return bool(_UNREACHABLE.search(output))


def last_lines(output: str) -> str:
    """Return the end of what a program has printed."""
    return "\n".join([line.strip() for line in output.splitlines() if line.strip()][-_LINES_SHOWN:])


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value for name, value in environ.items() if not name.startswith("PIP_") or name in _SETTINGS
    }
    return {**kept, "LC_ALL": "C.UTF-8"}
