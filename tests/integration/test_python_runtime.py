"""strata/python-runtime: archives served on loopback become a layer that apps and later buildpacks use."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import stat
import struct
import subprocess
import tarfile
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
import tomli_w

from buildpack_api import toml
from buildpack_testing.failure import PhaseError
from buildpack_testing.platform import LocalPlatform
from buildpack_testing.server import serve
from support import misbehaving_server
from support.component_builds import (
    CONSUMER,
    MINORS,
    NEWEST,
    NEWEST_RUNTIME,
    RUNTIMES,
    archive_of,
    assemble_components,
    image_with_python,
)
from support.main_job import RUNTIME
from support.restored import change_metadata
from support.sbom_schemas import assert_valid_sbom
from support.scripted import ScriptedBuildpacks, requires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

PROBE = "env > seen; command -v python; command -v python3"
BOTH = "build = true\nlaunch = true"
# Prints what sysconfig says, and builds and imports an extension in the way it says.
FACTS = """\
import os, subprocess, sys, sysconfig
get = sysconfig.get_config_var
for name in ("prefix", "LIBDIR", "INCLUDEPY"):
    print(get(name))
print(os.path.isfile(sysconfig.get_makefile_filename()), os.path.isdir(get("INCLUDEPY")))
command = [*get("LDSHARED").split(), "-fPIC", "-I" + get("INCLUDEPY"), "x.c", "-o", "x" + get("EXT_SUFFIX")]
print(command[0])
subprocess.run(command, check=True)
sys.path.insert(0, ".")
import x
print(x.__name__)
"""
HOSTILE = {
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONHASHSEED": "17",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPYCACHEPREFIX": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "LANG": "C",
    "SOURCE_DATE_EPOCH": "1",
}


@dataclass(frozen=True)
class Builds:
    """Builds of one app in one workspace (so with equal paths); variables go to every build."""

    root: Path
    buildpack: Path
    app: Path
    variables: Mapping[str, str]
    runtimes: RuntimeSet
    metadata: str = BOTH
    probe: str = PROBE
    arch: str = "amd64"
    outer: str = NEWEST
    workspace: str = "work space"

    def platform(self) -> LocalPlatform:
        folder = (
            self.root / f"scripted-{hashlib.sha256((self.metadata + self.probe).encode()).hexdigest()[:8]}"
        )
        if folder.exists():
            shutil.rmtree(folder)
        scripted = ScriptedBuildpacks(folder)
        scripted.add(CONSUMER, plan=requires("python", metadata=self.metadata), build=self.probe)
        image = replace(image_with_python(self.outer), arch=self.arch)
        buildpacks = [self.buildpack, *scripted.directories]
        return LocalPlatform(self.root / self.workspace, buildpacks, [[RUNTIME, CONSUMER]], image=image)

    def build(self, minor: str = NEWEST_RUNTIME, **variables: str) -> BuildResult:
        archive_of(self.runtimes, minor)
        (self.app / ".python-version").write_text(f"{minor}\n")
        return self.platform().build(self.app, variables={**self.variables, **variables})

    def forget(self) -> None:
        """Let the next build be the first one."""
        self.platform().store.forget(image=True, cache=True)

    def failure(self, minor: str = NEWEST_RUNTIME, **variables: str) -> str:
        with pytest.raises(PhaseError) as caught:
            self.build(minor, **variables)
        assert "Traceback" not in caught.value.output
        return caught.value.output

    @property
    def layers(self) -> Path:
        return self.root / self.workspace / "layers" / "strata_python-runtime"

    @property
    def tree(self) -> Path:
        return self.layers / "python" / "cpython"


@pytest.fixture(scope="session")
def buildpack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble_components([RUNTIME], tmp_path_factory.mktemp("assembled python-runtime"))[0]


@pytest.fixture(scope="module")
def server(runtimes: RuntimeSet) -> Iterator[StaticServer]:
    with serve(runtimes.directory) as running:
        yield running


@pytest.fixture(scope="module")
def builds_below(buildpack: Path, runtimes: RuntimeSet, server: StaticServer) -> Callable[[Path], Builds]:
    def below(root: Path) -> Builds:
        app = root / "app"
        app.mkdir()
        (app / "logging.py").write_text("raise SystemExit('the app shadows the standard library')\n")
        variables = {"BP_PYTHON_RUNTIMES": str(runtimes.catalogue), "BP_DEPENDENCY_MIRROR": server.url}
        return Builds(root, buildpack, app, variables, runtimes)

    return below


@pytest.fixture
def builds(tmp_path: Path, builds_below: Callable[[Path], Builds]) -> Builds:
    """Builds where none was before."""
    return builds_below(tmp_path)


@pytest.fixture(scope="module")
def usual_builds(
    tmp_path_factory: pytest.TempPathFactory, builds_below: Callable[[Path], Builds]
) -> Callable[[str], Builds]:
    """Builds with one Python each, for tests of what a layer is, not of making it: the first makes it."""

    @cache
    def of(minor: str) -> Builds:
        return builds_below(tmp_path_factory.mktemp(f"builds with {minor}"))

    return of


def contents(directory: Path) -> dict[str, tuple[int, str]]:
    """Return mode and content of everything below a directory."""
    found = {}
    for path in sorted(directory.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[str(path.relative_to(directory))] = (mode, str(path.readlink()))
        elif path.is_file():
            found[str(path.relative_to(directory))] = (mode, hashlib.sha256(path.read_bytes()).hexdigest())
    return found


@pytest.mark.parametrize("minor", RUNTIMES)
def test_later_buildpacks_and_the_app_get_the_python_asked_for(
    usual_builds: Callable[[str], Builds], runtimes: RuntimeSet, minor: str
) -> None:
    version = archive_of(runtimes, minor).version
    builds = usual_builds(minor)
    result = builds.build(minor)
    tree = builds.tree

    assert result.run(CONSUMER).printed.splitlines() == [f"{tree}/bin/python", f"{tree}/bin/python3"]
    assert f"Python {version}: .python-version asks for {minor}" in result.run(RUNTIME).printed
    with builds.platform().container() as container:
        answer = container.run(["python", "-c", "import sys, ssl, sqlite3, ctypes, lzma; print(sys.version)"])
        assert answer.stdout.startswith(f"{version} ")
        with pytest.raises(PhaseError, match="No module named 'pip'"):
            container.run(["python", "-c", "import pip"])
        assert container.run(["python", "-m", "ensurepip", "--version"]).stdout.startswith("pip ")


def test_the_environment_at_build_and_launch_is_exact(usual_builds: Callable[[str], Builds]) -> None:
    builds = usual_builds(NEWEST_RUNTIME)
    seen = builds.build().next_environment
    tree = builds.tree

    assert seen["PATH"].startswith(f"{tree}/bin:")
    assert seen["CPATH"] == f"{tree}/include/python{NEWEST_RUNTIME}"
    assert seen["PKG_CONFIG_PATH"] == f"{tree}/lib/pkgconfig"
    assert (seen["PYTHONUNBUFFERED"], seen["SOURCE_DATE_EPOCH"]) == ("1", "315532801")
    assert "LD_LIBRARY_PATH" not in seen
    assert "LIBRARY_PATH" not in seen
    platform = builds.platform()
    with platform.container() as container:
        before, after = container.start_environment, container.environment()
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        assert changed == {"PATH": f"{tree}/bin:{before['PATH']}", "PYTHONUNBUFFERED": "1"}


def test_a_second_build_asks_nobody_and_changes_nothing(
    usual_builds: Callable[[str], Builds], server: StaticServer
) -> None:
    builds = usual_builds(NEWEST_RUNTIME)
    first = builds.build().layer(RUNTIME, "python")
    requests = len(server.requests)

    second = builds.build()

    assert len(server.requests) == requests
    assert second.layer(RUNTIME, "python").reused
    assert second.layer(RUNTIME, "python").diff_id == first.diff_id
    assert "python: reused" in second.run(RUNTIME).printed


def test_the_size_of_a_reused_layer_is_told_as_recorded_or_measured(
    usual_builds: Callable[[str], Builds],
) -> None:
    """Measuring walks through all files. Earlier versions recorded none, and metadata may be strange."""
    builds = usual_builds(NEWEST_RUNTIME)
    (measured,) = re.findall(r"python: (?:made|reused), ([^;\n]*)", builds.build().run(RUNTIME).printed)
    for size in (["1 kB"], None, [], [1.0], "1 kB", ["1", "kB"]):
        platform = builds.platform()
        change_metadata(platform, "size", size)
        again = platform.build(builds.app, variables=builds.variables)
        assert again.layer(RUNTIME, "python").reused
        told = "1 kB" if size == ["1 kB"] else measured
        assert f"python: reused, {told}\n" in again.run(RUNTIME).printed


@pytest.mark.needs("two runtimes")
def test_another_version_makes_the_layer_anew_and_says_why(builds: Builds, runtimes: RuntimeSet) -> None:
    old, new = runtimes.archives[:2]
    builds.build(old.minor)
    printed = builds.build(new.minor).run(RUNTIME).printed

    assert f"The layer of the last build is not used: Python: {old.version} -> {new.version}" in printed
    assert not (builds.tree / "lib" / f"python{old.minor}").exists()


@pytest.mark.parametrize("minor", RUNTIMES)
def test_the_layer_is_the_same_bit_for_bit_whoever_makes_it(
    usual_builds: Callable[[str], Builds], minor: str
) -> None:
    """The Python that runs the buildpack and the user's environment leave no trace in the layer."""
    builds = usual_builds(minor)
    first = builds.build(minor).layer(RUNTIME, "python")
    files = contents(builds.layers / "python")

    builds.forget()
    other = replace(builds, outer=MINORS[0]).build(minor, **HOSTILE).layer(RUNTIME, "python")

    assert contents(builds.layers / "python") == files
    assert other.diff_id == first.diff_id


