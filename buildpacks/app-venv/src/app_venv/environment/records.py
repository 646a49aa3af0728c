"""What installers record (RECORD, PEP 376 and 427), and which of the recorded files are published ones."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from app_venv.environment.installed import installed_distributions
from buildpack_common.files import file_sha256, write_atomically
from buildpack_common.parsing import parse_count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution

_RECORD = "RECORD"
BYTECODE = "__pycache__"
"""The directory beside a source in which Python keeps its byte code."""


class RecordedFile(NamedTuple):
    """A file of a distribution: its absolute path; its hash, or '', and its size, or None, in RECORD."""

    path: str
    digest: str = ""
    size: int | None = None

    def differs_from(self, sha256: str) -> bool:
        """Whether RECORD has another SHA-256 than this, in hex; it does not if it has none."""
        return self.digest.startswith("sha256=") and self.digest != _recorded(sha256)


def recorded_files(distribution: InstalledDistribution) -> Iterator[RecordedFile]:
    """Yield what the distribution has recorded; nothing if there is no RECORD."""
    if distribution.directory is None:
        return
    root = str(distribution.directory.parent)
    for row in _rows(distribution.directory, errors="surrogateescape"):
        path = os.path.normpath(os.path.join(root, row[0]))  # noqa: PTH118  (text: they are thousands)
        digest, size = [*row[1:], "", ""][:2]
        yield RecordedFile(path, digest, parse_count(size))


def recorded_hashes(venv: Path, distribution: InstalledDistribution) -> dict[str, str]:
    """Return the recorded paths (PEP 376) below an environment, with hashes; nothing if none can be read.

    What leads out of the environment begins with ``../``.
    """
    directory = distribution.directory
    if directory is None or directory.suffix != ".dist-info":
        return {}
    below = os.path.relpath(directory.parent, venv)
    try:
        rows = [(*row, "") for row in _rows(directory, errors="strict")]
    except UnicodeDecodeError:
        return {}
    return {os.path.normpath(os.path.join(below, row[0])): row[1] for row in rows}  # noqa: PTH118  (text)


def _rows(directory: Path, *, errors: str) -> Iterator[list[str]]:
    """Yield the lines of RECORD, none if there is no such file. Raises UnicodeDecodeError by ``errors``."""
    try:
        text = (directory / _RECORD).read_text("utf-8", errors)
    except OSError:
        return
    yield from filter(None, csv.reader(io.StringIO(text)))


def bytecode_source(path: str) -> str:
    """Return the source of a file of byte code (PEP 3147)."""
    folder, _, name = path.rpartition("/")
    return f"{folder.removesuffix(BYTECODE)}{name.rsplit('.', 2)[0]}.py"


def recorded_paths(distributions: Iterable[InstalledDistribution]) -> frozenset[str]:
    """Return the absolute paths of all files that belong to a distribution."""
    return frozenset(file.path for one in distributions for file in recorded_files(one))


def correct_record(distribution: InstalledDistribution, changed: Mapping[Path, bytes]) -> None:
    """Write the new hashes of these files into RECORD, if they are in it."""
    if distribution.directory is None:
        return
    record = distribution.directory / _RECORD
    by_name = {os.path.relpath(path, record.parent.parent): content for path, content in changed.items()}
    try:
        rows = list(csv.reader(io.StringIO(record.read_text("utf-8"))))
    except OSError:
        return
    if not any(row and row[0] in by_name for row in rows):
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        content = by_name.get(row[0]) if row else None
        writer.writerow(row if content is None else [row[0], recorded_hash(content), len(content)])
    write_atomically(record, text.getvalue().encode("utf-8"))


@dataclass(frozen=True)
class PublishedFiles:
    """The files in ``site_packages`` that are those of a published wheel: they were so before the build.

    ``names`` are the projects, normalised, that were installed from such wheels. Byte code counts as what
    it was made of. The lists of files are taken for theirs, too: they hold names and hashes.
    """

    site_packages: Path
    names: Collection[str] = field(repr=False)

    def __contains__(self, path: str) -> bool:
        directory, name = os.path.split(path)
        if os.path.basename(directory) == "__pycache__" and name.endswith(".pyc"):  # noqa: PTH119  (text)
            path = os.path.join(os.path.dirname(directory), f"{name.rsplit('.', 2)[0]}.py")  # noqa: PTH118, PTH120
        if path not in self._digests:
            return path in self._directories
        expected = self._digests[path]
        return not expected or has_digest(path, expected)

    def has_content(self, path: str) -> bool:
        """Whether a file has the content of one of them, whatever it is called. Raises OSError."""
        is_file = os.path.isfile(path) and not os.path.islink(path)  # noqa: PTH113, PTH114  (text)
        return is_file and recorded_file_hash(path) in self._contents

    @cached_property
    def _digests(self) -> dict[str, str]:
        """Hashes by path; empty for the lists themselves, which have none."""
        found = dict[str, str]()
        for one in installed_distributions(self.site_packages):
            if one.name in self.names and one.directory is not None:
                found |= {
                    file.path: file.digest
                    for file in recorded_files(one)
                    if file.digest.startswith("sha256=")
                }
                found[str(one.directory / _RECORD)] = ""
        return found

    @cached_property
    def _contents(self) -> frozenset[str]:
        return frozenset(filter(None, self._digests.values()))

    @cached_property
    def _directories(self) -> frozenset[str]:
        """All that these files lie in, and where their byte code is."""
        found = set[str]()
        for path in self._digests:
            folder = os.path.dirname(path)  # noqa: PTH120  (text)
            found.add(f"{folder}/__pycache__")
            while folder not in found and len(folder) > 1:
                found.add(folder)
                folder = os.path.dirname(folder)  # noqa: PTH120
        return frozenset(found)


def has_digest(path: str, digest: str) -> bool:
    """Whether a file is there and has this hash, in the form of RECORD. Raises OSError."""
    return os.path.isfile(path) and recorded_file_hash(path) == digest  # noqa: PTH113  (text)


def recorded_file_hash(path: str) -> str:
    """Return the hash of a file as RECORD has it. Raises OSError."""
    return _recorded(file_sha256(path))


def recorded_hash(content: bytes) -> str:
    """Return the hash of a content as RECORD has it (PEP 376)."""
    return _recorded(hashlib.sha256(content).hexdigest())


def _recorded(sha256: str) -> str:
    return f"sha256={base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip('=')}"
