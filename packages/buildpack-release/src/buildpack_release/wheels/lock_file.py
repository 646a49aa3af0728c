"""`vendor.lock` and `wheels.lock`: the wheels in a buildpack, as pip requirements with hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.!+_-]*)")
_HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True)
class Pin:
    """One locked wheel: any file whose SHA-256 is among the digests will do."""

    name: str
    version: str
    digests: tuple[str, ...]
    file: Path
    line: int

    @property
    def requirement(self) -> str:
        """The line that makes pip fetch exactly this."""
        return " ".join([str(self), *(f"--hash=sha256:{digest}" for digest in self.digests)])

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


def read_lock(path: Path) -> tuple[Pin, ...]:
    """Read a lock file; one that does not exist is empty.

    Raises:
        CheckFailed: a line is not `name==version --hash=sha256:...`, or a name occurs twice.
        ReleaseError: the file cannot be read.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError:
        raise CheckFailed("this lock file is not UTF-8", file=path) from None
    except OSError as error:
        raise ReleaseError(f"cannot read this lock file: {error.strerror}", file=path) from error
    return parse_lock(text, path)


def parse_lock(text: str, path: Path) -> tuple[Pin, ...]:
    """Parse the text of a lock file; `path` serves for messages. Raises CheckFailed."""
    pins: dict[str, Pin] = {}
    for number, line in _logical_lines(text):
        pin = _parse_pin(line, path, number)
        normalized = re.sub(r"[-_.]+", "-", pin.name).lower()
        if normalized in pins:
            raise CheckFailed(f"{pin.name} is locked twice", file=path, line=number)
        pins[normalized] = pin
    return tuple(pins.values())


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, joined where they end in a backslash, with their first number."""
    start, parts = 1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        content = _COMMENT.sub("", line).strip()
        if not parts:
            start = number
        parts.append(content.removesuffix("\\").strip())
        if not content.endswith("\\"):
            if logical := " ".join(filter(None, parts)):
                yield start, logical
            parts = []
    if logical := " ".join(filter(None, parts)):
        yield start, logical


def _parse_pin(line: str, path: Path, number: int) -> Pin:
    requirement, *options = line.split()
    pin = _PIN.fullmatch(requirement)
    digests = [match["digest"] for option in options if (match := _HASH.fullmatch(option))]
    if pin is None or not digests or len(digests) != len(options):
        raise CheckFailed(
            f"this line does not lock a wheel: {line}",
            advice="Write name==version --hash=sha256:<64 hex digits>, without markers or other options.",
            file=path,
            line=number,
        )
    return Pin(pin["name"], pin["version"], tuple(digests), path, number)
