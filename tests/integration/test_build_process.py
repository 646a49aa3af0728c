"""bin/build of python-runtime and pip-tool as processes: what they write where, and on what disks."""

from __future__ import annotations

import hashlib
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.needs import unshare
from buildpack_testing.server import serve
from support import misbehaving_server
from support.build_process import WRITING_CALLS, BuildProcess, on_small_disk, written_paths
from support.component_builds import MINORS, NEWEST, assemble_components
from support.main_job import PIP, RUNTIME

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet

# Besides the layers directory and the temporary one: nowhere.
HARMLESS = ("/dev/null", "/dev/tty", "/proc/self/")
BOTH = "[[entries]]\nname = '{}'\n[entries.metadata]\nbuild = true\nlaunch = true\n"


@pytest.fixture(scope="module")
def assembled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directories = assemble_components([RUNTIME, PIP], tmp_path_factory.mktemp("assembled"))
    return dict(zip((RUNTIME, PIP), directories, strict=True))


@pytest.fixture
def runtime(tmp_path: Path, assembled: dict[str, Path], runtimes: RuntimeSet) -> BuildProcess:
    process = BuildProcess(assembled[RUNTIME], tmp_path / "a build", BOTH.format("python"))
    process.prepare()
    (process.app / ".python-version").write_text(f"{runtimes.minors[-1]}\n")
    return process


@pytest.fixture
def pip(tmp_path: Path, assembled: dict[str, Path]) -> BuildProcess:
    process = BuildProcess(assembled[PIP], tmp_path / "a build", BOTH.format("pip"))
    process.prepare()
    return process


