"""For which other Pythons an index has a wheel, when there is none that fits this one.

The index knows, and pip is asked: for other minor versions, without installing anything. That takes a second
or two for each, and only after a failure.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.failures.building import Explanation
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
    r"DO NOT MATCH THE HASHES[^\n]*\n[^\n]* from \S*?(?P<file>[^/\s#?]+\.whl)\S*[^\n]*\n"
    r"(?P<expected>(?: +Expected[^\n]*\n)+)"
)
_WRITER = re.compile(
    r"^# +((?:pip-compile|uv pip compile|uv export|poetry export|pdm export)\b[^\n]*)$", re.MULTILINE
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

    def _has(self, requirement: str, line: str) -> bool:
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
            command = (*self.command, "install", *options, *place)
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
    """Explain hashes that do not match because they are for other Pythons; None if they are not.

    ``files`` are the app's own, which may say what wrote them.
    """
    found = _MISMATCH.search(output)
    parts = found["file"].removesuffix(".whl").split("-") if found else []
    if found is None or "none-any" in found["file"] or len(parts) < 5:  # noqa: PLR2004  (PEP 427)
        return None
    hashes = re.findall(r"Expected +(?:or +)?(?:(sha\d+) +)?(\w{64,})", found["expected"])
    options = " ".join(f"--hash={kind or 'sha256'}:{digest}" for kind, digest in hashes)
    line = question.first_line_with(f"{parts[0]}=={parts[1]} {options}")
    if not line:
        return None
    writer = next(_writers(files), "pip-compile --generate-hashes")
    return Explanation(
        f"the hashes of {parts[0]} {parts[1]} do not cover Python {question.minor}",
        f"They fit the wheel for Python {line}, and not {found['file']}. Make them again with Python "
        f"{question.minor}:\n  {writer}\nOr choose Python {line} with a file .python-version.",
    )


def _nearest(minor: str) -> Iterator[str]:
    """Yield the nearest older lines, then newer ones."""
    number = int(minor.partition(".")[2])
    others = [line for line in _LINES if line != minor]
    distance = {line: number - int(line.partition(".")[2]) for line in others}
    yield from sorted(others, key=lambda line: (distance[line] < 0, abs(distance[line])))[:_MOST]


def _writers(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        try:
            found = _WRITER.search(path.read_text("utf-8", "replace"))
        except OSError:
            continue
        if found:
            yield found[1]
