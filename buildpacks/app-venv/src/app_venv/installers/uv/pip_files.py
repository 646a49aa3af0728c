"""Requirements files as pip reads them, told to uv, which reads some of their lines in another way.

uv fills in ``${VARIABLES}`` in addresses alone, takes constraints only if they are pinned, lets an index of
the user win over that of a file, passes over some options and does not know others. So it gets one file that
is made of what was read here: what is installed is what pip would install, or the line is refused.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from app_venv.inputs.locked_entries import local_address
from app_venv.inputs.markers import marker_environment
from app_venv.inputs.requirement_options import read_options
from app_venv.settings import INSTALLER
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise
from buildpack_common.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from optparse import Values
    from pathlib import Path

    from packaging.requirements import Requirement

    from app_venv.inputs.requirement_lines import PlacedLine, RequirementLine
    from buildpack_api.interpreter import Interpreter

DEFAULT_INDEX = "--index-url"
_HASH = re.compile(r"sha256:[0-9a-fA-F]{64}|sha384:[0-9a-fA-F]{96}|sha512:[0-9a-fA-F]{128}")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# A line that begins with a path: a name is never followed by a separator.
_PATH = re.compile(r"(\.{0,2}/|[^\s\[;@]+/|[^\s\[;@]+\.(whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)\b)")
_FILE = re.compile(
    r"(?P<name>[A-Za-z0-9._]+?(?:-[A-Za-z][A-Za-z0-9._]*)*)-\d[^/]*\.(whl|zip|tgz|tar(\.\w+)?)", re.ASCII
)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# Options of a line about which uv cannot be told: they change how something is built.
_UNTOLD = {"config_settings": "--config-settings", "global_option": "--global-option"}
_PARTS = re.compile(r"(?P<path>[^\[;#]+?)\s*(?P<rest>(\[[^]]*\])?\s*([;#].*)?)", re.DOTALL)


def project_of(requirement: str) -> str:
    """Return the normalised name of the project that a line is about; '' if only its file can tell."""
    if _is_unnamed(requirement):
        path = requirement.partition(";")[0].partition("#")[0].partition("?")[0].strip()
        found = _FILE.fullmatch(re.sub(r"\[[^]]*\]$", "", path).rpartition("/")[2])
        return normalise(found["name"]) if found else ""
    name = _NAME.match(requirement)
    return normalise(name[0]) if name else ""


def file_for_uv(lines: Sequence[PlacedLine], interpreter: Interpreter, app_dir: Path) -> str:
    """Return a requirements file that says to uv what ``lines`` say to pip.

    Raises ConfigurationError that names the lines about which that cannot be done.
    """
    refused = [f"{one.place} {why}" for one in lines for why in _refusals(one)]
    _refuse(refused, "has lines that uv does not read as pip does")
    _refuse(list(_contradictions(lines, interpreter)), "has lines that exclude each other")
    wanted = [one.line for one in lines if one.line.requirement and not one.constraint]
    made = [*_options(lines, app_dir), *(_requirement(one, app_dir) for one in wanted)]
    return "".join(f"{line}\n" for line in made)


def _refuse(faults: list[str], title: str) -> None:
    if faults:
        raise ConfigurationError(
            f"{INSTALLER.name}=uv: what it is to install {title}",
            detail="\n".join(dict.fromkeys(faults)),
            advice=f"Correct them, or remove {INSTALLER.name}: then pip installs the app.",
        )


def _refusals(placed: PlacedLine) -> Iterator[str]:
    line = placed.line
    if placed.constraint:
        if line.requirement and _parsed(line.requirement) is None:
            yield f"({_shown(line.requirement)}) is a constraint that only pip understands"
    elif line.requirement:
        for one in line.hashes:
            if not _HASH.fullmatch(one):
                yield f"has a hash that pip does not take: {one[:60]}"
    for name in line.constraints:
        if _ADDRESS.match(name):
            yield "has constraints that are somewhere else"
    values = _option_values(placed)
    for key, option in _UNTOLD.items():
        if values is not None and getattr(values, key):
            yield f"has {option}, which uv does not take there"


def _contradictions(lines: Sequence[PlacedLine], interpreter: Interpreter) -> Iterator[str]:
    """Yield where a constraint excludes what a line pins; pip would refuse both."""
    limits = [one for one in lines if one.constraint and one.line.requirement]
    if not limits:
        return
    environment = {**marker_environment(interpreter), "extra": ""}
    for limit in limits:
        name = project_of(limit.line.requirement)
        for one in lines:
            same = not one.constraint and one.line.requirement and project_of(one.line.requirement) == name
            if same and _excludes(limit.line, one.line, environment):
                yield (
                    f"{one.place} ({_shown(one.line.requirement)}) is more than {limit.place} "
                    f"({_shown(limit.line.requirement)}) allows"
                )


def _excludes(limit: RequirementLine, line: RequirementLine, environment: Mapping[str, str]) -> bool:
    allowed, wanted = _parsed(limit.requirement), _parsed(line.requirement)
    if allowed is None or wanted is None:
        return False
    if not all(one.marker is None or one.marker.evaluate(dict(environment)) for one in (allowed, wanted)):
        return False
    hashes = {one.lower() for one in limit.hashes}
    versions = [one.version for one in wanted.specifier]
    return bool(hashes and not hashes.issuperset(map(str.lower, line.hashes))) or not all(
        allowed.specifier.contains(version, prereleases=True) for version in versions
    )


def _options(lines: Iterable[PlacedLine], app_dir: Path) -> Iterator[str]:
    """Yield what says where files come from, and of which kind; an index leaves out those before it."""
    indexes, others, without = list[str](), list[str](), False
    for placed in lines:
        values = _option_values(placed)
        if values is None:
            continue
        without = without or bool(values.no_index)
        if values.index_url:
            indexes = [f"{DEFAULT_INDEX} {values.index_url[-1]}"]
        indexes += [f"--extra-index-url {one}" for one in values.extra_index_url or ()]
        places = (_found_links(one, placed.folder, app_dir) for one in values.find_links or ())
        others += [f"--find-links {one}" for one in places]
        for option, given in (("no-binary", values.no_binary), ("only-binary", values.only_binary)):
            others += [f"--{option} {name}" for text in given or () for name in text.split(",") if name]
    yield from [*(["--no-index"] if without else indexes), *others]


def trusted_hosts(lines: Iterable[PlacedLine]) -> tuple[str, ...]:
    """Return the hosts whose certificates do not count; uv passes over the option in a file."""
    options = map(_option_values, lines)
    return tuple(host for values in options if values is not None for host in values.trusted_host or ())


def _option_values(placed: PlacedLine) -> Values | None:
    """Return the options of a line; None if it has no others than hashes, or some that are not understood."""
    found = read_options(placed.line.options) if placed.line.options else None
    return found[0] if found else None


def _found_links(text: str, folder: Path, app_dir: Path) -> str:
    """Return it as pip finds it: beside the file that names it, if it is there."""
    if _ADDRESS.match(text):
        return text
    return local_address(text, folder if os.path.lexists(folder / text) else app_dir)


def _requirement(line: RequirementLine, app_dir: Path) -> str:
    """Return a line; paths count from the app's directory, whichever file names them."""
    text = line.requirement
    parts = _PARTS.fullmatch(text)
    if parts and _is_unnamed(text) and not _ADDRESS.match(text):
        text = local_address(parts["path"], app_dir) + parts["rest"]
    return " ".join([text, *(f"--hash={one}" for one in line.hashes)])


def _is_unnamed(requirement: str) -> bool:
    return bool(_ADDRESS.match(requirement) or _PATH.match(requirement))


def _parsed(requirement: str) -> Requirement | None:
    """Return a constraint; None if it is none that can be compared with a version."""
    from packaging.requirements import InvalidRequirement, Requirement  # few apps have constraints

    try:
        found = Requirement(requirement)
    except (InvalidRequirement, ValueError):
        return None
    return None if found.url else found


def _shown(text: str) -> str:
    return redact(text)[:60]
