"""How the user has set up pip: by variables and configuration files (pip documentation, 'Configuration')."""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.evidence.key import public_digest, public_file_digest
from app_venv.inputs.pinning import AS_WRITTEN, NEVER_FILLED, UNREADABLE, Unfilled
from app_venv.inputs.requirement_lines import unfilled
from app_venv.installers.pip.options import (
    DANGEROUS,
    HARMLESS,
    OVERRULED,
    REFUSED,
    is_on,
    option_name,
    option_of,
    spoils,
)
from buildpack_api.errors import ConfigurationError
from buildpack_common.known_secrets import address_secrets
from buildpack_common.redaction import has_unreadable_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_common.known_secrets import KnownSecret

_SECTIONS = ("global", "install")  # the later one counts
_DEFAULT_INDEX = ("index-url", "pypi-url")
_INDEXES = (*_DEFAULT_INDEX, "extra-index-url")
_FILES = ("constraint", "build-constraint")
# Their values are addresses, too; several may stand there in other ways than in those of indexes.
_ADDRESSES = (*_INDEXES, "find-links", "proxy")


@dataclass(frozen=True)
class Setting:
    """A value for an option (``index-url``), and the file that gives it."""

    option: str
    value: str
    file: Path


def configuration_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that pip reads, the most important last; it also looks into the new environment."""
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return ()
    home = environment.get("HOME", "")
    user = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    places += [f"{home}/.pip/pip.conf"] if home else []
    places += [f"{user}/pip/pip.conf"] if user else []
    return tuple(path for place in [*places, chosen] if place and (path := Path(place)).is_file())


def settings_in_files(environment: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return what counts of all files, and is not overruled by a variable.

    Raises ConfigurationError for a file that is not understood: pip's own message would quote from it.
    """
    found: dict[tuple[str, str], Setting] = {}
    for path in configuration_files(environment):
        for section, option, value in _read(path):
            found[section, option] = Setting(option, value, path)
    effective = {
        setting.option: setting
        for section in _SECTIONS
        for (where, _), setting in found.items()
        if where == section and setting.value
    }
    overruled = {option_of(name) for name, value in environment.items() if value}
    return tuple(effective[option] for option in sorted(effective.keys() - overruled))


def file_secrets(environment: Mapping[str, str]) -> tuple[KnownSecret, ...]:
    """Return the secrets of the addresses in all files, also of those that a variable overrules."""
    return tuple(
        secret
        for path in configuration_files(environment)
        for _, option, value in _read(path)
        for secret in address_secrets(value, f"{option} in {path}")
    )


def unfilled_settings(environment: Mapping[str, str]) -> tuple[Unfilled, ...]:
    """Return the ``${VARIABLES}`` in variables and files of pip, none of which it fills in."""
    texts = [(name, environment[name]) for name in sorted(environment) if option_of(name)]
    texts += [(f"{one.option} in {one.file}", one.value) for one in settings_in_files(environment)]
    return tuple(
        Unfilled(place, name, NEVER_FILLED)
        for place, text in texts
        if "${" in text
        for name in unfilled(text, {})
    )


