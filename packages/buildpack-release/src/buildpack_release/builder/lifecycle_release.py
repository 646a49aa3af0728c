"""The lifecycle as its releases pack it: `lifecycle.toml` and the programs, one folder down."""

from __future__ import annotations

import gzip
import posixpath
import re
import struct
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from buildpack_common.archives import DEFAULT_LIMITS, members, opened_tar
from buildpack_common.parsing import parse_count
from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.table import Table
from buildpack_release.model.toml_source import TomlSource
from oci_registry.content import BLOCK
from oci_registry.tar import TarEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_release.model.finding import Finding

DESCRIPTOR = "lifecycle.toml"
FOLDER = "/cnb/lifecycle"
# Where platforms before API 0.3 looked; pack still makes the link.
_OLD_FOLDER = "/lifecycle"
_NEEDED = ("detector", "restorer", "analyzer", "builder", "exporter", "launcher", "creator")
_MEMBER = re.compile(r"[^/]+/([^/]+)")
# ELF's e_machine for the architectures that the lifecycle is released for.
_MACHINES = {0x3E: "amd64", 0xB7: "arm64", 0x15: "ppc64le", 0x16: "s390x", 0xF3: "riscv64"}
_ELF_HEAD = 20
_LARGEST_DESCRIPTOR = 1 << 20
_MOST = DEFAULT_LIMITS.size
_BIG_ENDIAN = 2


@dataclass(frozen=True)
class Apis:
    """The versions of one API that a lifecycle knows; `deprecated` ones work with a warning."""

    supported: tuple[str, ...]
    deprecated: tuple[str, ...]

    @property
    def oldest(self) -> str:
        """The oldest of all; "" if there is none."""
        return min((*self.deprecated, *self.supported), key=_numbers, default="")

    def as_json(self) -> dict[str, Any]:
        """Return the versions as labels have them."""
        return {"deprecated": list(self.deprecated), "supported": list(self.supported)}


@dataclass(frozen=True)
class Lifecycle:
    """A lifecycle: its version, the APIs it knows, and its unpacked programs and links by name."""

    path: Path
    version: str
    buildpack_apis: Apis
    platform_apis: Apis
    programs: Mapping[str, Path] = field(repr=False)
    links: Mapping[str, str] = field(repr=False)
    architecture: str

    def entries(self) -> Iterator[TarEntry]:
        """Return the content of its layer."""
        yield TarEntry(FOLDER)
        for name in sorted((*self.programs, *self.links)):
            path = f"{FOLDER}/{name}"
            if name in self.links:
                yield TarEntry(path, tarfile.SYMTYPE, link=self.links[name])
            else:
                file = self.programs[name]
                yield TarEntry.file(path, file, is_executable=bool(file.stat().st_mode & 0o100))
        yield TarEntry(_OLD_FOLDER, tarfile.SYMTYPE, link=FOLDER)

    def as_json(self) -> dict[str, Any]:
        """Return what the builder's label says of it."""
        return {
            "version": self.version,
            "api": {"buildpack": self.buildpack_apis.oldest, "platform": self.platform_apis.oldest},
            "apis": {"buildpack": self.buildpack_apis.as_json(), "platform": self.platform_apis.as_json()},
        }


def read_lifecycle(path: Path, folder: Path) -> Lifecycle:
    """Read a lifecycle's archive (.tgz or .tar), unpacking its programs into an empty folder.

    Raises:
        ReleaseError: it is no such archive, or not whole.
        CheckFailed: something is missing in it, or leads out of it.
    """
    try:
        with path.open("rb") as file, opened_tar(file) as archive:
            descriptor, programs, links = _unpack(archive, folder, path)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ReleaseError(
            "this is not a whole archive of the lifecycle", detail=str(error), file=path
        ) from None
    if descriptor is None:
        raise CheckFailed(
            f"this archive has no {DESCRIPTOR} at its top",
            advice="Name a release of the lifecycle.",
            file=path,
        )
    version, buildpack_apis, platform_apis = _read_descriptor(descriptor, path)
    _check_programs(programs, links, path)
    architecture = _architecture(programs["launcher"]) if "launcher" in programs else ""
    return Lifecycle(path, version, buildpack_apis, platform_apis, programs, links, architecture)


