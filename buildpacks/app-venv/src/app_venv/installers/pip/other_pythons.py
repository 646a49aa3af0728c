"""For which other Pythons and machines there is a wheel, when none fits this one.

The index knows, and pip is asked: for other minor versions, then for other machines, without installing
anything. That takes a second or two for each, and only after a failure. A lock file says it itself.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.failures.building import Explanation
from app_venv.inputs import MANAGER_LOCKS, manager_lock
from buildpack_api.commands import run_unseen
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LINES = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
_MOST = 4
_FAILED = re.compile(
    r"Failed to build '(?P<a>[\w.-]+)|Failed building wheel for (?P<b>[\w.-]+)|"
    r"Encountered error while generating package metadata\.\s+\S*> (?P<c>[\w.-]+)"
)
_SDIST = re.compile(r"(?P<name>.+)-(?P<version>\d[^-]*?)\.(?:tar\.\w+|tgz|zip)")
_MISMATCH = re.compile(
    r"DO NOT MATCH THE HASHES[^\n]*\n[^\n]* from \S*?/(?P<file>[^/\s#?]+\.(?:whl|zip|tgz|tar\.\w+))[^\n]*\n"
    r"(?P<expected>(?: +Expected[^\n]*\n)+)"
)
_NOT_LISTED = re.compile(
    r"Cannot select requirements from pylock file '(?P<file>[^']+)': No wheel found matching .*"
    r"for package '(?P<name>[^']+)'"
)
_WRITER = re.compile(
    r"^# +((?:pip-compile|uv pip compile|uv export|poetry export|pdm export|pip lock)\b[^\n]*)$", re.MULTILINE
)
CREATORS: Mapping[str, str] = {
    "pip": "pip lock (as it was made before)",
    "pdm": "pdm export --format pylock --output {}",
    "poetry-plugin-export": "poetry export --format pylock.toml --output {}",
    "uv": "uv export --no-default-groups --format pylock.toml --output-file {}",
}
"""What makes a lock again that does not say how it was made, by 'created-by' (PEP 751)."""

_LINUX = rf"(?:manylinux\w+|linux)_{os.uname().machine}"
_LIBRARIES = ("manylinux_2_39", "manylinux_2_28", "manylinux_2_17", "manylinux2014", "musllinux_1_2")
_MACHINES = (
    *(f"{library}_{machine}" for library in _LIBRARIES for machine in ("x86_64", "aarch64")),
    *("macosx_15_0_arm64", "macosx_15_0_x86_64", "win_amd64", "win_arm64"),
)


@dataclass(frozen=True)
class Question:
    """pip as it was run, and for which Python (X.Y)."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path
    minor: str

    def first_line_with(self, requirement: str) -> str:
        """Return the nearest other Python for which the index has a wheel of ``requirement``, or ''."""
        return next((line for line in _nearest(self.minor) if self._has(requirement, line)), "")

    def other_machine_has(self, requirement: str) -> bool:
        """Whether the index has a wheel of ``requirement`` for this Python on another system or processor."""
        return self._has(requirement, self.minor, *(f"--platform={one}" for one in _MACHINES))

    def _has(self, requirement: str, line: str, *machines: str) -> bool:
        options = (
            "--dry-run",
            "--no-deps",
            "--ignore-installed",
            "--only-binary=:all:",
            "--no-input",
            "--quiet",
        )
        with tempfile.TemporaryDirectory(prefix="strata-pip-") as scratch:
            file = Path(scratch, "requirements.txt")
            file.write_text(f"{requirement}\n")
            place = ("--python-version", line, "--target", f"{scratch}/none", "--requirement", str(file))
            command = (*self.command, "install", *options, *place, *machines)
            return run_unseen(command, env=self.environment, cwd=self.directory) == 0


def wheel_elsewhere(output: str, fetched: Iterable[str], question: Question) -> str:
    """Return a sentence about a package that could not be built and has a wheel for another Python, or ''.

    ``fetched`` are the names of the files that pip got.
    """
    failed = _FAILED.search(output)
    names = {normalise(next(filter(None, failed.groups())))} if failed else set()
    for file in sorted(fetched):
        found = _SDIST.fullmatch(file)
        if found and normalise(found["name"]) in names:
            line = question.first_line_with(f"{found['name']}=={found['version']}")
            if line:
                return (
                    f" For Python {line} the index has a wheel of {found['name']} {found['version']}: "
                    f"a file .python-version with {line} chooses it."
                )
    return ""


