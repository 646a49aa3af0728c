"""What goes into a buildpack: files of the repository, by their place in it, and locked wheels.

Assembling copies this list, and packaging hashes it to know whether anything has changed: one list for
both, so that nothing can be packaged that does not count as a change.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import DEEPEST
from buildpack_release.errors import CheckFailed, ReleaseError, shown_path
from buildpack_release.model.settings import PYPROJECT, TABLE
from buildpack_release.wheels.lock_file import Pin, read_lock
from oci_registry.content import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from buildpack_release.model.repository import Buildpack, Repository

_TEXTS = ("CHANGELOG.md", "LICENSE", "README.md")
OWN_FOLDERS = ("bin", "data", "detect", "lib")
"""What is packaged of a component that brings its own programs."""
_LOCKS = ("vendor.lock", "wheels.lock")
LEFTOVER = re.compile(r".*~|\..*\.sw.|#.*#|\.#.*|.*\.(orig|rej|bak)")
"""Names of what editors and merges leave behind: never packaged."""
# And what tests, builds and version control do.
_LEFT_OUT = re.compile(
    rf"__pycache__|tests|.*\.pyc|.*\.egg-info|\.git.*|\.hg.*|\..*_cache|\.DS_Store|{LEFTOVER.pattern}"
)


@dataclass(frozen=True)
class InputFile:
    """A file, and the path it gets in the buildpack. `link` is the text of a symbolic link."""

    name: str
    source: Path
    is_executable: bool = False
    link: str | None = None

    def update(self, digest: hashlib._Hash) -> None:
        """Add everything about this file that shows in the assembled buildpack."""
        if self.link is not None:
            content = self.link.encode()
            digest.update(f"link\0{self.name}\0{len(content)}\0".encode() + content)
            return
        kind = "program" if self.is_executable else "file"
        with self.source.open("rb", buffering=0) as file:
            digest.update(f"{kind}\0{self.name}\0{os.fstat(file.fileno()).st_size}\0".encode())
            while block := file.read(BLOCK):
                digest.update(block)


@dataclass(frozen=True)
class PackageInputs:
    """Everything an assembled buildpack is made of but the bytecode.

    `package` is its Python package; "" for a composite, and for a component that brings its own programs.
    """

    package: str
    files: tuple[InputFile, ...]
    vendored: tuple[Pin, ...] = ()
    wheels: tuple[Pin, ...] = ()

    @property
    def pins(self) -> tuple[Pin, ...]:
        """All locked wheels."""
        return self.vendored + self.wheels

    def digest(self, *facts: str) -> str:
        """Return one digest of all this and of other facts that the result depends on."""
        digest = hashlib.sha256()
        for text in (self.package, *map(_pin_text, (self.vendored, self.wheels)), self._content, *facts):
            digest.update(f"{len(text)}\0{text}".encode())
        return f"sha256:{digest.hexdigest()}"

    @functools.cached_property
    def _content(self) -> str:
        digest = hashlib.sha256()
        for file in self.files:
            file.update(digest)
        return digest.hexdigest()


def collect(repository: Repository, buildpack: Buildpack) -> PackageInputs:
    """List the inputs of a buildpack, sorted by their place in it.

    Raises:
        CheckFailed: a part is missing, or a file cannot go into a package.
        ReleaseError: a file or directory cannot be read.
    """
    try:
        return _collect(repository, buildpack)
    except OSError as error:
        file = Path(os.fsdecode(error.filename)) if error.filename else buildpack.directory
        raise ReleaseError(f"cannot read this: {error.strerror}", file=file) from error


def is_input(repository: Repository, buildpack: Buildpack, path: str) -> bool:
    """Return whether a file, given by its path below the root, goes into a buildpack, or would if it existed.

    So it can be asked of a deleted file, too. Raises CheckFailed for bad settings.
    """
    file = repository.root / path
    return any(one.covers(file) for one in _sources(repository, buildpack))


@dataclass(frozen=True)
class _Source:
    """A file of the repository, or a whole directory, and the path it gets in the buildpack.

    The lock files have none: what they name goes into it.
    """

    name: str
    path: Path
    is_tree: bool = False

    def covers(self, file: Path) -> bool:
        """Return whether a file is this one, or one of this directory that is not left out."""
        if not self.is_tree:
            return file == self.path
        is_inside = file != self.path and file.is_relative_to(self.path)
        return is_inside and not any(map(_LEFT_OUT.fullmatch, file.relative_to(self.path).parts))


def _sources(repository: Repository, buildpack: Buildpack) -> tuple[_Source, ...]:
    """List where the files of a buildpack come from, each whether it is there or not."""
    home = buildpack.directory
    files = [_Source("buildpack.toml", home / "buildpack.toml"), *_texts(repository.root, buildpack)]
    if buildpack.descriptor.is_composite:
        return tuple(files)
    if buildpack.brings_programs:
        return (*files, *(_Source(name, home / name, is_tree=True) for name in OWN_FOLDERS))
    return (
        *files,
        *(_Source("", home / name) for name in _LOCKS),
        *(_Source("bin", one / "share/bin", is_tree=True) for one in repository.libraries),
        *(_Source("lib", one / "src", is_tree=True) for one in (*repository.libraries, home)),
        *(_Source(name, home / name, is_tree=True) for name in ("detect", "data")),
    )


def _texts(root: Path, buildpack: Buildpack) -> Iterator[_Source]:
    """Yield what people want to read beside the code; the licence may be the one of the repository."""
    for name in _TEXTS:
        path = buildpack.directory / name
        yield _Source(name, root / name if name == "LICENSE" and not path.exists() else path)


def _collect(repository: Repository, buildpack: Buildpack) -> PackageInputs:
    has_package = not (buildpack.descriptor.is_composite or buildpack.brings_programs)
    package = _find_package(buildpack).name if has_package else ""
    optional = {*_TEXTS, "data", "bin", *(OWN_FOLDERS if buildpack.brings_programs else ())}
    if buildpack.brings_programs:
        _check_programs(buildpack.directory / "bin")
    files: list[InputFile] = []
    for source in _sources(repository, buildpack):
        if source.name and (source.name not in optional or source.path.exists()):
            files += _tree(source.name, source.path) if source.is_tree else [_file(source.name, source.path)]
    if not package:
        return PackageInputs("", _sorted(files))
    if not any(file.name.startswith("bin/") for file in files):
        raise CheckFailed(
            "no library has the programs of a buildpack: share/bin, which becomes bin/",
            advice=f"[{TABLE}] libraries lists the folders of libraries, such as packages/buildpack-api.",
            file=repository.root / PYPROJECT,
        )
    return PackageInputs(package, _sorted(files), *(read_lock(buildpack.directory / name) for name in _LOCKS))


def _check_programs(directory: Path) -> None:
    for name in ("detect", "build"):
        program = directory / name
        if not os.access(program, os.X_OK):
            raise CheckFailed(
                "a component with a bin/ of its own needs this program, executable",
                advice=f"Run: chmod +x bin/{name}" if program.exists() else "",
                file=program,
            )


def _find_package(buildpack: Buildpack) -> Path:
    """Return the Python package with the buildpack's code, the only one in src/."""
    source = buildpack.directory / "src"
    packages = sorted(path.parent for path in source.glob("*/__init__.py"))
    if len(packages) != 1:
        found = ", ".join(package.name for package in packages) or "none"
        raise CheckFailed(
            "a buildpack has exactly one Python package in src/", detail=f"Found: {found}", file=source
        )
    module = packages[0] / "build"
    if not (module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()):
        raise CheckFailed(
            "the module `build` with the function `build(context)` is missing", file=module.with_suffix(".py")
        )
    return packages[0]


