"""Conditions that two patches of one Python answer in different ways: ``python_full_version < "3.11.3"``.

An environment stays as it is under another patch, as long as all of them are answered as when it was made.
They stand in markers and as ``Requires-Python``, in the files that are installed from as well as in the
metadata of what is installed: so those of what was left out count, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app_venv.environment.installed import InstalledDistribution

_VARIABLES = ("python_full_version", "implementation_version")
_OPERATOR = r"(?:~=|===?|!=|<=?|>=?|not\s+in|in)"
_QUOTED = r"""(?:'[^'"\n]*'|"[^'"\n]*")"""
_MARKER = re.compile(
    rf"(?P<left>{'|'.join(_VARIABLES)}|{_QUOTED})\s*(?P<operator>{_OPERATOR})\s*"
    rf"(?P<right>{'|'.join(_VARIABLES)}|{_QUOTED})"
)
# In pyproject.toml, pylock.toml, uv.lock, pdm.lock and poetry.lock; and in a TOML table as Python writes it.
_RANGE = re.compile(r"""\b(?:requires[-_]python|python-versions)["']?\s*[=:]\s*["'](?P<range>[^"'\n]*)["']""")
_CLAUSE = re.compile(rf"\s*(?P<operator>{_OPERATOR}|[~^]?)\s*(?P<version>[0-9][^\s,|]*)\s*")
# What Poetry writes besides: with a bare version it means that very one, and the others end with a minor.
_OF_POETRY = {"": "==", "^": ">=", "~": ">="}
_PATCH = re.compile(r"\.(\d+)")
_LAST = 999  # no line of Python has had that many patches


def written_conditions(texts: Iterable[str]) -> frozenset[str]:
    """Return the conditions on a full version in texts of files, whether or not patches differ in them.

    They are markers (PyPA specification 'Dependency specifiers'), each a single comparison.
    """
    found = set[str]()
    for text in texts:
        plain = text.replace("\\", "")  # in TOML and JSON, quotation marks of a marker are escaped
        found.update(_in_markers(plain))
        for match in _RANGE.finditer(plain):
            found.update(_in_range(match["range"]))
    return frozenset(found)


def distribution_conditions(distributions: Iterable[InstalledDistribution]) -> frozenset[str]:
    """Return those in the metadata of installed distributions."""
    found = set[str]()
    for one in distributions:
        found.update(_in_range(one.first("Requires-Python")))
        for requirement in one.fields.get("requires-dist", ()):
            found.update(_in_markers(requirement))
    return frozenset(found)


def deciding(conditions: Iterable[str], minor: str) -> tuple[str, ...]:
    """Return those that some patches of this minor answer in another way than others, sorted."""
    return tuple(sorted(one for one in conditions if _decides(one, minor)))


def changed_answers(conditions: Iterable[str], before: str, now: str) -> tuple[str, ...]:
    """Return a phrase for each condition that these two versions answer in different ways."""
    if before == now:
        return ()
    return tuple(
        f"{one} is {'true' if answer else 'false'} with Python {now}"
        for one in conditions
        if (answer := _answer(one, now)) is not _answer(one, before)
    )


def _in_markers(text: str) -> Iterator[str]:
    if not any(name in text for name in _VARIABLES):
        return
    for match in _MARKER.finditer(text):
        if match["left"] in _VARIABLES or match["right"] in _VARIABLES:
            parts = (match["left"], " ".join(match["operator"].split()), match["right"])
            yield " ".join(parts).replace("'", '"')


def _in_range(text: str) -> Iterator[str]:
    for match in _CLAUSE.finditer(text):
        operator = _OF_POETRY.get(match["operator"], match["operator"])
        yield f'python_full_version {operator} "{match["version"]}"'


def _decides(condition: str, minor: str) -> bool:
    if minor.rpartition(".")[2] not in condition:
        return False
    named = {int(number) for number in _PATCH.findall(condition) if len(number) < len(str(_LAST))}
    patches = {
        0,
        1,
        _LAST,
        *named,
        *(number + 1 for number in named),
        *(number - 1 for number in named if number),
    }
    return len({_answer(condition, f"{minor}.{patch}") for patch in patches}) > 1


def _answer(condition: str, version: str) -> bool | None:
    """Answer it for this version of CPython; None if nobody could."""
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    try:
        return Marker(condition).evaluate(dict.fromkeys(_VARIABLES, version))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return None
