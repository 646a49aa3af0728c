"""Two patches of one Python, real ones, through the whole job: what changes with them, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_common.files import file_sha256
from buildpack_release.progress import say
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.server import serve
from support.main_job import APPS, RUNTIME, VENV, MainJob
from support.needs import need
from support.poetry_projects import poetry_locked_project
from support.poetry_wheels import poetry_wheels
from support.python_archives import two_patches
from support.sample_builds import E2E_FIXTURES, pack_source
from support.uv_projects import locked_project
from support.uv_wheels import uv_wheel
from support.wheels import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

RUNTIME_LAYER, VENV_LAYER = (RUNTIME, "python"), (VENV, "venv")
SOURCE = "strata_test_squares-1.0"


@pytest.fixture(scope="module")
def patches() -> RuntimeSet:
    """The archives, made once for all runs."""
    need("C compiler")
    return two_patches()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution with an extension module."""
    file = tmp_path_factory.mktemp("source") / f"{SOURCE}.tar.gz"
    return pack_source(E2E_FIXTURES / "compiled" / "squares", SOURCE, file)


@pytest.fixture(scope="module")
def index(
    patches: RuntimeSet, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StaticServer]:
    """An index with what the apps need, and the tools that install them."""
    apps = fill_index([APPS / "flask" / "requirements.txt"], report=say)
    builders = fill_index([E2E_FIXTURES / "compiled" / "build-requirements.txt"], report=say)
    tools = (uv_wheel(), *poetry_wheels(patches.minors))
    wheels = [*apps.wheels, *builders.wheels, *tools, source]
    with serve(write_index(wheels, tmp_path_factory.mktemp("index") / "i").directory) as server:
        yield server


@pytest.fixture(scope="module")
def sources(patches: RuntimeSet, index: StaticServer) -> Iterator[dict[str, str]]:
    """The variables that name a mirror with both archives, and the index."""
    with mirror_variables(patches) as mirror:
        yield {**served_index(index), **mirror}


class PatchedApp:
    """An app that asks for one of the patches, built in a workspace of its own."""

    def __init__(self, job: MainJob, versions: tuple[str, ...]) -> None:
        self.job = job
        self.app = job.copy("flask")
        self.older, self.newer = versions

    def require(self, *lines: str) -> None:
        """Add requirements."""
        with (self.app / "requirements.txt").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def build(self, version: str, **variables: str) -> BuildResult:
        """Build it with this patch of Python."""
        (self.app / ".python-version").write_text(f"{version}\n")
        return self.job.build(self.app, **variables)

    def metadata(self, layer: tuple[str, str]) -> dict[str, object]:
        """Return the metadata of a layer."""
        folder = self.job.layers / layer[0].replace("/", "_")
        found = toml.load(folder / f"{layer[1]}.toml")["metadata"]
        assert isinstance(found, dict)
        return found

    def files(self) -> dict[str, str]:
        """Return what is in the environment: links with where they lead, files with their digests."""
        found = {}
        for path in self.job.venv.rglob("*"):
            if path.is_symlink():
                found[str(path.relative_to(self.job.venv))] = f"-> {path.readlink()}"
            elif path.is_file():
                found[str(path.relative_to(self.job.venv))] = file_sha256(path)
        return found


@pytest.fixture
def app(
    tmp_path: Path, composite: tuple[Path, ...], sources: dict[str, str], patches: RuntimeSet
) -> PatchedApp:
    """The app, pinned by hash."""
    versions = tuple(archive.version for archive in patches.archives)
    return PatchedApp(MainJob(tmp_path, composite, sources), versions)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements.txt by uv", "uv.lock", "poetry.lock"])
