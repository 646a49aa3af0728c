"""Searching what a build leaves for its secrets, in the forms that they take on their way.

Looked for are each secret as it is, escaped as in addresses (RFC 3986), HTML, JSON, Python or a shell, and
in base64 (RFC 4648), alone or as a part of something longer, such as ``user:password``. A short one is
looked for where it stands in an address, since it is a word that occurs anywhere. Archives (zip, gzip,
bzip2, xz) are searched inside as well.
"""

from __future__ import annotations

import base64
import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from buildpack_api.errors import BuildpackError
from buildpack_common.known_secrets import SHORTEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import IO

    from buildpack_common.known_secrets import KnownSecret

_BLOCK = 1 << 20
_DEEPEST = 4  # archives in one another
_MOST = 1 << 32  # bytes that one file may unpack to
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")  # what nothing escapes (RFC 3986, 2.3)
_LONGEST_ESCAPE = 20  # bytes for one character: %25F0%259F%2598%2580
_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot"}
_IN_QUERY = (rb"(?:[?&;]|%(?:25)?3[fF]|%(?:25)?26|\\u0026)", rb"(?![\w.~%-])")
_ZIP, _ZIP_END = b"PK\x03\x04", b"PK\x05\x06"
_ZIP_TAIL = (1 << 16) + 22  # bytes in which a zip archive has its end record, whatever comes before it
_COMPRESSED = {b"\x1f\x8b\x08": "gzip", b"BZh": "bz2", b"\xfd7zXZ\x00": "lzma"}
_SHORTEST_RUN = 3  # characters; a shorter one is everywhere, and finding it gains nothing
# OSError also says that something is not in a format: without a number, or that one cannot seek there.
_NO_FAULT_OF_THE_MACHINE = (None, errno.EINVAL)


@dataclass(frozen=True)
class Hit:
    """A secret in ``place``: a file below what was searched, with `` > `` before what is in an archive.

    No part of the secret is in it; ``source`` says in words which one it is.
    """

    place: str
    source: str


@dataclass
class Findings:
    """What came out of a search; ``unsearched`` are archives that unpack to more than could be searched."""

    hits: list[Hit] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0


class SecretSearch:
    """A search for these secrets; false (``bool``) if there is nothing to look for."""

    def __init__(self, secrets: Iterable[KnownSecret]) -> None:
        found = [needle for secret in secrets for needle in _needles(secret)]
        self._needles = tuple({one.pattern.pattern: one for one in reversed(found)}.values())
        # Long enough for the end record of a zip archive, too.
        self.overlap = max((one.longest for one in self._needles), default=0) + len(_ZIP_END) + 18

    def __bool__(self) -> bool:
        return bool(self._needles)

    def sources(self, content: bytes) -> set[str]:
        """Return which secrets are in it, by their source; archives are not unpacked."""
        return {one.source for one in self._needles if one.within(content)}

    def shown(self, place: str) -> str:
        """Return the name of a place without those parts of it that are secrets themselves."""
        parts = ("***" if self.sources(os.fsencode(part)) else part for part in place.split("/"))
        shown = "/".join(parts)
        return "***" if self.sources(os.fsencode(shown)) else shown

    def look_through(
        self,
        root: Path,
        findings: Findings,
        *,
        known: Callable[[str], bool] = lambda _path: False,
        progress: Callable[[int], object] = lambda _size: None,
    ) -> None:
        """Search all below the directory ``root``, or a file; symbolic links are not followed.

        Names are searched as well, and what links point to. ``known`` says of a path whether it is no
        secret of this build anyway: it is asked for what would be a hit, and before an archive is unpacked.
        ``progress`` is told the bytes read so far. Raises BuildpackError for what cannot be read.
        """
        if not self:
            return
        top = len(os.fspath(root)) + 1 if root.is_dir() else len(os.fspath(root.parent)) + 1
        for path, texts, is_file in _walk(os.fspath(root)):
            sources = set[str]().union(*map(self.sources, texts))
            if sources and not known(path):
                place = self.shown(path[top:])
                findings.hits += [Hit(f"{place} (its name)", source) for source in sorted(sources)]
            if is_file:
                self._file(path, path[top:], findings, known)
                progress(findings.size)

    def _file(self, path: str, place: str, findings: Findings, known: Callable[[str], bool]) -> None:
        with _opened(path) as file:
            searched = _Searched(self, lambda: known(path))
            searched.whole(file, "")
        findings.files += 1
        findings.size += searched.size
        if searched.found and not searched.is_known:
            for inner, source in sorted(searched.found):
                findings.hits.append(Hit(self.shown(place) + self.shown(inner), source))
        if searched.too_much:
            findings.unsearched.append(self.shown(place))


