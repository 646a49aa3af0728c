"""Looking after images by command, in a real registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_release.images.private_root import run_with_folder
from buildpack_testing.local_sources import mirror_variables
from buildpack_testing.runtimes import make_runtimes
from oci_registry.testing.distribution import real_registry
from support.app_images import AppShape
from support.needs import lack, need
from support.ordinary_user import run_as_ordinary_user
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
USAGE, CHECK_FAILED = 2, 3
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}
NAME = "strata-nowhere"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The host of a registry with two apps."""
    need("registry")
    with (
        real_registry(tmp_path_factory.mktemp("registry")) as registry,
        client(registry.host) as remote,
    ):
        for name in ("web", "worker"):
            remote.repository(f"shop/{name}").push(AppShape(app=name).content(), ["1"])
        yield registry.host


def inv(*arguments: str, environment: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_fleet_is_shown(fleet: str, tmp_path: Path) -> None:
    """A namespace by the registry's own list; a file of references gives the same; the picture is written."""
    picture, listed = tmp_path / "a picture.svg", tmp_path / "fleet.txt"
    shown = inv("image.show", f"{fleet}/shop/*", "--picture", str(picture))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "2 of 2 images run an outdated or end-of-life Python" in shown.stdout.splitlines()[-1]
    assert picture.read_text("utf-8").startswith("<svg")
    listed.write_text(f"{fleet}/shop/web:1\n{fleet}/shop/worker:1\n", "utf-8")
    assert inv("image.show", f"@{listed}").stdout == shown.stdout


def test_what_cannot_be_read_is_an_error(fleet: str) -> None:
    """A single one with its own words; of several all others are shown first."""
    alone = inv("image.show", f"{fleet}/shop/none:1")
    assert (alone.returncode, alone.stdout) == (1, "")
    assert alone.stderr.startswith("Error: there is no image")
    several = inv("image.show", f"{fleet}/shop/none:1", f"{fleet}/shop/web:1", "--json")
    assert several.returncode == CHECK_FAILED
    assert [one["image"] for one in json.loads(several.stdout)["images"]] == [f"{fleet}/shop/web:1"]


@pytest.mark.needs("mount namespaces")
def test_the_folder_is_where_it_is_wanted(tmp_path: Path) -> None:
    """What the program writes there is in the folder; everything else is where it was."""
    folder, other = tmp_path / "a folder", tmp_path / "other file"
    folder.mkdir()
    other.write_text("seen")
    script = f"cat '{other}' > /{NAME}/found; pwd >> /{NAME}/found; ls -d /usr /proc/self/root; exit 0"
    lines: list[str] = []
    run_with_folder(folder, NAME, ["/bin/sh", "-c", script], environment=ENVIRONMENT, report=lines.append)
    assert (folder / "found").read_text() == "seen/\n"
    assert lines == ["/proc/self/root", "/usr"]
    assert not Path("/", NAME).exists()


@pytest.mark.needs("mount namespaces")
def test_a_program_that_fails_says_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="ended with 3") as failed:
        run_with_folder(
            tmp_path, NAME, ["/bin/sh", "-c", "echo no room >&2; exit 3"], environment=ENVIRONMENT
        )
    assert failed.value.detail == "no room"


@pytest.mark.needs("mount namespaces")
def test_an_ordinary_user_can_do_it() -> None:
    """In a user namespace; what is written belongs to them."""
    if not _has_user_namespaces():
        lack("missing: user namespaces for ordinary users")
    imports = "from pathlib import Path\nfrom buildpack_release.images.private_root import run_with_folder"
    with TemporaryDirectory() as name:  # below what everybody may enter, as pytest's folders are not
        folder = Path(name)
        folder.chmod(0o777)
        program = (
            f"run_with_folder(Path({name!r}), {NAME!r}, ['/bin/sh', '-c', 'echo yes > /{NAME}/found; id -u'],"
            f" environment={ENVIRONMENT!r}, report=print)"
        )
        assert run_as_ordinary_user(imports, program) == "0\n"
        assert (folder / "found").read_text() == "yes\n"


def _has_user_namespaces() -> bool:
    imports = "import subprocess"
    program = (
        "print(subprocess.run(['unshare', '--user', '--map-root-user', '--mount', 'true'],"
        " capture_output=True).returncode)"
    )
    return run_as_ordinary_user(imports, program) == "0\n"


