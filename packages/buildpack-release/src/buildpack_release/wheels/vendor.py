"""Locked wheels, fetched by pip into a cache that is addressed by their SHA-256.

pip does the fetching because it knows the user's index, mirror, proxy and credentials. Nothing it says is
trusted: a file counts when its SHA-256 is in the lock, on every use. With a full cache no network and no
pip is needed.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.wheels.pip_command import last_lines, pip_failure, run_pip
from buildpack_release.wheels.wheel_file import check_pure
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from buildpack_release.wheels.lock_file import Pin

ANY_PYTHON = (
    "--no-deps",
    "--only-binary=:all:",
    "--implementation=py",
    "--abi=none",
    "--python-version=3.10",  # the oldest Python that buildpack code runs on
    "--progress-bar=off",
)
"""Options of `pip download` for wheels that a buildpack can carry: for every supported Python."""


@dataclass(frozen=True, order=True)
class WheelTags:
    """Which wheels are fetched: those for a platform (manylinux_2_17_x86_64 ...), by default for any.

    They are for every supported Python, or with a minor version (3.13) compiled for that one alone.
    """

    platform: str = "any"
    minor: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `pip download`."""
        own = (
            "--implementation=cp",
            f"--abi=cp{self.minor.replace('.', '')}",
            f"--python-version={self.minor}",
        )
        return (*ANY_PYTHON, *(own if self.minor else ()), f"--platform={self.platform}")


def fetch(pins: Sequence[Pin], *, cache: Path) -> dict[Pin, Path]:
    """Return a verified wheel for each pin; those not in the cache are fetched in one call of pip.

    Raises:
        ReleaseError: a locked file is not a pure wheel, or what the index serves does not have a locked hash.
        NetworkError: the index cannot be reached.
        MissingToolError: something is to be fetched and there is no pip.
    """
    found = _fetched(pins, cache / "wheels", WheelTags())
    for wheel in found.values():
        check_pure(wheel.name)
    return found


def fetch_for(pins: Sequence[Pin], tags: WheelTags, *, cache: Path) -> dict[Pin, Path]:
    """Return the verified wheels of tools, whatever they are for. Raises as fetch()."""
    return _fetched(pins, cache / "wheels", tags)


def _fetched(pins: Sequence[Pin], store: Path, tags: WheelTags) -> dict[Pin, Path]:
    found = {pin: wheel for pin in pins if (wheel := _cached(pin, store))}
    missing = [pin for pin in pins if pin not in found]
    if missing:
        _download(missing, store, tags)
        for pin in missing:
            wheel = _cached(pin, store)
            if wheel is None:
                raise _hash_mismatch(pin, "pip fetched a file with another hash.")
            found[pin] = wheel
    return {pin: found[pin] for pin in pins}


def _cached(pin: Pin, store: Path) -> Path | None:
    for digest in pin.digests:
        for wheel in sorted((store / digest).glob("*.whl")):
            if file_sha256(wheel) == f"sha256:{digest}":
                return wheel
            wheel.unlink(missing_ok=True)
    return None


def _download(pins: Sequence[Pin], store: Path, tags: WheelTags) -> None:
    store.mkdir(parents=True, exist_ok=True)
    # Beside the final place, so that each file arrives there by renaming.
    with tempfile.TemporaryDirectory(prefix="download-", dir=store) as scratch:
        files = Path(scratch) / "files"
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text("".join(f"{pin.requirement}\n" for pin in pins), "utf-8")
        arguments = [*tags.options, "--dest", str(files), "--requirement", str(requirements)]
        _run_pip(arguments, pins, cwd=Path(scratch))
        for wheel in sorted(files.glob("*.whl")):
            folder = store / file_sha256(wheel).removeprefix("sha256:")
            folder.mkdir(exist_ok=True)
            wheel.replace(folder / wheel.name)


def _run_pip(arguments: Sequence[str], pins: Sequence[Pin], *, cwd: Path) -> None:
    done = run_pip("download", ["--require-hashes", *arguments], cwd=cwd)
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    if "DO NOT MATCH THE HASHES" in output:
        raise _hash_mismatch(pins[0], last_lines(output))
    raise pip_failure(
        done,
        ", ".join(map(str, pins)),
        advice="The locked releases must be on the index that pip uses, as wheels for every Python.",
        file=pins[0].file,
    )


def _hash_mismatch(pin: Pin, detail: str) -> ReleaseError:
    return ReleaseError(
        "what the package index serves does not have the locked hash",
        detail=detail,
        advice="Find out which is wrong, the index, a mirror or the lock file, before using them.",
        file=pin.file,
    )


def copy_wheels(wheels: Iterable[Path], into: Path) -> None:
    """Copy wheel files unchanged into a folder, as `wheels.lock` asks for."""
    into.mkdir()
    for wheel in wheels:
        shutil.copyfile(wheel, into / wheel.name)
