"""strata/pip-tool with another pip than its own: from an index, checked, and never half installed."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from buildpack_testing.package_index import PackageIndex, fill_index, write_index
from buildpack_testing.server import serve
from support.component_builds import CONSUMER, MINORS, NEWEST, ComponentBuilds, app_with_module, requires_pip
from support.main_job import PIP
from support.wheels import Project, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.server import StaticServer

PROBE = "env -u PYTHONPATH -u PYTHONHOME pip --version"
REAL = "25.3"
# What stands for further versions, since a real pip takes seconds to compile: it answers as pip does.
LIKE_PIP = """
import os, sys
def main():
    print(f"pip {VERSION} from {os.path.dirname(__file__)}/pip (python 3)")
"""
BROKEN = "24.9"
VERSIONS = ("22.3", BROKEN, "25.1", "25.2")
HOSTILE = {
    "PIP_DRY_RUN": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_DEST": "/nowhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_CONSTRAINT": "/nowhere/constraints.txt",
    "PIP_NO_BINARY": ":all:",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
}


@pytest.fixture(scope="session")
def pips(tmp_path_factory: pytest.TempPathFactory) -> PackageIndex:
    """An index with a real pip (fetched once) and some that are like one."""
    directory = tmp_path_factory.mktemp("pips")
    pinned = directory / "requirements.txt"
    pinned.write_text(f"pip=={REAL}\n")
    wheels = [make_wheel(like_pip(version), directory / "wheels") for version in VERSIONS]
    return write_index([*fill_index([pinned], [MINORS[0]]).wheels, *wheels], directory / "index")


def like_pip(version: str) -> Project:
    source = f"VERSION = {version!r}\n{LIKE_PIP}" if version != BROKEN else "raise ImportError('too old')\n"
    return Project("pip", version, script=True, files={"pip.py": source})


@pytest.fixture
def index(pips: PackageIndex) -> Iterator[StaticServer]:
    with serve(pips.directory) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return app_with_module(tmp_path, "pip")


@pytest.fixture
def builds(tmp_path: Path, pip_tool: Path) -> ComponentBuilds:
    return ComponentBuilds(tmp_path, [pip_tool], consumer_requires=requires_pip(), consumer=PROBE)


def settings(index: StaticServer, version: str, **more: str) -> dict[str, str]:
    return {"PIP_INDEX_URL": f"{index.url}/simple", "BP_PIP_VERSION": version, **more}


def sha256_of(pips: PackageIndex, version: str) -> str:
    wheel = next(wheel for wheel in pips.wheels if wheel.name.startswith(f"pip-{version}-"))
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def failure(builds: ComponentBuilds, app: Path, variables: dict[str, str], minor: str = NEWEST) -> str:
    platform = builds.platform(minor)
    with pytest.raises(PhaseError) as caught:
        platform.build(app, variables=variables)
    assert "Traceback" not in caught.value.output.partition("[Strata] Error")[2]
    user_base = platform.workspace.layers / "strata_pip-tool" / "pip" / "userbase"
    assert not user_base.exists() or (user_base / "bin/pip").exists(), "nothing half-made is left"
    return " ".join(caught.value.output.split())


def test_an_exact_version_is_installed_and_the_index_not_asked_again(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    platform = builds.platform()
    variables = settings(index, REAL) | HOSTILE
    result = platform.build(app, variables=variables)
    assert result.run(CONSUMER).printed.startswith(f"pip {REAL} from ")
    assert f"pip {REAL} from the package index (installed)" in " ".join(result.run(PIP).printed.split())
    asked = len(index.requests)

    again = platform.build(app, variables=variables)

    assert len(index.requests) == asked
    assert again.layer(PIP, "pip").reused


def test_equal_wishes_give_equal_bits_whatever_index_and_configuration(
    builds: ComponentBuilds, app: Path, pips: PackageIndex, tmp_path: Path
) -> None:
    platform = builds.platform()
    with serve(pips.directory) as one:
        first = platform.build(app, variables=settings(one, REAL)).layer(PIP, "pip").diff_id
    shutil.copytree(pips.directory, tmp_path / "another place")
    with serve(tmp_path / "another place") as other:
        variables = settings(other, f"=={REAL}") | HOSTILE
        assert platform.build(app, variables=variables, clear=True).layer(PIP, "pip").diff_id == first


def test_the_newest_of_a_range_wins_and_a_newer_one_is_noticed(
    builds: ComponentBuilds, app: Path, pips: PackageIndex, tmp_path: Path
) -> None:
    old = [wheel for wheel in pips.wheels if "-25.1-" in wheel.name]
    platform = builds.platform()
    with serve(write_index(old, tmp_path / "old").directory) as index:
        result = platform.build(app, variables=settings(index, ">=25,<25.3"))
        assert result.run(CONSUMER).printed.startswith("pip 25.1 ")
        again = platform.build(app, variables=settings(index, ">=25,<25.3"))
        assert again.layer(PIP, "pip").reused
    with serve(pips.directory) as index:
        result = platform.build(app, variables=settings(index, "==25.*,!=25.3"))
        assert result.run(CONSUMER).printed.startswith("pip 25.2 ")
        assert "made anew: pip: 25.1 -> 25.2" in result.run(PIP).printed


def test_the_wish_of_another_buildpack_counts(
    tmp_path: Path, pip_tool: Path, app: Path, index: StaticServer, pips: PackageIndex
) -> None:
    metadata = (
        f'build = true\nversion = "25.2"\nversion-source = "lock"\nsha256 = "{sha256_of(pips, "25.2")}"'
    )
    builds = ComponentBuilds(tmp_path, [pip_tool], consumer_requires=requires_pip(metadata), consumer=PROBE)
    variables = {"PIP_INDEX_URL": f"{index.url}/simple"}
    assert builds.platform().build(app, variables=variables).run(CONSUMER).printed.startswith("pip 25.2 ")

    printed = failure(builds, app, variables | {"BP_PIP_VERSION": "25.1"})
    assert "BP_PIP_VERSION and build plan (lock) contradict each other: no pip satisfies both" in printed


def test_the_pinned_pip_needs_no_index_when_it_will_do(
    builds: ComponentBuilds, pip_tool: Path, app: Path
) -> None:
    (wheel,) = (pip_tool / "wheels").glob("pip-*.whl")
    version = wheel.name.split("-")[1]
    platform = builds.platform()
    plain = platform.build(app).layer(PIP, "pip").diff_id
    variables = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "BP_PIP_VERSION": version}
    result = platform.build(app, variables=variables)
    assert result.layer(PIP, "pip").reused
    assert result.layer(PIP, "pip").diff_id == plain


def test_a_sha256_is_checked_and_another_wheel_refused(
    builds: ComponentBuilds, app: Path, index: StaticServer, pips: PackageIndex
) -> None:
    right, wrong = sha256_of(pips, "25.2"), "0" * 64
    printed = failure(builds, app, settings(index, "25.2", BP_PIP_SHA256=wrong))
    assert "The wheel of pip 25.2 on the package index does not have the SHA-256 that was given" in printed
    assert f"Expected: {wrong}" in printed

    result = builds.platform().build(app, variables=settings(index, "25.2", BP_PIP_SHA256=f"sha256:{right}"))
    assert result.run(CONSUMER).printed.startswith("pip 25.2 ")


def test_a_sha256_that_is_added_later_is_checked_though_the_layer_is_there(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    builds.platform().build(app, variables=settings(index, "25.2"))
    printed = failure(builds, app, settings(index, "25.2", BP_PIP_SHA256="0" * 64))
    assert "does not have the SHA-256 that was given" in printed


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("99.1", "The package index has no pip 99.1 (BP_PIP_VERSION) for Python"),
        ("99.1", "It has: 22.3, 24.9, 25.1, 25.2, 25.3"),
        ("<22.3", "The package index has no pip <22.3 (BP_PIP_VERSION) for Python"),
        ("21.0", "pip 21.0 is too old (BP_PIP_VERSION)"),
        ("latest", "BP_PIP_VERSION is not a version of pip Found: latest"),
    ],
)
def test_a_version_that_cannot_be_had_is_said_by_name(
    builds: ComponentBuilds, app: Path, index: StaticServer, version: str, message: str
) -> None:
    assert message in failure(builds, app, settings(index, version))


def test_an_index_that_does_not_answer_is_named_without_its_password(
    builds: ComponentBuilds, app: Path
) -> None:
    variables = {
        "PIP_INDEX_URL": "http://user:s3cret-word@127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "BP_PIP_VERSION": "25.3",
    }
    printed = failure(builds, app, variables)
    assert "127.0.0.1" in printed
    assert "s3cret-word" not in printed
    assert "Without BP_PIP_VERSION no network is needed." in printed


def test_an_interrupted_wish_leaves_the_pip_of_the_next_build_whole(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    """A failure after a good build: what was restored is not what the next build gets."""
    platform = builds.platform()
    first = platform.build(app).layer(PIP, "pip").diff_id
    failure(builds, app, settings(index, "99.1"))
    assert platform.build(app).layer(PIP, "pip").diff_id == first


def test_a_pip_that_does_not_run_with_this_python_is_not_left_behind(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    """Old ones say that they are for every Python from 3.7 on: only running one can tell."""
    printed = failure(builds, app, settings(index, BROKEN))
    assert f"pip {BROKEN} does not run with Python {NEWEST}" in printed


PIP_CONF = """\
[global]
index-url = {url}/simple
require-virtualenv = true
no-binary = :all:
[download]
dest = /nowhere
[install]
target = /nowhere
"""


@pytest.mark.parametrize(
    "content", [("pypi", "index-url", "{url}/simple\n"), ("pip", "pip.conf", PIP_CONF)], ids=["pypi", "pip"]
)
def test_a_binding_says_where_the_index_is_and_nothing_else(
    builds: ComponentBuilds, app: Path, index: StaticServer, tmp_path: Path, content: tuple[str, str, str]
) -> None:
    kind, entry, text = content
    binding = tmp_path / "bindings" / "our index"
    binding.mkdir(parents=True)
    (binding / "type").write_text(f"{kind}\n")
    (binding / entry).write_text(text.format(url=index.url))
    platform = builds.platform()
    variables = {"BP_PIP_VERSION": "25.2", "SERVICE_BINDING_ROOT": str(tmp_path / "bindings")}
    result = platform.build(app, variables=variables)
    assert result.run(CONSUMER).printed.startswith("pip 25.2 ")
    assert not any(platform.workspace.home.iterdir())