class _Searched:
    """One file while it is searched, with what is packed in it."""

    def __init__(self, search: SecretSearch, known: Callable[[], bool]) -> None:
        self._search = search
        self._known = known
        self._left = _MOST
        self.found: set[tuple[str, str]] = set()
        self.size = 0
        self.too_much = False

    @cached_property
    def is_known(self) -> bool:
        return self._known()

    def whole(self, file: IO[bytes], inner: str, depth: int = 0) -> None:
        """Search a file that can be read again, and what is in it if it is an archive."""
        first = last = b""
        for text in self._texts(file):
            self._note(text, inner)
            first, last = first or text[:8], text
        if not depth:
            self.size = file.tell()
        kind = _kind(first) or ("zip" if last.rfind(_ZIP_END, max(0, len(last) - _ZIP_TAIL)) >= 0 else "")
        if kind and depth < _DEEPEST and not self.is_known:
            file.seek(0)
            try:
                self._unpack(file, kind, inner, depth)
            except _TooMuchError:
                self.too_much = True

    def _unpack(self, file: IO[bytes], kind: str, inner: str, depth: int) -> None:
        with _only_damage():
            if kind != "zip":
                with _decompressed(file, kind) as stream:
                    return self._packed(stream, inner, depth + 1)
            import zipfile  # few builds keep one

            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    with _only_damage(), archive.open(member) as stream:
                        self._packed(stream, f"{inner} > {member.filename}", depth + 1)
        return None

    def _packed(self, stream: IO[bytes], inner: str, depth: int) -> None:
        """Search something that can be read once."""
        blocks = self._counted(stream)
        first = next(blocks, b"")
        if not _kind(first):
            for text in self._overlapping(first, blocks):
                self._note(text, inner)
            return
        import tempfile

        with tempfile.TemporaryFile() as copy:
            copy.write(first)
            copy.writelines(blocks)
            copy.seek(0)
            self.whole(copy, inner, depth)

    def _note(self, text: bytes, inner: str) -> None:
        self.found |= {(inner, source) for source in self._search.sources(text)}

    def _texts(self, file: IO[bytes]) -> Iterator[bytes]:
        blocks = iter(lambda: file.read(_BLOCK), b"")
        return self._overlapping(next(blocks, b""), blocks)

    def _overlapping(self, first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield all with so much of what came before that no secret is cut in two."""
        text = first
        yield text
        for block in blocks:
            text = text[-self._search.overlap :] + block
            yield text

    def _counted(self, stream: IO[bytes]) -> Iterator[bytes]:
        while block := stream.read(_BLOCK):
            self._left -= len(block)
            if self._left < 0:
                raise _TooMuchError
            yield block


class _TooMuchError(Exception):
    pass


@dataclass(frozen=True)
class _Needle:
    """One form of a secret: ``run`` is in it in any case, ``pattern`` fits all of it.

    ``before`` and ``after``: bytes that there may be on either side of the run.
    """

    source: str
    run: bytes
    pattern: re.Pattern[bytes]
    before: int
    after: int

    @property
    def longest(self) -> int:
        return self.before + len(self.run) + self.after

    def within(self, text: bytes) -> bool:
        if not self.run:
            return self.pattern.search(text) is not None
        if not self.before + self.after:
            return self.run in text
        at = text.find(self.run)
        while at >= 0:
            if self.pattern.search(text, max(0, at - self.before), at + len(self.run) + self.after):
                return True
            at = text.find(self.run, at + 1)
        return False


def _needles(secret: KnownSecret) -> Iterator[_Needle]:
    if len(secret.value) < SHORTEST:
        if secret.before:
            text = secret.before + secret.value + secret.after
            around = _IN_QUERY if not secret.after else (b"", b"")
            yield _needle(secret.source, [(char, _escaped(char)) for char in text], around)
        return
    yield _needle(secret.source, [(char, _escaped(char)) for char in secret.value])
    encodings = [secret.value.encode("utf-8", "surrogateescape")]
    with suppress(UnicodeEncodeError):  # as some clients send what is not ASCII (RFC 7617, 2.1)
        encodings.append(secret.value.encode("latin-1"))
    for content in dict.fromkeys(encodings):
        for text in _base64_parts(content):
            yield _needle(secret.source, [(char, _escaped_base64(char)) for char in text])


def _needle(source: str, chars: list[tuple[str, bytes]], around: tuple[bytes, bytes] = (b"", b"")) -> _Needle:
    text = "".join(char for char, _ in chars)
    pattern = re.compile(around[0] + b"".join(escaped for _, escaped in chars) + around[1])
    run = max(_PLAIN.finditer(text), key=lambda match: len(match[0]), default=None)
    margin = _LONGEST_ESCAPE if any(around) else 0
    if run is None or len(run[0]) < _SHORTEST_RUN:
        return _Needle(source, b"", pattern, 0, margin + _room(text))
    before, after = _room(text[: run.start()]), _room(text[run.end() :])
    return _Needle(source, run[0].encode(), pattern, before + margin, after + margin)


def _room(text: str) -> int:
    """Return how many bytes these characters take at most."""
    return sum(1 if _PLAIN.fullmatch(char) else _LONGEST_ESCAPE for char in text)


def _escaped(char: str) -> bytes:
    """Return a pattern for all ways to write a character."""
    if _PLAIN.fullmatch(char):
        return re.escape(char.encode())
    content = char.encode("utf-8", "surrogateescape")
    forms = [rb"\\{0,3}" + re.escape(content), b"".join(rb"%%(?:25)?(?i:%02x)" % byte for byte in content)]
    forms.append(rb"\\{1,2}U(?i:%08x)" % ord(char))
    # JSON writes two units of UTF-16 for what is beyond U+FFFF.
    units = char.encode("utf-16-be", "surrogatepass")
    forms.append(
        b"".join(rb"\\{1,2}u(?i:%02x%02x)" % pair for pair in zip(units[::2], units[1::2], strict=True))
    )
    forms.append(rb"&#(?:0*%d|[xX]0*(?i:%x));" % (ord(char), ord(char)))
    if ord(char) < 256:  # noqa: PLR2004  (one byte in latin-1)
        forms += [rb"\\{1,2}x(?i:%02x)" % ord(char), re.escape(bytes([ord(char)]))]
    if char in _HTML:
        forms.append(b"&%s;" % _HTML[char].encode())
    if char == " ":
        forms.append(rb"\+")
    if char in "%$\\":  # doubled in templates, configuration files and literals
        forms.append(re.escape(content) + rb"{2,4}")
    return b"(?:" + b"|".join(forms) + b")"


def _base64_parts(content: bytes) -> Iterator[str]:
    """Yield what is in the base64 of anything with this in it, for each place where it may begin."""
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + content).decode()
        yield encoded[-(-shift * 8 // 6) : (shift + len(content)) * 8 // 6]


def _escaped_base64(char: str) -> bytes:
    """Return a pattern for a character of base64, also of the alphabet for addresses and file names."""
    if char == "+":
        return rb"(?:[+-]|%(?:25)?2[bB]|\\u002[bB])"
    if char == "/":
        return rb"(?:\\?/|_|%(?:25)?2[fF])"
    return char.encode()


def _kind(start: bytes) -> str:
    """Return what kind of archive begins so, or ''."""
    if start.startswith((_ZIP, _ZIP_END)):
        return "zip"
    return next((kind for magic, kind in _COMPRESSED.items() if start.startswith(magic)), "")


def _decompressed(file: IO[bytes], kind: str) -> IO[bytes]:
    """Open a compressed file. Raises ImportError where this Python is built without the library."""
    from importlib import import_module  # few builds keep one

    stream: IO[bytes] = import_module(kind).open(file)
    return stream


@contextmanager
def _only_damage() -> Iterator[None]:
    """Pass over what is no archive after all, is damaged or encrypted: it was searched as it is."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_FAULT_OF_THE_MACHINE:
            raise
    except _damage():
        pass


@cache
def _damage() -> tuple[type[Exception], ...]:
    """Return what the modules for archives raise for something that they do not understand."""
    import struct
    import zipfile
    import zlib
    from importlib import import_module

    found = [EOFError, ImportError, IndexError, NotImplementedError, RuntimeError, ValueError]
    found += [struct.error, zipfile.BadZipFile, zlib.error]
    for module, name in (("lzma", "LZMAError"), ("compression.zstd", "ZstdError")):
        with suppress(ImportError):  # not every Python has them
            found.append(getattr(import_module(module), name))
    return tuple(found)


def _walk(root: str) -> Iterator[tuple[str, tuple[bytes, ...], bool]]:
    """Yield each path, the texts in its name and in what a link points to, and whether it is a file."""
    if not os.path.isdir(root):  # noqa: PTH112  (text: there are thousands)
        yield root, (), True
        return
    folders, made_readable = [root], list[tuple[str, int]]()
    try:
        while folders:
            folder = folders.pop()
            for entry in _entries(folder, made_readable):
                name = os.fsencode(entry.name)
                if entry.is_symlink():
                    yield entry.path, (name, os.fsencode(os.readlink(entry.path))), False  # noqa: PTH115
                    continue
                yield entry.path, (name,), entry.is_file()
                if entry.is_dir():
                    folders.append(entry.path)
    finally:
        for folder, mode in reversed(made_readable):
            os.chmod(folder, mode)  # noqa: PTH101


def _entries(folder: str, made_readable: list[tuple[str, int]]) -> list[os.DirEntry[str]]:
    if not os.access(folder, os.R_OK | os.X_OK):
        made_readable.append((folder, _let_me_read(folder, stat.S_IRUSR | stat.S_IXUSR)))
    with os.scandir(folder) as found:
        return list(found)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    mode = -1
    try:
        file = os.open(path, flags)
    except PermissionError:
        mode = _let_me_read(path, stat.S_IRUSR)
        file = os.open(path, flags)
    try:
        with open(file, "rb", buffering=0) as opened:  # noqa: PTH123
            yield opened
    finally:
        if mode >= 0:
            os.chmod(path, mode)  # noqa: PTH101


def _let_me_read(path: str, right: int) -> int:
    """Add read permission for the owner; return the old mode. Raises BuildpackError."""
    try:
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        os.chmod(path, mode | right)  # noqa: PTH101
    except OSError as error:
        raise BuildpackError(
            f"Cannot search {path} for secrets: {error.strerror}",
            detail="What cannot be read here can be read by whoever gets the image.",
            advice="Find out what made it, and let the user that runs the build read it.",
        ) from error
    return mode
