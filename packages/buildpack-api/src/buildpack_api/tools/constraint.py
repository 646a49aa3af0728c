"""Which version of a tool the user and other buildpacks ask for, and its SHA-256 if they know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_common.terminal_text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_api.plan import BuildpackPlan, PlanEntry
    from buildpack_common.environment_variables import Variable

_RELEASE = re.compile(r"\d+(\.\d+){0,3}((a|b|rc|\.post|\.dev)\d+)?")
_WILDCARD = re.compile(r"(\d+(?:\.\d+)*)\.\*")
_ENDLESS = re.compile(r"\d{10}")  # Python refuses to read numbers of thousands of digits
_EXACT = re.compile(r"===?\s*([^,*\s]+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = 100  # characters


@dataclass(frozen=True)
class Tool:
    """A tool that a buildpack installs, by the name of its project on the index and of its entry in the plan.

    By two variables the user asks for a ``version``, and gives the ``sha256`` of its wheel; None where it
    takes more than one wheel, and the buildpack knows them all. ``minimum`` is
    the oldest version that will do, ``why`` a sentence that says what came with it. ``series`` is a version
    of two numbers, for examples. ``own`` says what is installed if nobody asks for a version,
    ``unreachable`` what to do where there is no index.
    """

    name: str
    version: Variable
    sha256: Variable | None
    minimum: str
    why: str
    series: str
    own: str
    unreachable: str


@dataclass(frozen=True)
class ToolConstraint:
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


def read_constraint(
    tool: Tool, environment: Mapping[str, str], plan: BuildpackPlan, more: Iterable[tuple[str, str]] = ()
) -> ToolConstraint | None:
    """Return what the user's variables and the plan's entries ask for together; None if they do not care.

    ``more`` has further sources, each with the version that it asks for. Raises ConfigurationError, naming
    the source, for what is no version, too old, or contradictory.
    """
    parts = [
        *_variable(tool, environment),
        *(part for entry in plan.entries for part in _entry(tool, entry)),
        *(_part(tool, source, text, "", "") for source, text in more),
    ]
    if not parts:
        return None
    pins = {part.exact: part for part in parts if part.exact}
    exact = next(iter(pins), "")
    for part in parts:
        _check_minimum(tool, part)
        if exact and not _contains(part.specifier, exact):
            raise _contradiction(tool, pins[exact], part)
    return ToolConstraint(
        specifier=",".join(dict.fromkeys(part.specifier for part in parts)),
        sources=tuple(dict.fromkeys(part.source for part in parts)),
        exact=exact,
        sha256=_one_hash(tool, parts),
    )


def _variable(tool: Tool, environment: Mapping[str, str]) -> Iterator[_Part]:
    version = tool.version.text(environment)
    sha256, hash_name = (tool.sha256.text(environment), tool.sha256.name) if tool.sha256 else ("", "")
    if version:
        yield _part(tool, tool.version.name, version, sha256, hash_name)
    elif sha256:
        raise ConfigurationError(
            f"{hash_name} is set, and {tool.version.name} is not",
            advice=f"Set {tool.version.name} to the version of {tool.name} whose wheel has this SHA-256.",
        )


def _entry(tool: Tool, entry: PlanEntry) -> Iterator[_Part]:
    texts = {key: entry.metadata.get(key, "") for key in ("version", "version-source", "sha256")}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise ConfigurationError(
                f"The build plan's entry {tool.name!r} has {key} = {value!r}, which is not a string",
                advice="Put it in quotes: without them TOML reads 25.10 as the number 25.1.",
            )
    version, source, sha256 = (str(value).strip() for value in texts.values())
    if entry.name == tool.name and version:
        source = f"build plan ({source or f'a buildpack that requires {tool.name}'})"
        yield _part(tool, source, version, sha256, f"sha256 in the {source}")


def _part(tool: Tool, source: str, text: str, sha256: str, hash_source: str) -> _Part:
    specifier = _specifier(tool, source, text)
    pin = _EXACT.fullmatch(specifier)
    exact = pin[1] if pin else ""
    found = sha256.lower().removeprefix("sha256:")
    if found and tool.sha256 is None:
        raise ConfigurationError(
            f"{hash_source} cannot be used: {tool.name} is many wheels, each with a SHA-256 of its own",
            advice="Remove it: the buildpack knows them.",
        )
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
            advice=f"Write the version whose wheel it is, such as {tool.series}.",
        )
    return _Part(source, text, specifier, exact, found)


def _specifier(tool: Tool, source: str, text: str) -> str:
    """Return "25.3" as "==25.3" and "25.*" as "==25.*"; a specifier stays what it is."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bare = _RELEASE.fullmatch(text) or _WILDCARD.fullmatch(text)
    # What nobody can compare is refused like what nobody can read.
    readable = "?" if _ENDLESS.search(text) else text
    try:
        return str(SpecifierSet(f"=={readable}" if bare else readable))
    except InvalidSpecifier as error:
        raise ConfigurationError(
            f"{source} is not a version of {tool.name}",
            detail=f"Found: {one_line(text[:_SHOWN])}",
            advice=f"Write an exact version ({tool.series}), a series ({tool.series}.*), "
            f"or a range (>={tool.series}).",
        ) from error


def _check_minimum(tool: Tool, part: _Part) -> None:
    if part.exact and not _contains(f">={tool.minimum}", part.exact):
        raise ConfigurationError(
            f"{tool.name} {part.exact} is too old ({part.source})",
            detail=tool.why,
            advice=f"Ask for {tool.name} {tool.minimum} or newer, or for none in particular.",
        )


def _contradiction(tool: Tool, pin: _Part, other: _Part) -> ConfigurationError:
    return ConfigurationError(
        f"{pin.source} and {other.source} contradict each other: no {tool.name} satisfies both",
        detail=f"{pin.source}: {one_line(pin.text)}\n{other.source}: {one_line(other.text)}",
        advice="Change one of them, so that they have a version in common.",
    )


def _one_hash(tool: Tool, parts: list[_Part]) -> str:
    found = {part.sha256: part.source for part in parts if part.sha256}
    if len(found) > 1:
        raise ConfigurationError(
            f"{' and '.join(found.values())} give different SHA-256s for the wheel of {tool.name}",
            detail="\n".join(f"{source}: {sha256}" for sha256, source in found.items()),
            advice="Keep the one that the package index shows.",
        )
    return next(iter(found), "")


def _contains(specifier: str, version: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)
