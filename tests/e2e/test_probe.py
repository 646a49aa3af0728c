"""What a buildpack after ours finds, when the lifecycle composes its environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.main_job import PROBE, PROBED, Recorded
from support.sample_builds import LAYERS, PIP_TREE, PIP_VERSION, PYTHON_TREE, VENV_TREE

if TYPE_CHECKING:
    from buildpack_testing.cnb.built_image import BuiltImage
    from support.sample_builds import SampleBuilds

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
COMMANDS = (
    PROBED
    + """\
satisfied pip install --dry-run --no-deps --quiet --report - itsdangerous
new pip install --dry-run --no-deps --quiet --report - Django
removed echo n | pip uninstall itsdangerous
own python -c "import sysconfig; print(sysconfig.get_path('purelib'))"
hostile cd "$CNB_APP_DIR" && touch logging.py && pip --version && rm logging.py
openssl LD_DEBUG=files openssl version
perl LD_DEBUG=files perl -e 1
ldd ldd "$(command -v openssl)" "$(command -v perl)"
commands for name in python python3 pip gunicorn; do command -v "$name"; done
"""
)


@pytest.fixture(scope="module")
def built(samples: SampleBuilds) -> BuiltImage:
    """The Flask sample, once more, with the probe at the end of the group."""
    group = samples.components(PROBE)
    return samples.again("flask", "probe", group=group, variables={"PROBE_COMMANDS": COMMANDS})


@pytest.fixture(scope="module")
def recorded(samples: SampleBuilds, built: BuiltImage) -> Recorded:
    """What the probe has written down."""
    return Recorded(samples.root / "flask-probe" / "layers" / "test_probe" / "record")


def test_the_build_environment_is_exactly_this(recorded: Recorded, samples: SampleBuilds) -> None:
    """All that is not the lifecycle's own or the user's, byte for byte: the environment wins on PATH."""
    of_user = {*samples.variables("flask"), "PROBE_COMMANDS"}
    found = {
        name: value
        for name, value in recorded.environment.items()
        if name not in of_user and not name.startswith("CNB_")
    }
    assert found.pop("HOSTNAME", "")
    assert found.pop("PWD") == "/workspace"  # the shell's own
    assert found == {
        "CPATH": f"{PYTHON_TREE}/include/python{samples.minor}",
        "HOME": "/home/cnb",
        "PATH": f"{VENV_TREE}/bin:{PIP_TREE}/bin:{PYTHON_TREE}/bin:{SYSTEM_PATH}",
        "PIP_CACHE_DIR": f"{LAYERS}/strata_app-venv/pip-cache/cache",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_PYTHON": VENV_TREE,
        "PKG_CONFIG_PATH": f"{PYTHON_TREE}/lib/pkgconfig",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUSERBASE": PIP_TREE,
        "SOURCE_DATE_EPOCH": "315532801",
        "VIRTUAL_ENV": VENV_TREE,
    }


def test_the_user_s_variables_arrive_unchanged(recorded: Recorded, samples: SampleBuilds) -> None:
    """Our buildpacks override none of them."""
    assert recorded.environment.items() >= samples.variables("flask").items()


def test_python_is_that_of_the_environment(recorded: Recorded, samples: SampleBuilds) -> None:
    """Its path is that of the launched process, and the pip of the build at its end."""
    library = f"{PYTHON_TREE}/lib/python{samples.minor}"
    version, prefix, path = json.loads(recorded.output("python"))
    assert version == samples.feed.runtimes.archives[-1].version
    assert prefix == VENV_TREE
    assert path == [
        "",
        f"{PYTHON_TREE}/lib/python{samples.minor.replace('.', '')}.zip",
        library,
        f"{library}/lib-dynload",
        f"{VENV_TREE}/lib/python{samples.minor}/site-packages",
        f"{PIP_TREE}/lib/python{samples.minor}/site-packages",
    ]


def test_commands_are_found_in_the_environment_first(recorded: Recorded) -> None:
    """The runtime has a python too, and the pip layer a pip."""
    names = ("python", "python3", "pip", "gunicorn")
    assert recorded.output("commands").split() == [f"{VENV_TREE}/bin/{name}" for name in names]


@pytest.mark.parametrize("command", ["pip", "python-m-pip", "hostile"])
def test_pip_is_the_one_of_its_own_layer(recorded: Recorded, samples: SampleBuilds, command: str) -> None:
    """By either name, and from the directory of an app that has a module called logging."""
    assert recorded.code(command) == 0, recorded.output(command)
    expected = f"pip {PIP_VERSION} from {PIP_TREE}/lib/python{samples.minor}/site-packages/pip "
    assert recorded.output(command).startswith(expected)


def test_pip_acts_on_the_environment_of_the_app(recorded: Recorded, samples: SampleBuilds) -> None:
    """It counts what is there as installed, would fetch what is not, and would remove from nowhere else."""
    site_packages = f"{VENV_TREE}/lib/python{samples.minor}/site-packages"
    assert recorded.output("own").strip() == site_packages
    assert json.loads(recorded.output("satisfied"))["install"] == []
    wanted = [one["metadata"]["name"] for one in json.loads(recorded.output("new"))["install"]]
    assert wanted == ["Django"]
    told = recorded.output("removed")
    assert "Would remove:" in told
    touched = [line.strip() for line in told.splitlines() if line.startswith("    /")]
    assert touched
    assert all(path.startswith(f"{site_packages}/itsdangerous") for path in touched)


def test_pip_lists_the_packages_of_the_app(recorded: Recorded) -> None:
    """All of them; beside them only pip, which is on the path for later buildpacks."""
    listed = {entry["name"].lower() for entry in json.loads(recorded.output("pip-list"))}
    app = {"blinker", "click", "flask", "gunicorn", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
    assert listed - {"pip", "packaging"} == app


@pytest.mark.parametrize("command", ["openssl", "perl", "ldd"])
def test_system_programs_load_nothing_of_ours(recorded: Recorded, command: str) -> None:
    """Neither by LD_LIBRARY_PATH, which nobody sets, nor otherwise."""
    assert recorded.code(command) == 0
    assert "libc.so.6" in recorded.output(command)
    assert f"{LAYERS}/" not in recorded.output(command)
    assert "LD_LIBRARY_PATH" not in recorded.environment
    assert "LIBRARY_PATH" not in recorded.environment


def test_the_probe_leaves_no_trace_in_the_image(built: BuiltImage, samples: SampleBuilds) -> None:
    """Running pip after the environment was made has changed nothing in it."""
    before, _ = samples.twice("flask")
    assert built.launch_layers == before.launch_layers
    assert built.app_layers == before.app_layers
