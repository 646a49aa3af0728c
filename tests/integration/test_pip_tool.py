"""strata/pip-tool: pip in a layer of its own, whatever Python there is, and nothing of it in the image."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.interpreter import Interpreter
from buildpack_api.tools.wheel import bundled_wheel, read_wheel
from buildpack_common.files import remove
from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing.archive import write_tree
from buildpack_testing.workspace import SYSTEM_PATH
from pip_tool.install import install_pip
from support.component_builds import CONSUMER, MINORS, NEWEST, ComponentBuilds, requires_pip
from support.main_job import PIP

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_testing.platform import BuildResult, LocalPlatform

# What a later buildpack does and sees.
PROBE = """
command -v pip
pip --version
python3 -m pip --version
"""
HOSTILE = {
    "PIP_DRY_RUN": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_CONFIG_FILE": "/nowhere/pip.conf",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_INDEX": "0",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPYCACHEPREFIX": "/nowhere",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    directory = tmp_path / "app"
    directory.mkdir()
    (directory / "main.py").write_text("print('hello')\n")
    return directory


@pytest.fixture
def builds(tmp_path: Path, pip_tool: Path) -> ComponentBuilds:
    """Builds where none was before."""
    return ComponentBuilds(tmp_path, [pip_tool], consumer_requires=requires_pip(), consumer=PROBE)


@pytest.fixture(scope="module")
def usual_platform(
    tmp_path_factory: pytest.TempPathFactory, pip_tool: Path
) -> Callable[[str], LocalPlatform]:
    """Platforms with one Python each, for tests of what a layer is, not of making it: the first makes it."""

    @cache
    def of(minor: str) -> ComponentBuilds:
        root = tmp_path_factory.mktemp(f"builds with {minor}")
        return ComponentBuilds(root, [pip_tool], consumer_requires=requires_pip(), consumer=PROBE)

    return lambda minor: of(minor).platform(minor)


def pip_version(pip_tool: Path) -> str:
    (wheel,) = (pip_tool / "wheels").glob("pip-*.whl")
    return wheel.name.split("-")[1]


def base_of(result: BuildResult) -> str:
    return result.next_environment["PYTHONUSERBASE"]


@pytest.mark.parametrize("minor", MINORS)
def test_a_later_buildpack_has_the_pinned_pip(
    usual_platform: Callable[[str], LocalPlatform], pip_tool: Path, app: Path, minor: str
) -> None:
    result = usual_platform(minor).build(app)
    base, version = base_of(result), pip_version(pip_tool)
    answer = f"pip {version} from {base}/lib/python{minor}/site-packages/pip (python {minor})"
    assert result.run(CONSUMER).printed.splitlines() == [f"{base}/bin/pip", answer, answer]


def test_pip_is_for_the_build_and_not_in_the_image(
    usual_platform: Callable[[str], LocalPlatform], app: Path
) -> None:
    platform = usual_platform(NEWEST)
    layer = platform.build(app).layer(PIP, "pip")
    assert (layer.types.build, layer.types.cache, layer.types.launch) == (True, True, False)
    with platform.container() as container:
        environment = container.environment()
        assert not [name for name in environment if name.startswith(("PIP_", "PYTHON"))]
        assert "pip-tool" not in environment["PATH"]
        assert not list(platform.workspace.layers.glob("strata_pip-tool/*"))


def test_a_consumer_can_ask_for_pip_at_launch(tmp_path: Path, pip_tool: Path, app: Path) -> None:
    builds = ComponentBuilds(
        tmp_path, [pip_tool], consumer_requires=requires_pip("build = true\nlaunch = true")
    )
    platform = builds.platform()
    platform.build(app)
    with platform.container() as container:
        assert container.run(["pip", "--version"]).stdout.startswith(f"pip {pip_version(pip_tool)} from ")


def test_a_second_build_touches_nothing(usual_platform: Callable[[str], LocalPlatform], app: Path) -> None:
    platform = usual_platform(NEWEST)
    first = platform.build(app).layer(PIP, "pip")
    second = platform.build(app)
    assert "(reused)" in second.run(PIP).printed
    assert second.layer(PIP, "pip").diff_id == first.diff_id
    assert second.layer(PIP, "pip").reused


@pytest.mark.parametrize("minor", sorted({*MINORS[:1], *MINORS[-1:]}))
def test_two_fresh_builds_give_the_same_bits(
    usual_platform: Callable[[str], LocalPlatform], app: Path, minor: str
) -> None:
    platform = usual_platform(minor)
    first = platform.build(app).layer(PIP, "pip")
    assert platform.build(app, clear=True).layer(PIP, "pip").diff_id == first.diff_id


@pytest.mark.parametrize("minor", sorted({*MINORS[:1], *MINORS[-1:]}))
def test_pip_run_from_its_place_leaves_what_pip_run_from_a_wheel_leaves(
    tmp_path: Path, pip_tool: Path, minor: str
) -> None:
    """It finds itself where it is to install itself, and must leave the whole installation, and no more."""
    wheel = bundled_wheel(pip_tool / "wheels", "pip")
    elsewhere = read_wheel(Path(shutil.copy(wheel.path, tmp_path)))
    python = installed_interpreters()[minor]
    interpreter = Interpreter(python.executable, python.version, minor, "")
    diff_ids = set()
    for installer in (wheel, elsewhere):
        base = tmp_path / "user base"
        install_pip(wheel, installer, interpreter, base, environment={"PATH": SYSTEM_PATH})
        diff_ids.add(write_tree(base, io.BytesIO(), prefix="userbase").diff_id)
        remove(base)
    assert len(diff_ids) == 1


@pytest.mark.needs("two Pythons")
def test_another_python_gets_a_pip_of_its_own_and_the_log_says_why(
    builds: ComponentBuilds, app: Path
) -> None:
    builds.platform(MINORS[0]).build(app)
    result = builds.platform(NEWEST).build(app)
    libraries = builds.platform().workspace.layers / "strata_pip-tool/pip/userbase/lib"
    assert [path.name for path in libraries.iterdir()] == [f"python{NEWEST}"]
    assert f"made anew: Python: {MINORS[0]} -> {NEWEST}" in result.run(PIP).printed


def test_variables_and_files_of_the_user_change_nothing(tmp_path: Path, pip_tool: Path, app: Path) -> None:
    """The bits are those of a build without them."""
    platform = ComponentBuilds(tmp_path, [pip_tool], consumer_requires=requires_pip()).platform()
    expected = platform.build(app).layer(PIP, "pip").diff_id
    for name in ("pip.py", "logging.py", "compileall.py", "site.py"):
        (app / name).write_text("raise SystemExit('the build has imported a module of the app')\n")
    configuration = platform.workspace.home / ".config/pip/pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("[install]\ntarget = /nowhere\n")
    assert platform.build(app, variables=HOSTILE, clear=True).layer(PIP, "pip").diff_id == expected


@pytest.mark.needs("managed Python")
def test_a_python_that_forbids_installing_is_not_changed_and_works(
    builds: ComponentBuilds, app: Path
) -> None:
    """Such as Debian's (PEP 668): marked as managed by somebody else, with a pip among its own packages."""
    platform = builds.platform()
    platform.base = replace(platform.base, build_path=SYSTEM_PATH)
    result = platform.build(app)
    assert f"from {base_of(result)}/lib/" in result.run(CONSUMER).printed


def test_the_record_names_no_place_of_the_buildpack(
    usual_platform: Callable[[str], LocalPlatform], pip_tool: Path, app: Path
) -> None:
    """A new version of the buildpack with the same pip must not give another layer."""
    platform = usual_platform(NEWEST)
    platform.build(app)
    info = next(
        platform.workspace.layers.glob("strata_pip-tool/pip/userbase/lib/*/site-packages/pip-*.dist-info")
    )
    assert not (info / "direct_url.json").exists()
    texts = [path.read_bytes() for path in info.iterdir() if path.is_file()]
    assert not any(str(pip_tool).encode() in text for text in texts)