def test_nothing_is_written_outside_the_layer(builds: Builds) -> None:
    before = contents(builds.buildpack)
    builds.build()
    workspace = builds.platform().workspace

    assert contents(builds.buildpack) == before
    assert {path.name for path in workspace.app.iterdir()} == {".python-version", "logging.py", "seen"}
    assert list(workspace.home.rglob("*")) == []
    assert {path.name for path in builds.layers.iterdir()} == {
        "python",
        "python.toml",
        "python.sbom.cdx.json",
        "python.sbom.spdx.json",
    }


@pytest.mark.parametrize("minor", RUNTIMES)
def test_all_byte_code_is_there_and_never_checked_against_times(
    usual_builds: Callable[[str], Builds], minor: str
) -> None:
    builds = usual_builds(minor)
    builds.build(minor)
    library = builds.tree / "lib" / f"python{minor}"
    compiled = list(library.rglob("*.pyc"))

    assert {struct.unpack("<I", path.read_bytes()[4:8])[0] for path in compiled} == {0b01}
    sources = {path.relative_to(library) for path in library.rglob("*.py")}
    tag = f".cpython-{minor.replace('.', '')}.pyc"
    assert {
        path.parent.parent.relative_to(library) / f"{path.name.removesuffix(tag)}.py" for path in compiled
    } == sources


