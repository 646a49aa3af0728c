"""Newer releases of tools with all that they need: `data/tool-sets.toml`.

pip resolves the set for the oldest supported Python, so that one version of each project is for all of them.
What is compiled is chosen for each Python by itself: its authors give up old ones before new ones come.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from buildpack_common.parsing import parse_json, parse_requirement
from buildpack_common.tool_sets import MACHINES
from buildpack_release.errors import ReleaseError
from buildpack_release.model.settings import MINORS
from buildpack_release.updates.wheel_release import check_final, download_failure
from buildpack_release.wheels.pip_command import run_pip, was_unreachable
from buildpack_release.wheels.vendor import WheelTags
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from buildpack_release.embedded.tools import SetFile

_LINES = 3  # releases that are known at once, one of each minor version
# From the one that base images of today have in common up to the oldest that any of them has.
_GLIBC = range(17, 29)
_LINUX = {
    "implementation_name": "cpython", "os_name": "posix", "platform_machine": "x86_64",
    "platform_python_implementation": "CPython", "platform_system": "Linux", "sys_platform": "linux",
}  # fmt: skip
# A marker may tell the first patch release of a minor version from later ones.
_PATCHES = (0, 99)
_HEAD = re.compile(r"^\[\[releases\]\]", re.MULTILINE)


@dataclass(frozen=True)
class SetRelease:
    """A release that could come into the file: its version, and the SHA-256 (hex) of each wheel by name."""

    file: SetFile
    version: Version
    wheels: Mapping[str, str] = field(default_factory=dict)

    @property
    def change(self) -> str:
        """What changes, for people."""
        newest = self.file.known.releases[0].version
        return f"{self.file.known.name} {self.version} {'instead of' if self.is_newer else 'beside'} {newest}"

    @property
    def is_newer(self) -> bool:
        """Whether it is newer than all that are there."""
        return self.version > Version(self.file.known.releases[0].version)

    @property
    def is_other(self) -> bool:
        """Whether it is another one than those that are there."""
        return all(self.version != Version(one.version) for one in self.file.known.releases)

    def edited(self, text: str) -> str:
        """Return the text of the file with this release, newest first, one of each minor version."""
        tables = {
            Version(one.version): {wheel.file: wheel.sha256 for wheel in one.wheels}
            for one in self.file.known.releases
            if Version(one.version).release[:2] != self.version.release[:2]
        }
        tables[self.version] = dict(self.wheels)
        kept = sorted(tables, reverse=True)[:_LINES]
        found = _HEAD.search(text)
        head = text[: found.start()] if found else text
        return head + "\n".join(_table(str(version), tables[version]) for version in kept)


def find_set_release(file: SetFile, version: str = "") -> SetRelease:
    """Return the newest final release, or the one that is named, with the wheels of all that it needs.

    They are looked for only if the release is not known yet.

    Raises:
        UsageError: the version that is named is a pre-release, or no version.
        NetworkError: the index cannot be reached.
        ReleaseError: the index does not have all that is needed, for every Python and machine.
    """
    check_final(version)
    name = file.known.name
    (wheel,) = _download([f"{name}=={version}" if version else name], WheelTags().options)
    found = SetRelease(file, parse_wheel_filename(wheel)[1])
    if not found.is_other:
        return found
    resolved = _resolve([f"{name}=={found.version}", *file.known.plugins], file.known.without)
    return SetRelease(file, found.version, dict(sorted(_wheels(resolved).items())))


@dataclass(frozen=True)
class _Resolved:
    """A project of the set: what pip has chosen for the oldest Python, and what all others require of it."""

    name: str
    version: str
    is_pure: bool
    specifier: SpecifierSet


def _resolve(wanted: Sequence[str], without: Sequence[str]) -> list[_Resolved]:
    """Return all that is needed on any supported Python.

    pip evaluates markers for the Python that it runs with: what others need is asked for by name.
    """
    requirements = list(wanted)
    while True:
        report = _report(requirements)
        needs = _closure(report, [canonicalize_name(parse_requirement(one).name) for one in wanted], without)
        missing = [f"{name}{specifier}" for name, specifier in needs.items() if name not in report]
        if not missing:
            return [
                _Resolved(name, str(one["metadata"]["version"]), _is_pure(one), needs[name])
                for name, one in sorted(report.items())
                if name in needs
            ]
        requirements += missing


def _report(requirements: Sequence[str]) -> dict[str, Any]:
    """Return what pip would install, by normalised name (pip documentation, 'Installation report')."""
    with tempfile.TemporaryDirectory(prefix="strata-releases-") as scratch:
        report = Path(scratch, "report.json")
        options = ["--dry-run", "--ignore-installed", f"--report={report}", f"--target={scratch}/target"]
        options += _compiled_for("x86_64", MINORS[0])
        done = run_pip("install", [*options, *requirements], cwd=Path(scratch))
        if done.returncode:
            raise download_failure(done, ", ".join(requirements))
        document = parse_json(report.read_bytes())
    return {canonicalize_name(one["metadata"]["name"]): one for one in document["install"]}


def _is_pure(item: Mapping[str, Any]) -> bool:
    return str(item["download_info"]["url"]).partition("#")[0].endswith("-none-any.whl")


def _closure(
    report: Mapping[str, Any], roots: Iterable[str], without: Sequence[str]
) -> dict[str, SpecifierSet]:
    """Return what is needed, with all that is required of its version; what is not in the report ends it."""
    needs: dict[str, SpecifierSet] = {}
    pending = [(name, "") for name in roots]
    seen = set(pending)
    while pending:
        name, extra = pending.pop()
        needs.setdefault(name, SpecifierSet())
        for text in report[name]["metadata"].get("requires_dist", ()) if name in report else ():
            one = parse_requirement(text)
            other = str(canonicalize_name(one.name))
            if other in without or not _holds(one, extra):
                continue
            needs[other] = needs.get(other, SpecifierSet()) & one.specifier
            for found in ((other, wanted) for wanted in ("", *sorted(one.extras))):
                if found not in seen:
                    seen.add(found)
                    pending.append(found)
    return needs


def _holds(requirement: Requirement, extra: str) -> bool:
    """Return whether a requirement holds on some supported Python."""
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate(
            {
                **_LINUX,
                "python_version": minor,
                "python_full_version": f"{minor}.{patch}",
                "extra": extra,
            }
        )
        for minor in MINORS
        for patch in _PATCHES
    )


def _wheels(resolved: Iterable[_Resolved]) -> dict[str, str]:
    """Return the SHA-256 of each wheel: pure ones where there are some, others for all that is supported."""
    one_for_all = [one for one in resolved if one.is_pure or _has_pure(one)]
    found = _download([f"{one.name}=={one.version}" for one in one_for_all], WheelTags().options)
    for one in resolved:
        if one not in one_for_all:
            for minor in MINORS:
                found |= dict(_of_each_machine(one, minor))
    return found


def _has_pure(one: _Resolved) -> bool:
    try:
        _download([f"{one.name}=={one.version}"], WheelTags().options)
    except ReleaseError as error:
        if was_unreachable(error.detail):
            raise
        return False
    return True


def _of_each_machine(one: _Resolved, minor: str) -> Iterator[tuple[str, str]]:
    wanted = f"{one.name}{one.specifier}"
    for machine in MACHINES.values():
        for file, digest in _download([wanted], _compiled_for(machine, minor)).items():
            wanted = f"{one.name}=={parse_wheel_filename(file)[1]}"
            yield file, digest


def _compiled_for(machine: str, minor: str) -> list[str]:
    platforms = [f"--platform=manylinux_2_{glibc}_{machine}" for glibc in _GLIBC]
    options = [f"--abi=cp{minor.replace('.', '')}", f"--python-version={minor}", "--implementation=cp"]
    return [*platforms, f"--platform=manylinux2014_{machine}", "--only-binary=:all:", *options]


def _download(requirements: Sequence[str], options: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each wheel that pip fetches, by file name."""
    with tempfile.TemporaryDirectory(prefix="strata-releases-") as scratch:
        files = Path(scratch, "files")
        arguments = ["--no-deps", *options, f"--dest={files}", *requirements]
        done = run_pip("download", arguments, cwd=files.parent)
        if done.returncode:
            raise download_failure(done, ", ".join(requirements))
        return {path.name: file_sha256(path).removeprefix("sha256:") for path in sorted(files.glob("*.whl"))}


def _table(version: str, wheels: Mapping[str, str]) -> str:
    lines = [f'"{file}" = "{wheels[file]}"' for file in sorted(wheels)]
    return "\n".join(["[[releases]]", f'version = "{version}"', "", "[releases.wheels]", *lines, ""])