def _tree(name: str, directory: Path) -> list[InputFile]:
    if not directory.is_dir():
        raise CheckFailed(f"this directory is missing; it becomes {name}/ of the buildpack", file=directory)
    return [_input(path, Path(entry.path), directory) for path, entry in _walk(name, directory)]


def _walk(name: str, directory: str | Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what is below a directory, but for folders, with the path it gets in the buildpack."""
    if name.count("/") > DEEPEST:
        raise CheckFailed(f"folders are in each other more than {DEEPEST} levels deep", file=Path(directory))
    with os.scandir(directory) as entries:
        found = [entry for entry in entries if not _LEFT_OUT.fullmatch(entry.name)]
    for entry in found:
        path = f"{name}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, entry.path)
        else:
            yield path, entry


def _file(name: str, path: Path) -> InputFile:
    """Return a single file, following a link: only its content counts."""
    if not path.is_file():
        raise CheckFailed("this is not a file", file=path)
    return InputFile(name, path)


def _input(name: str, path: Path, tree: Path) -> InputFile:
    _check_name(name, path)
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return InputFile(name, path, link=_checked_link(path, tree))
    if not stat.S_ISREG(mode):
        raise CheckFailed("only files, folders and links can be packaged", file=path)
    return InputFile(name, path, is_executable=bool(mode & 0o111))


def _check_name(name: str, path: Path) -> None:
    if ".." in name:
        raise CheckFailed('a file name with ".." in it cannot be packaged: pack refuses it', file=path)
    try:
        name.encode()
    except UnicodeEncodeError:
        raise CheckFailed(
            "a file name that is not UTF-8 cannot be packaged", file=Path(ascii(str(path)))
        ) from None


def _checked_link(path: Path, tree: Path) -> str:
    text = str(path.readlink())
    if Path(text).is_absolute() or not path.resolve().is_relative_to(tree.resolve()):
        raise CheckFailed(
            "this link leaves the folder that is packaged",
            detail=f"It points to {text}, and the folder is {shown_path(tree)}.",
            file=path,
        )
    return text


def _sorted(files: Iterable[InputFile]) -> tuple[InputFile, ...]:
    found: dict[str, InputFile] = {}
    for file in files:
        if file.name in found:
            first = shown_path(found[file.name].source)
            raise CheckFailed(f"{first} and this one both become {file.name}", file=file.source)
        found[file.name] = file
    return tuple(found[name] for name in sorted(found))


def _pin_text(pins: tuple[Pin, ...]) -> str:
    return "\n".join(pin.requirement for pin in pins)