def test_no_tests_tk_or_pip_are_in_the_layer_and_ensurepip_is(usual_builds: Callable[[str], Builds]) -> None:
    builds = usual_builds(NEWEST_RUNTIME)
    builds.build()
    library = builds.tree / "lib" / f"python{NEWEST_RUNTIME}"

    assert not any((library / name).exists() for name in ("test", "tkinter", "idlelib", "turtledemo"))
    assert not list((library / "site-packages").glob("pip*"))
    assert not list(builds.tree.glob("bin/pip*"))
    assert not list(builds.tree.rglob("*.a"))
    assert list((library / "ensurepip" / "_bundled").glob("pip-*.whl"))


@pytest.mark.needs("C compiler")
@pytest.mark.parametrize("minor", RUNTIMES)
def test_sysconfig_tells_the_layers_paths_and_c_extensions_build(builds: Builds, minor: str) -> None:
    source = '#include <Python.h>\nstatic PyModuleDef d = {PyModuleDef_HEAD_INIT, "x"};\n'
    (builds.app / "x.c").write_text(
        source + "PyMODINIT_FUNC PyInit_x(void) { return PyModule_Create(&d); }\n"
    )
    (builds.app / "facts.py").write_text(FACTS)
    # Whoever splits flags at blanks, as everybody does, cannot build in a directory with a blank in its name.
    probe = replace(builds, workspace="workspace", probe="python -I facts.py")
    tree = probe.tree

    assert probe.build(minor).run(CONSUMER).printed.splitlines() == [
        str(tree),
        f"{tree}/lib",
        f"{tree}/include/python{minor}",
        "True True",
        "cc",
        "x",
    ]


