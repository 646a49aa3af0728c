"""What the Go module leaves out of a tree and an app needs: ensurepip, headers, pkg-config files.

They come from a CPython of the same minor on this machine, or from Debian's packages; the wheels that a
distribution takes out of ensurepip come from the package index. Values of the build that headers and
pkg-config files hold are replaced by those of the tree.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError
from buildpack_testing.installed_pythons import InstalledPython, find_installed
from buildpack_testing.pinned import fetch
from buildpack_testing.runtime_set import set_modes
from buildpack_testing.standalone.debian import unpacked_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from buildpack_testing.standalone.releases import StandaloneRelease

# The suites of Debian that have a minor, and what their packages are called.
_SUITES: Mapping[str, str] = {"3.11": "bookworm", "3.13": "trixie", "3.14": "unstable"}
_PACKAGES = ("libpython{minor}-dev", "libpython{minor}-stdlib", "python{minor}-venv")
# Packages of the standard library that the module leaves out, the last of them up to its version of 20231002.
_LEFT_OUT = ("idlelib", "lib2to3", "pydoc_data", "distutils", "multiprocessing", "sqlite3", "venv")
# Debian's addition to ensurepip, which refuses to run outside of virtual environments.
_REFUSAL = "_ensurepip_is_disabled_in_debian_for_system"
# The prefix in the files of python-build-standalone's archives.
_PREFIX = "/install"
# A macro of pyconfig.h, as sysconfig.parse_config_h reads it into the variables of the build.
_MACRO = re.compile(r"^(?:#define ([A-Z]\w+)[^\n]*|/\* #undef ([A-Z]\w+) \*/)$", re.MULTILINE)


@dataclass(frozen=True)
class Supplement:
    """Where the missing parts of a tree are. identity tells it from another; name says it to people.

    stdlib holds ensurepip and the other packages; include are the directories of headers, of which a later
    one's files win; pkgconfig holds python-3.X.pc. missing says of an empty one why it is empty.
    """

    name: str
    identity: str
    stdlib: Path | None = None
    include: tuple[Path, ...] = ()
    pkgconfig: Path | None = None
    missing: str = ""


def find_supplement(minor: str, *, report: Callable[[str], None] = lambda _line: None) -> Supplement:
    """Return the best source of a minor's missing parts on this machine; an empty one if there is none."""
    installed = find_installed().get(minor)
    if installed is not None:
        return _of_installed(installed)
    suite = _SUITES.get(minor)
    if suite is not None:
        try:
            return _of_debian(minor, suite, report)
        except (MissingToolError, NetworkError) as error:
            return Supplement("nothing", "none", missing=str(error))
    return Supplement("nothing", "none", missing=f"no CPython {minor} is installed here")


def complete(
    tree: Path,
    release: StandaloneRelease,
    supplement: Supplement,
    report: Callable[[str], None] = lambda _line: None,
) -> None:
    """Add what supplement has to the tree of a release. Raises ReleaseError, NetworkError, OSError."""
    library = tree / "lib" / f"python{release.minor}"
    if supplement.stdlib is not None:
        for name in _LEFT_OUT:
            if (supplement.stdlib / name).is_dir() and not (library / name).exists():
                _copy(supplement.stdlib / name, library / name)
        _add_ensurepip(supplement.stdlib / "ensurepip", library / "ensurepip", release, report)
    if supplement.include:
        _add_headers(supplement.include, tree / "include" / f"python{release.minor}", library, release)
    if supplement.pkgconfig is not None:
        _add_pkgconfig(supplement.pkgconfig, tree / "lib" / "pkgconfig", release.minor)


def _of_installed(python: InstalledPython) -> Supplement:
    pkgconfig = python.prefix / "lib" / "pkgconfig"
    return Supplement(
        f"CPython {python.version} in {python.prefix}",
        json.dumps([python.version, str(python.prefix)]),
        python.stdlib,
        (python.prefix / "include" / f"python{python.minor}",),
        pkgconfig if pkgconfig.is_dir() else None,
    )


def _of_debian(minor: str, suite: str, report: Callable[[str], None]) -> Supplement:
    packages = [name.format(minor=minor) for name in _PACKAGES]
    files = unpacked_packages(suite, packages, report=report) / "usr"
    (multiarch,) = files.glob(f"include/*/python{minor}")
    config = multiarch / "pyconfig.h"
    return Supplement(
        f"Debian {suite}'s packages",
        json.dumps([suite, config.read_text("utf-8"), _patch_level(files / "include" / f"python{minor}")]),
        files / "lib" / f"python{minor}",
        (files / "include" / f"python{minor}", multiarch),
        files / "lib" / multiarch.parent.name / "pkgconfig",
    )


def _patch_level(include: Path) -> str:
    return (include / "patchlevel.h").read_text("utf-8")


def _copy(source: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "test", "tests", "idle_test")
    shutil.copytree(source, target, ignore=ignored)
    set_modes(target, file=0o664, executable=0o775)


