"""Who compiles a layer that is for another machine, in which order, and that failing at it fails no build."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.bindings import Binding, read_bindings
from buildpack_api.errors import PlatformError
from buildpack_api.target import Target
from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue
from python_runtime import compiling, libraries
from python_runtime.targets import host_arch, running_python
from support.elf_files import AARCH64, EXECUTABLE, X86_64, elf_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_api.context import BuildContext

VERSION = ".".join(map(str, sys.version_info[:3]))
LINE = VERSION.rpartition(".")[0]
HOST = host_arch()
FOREIGN, MACHINE = ("amd64", X86_64) if HOST == "arm64" else ("arm64", AARCH64)
ENV = {"PATH": os.defpath}


def archive(program: str) -> bytes:
    """Return an archive whose interpreter is a script."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in ((f"bin/python{LINE}", program), (f"lib/python{LINE}/os.py", "")):
            member = tarfile.TarInfo(f"python/{name}")
            member.size, member.mode = len(text.encode()), 0o755
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


class Scene:
    """A foreign tree, a directory that is the mirror, and a context."""

    def __init__(self, root: Path, make_context: Callable[..., BuildContext]) -> None:
        self.root = root
        self.mirror = root / "mirror"
        self.mirror.mkdir()
        context = make_context({"PATH": os.defpath})
        self.context = replace(context, target=Target("linux", FOREIGN))
        self.tree = self.context.layers.root / "python" / "cpython"
        self.stdlib = self.tree / "lib" / f"python{LINE}"
        (self.tree / "bin").mkdir(parents=True)
        self.stdlib.mkdir(parents=True)
        (self.stdlib / "module.py").write_text("VALUE = 'a constant'\n")
        self.set_program(elf_file(kind=EXECUTABLE, machine=MACHINE, content=b"\0SQLite format 3\0"))
        self.runtime = self.row(FOREIGN, b"the archive of the layer")
        self.rows: tuple[Runtime, ...] = (self.runtime,)

    def set_program(self, content: bytes) -> None:
        program = self.tree / "bin" / f"python{LINE}"
        program.write_bytes(content)
        program.chmod(0o755)

    def row(self, arch: str, content: bytes) -> Runtime:
        """Put an archive into the mirror."""
        (self.mirror / f"{arch}.tar.gz").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        return Runtime(VERSION, "linux", arch, "gnu", "tag", f"{arch}.tar.gz", sha256)

    def finish(self) -> compiling.CompileOutcome:
        bases = (self.mirror.as_uri(),)
        lines = {LINE: dt.date(2030, 1, 1)}
        catalogue = RuntimesCatalogue(LINE, bases, lines, self.rows, self.root / "runtimes.toml")
        return compiling.finish(self.tree, self.runtime, catalogue, self.context, ENV)

    @property
    def compiled(self) -> list[Path]:
        return sorted(self.tree.rglob("*.pyc"))


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Python runs this, it counts as an ordinary release."""
    running = {VERSION: Path(sys.executable)}
    monkeypatch.setattr(compiling, "running_python", running.get)


@pytest.fixture
def scene(tmp_path: Path, make_context: Callable[..., BuildContext]) -> Scene:
    return Scene(tmp_path, make_context)


@pytest.fixture
def elsewhere(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another version ran the buildpack."""
    monkeypatch.setattr(compiling, "running_python", lambda _version: None)


def host_archive(scene: Scene) -> bytes:
    return archive(f'#!/bin/sh\necho "$0" >>"{scene.root}/log"\nexec "{sys.executable}" "$@"\n')