def test_a_patch_changes_the_layer_of_python_and_no_other(
    app: PatchedApp, index: StaticServer, file: str
) -> None:
    """Protects registries and nodes: the environment serves both, and is right under both."""
    variables = {"BP_INSTALLER": "uv"} if file.endswith("by uv") else {}
    if file == "uv.lock":
        locked_project(app.app, index)
    elif file == "poetry.lock":
        poetry_locked_project(app.app, index)
    before = app.build(app.older, **variables)
    assert f"Installing {file.partition(' ')[0]} with" in before.run(VENV).printed
    config = (app.job.venv / "pyvenv.cfg").read_text()
    made = app.files()
    assert f"version = {app.older.rpartition('.')[0]}\n" in config
    assert app.older not in config.replace(str(app.job.layers), "")
    after = app.build(app.newer, **variables)
    assert after.layer(*VENV_LAYER).diff_id == before.layer(*VENV_LAYER).diff_id
    assert after.layer(*VENV_LAYER).reused
    assert after.layer(*RUNTIME_LAYER).diff_id != before.layer(*RUNTIME_LAYER).diff_id
    assert f"It was made with Python {app.older} and serves {app.newer} as well" in after.run(VENV).printed
    assert f".python-version: =={app.newer}" in str(app.metadata(RUNTIME_LAYER)["constraints"])
    known = app.metadata(VENV_LAYER)
    assert known["made_by"][0] == app.older  # type: ignore[index]
    assert (known["conditions"], known["needs_libpython"]) == ([], [])
    with app.job.platform.container() as container:
        program = "import flask, sys; print(sys.version.split()[0], sys.prefix)"
        version, prefix = container.run(["python", "-c", program]).stdout.strip().split(maxsplit=1)
        assert (version, prefix) == (app.newer, str(app.job.venv))
        code = "import flask, importlib.util as u; print(u.cache_from_source(flask.__file__))"
        assert str(app.job.venv) in container.run(["python", "-c", code]).stdout
    # What another patch would have made differs in what does nothing else: byte code, and venv's own scripts.
    app.job.platform.store.forget(image=True, cache=True)
    app.build(app.newer, **variables)
    fresh = app.files()
    different = {name for name in {*made, *fresh} if made.get(name) != fresh.get(name)}
    assert {name for name in different if not name.endswith(".pyc")} <= {
        f"bin/{name}" for name in ("activate", "activate.csh", "activate.fish", "Activate.ps1")
    }


def test_a_condition_that_the_patch_answers_otherwise_makes_it_anew(app: PatchedApp, source: Path) -> None:
    """Protects apps whose files name a patch: what was left out has to come in, and the other way round."""
    marker = f'python_full_version >= "{app.newer}"'
    app.require(f"strata-test-squares==1.0 ; {marker} --hash=sha256:{sha256(source)}")
    app.build(app.older)
    assert app.metadata(VENV_LAYER)["conditions"] == [marker]
    assert app.build(app.older).layer(*VENV_LAYER).reused
    after = app.build(app.newer)
    assert not after.layer(*VENV_LAYER).reused
    assert f"made anew: {marker} is true with Python {app.newer}" in after.run(VENV).printed
    made = app.files()
    assert any("strata_test_squares-1.0.dist-info" in name for name in made)
    assert app.metadata(VENV_LAYER)["made_by"][0] == app.newer  # type: ignore[index]
    # What is moved into it comes without byte code: another patch would make other bits of it.
    assert "Moved over from the previous environment" in after.run(VENV).printed
    app.job.platform.store.forget(image=True, cache=True)
    app.build(app.newer)
    fresh = app.files()
    different = {name for name in {*made, *fresh} if made.get(name) != fresh.get(name)}
    assert all("squares" in name for name in different)  # a compiler writes where it has worked


def test_what_was_built_from_source_stays_by_abi_unless_each_patch_builds_it(
    app: PatchedApp, source: Path
) -> None:
    """Protects who wants no compiler for a patch, and who wants each patch to build for itself."""
    app.require(f"strata-test-squares==1.0 --hash=sha256:{sha256(source)}")
    app.build(app.older)
    kept = app.build(app.newer)
    assert kept.layer(*VENV_LAYER).reused
    assert "built from source then, and kept: strata-test-squares" in kept.run(VENV).printed
    with app.job.platform.container() as container:
        assert container.run(["python", "-c", "import squares; print(squares.square(12))"]).stdout == "144\n"
    each = {"BP_VENV_BUILT_FOR": "patch"}
    switched = app.build(app.newer, **each)
    assert "the patch of Python is set now; built from source: strata-test-squares" in _line(switched)
    assert app.build(app.newer, **each).layer(*VENV_LAYER).reused
    again = app.build(app.older, **each)
    assert "the patch of Python has changed; built from source: strata-test-squares" in _line(again)
    assert "is built again: the patch of Python has changed" in _line(again)


def _line(result: BuildResult) -> str:
    return " ".join(result.run(VENV).printed.split())