@pytest.mark.parametrize(
    ("metadata", "types"),
    [
        ("build = true", (True, False)),
        ("launch = true", (False, True)),
        (BOTH, (True, True)),
        ("", (True, False)),
    ],
)
def test_the_layer_is_for_whom_the_plan_says(
    usual_builds: Callable[[str], Builds], metadata: str, types: tuple[bool, bool]
) -> None:
    asking = replace(usual_builds(NEWEST_RUNTIME), metadata=metadata, probe="true")
    layer = asking.build().layer(RUNTIME, "python")

    assert (layer.types.build, layer.types.launch, layer.types.cache) == (*types, True)
    assert asking.build().layer(RUNTIME, "python").diff_id == layer.diff_id


def test_an_archive_in_the_buildpack_needs_no_network(
    builds: Builds, runtimes: RuntimeSet, tmp_path: Path
) -> None:
    offline = tmp_path / "offline package"
    shutil.copytree(builds.buildpack, offline)
    archive = archive_of(runtimes, NEWEST_RUNTIME)
    (offline / "archives").mkdir()
    shutil.copy(archive.file, offline / "archives" / f"{archive.sha256}.tar.gz")

    result = replace(builds, buildpack=offline).build(BP_DEPENDENCY_MIRROR="http://127.0.0.1:9")

    assert f"Reading file://{str(offline).replace(' ', '%20')}/archives" in result.run(RUNTIME).printed


def test_a_directory_is_a_mirror(builds: Builds, runtimes: RuntimeSet) -> None:
    assert (
        "Reading file:///"
        in builds.build(BP_DEPENDENCY_MIRROR=runtimes.directory.as_uri()).run(RUNTIME).printed
    )


def test_a_broken_download_leaves_nothing_and_the_next_build_works(builds: Builds) -> None:
    with misbehaving_server.answering(misbehaving_server.status("404 Not Found")) as script:
        printed = builds.failure(BP_DEPENDENCY_MIRROR=script.url)

    assert f"could not be obtained\n  {script.url}/" in printed
    assert "HTTP 404 Not Found" in printed
    assert list(builds.layers.iterdir()) == []
    assert builds.build().layer(RUNTIME, "python").size


def test_a_server_that_breaks_off_in_mid_stream_is_asked_for_the_rest(
    builds: Builds, runtimes: RuntimeSet
) -> None:
    content = archive_of(runtimes, NEWEST_RUNTIME).file.read_bytes()
    answers = (misbehaving_server.breaking_off(content, 1_000_000), misbehaving_server.file(content))
    with misbehaving_server.answering(*answers) as script:
        printed = builds.build(BP_DEPENDENCY_MIRROR=script.url).run(RUNTIME).printed

    assert "trying again in 0.5 s" in printed
    assert script.requests[1].headers["range"] == "bytes=1000000-"


def test_a_wrong_checksum_is_found_before_anything_is_unpacked(
    builds: Builds, runtimes: RuntimeSet, tmp_path: Path
) -> None:
    document = toml.load(runtimes.catalogue)
    for row in document["runtime"]:
        row["sha256"] = "0" * 64
    own = tmp_path / "runtimes.toml"
    own.write_text(tomli_w.dumps(document))

    printed = builds.failure(BP_PYTHON_RUNTIMES=str(own))

    assert f"expected  {'0' * 64}" in printed
    assert list(builds.layers.iterdir()) == []


def test_everything_is_checked_before_anything_is_fetched(builds: Builds, server: StaticServer) -> None:
    requests = len(server.requests)
    (builds.app / "pyproject.toml").write_text('[project]\nrequires-python = ">=4"\n')

    printed = builds.failure()
    assert "No known Python is in the range of pyproject.toml" in printed

    (builds.app / "pyproject.toml").write_text(f'[project]\nrequires-python = "!={NEWEST_RUNTIME}.*"\n')
    printed = builds.failure()
    assert ".python-version and pyproject.toml ([project] requires-python) contradict each other" in printed
    assert f".python-version                             {NEWEST_RUNTIME}  (allows " in printed

    assert "names 'everything'" in builds.failure(BP_PYTHON_KEEP="everything")
    assert len(server.requests) == requests


