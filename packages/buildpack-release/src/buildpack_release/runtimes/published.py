"""What python-build-standalone has published, read from two Python packages that carry its metadata.

The source distribution of uv holds a JSON file with URL and SHA-256 of every archive; pbs-installer's wheel
holds a second, independent list. pip fetches both, so the ordinary package index is all that is needed.

Of the archives of a version those called ``install_only`` can be used: a .tar.gz with the interpreter below
``python/``, since release 20220227; since 20240726 also without debugging symbols
(``install_only_stripped``). Older versions are published as full archives only, which hold a whole build and
are compressed with zstd, which Python reads since 3.14.
"""

from __future__ import annotations

import re
import tarfile
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_common.archives import members, opened_tar, read_member
from buildpack_common.parsing import parse_json
from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.wheels.pip_command import pip_failure, run_pip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LARGEST = 64 << 20  # of a list, in bytes
_ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
_STRIPPED = "-install_only_stripped.tar.gz"
_FLAVOURS = (_STRIPPED, "-install_only.tar.gz")
_RELEASES = "/releases/download/"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{8}")

# uv's build backend is a Rust program. Downloading a source distribution, pip asks the backend for nothing
# but metadata; these lines answer with the file that the distribution already holds.
_STAND_IN_BACKEND = """
import email, pathlib, shutil

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    facts = email.message_from_bytes(pathlib.Path("PKG-INFO").read_bytes())
    directory = pathlib.Path(metadata_directory, f"{facts['Name']}-{facts['Version']}.dist-info")
    directory.mkdir()
    shutil.copy("PKG-INFO", directory / "METADATA")
    return directory.name
"""


@dataclass(frozen=True, order=True)
class PublishedArchive:
    """One archive: ``arch`` as in Buildpack API targets, ``path`` below the releases URL, percent-encoded.

    ``size`` is in bytes; None as long as no server has told it.
    """

    version: tuple[int, int, int]
    arch: str
    tag: str
    path: str
    sha256: str
    size: int | None = field(default=None, compare=False)

    @property
    def line(self) -> str:
        """The line it belongs to, such as "3.14"."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def text(self) -> str:
        """The version as text, such as "3.14.2"."""
        return ".".join(map(str, self.version))

    @property
    def target(self) -> tuple[tuple[int, int, int], str]:
        """The version and the architecture; a catalogue has one archive for both."""
        return self.version, self.arch

    @property
    def is_stripped(self) -> bool:
        """Whether the debugging symbols were taken out, which are up to two thirds of an archive."""
        return self.path.endswith(_STRIPPED)


def parse_uv(entries: Mapping[str, Mapping[str, Any]]) -> tuple[PublishedArchive, ...]:
    """Return the final releases for Linux with glibc, of the baseline CPU: one archive for each target.

    Of several a stripped one is taken, then that of the newest release: it has the same Python with newer
    libraries in it (OpenSSL, SQLite and others). Raises CheckFailed for an archive without a SHA-256.
    """
    wanted = [_published(entry) for entry in entries.values() if _is_wanted(entry)]
    wanted.sort(key=lambda archive: (archive.is_stripped, archive.tag))
    return tuple(sorted({archive.target: archive for archive in wanted}.values()))


def parse_pbs_installer(releases: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return path and SHA-256 of every archive that pbs-installer knows."""
    files = (file for release in releases for file in release["files"] if file["sha256"])
    return {_path(file["url"]): file["sha256"] for file in files if _RELEASES in file["url"]}


@dataclass(frozen=True)
class Compared:
    """The archives of uv, by what pbs-installer says of them.

    Attributes:
        confirmed: listed there with the same SHA-256.
        ahead: of a release that is newer than all that pbs-installer knows.
        other_builds: pbs-installer lists the archive of another release for that version.
        unconfirmed: it should know them, and does not.
    """

    confirmed: tuple[PublishedArchive, ...]
    ahead: tuple[PublishedArchive, ...]
    other_builds: tuple[PublishedArchive, ...]
    unconfirmed: tuple[PublishedArchive, ...]

    @property
    def accepted(self) -> tuple[PublishedArchive, ...]:
        """What may be taken: all but the unconfirmed."""
        return (*self.confirmed, *self.ahead, *self.other_builds)


