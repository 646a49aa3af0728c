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

from buildpack_release.errors import CheckFailed, ReleaseError, shown_path
from buildpack_release.oci.content import BLOCK
from buildpack_release.wheels.lock_file import Pin, read_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from buildpack_release.model.repository import Buildpack, Repository

_LIBRARY = Path("packages/buildpack-api")
_TEXTS = ("CHANGELOG.md", "LICENSE", "README.md")
OWN_FOLDERS = ("bin", "data", "detect", "lib")
"""What is packaged of a component that brings its own programs."""
# What tests, builds, editors and version control leave behind.
_LEFT_OUT = re.compile(
    r"__pycache__|tests|.*\.pyc|.*\.egg-info|\.git.*|\.hg.*|\..*_cache|\.DS_Store"
    r"|.*~|\..*\.sw.|#.*#|\.#.*|.*\.(orig|rej|bak)"
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
class Inputs:
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


def collect(repository: Repository, buildpack: Buildpack) -> Inputs:
    """List the inputs of a buildpack, sorted by their place in it.

    Raises:
        CheckFailed: a part is missing, or a file cannot go into a package.
        ReleaseError: a file or directory cannot be read.
    """
    try:
        return _collect(repository.root, buildpack)
    except OSError as error:
        file = Path(os.fsdecode(error.filename)) if error.filename else buildpack.directory
        raise ReleaseError(f"cannot read this: {error.strerror}", file=file) from error


def _collect(root: Path, buildpack: Buildpack) -> Inputs:
    files = [_file("buildpack.toml", buildpack.directory / "buildpack.toml"), *_texts(root, buildpack)]
    if buildpack.descriptor.is_composite:
        return Inputs("", _sorted(files))
    if buildpack.brings_programs:
        return Inputs("", _sorted([*files, *_own_programs(buildpack.directory)]))
    package = _find_package(buildpack)
    files += _tree("bin", root / _LIBRARY / "share/bin")
    files += _tree("detect", buildpack.directory / "detect")
    files += _tree("lib/buildpack_api", root / _LIBRARY / "src/buildpack_api")
    files += _tree(f"lib/{package.name}", package)
    if (buildpack.directory / "data").exists():
        files += _tree("data", buildpack.directory / "data")
    return Inputs(
        package.name,
        _sorted(files),
        read_lock(buildpack.directory / "vendor.lock"),
        read_lock(buildpack.directory / "wheels.lock"),
    )


def _own_programs(directory: Path) -> Iterator[InputFile]:
    """Yield the folders of a component that does not use our launchers and our library."""
    for name in ("detect", "build"):
        program = directory / "bin" / name
        if not os.access(program, os.X_OK):
            raise CheckFailed(
                "a component with a bin/ of its own needs this program, executable",
                advice=f"Run: chmod +x bin/{name}" if program.exists() else "",
                file=program,
            )
    for name in OWN_FOLDERS:
        if (directory / name).is_dir():
            yield from _tree(name, directory / name)


def _texts(root: Path, buildpack: Buildpack) -> Iterator[InputFile]:
    """Yield what people want to read beside the code; the licence may be the one of the repository."""
    for name in _TEXTS:
        path = buildpack.directory / name
        if name == "LICENSE" and not path.exists():
            path = root / name
        if path.exists():
            yield _file(name, path)


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
    return tuple(sorted(files, key=lambda file: file.name))


def _pin_text(pins: tuple[Pin, ...]) -> str:
    return "\n".join(pin.requirement for pin in pins)