def test_libpython_is_on_the_library_path_when_it_is_to_be_kept(builds: Builds) -> None:
    seen = builds.build(BP_PYTHON_KEEP="libpython").next_environment

    assert seen["LD_LIBRARY_PATH"] == f"{builds.tree}/lib"
    with builds.platform().container() as container:
        assert container.environment()["LD_LIBRARY_PATH"] == f"{builds.tree}/lib"
    printed = builds.build().run(RUNTIME).printed
    assert "not used: BP_PYTHON_KEEP: -libpython" in printed


@pytest.fixture(scope="module")
def foreign(runtimes: RuntimeSet, tmp_path_factory: pytest.TempPathFactory) -> Foreign:
    """The newest archive again, its interpreter marked as one for arm64, and a catalogue of both."""
    archive = archive_of(runtimes, NEWEST_RUNTIME)
    mirror = tmp_path_factory.mktemp("foreign")
    made = mirror / "arm64.tar.gz"
    with tarfile.open(archive.file) as source, tarfile.open(made, "w:gz", compresslevel=1) as target:
        for member in source:
            content = source.extractfile(member) if member.isreg() else None
            data = bytearray(content.read()) if content else bytearray()
            if member.name == f"python/bin/python{archive.minor}":
                assert data[18:20] == b"\x3e\0", "no program for amd64"
                data[18:20] = b"\xb7\0"  # e_machine: EM_X86_64 becomes EM_AARCH64
            target.addfile(member, io.BytesIO(data))
    (mirror / "amd64.tar.gz").symlink_to(archive.file)
    document = toml.load(runtimes.catalogue)
    row = next(row for row in document["runtime"] if row["version"] == archive.version)
    arm64 = {"arch": "arm64", **row_of(made)}
    document["runtime"] = [{**row, "path": "amd64.tar.gz"}, {**row, **arm64}]
    catalogue = mirror / "runtimes.toml"
    toml.write(catalogue, document)
    return Foreign(catalogue, mirror, archive.version)


@dataclass(frozen=True)
class Foreign:
    """A catalogue of one version for two architectures, and the directory with the archives."""

    catalogue: Path
    mirror: Path
    version: str

    def builds(self, builds: Builds, outer: str) -> Builds:
        """Return builds for arm64, from these archives, with another Python that runs the buildpack."""
        variables = {
            "BP_PYTHON_RUNTIMES": str(self.catalogue),
            "BP_DEPENDENCY_MIRROR": self.mirror.as_uri(),
        }
        return replace(builds, arch="arm64", probe="true", outer=outer, variables=variables)


