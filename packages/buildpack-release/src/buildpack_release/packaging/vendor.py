"""Locked wheels, fetched by pip into a cache that is addressed by their SHA-256.

pip does the fetching because it knows the user's index, mirror, proxy and credentials. Nothing it says is
trusted: a file counts when its SHA-256 is in the lock, on every use. With a full cache no network and no
pip is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError
from buildpack_release.packaging.wheel import check_pure
from buildpack_release.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_release.packaging.lock_file import Pin

# What a user may have set to reach an index. Everything else (PIP_TARGET, PIP_DRY_RUN, PIP_PYTHON ...)
# would change what is fetched.
_PIP_SETTINGS = frozenset(
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
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--platform=any",
    "--implementation=py",
    "--abi=none",
    "--python-version=3.10",  # the oldest Python that buildpack code runs on
    "--disable-pip-version-check",
    "--no-input",
    "--retries=3",  # at least one: pip says nothing of an unreachable index but that it tries again
    "--progress-bar=off",
)
_UNREACHABLE = re.compile(
    "NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|NameResolutionError|Max retries|"
    "name resolution|Connection refused|Connection broken|(401|403|407|5[0-9][0-9]) (Client|Server) Error"
)


def fetch(pins: Sequence[Pin], *, cache: Path) -> dict[Pin, Path]:
    """Return a verified wheel for each pin; those not in the cache are fetched in one call of pip.

    Raises:
        ReleaseError: a locked file is not a pure wheel, or what the index serves does not have a locked hash.
        NetworkError: the index cannot be reached.
        MissingToolError: something is to be fetched and there is no pip.
    """
    store = cache / "wheels"
    found = {pin: wheel for pin in pins if (wheel := _cached(pin, store))}
    missing = [pin for pin in pins if pin not in found]
    if missing:
        _download(missing, store)
        for pin in missing:
            wheel = _cached(pin, store)
            if wheel is None:
                raise _hash_mismatch(pin, "pip fetched a file with another hash.")
            found[pin] = wheel
    for wheel in found.values():
        check_pure(wheel.name)
    return {pin: found[pin] for pin in pins}


def _cached(pin: Pin, store: Path) -> Path | None:
    for digest in pin.digests:
        for wheel in sorted((store / digest).glob("*.whl")):
            if _sha256(wheel) == digest:
                return wheel
            wheel.unlink(missing_ok=True)
    return None


def _download(pins: Sequence[Pin], store: Path) -> None:
    store.mkdir(parents=True, exist_ok=True)
    # Beside the final place, so that each file arrives there by renaming.
    with tempfile.TemporaryDirectory(prefix="download-", dir=store) as scratch:
        files = Path(scratch) / "files"
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text("".join(f"{pin.requirement}\n" for pin in pins), "utf-8")
        _run_pip(["--dest", str(files), "--requirement", str(requirements)], pins, cwd=Path(scratch))
        for wheel in sorted(files.glob("*.whl")):
            folder = store / _sha256(wheel)
            folder.mkdir(exist_ok=True)
            wheel.replace(folder / wheel.name)


def _run_pip(arguments: Sequence[str], pins: Sequence[Pin], *, cwd: Path) -> None:
    # -I: no module of the working directory or of PYTHONPATH stands in for pip's own.
    command = [sys.executable, "-I", "-m", "pip", "download", *_OPTIONS, *arguments]
    result = subprocess.run(
        command, env=_environment(os.environ), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="replace", check=False,
    )  # fmt: skip
    if result.returncode:
        raise _failure(redact(result.stdout + result.stderr), pins)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value for name, value in environ.items() if not name.startswith("PIP_") or name in _PIP_SETTINGS
    }
    return {**kept, "LC_ALL": "C.UTF-8"}


def _failure(output: str, pins: Sequence[Pin]) -> ReleaseError:
    wanted = ", ".join(map(str, pins))
    detail = "\n".join(_last_lines(output.splitlines()))
    if "No module named pip" in output:
        return MissingToolError(
            f"there is no pip to fetch {wanted} with",
            detail=f"Tried: {sys.executable} -m pip",
            advice="Install pip into this environment, or use ./scripts/nox or ./scripts/inv, which have it.",
        )
    if "DO NOT MATCH THE HASHES" in output:
        return _hash_mismatch(pins[0], detail)
    if _UNREACHABLE.search(output):
        return NetworkError(
            f"the package index could not be reached to fetch {wanted}",
            detail=detail,
            advice="Check the network and pip's settings (`pip config list`), then try again.",
        )
    return ReleaseError(
        f"pip could not fetch {wanted}",
        detail=detail,
        advice="The locked releases must be on the index that pip uses, as pure wheels.",
        file=pins[0].file,
    )


def _hash_mismatch(pin: Pin, detail: str) -> ReleaseError:
    return ReleaseError(
        "what the package index serves does not have the locked hash",
        detail=detail,
        advice="Find out which is wrong, the index, a mirror or the lock file, before using them.",
        file=pin.file,
    )


def _last_lines(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()][-8:]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def copy_wheels(wheels: Iterable[Path], into: Path) -> None:
    """Copy wheel files unchanged into a folder, as `wheels.lock` asks for."""
    into.mkdir()
    for wheel in wheels:
        shutil.copyfile(wheel, into / wheel.name)
