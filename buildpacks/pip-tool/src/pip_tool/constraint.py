"""Which pip the user and other buildpacks ask for: a version, and its SHA-256 if they know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_common.terminal_text import one_line
from pip_tool.settings import SHA256, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.plan import BuildpackPlan, PlanEntry

MINIMUM = "22.3"
"""The first pip that acts on another environment (--python, PIP_PYTHON), which is all that it is here for."""

_RELEASE = re.compile(r"\d+(\.\d+){0,3}((a|b|rc|\.post|\.dev)\d+)?")
_WILDCARD = re.compile(r"(\d+(?:\.\d+)*)\.\*")
_ENDLESS = re.compile(r"\d{10}")  # Python refuses to read numbers of thousands of digits
_EXACT = re.compile(r"===?\s*([^,*\s]+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = 100  # characters
_NOBODY = "a buildpack that requires pip"


@dataclass(frozen=True)
class PipConstraint:
    """``specifier`` (PEP 440) is what all ``sources`` ask for together.

    ``exact`` is the version if one of them names it, else ''. ``sha256`` is that of the wheel, '' if nobody
    knows it; only an exact version has one.
    """

    specifier: str
    sources: tuple[str, ...]
    exact: str = ""
    sha256: str = ""

    def allows(self, version: str, sha256: str) -> bool:
        """Whether a wheel of this version and SHA-256 is what was asked for."""
        from packaging.specifiers import SpecifierSet  # mostly nobody asks for anything

        fits = SpecifierSet(self.specifier).contains(version, prereleases=True)
        return fits and self.sha256 in ("", sha256)

    def __str__(self) -> str:
        return f"{self.exact or self.specifier} ({' and '.join(self.sources)})"


@dataclass(frozen=True)
class _Part:
    source: str
    text: str
    specifier: str
    exact: str
    sha256: str


def read_constraint(environment: Mapping[str, str], plan: BuildpackPlan) -> PipConstraint | None:
    """Return what BP_PIP_VERSION and the entries of the plan ask for together; None if they do not care.

    Raises ConfigurationError, naming the source, for what is no version, too old, or contradictory.
    """
    parts = [*_variable(environment), *(part for entry in plan.entries for part in _entry(entry))]
    if not parts:
        return None
    pins = {part.exact: part for part in parts if part.exact}
    exact = next(iter(pins), "")
    for part in parts:
        _check_minimum(part)
        if exact and not _contains(part.specifier, exact):
            raise _contradiction(pins[exact], part)
    return PipConstraint(
        specifier=",".join(dict.fromkeys(part.specifier for part in parts)),
        sources=tuple(dict.fromkeys(part.source for part in parts)),
        exact=exact,
        sha256=_one_hash(parts),
    )


def _variable(environment: Mapping[str, str]) -> Iterator[_Part]:
    version, sha256 = VERSION.text(environment), SHA256.text(environment)
    if version:
        yield _part(VERSION.name, version, sha256, SHA256.name)
    elif sha256:
        raise ConfigurationError(
            f"{SHA256.name} is set, and {VERSION.name} is not",
            advice=f"Set {VERSION.name} to the version of pip whose wheel has this SHA-256.",
        )


def _entry(entry: PlanEntry) -> Iterator[_Part]:
    texts = {key: entry.metadata.get(key, "") for key in ("version", "version-source", "sha256")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ConfigurationError(
                f"The build plan's entry 'pip' has {key} = {value!r}, which is not a string",
                advice="Put it in quotes: without them TOML reads 25.10 as the number 25.1.",
            )
    version, source, sha256 = (str(value).strip() for value in texts.values())
    if entry.name == "pip" and version:
        source = f"build plan ({source or _NOBODY})"
        yield _part(source, version, sha256, f"sha256 in the {source}")


def _part(source: str, text: str, sha256: str, hash_source: str) -> _Part:
    specifier = _specifier(source, text)
    pin = _EXACT.fullmatch(specifier)
    exact = pin[1] if pin else ""
    found = sha256.lower().removeprefix("sha256:")
    if found and not _SHA256.fullmatch(found):
        raise ConfigurationError(
            f"{hash_source} is not a SHA-256",
            detail=f"Found: {one_line(sha256)}",
            advice="Write the 64 hexadecimal digits that the package index shows for the wheel.",
        )
    if found and not exact:
        raise ConfigurationError(
            f"{hash_source} needs an exact version beside it",
            detail=f"{source} is {one_line(text)}, which more than one wheel may fit.",
            advice="Write the version whose wheel it is, such as 25.3.",
        )
    return _Part(source, text, specifier, exact, found)


def _specifier(source: str, text: str) -> str:
    """Return "25.3" as "==25.3" and "25.*" as "==25.*"; a specifier stays what it is."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bare = _RELEASE.fullmatch(text) or _WILDCARD.fullmatch(text)
    # What nobody can compare is refused like what nobody can read.
    readable = "?" if _ENDLESS.search(text) else text
    try:
        return str(SpecifierSet(f"=={readable}" if bare else readable))
    except InvalidSpecifier as error:
        raise ConfigurationError(
            f"{source} is not a version of pip",
            detail=f"Found: {one_line(text[:_SHOWN])}",
            advice="Write an exact version (25.3), a series (25.*) or a range (>=25.1,<26).",
        ) from error


def _check_minimum(part: _Part) -> None:
    if part.exact and not _contains(f">={MINIMUM}", part.exact):
        raise ConfigurationError(
            f"pip {part.exact} is too old ({part.source})",
            detail=f"Installing into another environment (PIP_PYTHON), its job here, came with {MINIMUM}.",
            advice=f"Ask for pip {MINIMUM} or newer, or for none in particular.",
        )


def _contradiction(pin: _Part, other: _Part) -> ConfigurationError:
    return ConfigurationError(
        f"{pin.source} and {other.source} contradict each other: no pip satisfies both",
        detail=f"{pin.source}: {one_line(pin.text)}\n{other.source}: {one_line(other.text)}",
        advice="Change one of them, so that they have a version in common.",
    )


def _one_hash(parts: list[_Part]) -> str:
    found = {part.sha256: part.source for part in parts if part.sha256}
    if len(found) > 1:
        raise ConfigurationError(
            f"{' and '.join(found.values())} give different SHA-256s for the wheel of pip",
            detail="\n".join(f"{source}: {sha256}" for sha256, source in found.items()),
            advice="Keep the one that the package index shows.",
        )
    return next(iter(found), "")


def _contains(specifier: str, version: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)
