"""What is in an app image and what a process in it sees, exactly."""

from __future__ import annotations

import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.podman import ContainerSettings
from support.sample_builds import LAYERS, PYTHON_TREE, SAMPLES, VENV_TREE, texts

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Podman
    from support.sample_builds import SampleBuilds

LAUNCHER = "/cnb/lifecycle/launcher"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HINT = """\
pip is not in this image: it was needed only to build it.
To change what the app needs, edit its requirements file and build the image again.
To try something out in this container (it is gone afterwards), get a pip with:
    python -m ensurepip --default-pip
An app that runs pip itself lists pip in its requirements file.
"""
# Names each source whose .pyc is missing, of another text, or compared with it at every start (PEP 552: the
# flags of a .pyc with an unchecked hash are 1).
STALE = """
import importlib.util, json, pathlib, sysconfig
found, stale = 0, []
for name in ("stdlib", "platlib"):
    for source in pathlib.Path(sysconfig.get_path(name)).rglob("*.py"):
        found += 1
        compiled = pathlib.Path(importlib.util.cache_from_source(str(source)))
        head = compiled.read_bytes()[:16] if compiled.is_file() else b""
        flags = (1).to_bytes(4, "little")
        if head != importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(source.read_bytes()):
            stale.append(str(source))
print(json.dumps([found, stale]))
"""


@pytest.fixture(scope="module")
def built(samples: SampleBuilds) -> BuiltImage:
    """The Flask sample."""
    return samples.twice("flask")[0]


@pytest.fixture(scope="module")
def image(built: BuiltImage, podman: Podman) -> str:
    """The Flask sample in podman's storage."""
    return app_container.load(podman, built)


@pytest.fixture(scope="module")
def files(image: str, podman: Podman, scratch: Path) -> frozenset[str]:
    """The name of every file in the image."""
    with tarfile.open(podman.export(image, scratch / "flask.tar")) as tar:
        return frozenset(f"/{name}" for name in tar.getnames())


def launched(
    podman: Podman, image: str, *command: str, read_only: bool = True, check: bool = True
) -> CompletedProcess[bytes]:
    """Run a command as `docker run IMAGE -- command` does, without a network."""
    settings = ContainerSettings(
        entrypoint=LAUNCHER, network="none", read_only=read_only, options=("--hostname=run",)
    )
    return podman.run(image, "--", *command, settings=settings, check=check)


def test_there_is_no_pip_in_the_image(files: frozenset[str]) -> None:
    """No package, no metadata, no program; but the wheel of ensurepip, and the text that stands for pip."""
    assert f"{VENV_TREE}/bin/gunicorn" in files
    names = {name for name in files if re.match("pip([^a-z]|$)", name.rpartition("/")[2])}
    wheel = {name for name in names if "/ensurepip/_bundled/pip-" in name}
    assert len(wheel) == 1
    others = {name for name in names - wheel if not name.startswith(f"{PYTHON_TREE}/lib/python")}
    assert others == {f"{VENV_TREE}/bin/pip", f"{VENV_TREE}/bin/pip3"}
    assert not [name for name in files if "/site-packages/pip" in name or "strata_pip-tool" in name]
    assert not [name for name in files if name.startswith(f"{PYTHON_TREE}/bin/pip")]


def test_only_the_documented_directories_hold_layers(files: frozenset[str]) -> None:
    """No cache, no build-only layer, nothing that a buildpack has dropped on its way."""
    found = {"/".join(name.split("/")[2:4]) for name in files if name.startswith(f"{LAYERS}/strata_")}
    assert found == {
        "strata_python-runtime",
        "strata_python-runtime/python",
        "strata_app-venv",
        "strata_app-venv/venv",
        "strata_app-start",
        "strata_app-start/start",
    }


def test_the_launch_environment_is_exactly_this(podman: Podman, image: str) -> None:
    """Byte for byte, nothing twice; all but four of them is the container's own."""
    without_launcher = podman.run(
        image,
        "-0",
        settings=ContainerSettings(entrypoint="env", network="none", options=("--hostname=run",)),
    )
    own = [text for text in texts(without_launcher.stdout) if not text.startswith(("CNB_", "PATH="))]
    assert texts(launched(podman, image, "env", "-0").stdout) == sorted(
        [
            *own,
            "CNB_GROUP_ID=1000",
            "CNB_USER_ID=1000",
            f"PATH={VENV_TREE}/bin:{PYTHON_TREE}/bin:{SYSTEM_PATH}",
            "PORT=8080",
            "PYTHONUNBUFFERED=1",
            f"VIRTUAL_ENV={VENV_TREE}",
        ]
    )
    assert {text.partition("=")[0] for text in own} <= {"HOME", "HOSTNAME", "TERM", "container"}