def row_of(archive: Path) -> dict[str, object]:
    """Return what a catalogue says of an archive."""
    content = archive.read_bytes()
    return {"path": archive.name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def byte_code(builds: Builds) -> dict[str, bytes]:
    return {str(path.relative_to(builds.tree)): path.read_bytes() for path in builds.tree.rglob("*.pyc")}


def test_a_layer_for_another_architecture_is_compiled_by_its_version_for_this_one(
    builds: Builds, foreign: Foreign
) -> None:
    """To the same bits. The Python that runs the buildpack, of the same version, would make others."""
    replace(foreign.builds(builds, NEWEST), arch="amd64").build()
    expected, record = byte_code(builds), (builds.layers / "python/bundled-libraries.json").read_bytes()
    builds.forget()

    elsewhere = foreign.builds(builds, NEWEST)
    printed = elsewhere.build().run(RUNTIME).printed

    assert byte_code(builds) == expected
    assert (builds.layers / "python/bundled-libraries.json").read_bytes() == record
    assert "Unpacking, pruning and adapting" in printed
    assert f"Compiling with a Python {foreign.version} for this machine" in printed
    assert f"Getting Python {foreign.version} for linux/amd64" in printed
    assert {path.name for path in builds.layers.iterdir()} == {
        *("python", "python.toml", "python.sbom.cdx.json", "python.sbom.spdx.json")
    }
    assert "python: reused" in elsewhere.build().run(RUNTIME).printed


@pytest.mark.needs("two Pythons")
def test_without_any_python_for_this_machine_it_is_not_compiled_and_says_so(
    builds: Builds, foreign: Foreign, tmp_path: Path
) -> None:
    """The archive for this machine is not where the other one is: no failure, no attempt at each build."""
    only = tmp_path / "only arm64"
    only.mkdir()
    shutil.copy(foreign.mirror / "arm64.tar.gz", only)
    elsewhere = replace(foreign, mirror=only).builds(builds, MINORS[0])

    printed = elsewhere.build().run(RUNTIME).printed

    assert "It cannot be had: The archive of Python" in printed
    assert "not compiled: this machine cannot run arm64 programs" in printed
    assert "The software bill of materials is short, too: it has no version of" in printed
    assert "sqlite" in printed.partition("it has no version of")[2]
    assert "ompiling" not in printed
    assert not list(builds.tree.rglob("*.pyc"))
    for name in ("python.sbom.cdx.json", "python.sbom.spdx.json"):
        assert_valid_sbom(builds.layers / name)

    again = elsewhere.build().run(RUNTIME).printed
    assert "python: reused" in again
    assert "Hint    the standard library is not compiled" in again

    able = foreign.builds(builds, NEWEST).build().run(RUNTIME).printed
    assert "not used: bytecode: no -> yes" in able
    assert byte_code(builds)


def test_an_archive_for_another_machine_than_the_catalogue_says_is_never_run(
    builds: Builds, runtimes: RuntimeSet, tmp_path: Path
) -> None:
    document = toml.load(runtimes.catalogue)
    for row in document["runtime"]:
        row["arch"] = "arm64"
    own = tmp_path / "runtimes.toml"
    own.write_text(tomli_w.dumps(document))
    foreign = replace(builds, arch="arm64", probe="true")

    printed = foreign.failure(BP_PYTHON_RUNTIMES=str(own))

    version = archive_of(runtimes, NEWEST_RUNTIME).version
    assert f"The archive of Python {version} for arm64 holds a program for amd64" in printed
    assert [path.name for path in builds.layers.iterdir()] == []
    assert "There is no Python for linux/arm64" in foreign.failure()


def test_what_an_interpreter_says_that_does_not_start_is_in_the_message(
    builds: Builds, runtimes: RuntimeSet, tmp_path: Path
) -> None:
    """As when a library was missing from every older layer: glibc has nothing to do with it."""
    archive = runtimes.archives[0]  # of the real ones, a newer interpreter holds libpython itself
    made = tmp_path / "broken.tar.gz"
    with tarfile.open(archive.file) as source, tarfile.open(made, "w:gz", compresslevel=1) as target:
        for member in source:
            if not member.name.startswith("python/lib/libpython"):
                target.addfile(member, source.extractfile(member) if member.isreg() else None)
    document = toml.load(runtimes.catalogue)
    (row,) = (row for row in document["runtime"] if row["version"] == archive.version)
    row.update(row_of(made))
    own = tmp_path / "runtimes.toml"
    own.write_text(tomli_w.dumps(document))

    variables = {"BP_PYTHON_RUNTIMES": str(own), "BP_DEPENDENCY_MIRROR": tmp_path.as_uri()}
    printed = builds.failure(archive.minor, **variables)
    printed = " ".join(printed.split())  # its lines are wrapped

    assert f"The archive of Python {archive.version} holds an interpreter that does not start" in printed
    assert f"It needs libpython{archive.minor}.so.1.0, which is not in the archive" in printed
    assert "error while loading shared libraries: " in printed
    assert "glibc" not in printed
    assert list(builds.layers.iterdir()) == []


def test_the_documents_are_in_the_image(usual_builds: Callable[[str], Builds], runtimes: RuntimeSet) -> None:
    builds = usual_builds(NEWEST_RUNTIME)
    builds.build()
    archive = archive_of(runtimes, NEWEST_RUNTIME)
    asked = "import ssl, sqlite3; print(ssl.OPENSSL_VERSION.split()[1], sqlite3.sqlite_version)"
    python = builds.tree / "bin" / "python3"
    openssl, sqlite = subprocess.run(
        [python, "-I", "-c", asked], capture_output=True, text=True, check=True
    ).stdout.split()
    for name in ("python.sbom.cdx.json", "python.sbom.spdx.json"):
        assert_valid_sbom(builds.layers / name)
        text = (builds.layers / name).read_text("utf-8")
        assert f"pkg:generic/openssl@{openssl}" in text
        assert f"pkg:generic/sqlite@{sqlite}" in text
        for library in ("bzip2", "libffi", "libuuid", "mpdecimal", "xz", "zlib"):
            assert f'"pkg:generic/{library}' in text
        assert f"pkg:generic/python@{archive.version}" in text
        assert archive.sha256 in text
        assert str(builds.root) not in text