def refuse_dangerous_settings(environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError that lists all settings that would spoil the build; values are not shown.

    So does a file that is chosen and not there: pip passes over it, and takes the public index.
    """
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen not in ("", os.devnull) and not Path(chosen).is_file():
        raise ConfigurationError(
            f"PIP_CONFIG_FILE names a file that is not there: {chosen}",
            detail="pip would pass over it, and use no index but the public one.",
            advice="Correct it, or remove it. Names that do not begin with / count from the app's directory.",
        )
    settings = settings_in_files(environment)
    found = [one for one in settings if one.option not in OVERRULED and spoils(one.option, one.value)]
    if found:
        raise ConfigurationError(
            "pip's configuration would spoil the build: " + ", ".join(one.option for one in found),
            detail="\n".join(f"{one.option} in {one.file}: {REFUSED[one.option]}." for one in found),
            advice="Remove them from the file. PIP_CONFIG_FILE=/dev/null makes pip read no file at all.",
        )


def refuse_malformed_addresses(environment: Mapping[str, str]) -> None:
    """Raise ConfigurationError for addresses of indexes that pip would read as something else, and pass over.

    Or that it would end at, and show. Quotation marks get into values by files of variables
    (``docker run --env-file``, project.toml), commas by guesses. The addresses are not shown: they may hold
    passwords.
    """
    values = [(option_of(name), name, value) for name, value in environment.items()]
    values += [
        (one.option, f"{one.option} in {one.file}", one.value) for one in settings_in_files(environment)
    ]
    faults = [
        f"{place} {fault}." for option, place, value in values if (fault := _address_fault(option, value))
    ]
    if faults:
        raise ConfigurationError(
            "Addresses of package indexes are not written as pip reads them",
            detail="\n".join(sorted(faults)),
            advice="Write the address alone, such as https://host/simple/, and several with blanks between. "
            + AS_WRITTEN,
        )


def _address_fault(option: str, value: str) -> str:
    if option in _ADDRESSES and has_unreadable_host(value):
        return UNREADABLE
    if option not in _INDEXES:
        return ""
    if any(mark in value for mark in ("'", '"')):
        return "has quotation marks"
    return "has commas between addresses" if re.search(r"[,;]\s*https?://", value) else ""


def chooses_index(environment: Mapping[str, str]) -> bool:
    """Whether another index stands in the place of the usual one."""
    if any(value and option_of(name) in _DEFAULT_INDEX for name, value in environment.items()):
        return True
    return any(one.option in _DEFAULT_INDEX for one in settings_in_files(environment))


def without_index(environment: Mapping[str, str]) -> str:
    """Return what tells pip to ask no index at all, if anything does."""
    name, option = "PIP_NO_INDEX", "no-index"
    if environment.get(name):
        return name if is_on(environment[name]) else ""
    return next(
        (f"{option} in {one.file}" for one in settings_in_files(environment)
         if one.option == option and is_on(one.value)),
        "",
    )  # fmt: skip


def relevant_settings(environment: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
    """Return the variables, and the options in pip's files, that matter, each with a digest of its value.

    Digests, because a layer key is public and index addresses may hold secrets. User information of URLs is
    left out first: a new password for the same index is no reason to install again.
    """
    names = sorted(name for name, value in environment.items() if value and _matters(name))
    values = [f"{name} {public_digest(environment[name])}" for name in names]
    in_files = [one for one in settings_in_files(environment) if one.option not in {*HARMLESS, *OVERRULED}]
    values += [f"{one.option} {public_digest(one.value)}" for one in in_files]
    named = _named_files(environment, in_files, app_dir)
    return (*values, *(f"{path} {public_file_digest(path)}" for path in named))


def _matters(name: str) -> bool:
    option = option_of(name)  # what is in the configuration file counts, wherever it lies
    return bool(option) and option not in {*HARMLESS, "config-file"} and option_name(name) not in DANGEROUS


def _named_files(environment: Mapping[str, str], in_files: Iterable[Setting], app_dir: Path) -> list[Path]:
    """Return the constraints that no requirements file names: their content decides, not their name."""
    named = [one.value for one in in_files if one.option in _FILES]
    named += [value for name, value in environment.items() if option_of(name) == "build-constraint"]
    paths = (app_dir / name for text in named for name in text.split())
    return sorted({path for path in paths if path.is_file()})


def _read(path: Path) -> Iterator[tuple[str, str, str]]:
    import configparser  # only for those who have a file

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(_decoded(path))
    except OSError as error:
        raise ConfigurationError(f"Cannot read {path}: {error.strerror}") from error
    except configparser.Error as error:
        raise ConfigurationError(
            f"{path} is not a configuration file of pip",
            detail=f"{type(error).__name__}{_lines(error)}",
            advice="Write [global] in a line of its own, then one option on each line: index-url = https://...",
        ) from None
    for section in _SECTIONS:
        if parser.has_section(section):
            for name, value in parser.items(section):
                yield section, name.replace("_", "-").removeprefix("--"), value


def _decoded(path: Path) -> str:
    """Return the text. Raises ConfigurationError for what pip does not read either, OSError."""
    content = path.read_bytes()
    bad = "It begins with a byte order mark." if content.startswith(codecs.BOM_UTF8) else ""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        text, bad = "", f"Line {content.count(bytes([10]), 0, error.start) + 1} has other bytes."
    if bad:
        raise ConfigurationError(
            f"{path} is not a configuration file of pip: not UTF-8",
            detail=bad,
            advice="Save it as 'UTF-8', without a byte order mark.",
        )
    return text


def _lines(error: Exception) -> str:
    """Return where it is, not what is there: that may be a password."""
    numbers = [number for number, _ in getattr(error, "errors", [])] or [getattr(error, "lineno", None)]
    return f" in line {', '.join(map(str, numbers))}" if any(numbers) else ""