def test_sys_path_is_the_standard_library_and_the_environment(
    podman: Podman, image: str, samples: SampleBuilds
) -> None:
    """Nothing of the build, nothing twice, nothing that comes before the standard library but the app."""
    line = f"python{samples.minor}"
    code = (
        "import json, sys; print(json.dumps([sys.path, sys.prefix, sys.base_prefix, sys.flags.no_user_site]))"
    )
    path, prefix, base, _ = json.loads(launched(podman, image, "python", "-c", code).stdout)
    assert path == [
        "",
        f"{PYTHON_TREE}/lib/{line.replace('.', '')}.zip",
        f"{PYTHON_TREE}/lib/{line}",
        f"{PYTHON_TREE}/lib/{line}/lib-dynload",
        f"{VENV_TREE}/lib/{line}/site-packages",
    ]
    assert (prefix, base) == (VENV_TREE, PYTHON_TREE)


def test_the_process_is_an_ordinary_user(podman: Podman, image: str, built: BuiltImage) -> None:
    """Not root, in the app's directory, with a home."""
    assert (built.user, built.working_directory) == ("1000:1000", "/workspace")
    found = launched(podman, image, "sh", "-c", "id -u; id -g; pwd; echo $HOME").stdout.decode().split()
    assert found == ["1000", "1000", "/workspace", "/home/cnb"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_module_is_compiled_for_good(podman: Podman, samples: SampleBuilds, name: str) -> None:
    """Each .pyc is that of its source, and valid whatever time the file has: in an image all are of 1980."""
    image = app_container.load(podman, samples.twice(name)[0])
    found, stale = json.loads(launched(podman, image, "python", "-c", STALE).stdout)
    assert found > 500
    assert stale == []


def test_importing_the_app_compiles_nothing_of_ours(podman: Podman, image: str) -> None:
    """Python's own account of where each module's code comes from: of sources, only the app's."""
    told = launched(podman, image, "python", "-v", "-c", "import app, gunicorn.app.wsgiapp").stderr.decode()
    origins = [line.partition("code object from ")[2].strip("'\"") for line in told.splitlines()]
    compiled = [origin for origin in origins if origin.endswith(".pyc")]
    assert len(compiled) > 100
    assert {origin for origin in origins if origin.endswith(".py")} == {"/workspace/app.py"}


def test_serving_writes_nothing_into_the_layers(podman: Podman, image: str) -> None:
    """Where the file system is writable: a process may write its layers, but has no reason to."""
    with app_container.serve(podman, image, read_only=False) as app:
        assert app.fetch().status == 200
        told = podman.command("diff", "--format", "json", app.container.name).stdout
        changes = json.loads(told)
    touched = [path for kind in changes.values() for path in kind]
    assert touched
    assert not [path for path in touched if path.startswith(LAYERS)]


@pytest.mark.parametrize("command", ["pip", "pip3"])
def test_pip_says_why_it_is_not_there(podman: Podman, image: str, command: str) -> None:
    """People look for it; they learn what to do instead of finding a stray one."""
    result = launched(podman, image, command, "--version", check=False)
    assert (result.returncode, result.stdout, result.stderr.decode()) == (127, b"", HINT)
    assert launched(podman, image, "python", "-m", "pip", check=False).returncode == 1


def test_the_way_that_pip_names_works(podman: Podman, image: str, samples: SampleBuilds) -> None:
    """In a writable container without any network, as the ordinary user, for the app's environment."""
    script = "python -m ensurepip --default-pip && pip --version && python -m pip list --format=freeze"
    told = launched(podman, image, "sh", "-c", script, read_only=False).stdout.decode()
    assert f"from {VENV_TREE}/lib/python{samples.minor}/site-packages/pip" in told
    assert "\nFlask==" in told


def test_system_programs_load_nothing_of_ours(podman: Podman, image: str) -> None:
    """A library of a layer in a program of the image is a crash that nobody finds."""
    script = 'LD_DEBUG=files openssl version; LD_DEBUG=files perl -e 1; echo "${LD_LIBRARY_PATH-unset}"'
    result = launched(podman, image, "sh", "-c", script)
    told = result.stderr.decode()
    assert "libssl.so.3" in told
    assert "libcrypt.so.1" in told
    assert f"{LAYERS}/" not in told
    assert result.stdout.decode().splitlines()[-1] == "unset"
