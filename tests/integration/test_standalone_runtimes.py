"""Real trees of python-build-standalone, old and new forms, through the whole job.

The archives that other tests are fed with are made from installed CPythons. These are not: the interpreter of
3.10 to 3.13 here loads libpython by a path, that of 3.14 has it inside, and all were built by somebody else.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.progress import say
from buildpack_testing.archive import unpack
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.server import serve
from buildpack_testing.standalone.releases import RELEASES
from support.main_job import APPS, MainJob
from support.needs import need
from support.python_archives import real_archives
from support.sample_builds import E2E_FIXTURES, pack_source
from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.runtime_set import RuntimeSet

RUNTIME, VENV = "strata/python-runtime", "strata/app-venv"
VERSIONS = [release.version for release in RELEASES]
# What python-runtime's README says is not kept, and what only other systems have.
NOT_KEPT = ("tkinter", "_tkinter", "turtle", "turtledemo", "idlelib", "test", "lib2to3.tests")

# Prints the names of all modules of the standard library that can be imported, one process for all.
IMPORTABLE = """
import contextlib, importlib, io, os, pkgutil, sys, warnings
warnings.simplefilter("ignore")
library = os.path.dirname(os.__file__)
names = set(sys.builtin_module_names) | set(sys.stdlib_module_names)
for info in pkgutil.walk_packages([library], onerror=lambda name: None):
    if info.module_finder.path.startswith(library) and "site-packages" not in info.module_finder.path:
        names.add(info.name)
skip = {"antigravity", "this", "__main__", "idlelib.idle"}
found = []
for name in sorted(names):
    if name in skip or name.endswith("__main__") or "test" in name.split("."):
        continue
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            importlib.import_module(name)
    except BaseException:
        continue
    found.append(name)
print("\\n".join(found))
"""

# What the interpreter itself says of the libraries in it.
REPORTED = """
import json, pyexpat, re, sqlite3, ssl, zlib
print(json.dumps({
    "openssl": re.search(r"[0-9.]+[a-z]?", ssl.OPENSSL_VERSION)[0],
    "sqlite": sqlite3.sqlite_version,
    "zlib": zlib.ZLIB_RUNTIME_VERSION,
    "expat": pyexpat.EXPAT_VERSION.removeprefix("expat_"),
}))
"""


@pytest.fixture(scope="module")
def standalone() -> RuntimeSet:
    """The archives, made once for all runs (they take a download of 0.5 GB the first time)."""
    need("C compiler")
    return real_archives()


@pytest.fixture(scope="module")
def sources(standalone: RuntimeSet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that name a mirror with the archives and an index with what the app needs."""
    scratch = tmp_path_factory.mktemp("feed")
    apps = fill_index([APPS / "flask" / "requirements.txt"], report=say)
    tools = fill_index([E2E_FIXTURES / "compiled" / "build-requirements.txt"], report=say)
    stem = "strata_test_squares-1.0"
    source = pack_source(E2E_FIXTURES / "compiled" / "squares", stem, scratch / f"{stem}.tar.gz")
    index = write_index([*apps.wheels, *tools.wheels, source], scratch / "index")
    with serve(index.directory) as server, mirror_variables(standalone) as mirror:
        yield {**served_index(server), **mirror}


@dataclass(frozen=True)
class Built:
    """An app with wheels and a C extension, built by one of the Pythons, and its archive unpacked."""

    version: str
    job: MainJob
    app: Path
    result: BuildResult
    sbom: dict[str, Any]
    original: Path

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]

    def ask(self, program: str, *, python: Path | None = None) -> str:
        """Return what a program prints, run by the layer's Python or by the one given."""
        interpreter = python or self.job.python / "bin" / "python3"
        done = subprocess.run([interpreter, "-I", "-c", program], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture(scope="module", params=VERSIONS)
def built(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    composite: tuple[Path, ...],
    standalone: RuntimeSet,
    sources: dict[str, str],
) -> Built:
    """The app, built once by each of the Pythons."""
    version: str = request.param
    root = tmp_path_factory.mktemp(f"python {version}")
    app = root / "app"
    app.mkdir()
    pinned = (APPS / "flask" / "requirements.txt").read_text().replace("\\\n", "").splitlines()
    names = [line.split(" ")[0] for line in pinned if line and not line.startswith("#")]
    (app / "requirements.txt").write_text("\n".join([*names, "strata-test-squares", ""]))
    (app / "app.py").write_text((APPS / "flask" / "app.py").read_text())
    (app / ".python-version").write_text(f"{version}\n")
    job = MainJob(root, composite, sources)
    (archive,) = (one for one in standalone.archives if one.version == version)
    original = root / "original"
    original.mkdir()
    with tarfile.open(archive.file) as tar:
        unpack(tar, original)
    result = job.build(app)
    # Now: when a container starts, only layers are there.
    sbom = assert_valid_sbom(job.layers / "strata_python-runtime" / "python.sbom.cdx.json")
    return Built(version, job, app, result, sbom, original / "python")


def test_the_app_runs(built: Built) -> None:
    """Protects every form of archive: that the interpreter starts, with wheels and a compiled extension."""
    program = "import flask, sys, squares; print(sys.version.split()[0], squares.square(12))"
    with built.job.platform.container() as container:
        assert container.run(["python", "-c", program]).stdout.split() == [built.version, "144"]


def test_pruning_takes_no_module_away(built: Built) -> None:
    """Protects apps from a standard library with holes: what could be imported before can be after."""
    before = built.ask(IMPORTABLE, python=built.original / "bin" / f"python{built.minor}").split()
    after = built.ask(IMPORTABLE).split()
    missing = {name for name in set(before) - set(after) if not name.startswith(NOT_KEPT)}
    assert len(after) > 500
    assert missing == set()


def test_the_bill_of_materials_agrees_with_the_interpreter(built: Built) -> None:
    """Protects scans for vulnerabilities: the libraries inside, with the versions they say they have."""
    listed = {one["name"]: one.get("version") for one in built.sbom["components"]}
    reported = json.loads(built.ask(REPORTED))
    assert {name: listed.get(name) for name in reported} == reported


def test_a_second_build_is_bit_identical(built: Built) -> None:
    """Protects registries from layers that differ for nothing; the C extension is compiled anew, too."""
    layers = [(RUNTIME, "python"), (VENV, "venv")]
    built.job.platform.store.forget(image=True, cache=True)
    again = built.job.build(built.app)
    assert not any(layer.reused for layer in again.layers)
    first = {layer: built.result.layer(*layer).diff_id for layer in layers}
    assert {layer: again.layer(*layer).diff_id for layer in layers} == first


def test_pip_comes_back_when_asked_for(built: Built) -> None:
    """Protects what the README says of running containers: ensurepip has its wheel."""
    with built.job.platform.container() as container:
        container.run(["python", "-m", "ensurepip", "--default-pip"])
        assert "pip " in container.run(["python", "-m", "pip", "--version"]).stdout