@pytest.fixture
def variables(runtimes: RuntimeSet) -> dict[str, str]:
    return {
        "BP_PYTHON_RUNTIMES": str(runtimes.catalogue),
        "BP_DEPENDENCY_MIRROR": runtimes.directory.as_uri(),
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def what_is(path: Path) -> str:
    if path.is_symlink():
        return str(path.readlink())
    return digest(path) if path.is_file() else ""


def contents(directory: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else str(path.lstat().st_mode)
        for path in sorted(directory.rglob("*"))
    }


def assert_writes_nothing_outside(process: BuildProcess, variables: dict[str, str]) -> None:
    trace = process.root / "trace"
    before = contents(process.buildpack), contents(process.app)
    tracing = ("strace", "-f", "-y", "-s", "4096", "-e", f"trace={WRITING_CALLS}", "-o", trace)
    code, printed = process.run(*tracing, **variables)
    assert code == 0, printed

    written = list(written_paths(trace))
    allowed = (str(process.layers), f"{process.root}/temporary/", *HARMLESS)
    outside = {(call, str(path)) for call, path in written if not f"{path}".startswith(allowed)}
    assert not outside
    assert any(str(path).startswith(f"{process.layers}/") for _, path in written), "the trace shows writing"
    assert (contents(process.buildpack), contents(process.app)) == before
    assert not any((process.root / "temporary").iterdir()), "temporary files are gone"
    assert not any((process.root / "home").iterdir())


@pytest.mark.needs("strace")
def test_the_runtime_writes_into_its_layer_and_nowhere_else(
    runtime: BuildProcess, runtimes: RuntimeSet, variables: dict[str, str]
) -> None:
    with serve(runtimes.directory) as server:
        assert_writes_nothing_outside(runtime, variables | {"BP_DEPENDENCY_MIRROR": server.url})
    assert_writes_nothing_outside(runtime, variables)  # a second build, which reuses the layer


@pytest.mark.needs("strace")
def test_pip_writes_into_its_layer_and_nowhere_else(pip: BuildProcess) -> None:
    assert_writes_nothing_outside(pip, {"PIP_CACHE_DIR": "/nowhere", "PYTHONPYCACHEPREFIX": "/nowhere"})


def test_the_layer_is_the_same_in_whatever_place_and_by_whatever_python_it_is_made(
    assembled: dict[str, Path], runtimes: RuntimeSet, variables: dict[str, str], tmp_path: Path
) -> None:
    """Only the layer's own path is an input, and that is the same in every container."""
    layers = tmp_path / "layers"
    made: dict[str, dict[str, tuple[int, str]]] = {}
    for minor in MINORS:
        place = tmp_path / f"place of {minor}"
        buildpack = place / "buildpack"
        shutil.copytree(assembled[RUNTIME], buildpack)
        process = BuildProcess(buildpack, place / "build", BOTH.format("python"), minor)
        process.prepare()
        (process.app / ".python-version").write_text(f"{runtimes.minors[-1]}\n")
        layers.mkdir()
        surroundings = {
            "TZ": f"Etc/GMT+{len(made)}",
            "LC_ALL": "C.UTF-8" if made else "C",
            "HOME": str(place),
        }
        code, printed = process.run(**variables, **surroundings, CNB_LAYERS_DIR=str(layers))
        assert code == 0, printed
        found = sorted((layers / "python").rglob("*"))
        made[minor] = {str(path): (path.lstat().st_mode, what_is(path)) for path in found}
        shutil.rmtree(layers)
    assert len(made[NEWEST]) > 1000
    assert [minor for minor in MINORS if made[minor] != made[NEWEST]] == []


@pytest.mark.needs("mount namespaces")
@pytest.mark.parametrize("megabytes", [5, 30, 40])
def test_a_disk_that_is_too_small_is_said_and_left_empty(
    runtime: BuildProcess, runtimes: RuntimeSet, variables: dict[str, str], megabytes: int
) -> None:
    """Too small for the archive, for what is in it, and for the byte code."""
    with serve(runtimes.directory) as server:
        wrapper = on_small_disk(runtime.layers, megabytes)
        code, printed = runtime.run(*wrapper, **variables | {"BP_DEPENDENCY_MIRROR": server.url})
    *said, left = printed.splitlines()
    assert (code, left) == (1, "left on the small disk: ")
    assert f"[Strata] Error: No space is left on the device: {runtime.layers}/python" in "\n".join(said)


def test_a_server_that_dies_in_mid_stream_leaves_nothing_and_the_next_build_works(
    runtime: BuildProcess, runtimes: RuntimeSet, variables: dict[str, str]
) -> None:
    content = runtimes.archives[-1].file.read_bytes()
    with misbehaving_server.answering(
        misbehaving_server.breaking_off(content, 100_000), misbehaving_server.hang_up
    ) as server:
        code, printed = runtime.run(**variables | {"BP_DEPENDENCY_MIRROR": server.url})
    assert code == 4
    assert "the connection failed" in printed
    assert not any(runtime.layers.iterdir())

    assert runtime.run(**variables)[0] == 0


def test_a_build_that_is_stopped_while_it_downloads_leaves_nothing(
    runtime: BuildProcess, runtimes: RuntimeSet, variables: dict[str, str]
) -> None:
    content = runtimes.archives[-1].file.read_bytes()
    with misbehaving_server.answering(misbehaving_server.dripping(content, 0.01)) as server:
        process = runtime.start(**variables | {"BP_DEPENDENCY_MIRROR": server.url})
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                if "Downloading" in line:
                    break
            process.send_signal(signal.SIGTERM)
            printed, _ = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped by SIGTERM" in printed
    assert not any(runtime.layers.iterdir())


@pytest.mark.needs("mount namespaces")
def test_everything_but_the_layers_may_be_read_only(
    runtime: BuildProcess, pip: BuildProcess, variables: dict[str, str]
) -> None:
    """As in a container whose other directories are mounted read-only, and without a writable HOME."""
    for process, more in ((runtime, variables), (pip, {})):
        script = (
            'for d in "$1" "$2"; do mount --bind "$d" "$d" || exit 90; done; '
            'for m in / "$(stat -c %m "$HOME")"; do mount -o remount,ro,bind "$m" 2>/dev/null; done; '
            "shift 2; "
            'if touch "$HOME/probe" 2>/dev/null; then exit 91; fi; exec "$@"'
        )
        wrapper = (*unshare("mount"), "sh", "-c", script, "sh")
        code, printed = process.run(*wrapper, process.layers, process.root / "temporary", **more)
        assert code == 0, printed