def uncovered(output: str, files: Iterable[Path], question: Question) -> Explanation | None:
    """Explain hashes, or files of a lock, that are for other Pythons or machines; None if they are not.

    ``files`` are the app's own, which may say what wrote them.
    """
    found = _MISMATCH.search(output)
    release = _release(found["file"]) if found else None
    if found is None or release is None:
        return _not_listed(output, files, question)
    hashes = re.findall(r"Expected +(?:or +)?(?:(sha\d+) +)?(\w{64,})", found["expected"])
    options = " ".join(f"--hash={kind or 'sha256'}:{digest}" for kind, digest in hashes)
    requirement = f"{release[0]}=={release[1]} {options}"
    again = _again(files, question, "pip-compile --generate-hashes")
    line = question.first_line_with(requirement)
    if line:
        return Explanation(
            f"the hashes of {release[0]} {release[1]} do not cover Python {question.minor}",
            f"They fit the wheel for Python {line}, not {found['file']}. {again}\n"
            f"Or choose Python {line} with a file .python-version.",
        )
    if not question.other_machine_has(requirement):
        return None
    return Explanation(
        f"the hashes of {release[0]} {release[1]} do not cover this system and processor",
        f"They fit a wheel for another one, not {found['file']}. {again}\n"
        "Do that on a machine of the kind that the app is built on, or with a tool that locks for all kinds.",
    )


def _release(file: str) -> tuple[str, str] | None:
    """Return name and version; None for a wheel that is the same for all, and for what is no distribution."""
    parts = file.removesuffix(".whl").split("-")
    if file.endswith(".whl"):
        return (parts[0], parts[1]) if len(parts) >= 5 and not file.endswith("none-any.whl") else None  # noqa: PLR2004  (PEP 427)
    found = _SDIST.fullmatch(file)
    return (found["name"], found["version"]) if found else None


def _not_listed(output: str, files: Iterable[Path], question: Question) -> Explanation | None:
    """Explain a lock that has no file for this Python or machine."""
    found = _NOT_LISTED.search(output)
    paths = [path for path in files if found and path.name == found["file"].rpartition("/")[2]]
    if found is None or not paths:
        return None
    tags = sorted({tag for name in _listed(paths[0], found["name"]) for tag in _tags(name)}, key=_by_version)
    listed = ", ".join(f"Python {line} on {kind}" for line, kind in tags[:_MOST])
    text = f"It has files for {listed}{', ...' if len(tags) > _MOST else ''}. " if tags else ""
    here = {line for line, kind in tags if kind == "any" or re.fullmatch(_LINUX, kind)}
    fits = [line for line in _nearest(question.minor) if line in here]
    choose = f"\nOr choose Python {fits[0]} with a file .python-version." if fits else ""
    return Explanation(
        f"{found['file']} does not cover Python {question.minor} on this system and processor: "
        f"it has no file of {found['name']} that fits",
        f"{text}{_again(paths, question)}{choose}",
    )


def _listed(path: Path, package: str) -> list[str]:
    """Return the names of the wheels of a package in a lock, as far as it says them."""
    from buildpack_api import toml  # only for a failure

    try:
        packages = toml.load(path)["packages"]
        wheels = [one for each in packages if each["name"] == package for one in each.get("wheels", ())]
        return [
            str(one.get("name") or one.get("url") or one.get("path")).rpartition("/")[2] for one in wheels
        ]
    except (toml.TomlError, KeyError, TypeError, AttributeError):
        return []


def _tags(name: str) -> Iterator[tuple[str, str]]:
    """Yield Python and platform of a wheel's name."""
    parts = name.removesuffix(".whl").split("-")
    for one in parts[-3].split(".") if len(parts) >= 5 else ():  # noqa: PLR2004  (PEP 427)
        found = re.fullmatch(r"(?:cp|py)(\d)(\d+)", one)
        if found:
            yield f"{found[1]}.{found[2]}", parts[-1].partition(".")[0]


def _by_version(tag: tuple[str, str]) -> tuple[tuple[int, ...], str]:
    return tuple(map(int, tag[0].split("."))), tag[1]


def _again(files: Iterable[Path], question: Question, otherwise: str = "") -> str:
    """Return how to make hashes or a lock again, with the command that made them if that is known."""
    writer = next(_writers(files), otherwise)
    return f"Lock again with Python {question.minor}" + (f":\n  {writer}" if writer else ".")


def _nearest(minor: str) -> Iterator[str]:
    """Yield the nearest older lines, then newer ones."""
    number = int(minor.partition(".")[2])
    others = [line for line in _LINES if line != minor]
    distance = {line: number - int(line.partition(".")[2]) for line in others}
    yield from sorted(others, key=lambda line: (distance[line] < 0, abs(distance[line])))[:_MOST]


def _writers(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        if manager_lock(path.name):
            yield MANAGER_LOCKS[path.name]
            continue
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            continue
        found = _WRITER.search(text)
        creator = re.search(r"^created-by *= *[\"']([\w-]+)", text, re.MULTILINE)
        if found:
            yield found[1]
        elif creator and creator[1] in CREATORS:
            yield CREATORS[creator[1]].format(path.name)