@pytest.mark.needs("mount namespaces")
def test_a_layer_is_made_twice_and_is_the_same(tmp_path: Path) -> None:
    """From its archive, at its place in images, by options or like an image; other owners give another."""
    runtimes = make_runtimes()
    version, line = runtimes.archives[-1].version, runtimes.minors[-1]
    first, second, other = (f"oci:{tmp_path / name}" for name in ("first layout", "second", "other"))
    with mirror_variables(runtimes) as mirror:
        environment = {**os.environ, **mirror}
        for arguments in (
            ("--python", line, "--to", first, "--uid", "1001"),
            ("--python", version, "--to", second, "--like", first),
            ("--python", version, "--to", other),
        ):
            made = inv("runtime.layer", *arguments, environment=environment)
            assert (made.returncode, made.stdout.count("\n")) == (0, 1), made.stderr
    same, another = (inv("image.show", layout, "--released", first, "--json") for layout in (second, other))
    released = [
        [layer["released"] for layer in json.loads(shown.stdout)["images"][0]["layers"]]
        for shown in (same, another)
    ]
    assert released == [[True, None], [False, None]]
    assert json.loads(same.stdout)["images"][0]["python"]["version"] == version


@pytest.mark.needs("mount namespaces")
def test_a_layer_that_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    """What the buildpack says is seen while it runs, and not repeated in the error."""
    environment = {**os.environ, "BP_DEPENDENCY_MIRROR": f"file://{tmp_path}/nothing"}
    failed = inv(
        "runtime.layer", "--python", "3.13", "--to", f"oci:{tmp_path}/layout", environment=environment
    )
    assert (failed.returncode, failed.stderr.count("could not be obtained")) == (1, 1)
    assert "Error: strata/python-runtime could not build the layer\n  build ended with 4;" in failed.stderr


@pytest.fixture
def patchable(tmp_path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The host of a registry of its own with apps to patch, and the options that name their layers."""
    need("registry")
    with real_registry(tmp_path / "registry") as registry, client(registry.host) as remote:
        shapes = {
            "shop/web": AppShape(),
            "shop/worker": AppShape(app="worker"),
            "shop/pinned": AppShape(python={"constraints": [".python-version: ==3.13.0"]}),
            "released/old": AppShape(),
            "released/new": AppShape(version="3.13.1"),
        }
        for name, shape in shapes.items():
            remote.repository(name).push(shape.content(), ["1"])
        layers = [f"{registry.host}/released/{name}:1" for name in ("old", "new")]
        yield registry.host, ("--layer", layers[0], "--layer", layers[1])


def test_images_are_patched_by_command(patchable: tuple[str, tuple[str, ...]]) -> None:
    """A dry run writes nothing, nor does one without an answer; what is refused is told."""
    host, layers = patchable
    wanted = ("image.patch", f"{host}/shop/*", "--python", "3.13", *layers)
    dry = inv(*wanted, "--dry-run", "--json")
    assert dry.returncode == CHECK_FAILED
    assert json.loads(dry.stdout)["summary"] == {"patch": 2, "refused": 1}
    asked = inv(*wanted)
    assert (asked.returncode, asked.stdout) == (USAGE, "")
    shown = json.loads(inv("image.show", f"{host}/shop/*", "--json").stdout)
    assert {one["python"]["version"] for one in shown["images"]} == {"3.13.0"}
    done = inv(*wanted, "--yes", "--json", "--provenance")
    assert done.returncode == CHECK_FAILED
    assert "the app asks for another Python: .python-version: ==3.13.0" in done.stderr
    assert [one.get("done") for one in json.loads(done.stdout)["images"]] == [None, True, True]
    shown = json.loads(inv("image.show", f"{host}/shop/*", "--json").stdout)
    assert [one["python"]["version"] for one in shown["images"]] == ["3.13.0", "3.13.1", "3.13.1"]
    assert shown["images"][1]["patched-from"]["python"] == "3.13.0"
    with client(host) as remote:
        (document,) = remote.repository("shop/web").referrers(shown["images"][1]["digest"])
    assert document.extra["artifactType"] == "application/vnd.in-toto+json"


def test_patches_are_undone_by_command(patchable: tuple[str, tuple[str, ...]]) -> None:
    """To the digest from which they were patched; what was not patched is told."""
    host, layers = patchable
    before = json.loads(inv("image.show", f"{host}/shop/web:1", "--json").stdout)["images"][0]["digest"]
    patched = inv("image.patch", f"{host}/shop/web:1", "--python", "3.13.1", *layers, "--yes")
    assert (patched.returncode, patched.stdout) == (0, "")
    assert "do not carry over" in patched.stderr
    back = inv("image.patch", f"{host}/shop/web:1", "--undo", "--yes")
    assert back.returncode == 0, back.stderr
    shown = json.loads(inv("image.show", f"{host}/shop/web:1", "--json").stdout)
    assert shown["images"][0]["digest"] == before
    again = inv("image.patch", f"{host}/shop/web:1", "--undo", "--yes")
    assert again.returncode == CHECK_FAILED
    assert "it was not patched" in again.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "which Python the images are to run"),
        (("--python", "three"), "which Python the images are to run"),
        (("--python", "3.13", "--keep", "{x}"), "no tag comes out"),
    ],
)
def test_wrong_options_are_told_before_anything_is_read(options: tuple[str, ...], message: str) -> None:
    done = inv("image.patch", "localhost:1/a:1", *options)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert message in done.stderr
