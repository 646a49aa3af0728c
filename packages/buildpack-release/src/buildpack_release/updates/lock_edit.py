"""Changing what a lock file locks; its comments and everything else stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildpack_release.updates.wheel_release import WheelRelease
    from buildpack_release.wheels.lock_file import Pin


def relock(text: str, pin: Pin, release: WheelRelease) -> str:
    """Return the text of a lock file with another release in the place of a pin."""
    lines = text.splitlines(keepends=True)
    first = last = pin.line - 1
    while _continues(lines[last]) and last + 1 < len(lines):
        last += 1
    content, comment = _split(lines[first])
    indent = content[: len(content) - len(content.lstrip())]
    end = lines[last][len(lines[last].rstrip("\r\n")) :]
    locked = f"{indent}{pin.name}=={release.version} --hash=sha256:{release.sha256}{comment}{end}"
    return "".join([*lines[:first], locked, *lines[last + 1 :]])


def _continues(line: str) -> bool:
    return _split(line)[0].rstrip().endswith("\\")


def _split(line: str) -> tuple[str, str]:
    """Split a line into its content and its comment, with the blanks before that."""
    bare = line.rstrip("\r\n")
    content, mark, comment = bare.partition(" #")
    return content.rstrip(), f"{' ' * (len(content) - len(content.rstrip()))}{mark}{comment}" if mark else ""