def _add_ensurepip(
    source: Path, target: Path, release: StandaloneRelease, report: Callable[[str], None]
) -> None:
    _copy(source, target)
    if list(target.glob("_bundled/pip-*.whl")):
        return
    module = target / "__init__.py"
    module.write_text(upstream_ensurepip(module.read_text("utf-8"), release), encoding="utf-8")
    bundled = target / "_bundled"
    bundled.mkdir(exist_ok=True)
    if release.minor == "3.10":  # a package there, a directory of data later
        (bundled / "__init__.py").touch()
    with tempfile.TemporaryDirectory(prefix="strata-wheels-") as scratch:
        for wheel in release.wheels:
            report(f"fetching {wheel.name} {wheel.version}, which ensurepip of {release.version} installs")
            shutil.copy(fetch(wheel, Path(scratch)), bundled)
    set_modes(target, file=0o664, executable=0o775)


def upstream_ensurepip(source: str, release: StandaloneRelease) -> str:
    """Return ensurepip's source without Debian's changes and with the release's versions of its wheels.

    Raises ReleaseError for a source that is changed in a way we do not know.
    """
    tree = ast.parse(source)
    dropped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and _is_refusal(node):
            dropped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line for number, line in enumerate(source.splitlines(keepends=True), 1) if number not in dropped]
    changed = "".join(lines)
    for wheel in release.wheels:
        pattern = rf'(?m)^(_{wheel.name.upper()}_VERSION = ")[^"]+"$'
        changed, count = re.subn(pattern, rf'\g<1>{wheel.version}"', changed)
        if count != 1:
            raise ReleaseError(f"ensurepip names no version of {wheel.name} where it was expected")
    code = ast.unparse(ast.parse(changed))  # without comments: CPython's own tell of distributions
    if re.search(r"debian|ubuntu|/usr/", code, re.IGNORECASE):
        raise ReleaseError("ensurepip is changed in a way that is not known here")
    return changed


def _is_refusal(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name == _REFUSAL
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    return isinstance(node.value.func, ast.Name) and node.value.func.id == _REFUSAL


def _add_headers(sources: Sequence[Path], target: Path, library: Path, release: StandaloneRelease) -> None:
    for source in sources:
        shutil.copytree(source, target, dirs_exist_ok=True)
    (data,) = library.glob("_sysconfigdata_*.py")
    config = target / "pyconfig.h"
    config.write_text(
        config_of_build(config.read_text("utf-8"), build_variables(data.read_text("utf-8"))), "utf-8"
    )
    level = target / "patchlevel.h"
    level.write_text(_with_version(level.read_text("utf-8"), release.version), "utf-8")
    set_modes(target.parent, file=0o664, executable=0o775)


def build_variables(source: str) -> dict[str, object]:
    """Return the variables of a _sysconfigdata module. Raises ReleaseError if it is not one."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "build_time_vars":
            found: dict[str, object] = ast.literal_eval(statement.value)
            return found
    raise ReleaseError("_sysconfigdata has no build_time_vars")


def config_of_build(header: str, variables: Mapping[str, object]) -> str:
    """Return pyconfig.h with the values of another build, which sysconfig keeps beside the Makefile's.

    Macros whose names begin with an underscore or a small letter are not kept there: they stay as they are.
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in variables:
            return f"/* #undef {name} */" if found[2] or name.startswith("HAVE_") else found[0]
        return f"#define {name} {variables[name]}" if variables[name] else f"/* #undef {name} */"

    return _MACRO.sub(value, header)


def _with_version(header: str, version: str) -> str:
    header = re.sub(r"(?m)^(#define PY_MICRO_VERSION\s+)\d+", rf"\g<1>{version.split('.')[2]}", header)
    return re.sub(r'(?m)^(#define PY_VERSION\s+)"[^"]+"', rf'\g<1>"{version}"', header)


def _add_pkgconfig(source: Path, target: Path, minor: str) -> None:
    target.mkdir()
    for name in (f"python-{minor}.pc", f"python-{minor}-embed.pc"):
        libraries = "-L${libdir} -lpython" + minor if "embed" in name else ""
        text = (source / name).read_text("utf-8")
        for line in (
            f"prefix={_PREFIX}",
            "libdir=${exec_prefix}/lib",
            "includedir=${prefix}/include",
            f"Libs: {libraries}".rstrip(),
            f"Cflags: -I${{includedir}}/python{minor}",
            "Libs.private: -lpthread -ldl -lutil",
        ):
            key = re.match(r"[\w.]+[:=]", line)
            assert key is not None  # noqa: S101 (each line above has one)
            text = re.sub(rf"(?m)^{re.escape(key[0])}.*$", line.replace("\\", r"\\"), text)
        if "\nlibdir=" not in text:
            text = text.replace("\nincludedir=", "\nlibdir=${exec_prefix}/lib\nincludedir=")
        (target / name).write_text(text, "utf-8")
        (target / name.replace(f"-{minor}", "3")).symlink_to(name)
    set_modes(target, file=0o664, executable=0o775)