def cross_check(published: Iterable[PublishedArchive], second: Mapping[str, str]) -> Compared:
    """Compare the archives of uv with path and SHA-256 of those of pbs-installer.

    Both keep one archive of each version, not always that of the same release; what only pbs-installer lists
    is left alone, since uv drops a release that was withdrawn. Raises CheckFailed if they disagree on one, or
    have none in common.
    """
    archives = list(published)
    confirmed = tuple(archive for archive in archives if archive.path in second)
    for archive in confirmed:
        if second[archive.path] != archive.sha256:
            raise CheckFailed(
                f"uv and pbs-installer disagree on the SHA-256 of {archive.path}",
                detail=f"uv: {archive.sha256}\npbs-installer: {second[archive.path]}",
                advice="Do not use this archive before it is known which of the two is right.",
            )
    if not confirmed:
        raise CheckFailed(
            "the two sources of metadata have no archive in common, so nothing could be cross-checked",
            advice="The layout of one of them may have changed: compare with published.py.",
        )
    newest = max((tag for tag in map(_tag, second) if _DAY.fullmatch(tag)), default="")
    builds = {_without_tag(path) for path in second}
    alone = [archive for archive in archives if archive.path not in second]
    ahead = tuple(archive for archive in alone if archive.tag > newest)
    behind = [archive for archive in alone if archive.tag <= newest]
    return Compared(
        confirmed,
        ahead,
        tuple(archive for archive in behind if _without_tag(archive.path) in builds),
        tuple(archive for archive in behind if _without_tag(archive.path) not in builds),
    )


def fetch() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Download the newest releases of uv and pbs-installer and return their JSON documents.

    Raises NetworkError if the index cannot be reached, ReleaseError if it has not got them or they do not
    hold what is expected.
    """
    with tempfile.TemporaryDirectory(prefix="strata-runtimes-") as scratch:
        backend, downloads = Path(scratch, "backend"), Path(scratch, "downloads")
        backend.mkdir()
        (backend / "maturin.py").write_text(_STAND_IN_BACKEND, encoding="utf-8")
        _download(downloads, "--no-binary=:all:", "--no-build-isolation", "uv", backend=backend)
        _download(downloads, "--only-binary=:all:", "pbs-installer", backend=None)
        try:
            return _read_uv(downloads), _read_pbs_installer(downloads)
        except (
            OSError,
            ValueError,
            EOFError,
            KeyError,
            tarfile.TarError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise ReleaseError(
                f"the downloaded packages do not hold the expected metadata: {error}",
                advice="Their layout may have changed: compare with published.py.",
            ) from error


def _is_wanted(entry: Mapping[str, Any]) -> bool:
    return (
        (entry["name"], entry["os"], entry["libc"]) == ("cpython", "linux", "gnu")
        and entry["arch"]["family"] in _ARCHES
        and not (entry["prerelease"] or entry["variant"] or entry["arch"]["variant"])
        and str(entry["url"]).endswith(_FLAVOURS)
    )


def _published(entry: Mapping[str, Any]) -> PublishedArchive:
    path, sha256 = _path(entry["url"]), str(entry["sha256"])
    if not _SHA256.fullmatch(sha256):
        raise CheckFailed(f"uv gives no SHA-256 for {path}: {sha256}")
    version = (int(entry["major"]), int(entry["minor"]), int(entry["patch"]))
    return PublishedArchive(version, _ARCHES[entry["arch"]["family"]], _tag(path), path, sha256)


def _path(url: str) -> str:
    return url.partition(_RELEASES)[2]


def _tag(path: str) -> str:
    """Return the release that an archive belongs to: its day, as YYYYMMDD."""
    return path.partition("/")[0]


def _without_tag(path: str) -> str:
    """Return what the archives of a version, machine and flavour have in common, whatever their release."""
    return path.replace(_tag(path), "")


def _download(directory: Path, *arguments: str, backend: Path | None) -> None:
    done = run_pip(
        "download", ["--no-deps", "--dest", str(directory), *arguments], cwd=directory.parent, modules=backend
    )
    if done.returncode:
        raise pip_failure(
            done, f"the metadata in {arguments[-1]}", advice="The package must be on the index that pip uses."
        )


def _read_uv(directory: Path) -> dict[str, Any]:
    with _only(directory, "uv-*.tar.gz").open("rb") as packed, opened_tar(packed) as archive:
        for member in members(archive):
            is_it = member.name.endswith("/download-metadata.json") and member.size <= _LARGEST
            file = archive.extractfile(member) if is_it else None
            if file is not None:
                document: dict[str, Any] = parse_json(file.read())
                return document
    raise ValueError("no download-metadata.json in uv's source distribution")


def _read_pbs_installer(directory: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(_only(directory, "pbs_installer-*.whl")) as wheel:
        document: list[dict[str, Any]] = parse_json(
            read_member(wheel, "pbs_installer/versions.json", _LARGEST)
        )
    return document


def _only(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        raise ValueError(f"{len(found)} files match {pattern}")
    return found[0]