def _unpack(
    archive: tarfile.TarFile, folder: Path, path: Path
) -> tuple[bytes | None, dict[str, Path], dict[str, str]]:
    descriptor: bytes | None = None
    programs: dict[str, Path] = {}
    links: dict[str, str] = {}
    written = 0
    for member in members(archive):
        name = posixpath.normpath(member.name).lstrip("/")
        found = _MEMBER.fullmatch(name)
        if name == DESCRIPTOR and member.isreg():
            if member.size > _LARGEST_DESCRIPTOR:
                raise CheckFailed(f"{DESCRIPTOR} in this archive is too large", file=path)
            descriptor = _content(archive, member, path).read()
        elif member.isdir() or found is None or ".." in name.split("/"):
            continue
        elif found[1] in programs or found[1] in links:
            raise CheckFailed(f"this archive has two programs {found[1]}", file=path)
        elif member.issym():
            links[found[1]] = member.linkname
        elif member.isreg() or member.islnk():
            source = _linked(member, programs, path) if member.islnk() else None
            written += source.stat().st_size if source else member.size
            if written > _MOST:  # a link is written as a file of its own
                raise CheckFailed("this archive unpacks to more than any lifecycle", file=path)
            content = source.open("rb") if source else _content(archive, member, path)
            file = _extract(content, folder / found[1])
            # Releases have bills of materials beside the programs.
            file.chmod(0o755 if member.mode & 0o111 else 0o644)
            programs[found[1]] = file
        else:
            raise CheckFailed(f"{member.name} in this archive is no file", file=path)
    return descriptor, programs, links


def _linked(member: tarfile.TarInfo, programs: Mapping[str, Path], path: Path) -> Path:
    """Return the file that a hard link is another name of, which an archive has before the link."""
    found = _MEMBER.fullmatch(posixpath.normpath(member.linkname).lstrip("/"))
    if found is None or found[1] not in programs:
        raise CheckFailed(f"a link in this archive leads nowhere: {member.name}", file=path)
    return programs[found[1]]


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> IO[bytes]:
    try:
        content = archive.extractfile(member)
    except KeyError:
        content = None
    if content is None:
        raise CheckFailed(f"a link in this archive leads nowhere: {member.name}", file=path)
    return content


def _extract(source: IO[bytes], target: Path) -> Path:
    with source, target.open("xb") as sink:
        while block := source.read(BLOCK):
            sink.write(block)
    return target


def _read_descriptor(data: bytes, path: Path) -> tuple[str, Apis, Apis]:
    """Read lifecycle.toml. Other keys than ours may come with newer releases."""
    try:
        source = TomlSource.parse(data.decode("utf-8"), path)
    except UnicodeDecodeError:
        raise CheckFailed(f"{DESCRIPTOR} in this archive is not UTF-8", file=path) from None
    findings: list[Finding] = []
    root = Table.root(source, findings)
    apis = root.table("apis")
    version = root.table("lifecycle").string("version", required=True)
    buildpack, platform = (_read_apis(apis.table(kind)) for kind in ("buildpack", "platform"))
    for finding in findings:
        raise CheckFailed(f"{DESCRIPTOR} in this archive: {finding.message}", file=path)
    if not (buildpack.supported and platform.supported):
        raise CheckFailed(
            f"{DESCRIPTOR} in this archive does not say which APIs are supported",
            detail="[apis.buildpack] and [apis.platform] with supported = [...] are missing.",
            advice="Take a release of the lifecycle from 0.9 on.",
            file=path,
        )
    return version, buildpack, platform


def _read_apis(table: Table) -> Apis:
    return Apis(table.strings("supported"), table.strings("deprecated"))


def _check_programs(programs: Mapping[str, Path], links: Mapping[str, str], path: Path) -> None:
    missing = [name for name in _NEEDED if name not in programs and name not in links]
    if missing:
        raise CheckFailed(
            f"this archive has no {', '.join(missing)}",
            detail="The programs have to be exactly one folder down, as in lifecycle/creator.",
            file=path,
        )
    for name, target in links.items():
        if target not in programs and target not in links:
            raise CheckFailed(
                f"a link in this archive leads out of its folder: {name} -> {target}", file=path
            )


def _architecture(program: Path) -> str:
    """Return which processor a program is for; "" if it does not tell."""
    with program.open("rb") as file:
        head = file.read(_ELF_HEAD)
    if len(head) < _ELF_HEAD or head[:4] != b"\x7fELF":
        return ""
    (machine,) = struct.unpack(">H" if head[5] == _BIG_ENDIAN else "<H", head[18:20])
    return _MACHINES.get(machine, "")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(parse_count(part) or 0 for part in version.split("."))