@pytest.mark.parametrize("is_listed", [True, False])
def test_the_python_that_runs_the_buildpack_serves_if_the_catalogues_cannot_be_had(
    is_listed: object, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    if is_listed:
        scene.rows = (scene.runtime, scene.row(HOST, b"no archive"))

    assert scene.finish() == compiling.CompileOutcome(bytecode=True, untold=("sqlite",))

    (pyc,) = scene.compiled
    content = pyc.read_bytes()
    assert content[4:8] == b"\x01\0\0\0"
    assert str(scene.stdlib / "module.py").encode() in content
    printed = capsys.readouterr().out
    assert f"Compiling with a Python {VERSION} for this machine" in printed
    assert ("Getting" in printed) is is_listed


def test_the_catalogues_python_for_this_machine_comes_from_the_same_place(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.rows = (scene.runtime, scene.row(HOST, host_archive(scene)))

    assert scene.finish().bytecode

    assert len(scene.compiled) == 1
    used = set((scene.root / "log").read_text().splitlines())
    assert {path.partition("/.host-python-")[0] for path in used} == {str(scene.context.layers.root)}
    assert [path.name for path in scene.context.layers.root.iterdir()] == ["python"]
    assert f"Getting Python {VERSION} for linux/{HOST}" in capsys.readouterr().out


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "The archive of Python"),
        (b"no archive", "The archive of Python cannot be used"),
        (archive("#!/bin/sh\nexit 3\n"), f"Python {VERSION} does not run on this build image"),
        (archive("#!/bin/sh\necho version 3.1.4\n"), "holds Python 3.1.4"),
    ],
)
def test_one_that_cannot_be_had_is_no_failure(
    content: bytes | None, why: str, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.rows = (scene.runtime, scene.row(HOST, content or b"soon gone"))
    if content is None:
        (scene.mirror / f"{HOST}.tar.gz").unlink()

    assert scene.finish() == compiling.CompileOutcome(bytecode=False, untold=("sqlite",))

    assert scene.compiled == []
    assert [path.name for path in scene.context.layers.root.iterdir()] == ["python"]
    printed = capsys.readouterr().out
    assert "It cannot be had: " in printed
    assert why in printed
    assert "Compiling" not in printed


@pytest.mark.usefixtures("elsewhere")
def test_an_offline_package_is_asked_for_what_it_carries_only(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its archives are those of its platform; for others it would wait for a network that is not there."""
    content = host_archive(scene)  # once: gzip notes the second
    host = scene.row(HOST, content)
    scene.rows = (scene.runtime, host)
    carried = scene.context.buildpack_dir / "archives"
    carried.mkdir()
    (carried / f"{scene.runtime.sha256}.tar.gz").touch()

    assert not scene.finish().bytecode
    assert capsys.readouterr().out == ""

    (carried / f"{host.sha256}.tar.gz").write_bytes(content)
    assert scene.finish().bytecode


@pytest.mark.usefixtures("elsewhere")
def test_where_the_archive_is_mapped_the_other_must_be_too(scene: Scene, tmp_path: Path) -> None:
    host = scene.row(HOST, host_archive(scene))
    scene.rows = (scene.runtime, host)
    mapping = tmp_path / "bindings" / "mapping"
    mapping.mkdir(parents=True)
    (mapping / "type").write_text("dependency-mapping")
    (mapping / scene.runtime.sha256).write_text("http://127.0.0.1:9/layer.tar.gz")
    scene.context = replace(scene.context, bindings=bindings_below(tmp_path / "bindings"))

    assert not scene.finish().bytecode

    (mapping / host.sha256).write_text((scene.mirror / f"{HOST}.tar.gz").as_uri())
    scene.context = replace(scene.context, bindings=bindings_below(tmp_path / "bindings"))
    assert scene.finish().bytecode


def bindings_below(root: Path) -> tuple[Binding, ...]:
    return read_bindings({"SERVICE_BINDING_ROOT": str(root)}, root / "no platform")


@pytest.mark.usefixtures("elsewhere")
def test_under_emulation_the_new_python_compiles_and_tells(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.set_program(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'.encode())

    assert scene.finish() == compiling.CompileOutcome(bytecode=True)

    assert len(scene.compiled) == 1
    assert "sqlite" in {one.name for one in libraries.components(scene.tree.parent)}
    assert f"under emulation of {FOREIGN}" in capsys.readouterr().out


@pytest.mark.usefixtures("elsewhere")
def test_without_any_of_them_there_is_no_byte_code(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.finish() == compiling.CompileOutcome(bytecode=False, untold=("sqlite",))
    assert scene.compiled == []
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("elsewhere")
def test_one_that_fails_in_the_middle_leaves_nothing(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = (
        '#!/bin/sh\ncase "$*" in *compileall*) mkdir -p "{0}"; touch "{0}/x.pyc"; exit 3;; esac\n'
        f'exec "{sys.executable}" "$@"\n'
    ).format(scene.stdlib / "__pycache__")
    scene.rows = (scene.runtime, scene.row(HOST, archive(broken)))

    assert not scene.finish().bytecode

    assert scene.compiled == []
    assert "That failed: " in capsys.readouterr().out


def test_for_this_machine_one_that_does_not_run_ends_the_build(scene: Scene) -> None:
    scene.context = replace(scene.context, target=Target("linux", HOST))
    scene.set_program(b"#!/bin/sh\nkill -11 $$\n")

    with pytest.raises(PlatformError, match=rf"Python {VERSION} does not run"):
        scene.finish()


def test_only_the_very_version_is_of_the_same_version() -> None:
    is_ordinary = sys.version_info.releaselevel == "final" and not getattr(sys, "abiflags", "")
    assert running_python(VERSION) == (Path(sys.executable) if is_ordinary else None)
    assert running_python(f"{VERSION}0") is None
    assert running_python(f"{LINE}.99") is None
