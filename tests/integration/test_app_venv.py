"""strata/app-venv with real Pythons and a real pip: what is installed, reused, refused, and why."""

from __future__ import annotations

import subprocess

import pytest

from buildpack_testing.failure import LifecycleCode, PhaseError
from support.component_builds import MINORS, NEWEST
from support.main_job import VENV
from support.venv_builds import RIGHT, VenvBuilds, digest, installed, reused, site_packages, text_of
from support.wheels import Project, make_sdist

TRAP = "raise SystemExit('the build has imported a module of the app')\n"


# What a fresh build gives


def test_what_is_required_is_installed_with_its_dependencies(builds: VenvBuilds) -> None:
    builds.require("right")
    result = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "2 installed" in text_of(result)
    platform = builds.platform()
    with platform.container() as container:
        assert container.run(["left"]).stdout == "left 1.0\n"
        assert container.run(["python", "-c", "import right; print(right.VERSION)"]).stdout == "2.0\n"


def test_an_empty_file_gives_an_empty_environment_that_works(builds: VenvBuilds) -> None:
    builds.require("# nothing")
    result = builds.build()
    assert installed(builds) == []
    with builds.platform().container() as container:
        prefix = container.run(["python", "-c", "import sys; print(sys.prefix)"]).stdout.strip()
        assert prefix == container.environment()["VIRTUAL_ENV"]
    assert reused(builds.build())
    assert "0 installed" in text_of(result)


@pytest.mark.parametrize("minor", sorted({*MINORS[:1], *MINORS[-1:]}))
def test_two_fresh_builds_give_the_same_bits(builds: VenvBuilds, minor: str) -> None:
    builds.require("right", "pip")
    builds.publish(Project("pip", "99.0", script=True, files={"pip/__init__.py": ""}))
    platform = builds.platform(minor)
    first = builds.build(platform=platform).layer(VENV, "venv")
    second = builds.build(platform=platform, clear=True).layer(VENV, "venv")
    assert second.diff_id == first.diff_id


def test_byte_code_is_there_and_valid_whatever_the_times_are(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.build()
    (code,) = (site_packages(builds) / "__pycache__").glob("left.*.pyc")
    assert code.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # PEP 552: unchecked hash


def test_an_editable_project_works_at_launch(builds: VenvBuilds) -> None:
    builds.require("-e .")
    (builds.app / "mine.py").write_text("WHO = 'me'\n")
    backend = (
        "import zipfile\n"
        "def get_requires_for_build_editable(config=None): return []\n"
        "def build_editable(directory, config=None, metadata=None):\n"
        "    name = 'mine-1.0-py3-none-any.whl'\n"
        "    info = 'mine-1.0.dist-info/'\n"
        "    import os\n"
        "    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:\n"
        "        wheel.writestr('mine.pth', os.getcwd() + '\\n')\n"
        "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n')\n"
        "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\n'\n"
        "                       'Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(info + 'RECORD', '')\n"
        "    return name\n"
    )
    (builds.app / "backend.py").write_text(backend)
    (builds.app / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    builds.build()
    with builds.platform().container() as container:
        assert container.run(["python", "-c", "import mine; print(mine.WHO)"]).stdout == "me\n"
    result = builds.build()
    assert not reused(result)
    assert not result.layer(VENV, "venv").types.cache


# Reuse


def test_a_locked_environment_is_reused_without_asking_the_index(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    first = builds.build()
    asked = len(builds.server.requests)
    second = builds.build()
    assert len(builds.server.requests) == asked
    assert reused(second)
    assert second.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id
    assert "Reusing the virtual environment: all requirements" in text_of(second)
    assert "2 reused" in text_of(second)


def test_an_open_environment_is_reused_only_after_asking(builds: VenvBuilds) -> None:
    builds.require("right")
    builds.build()
    asked = len(builds.server.requests)
    assert reused(builds.build())
    assert len(builds.server.requests) > asked


def test_a_new_release_is_noticed_and_named(builds: VenvBuilds) -> None:
    builds.require("right")
    builds.build()
    builds.publish(Project("left", "1.1", script=True))
    result = builds.build()
    assert installed(builds) == ["left-1.1", "right-2.0"]
    assert "made anew: left 1.0 -> 1.1\n" in text_of(result)


def test_a_file_replaced_under_the_same_name_is_noticed(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.build()
    builds.wheels.clear()
    builds.publish(Project("left", script=True, files={"more.py": "x = 1\n"}), RIGHT)
    result = builds.build()
    assert (site_packages(builds) / "more.py").is_file()
    assert "left 1.0: another file of the same version" in text_of(result)


def test_a_requirement_that_is_removed_is_gone(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    builds.build()
    builds.require(*builds.locked("left-1.0"))
    result = builds.build()
    assert installed(builds) == ["left-1.0"]
    assert "made anew: contents of the files to install from: " in text_of(result)
    assert "right 2.0 is no longer needed" in text_of(result)


def test_a_change_of_an_included_file_counts(builds: VenvBuilds) -> None:
    builds.require("-r more/base.txt", "-c limits.txt")
    (builds.app / "more").mkdir()
    builds.require(*builds.locked("left-1.0"), file="more/base.txt")
    builds.require("left<2", file="limits.txt")
    builds.build()
    builds.require("left<3", file="limits.txt")
    assert not reused(builds.build())
    assert reused(builds.build())


@pytest.mark.needs("two Pythons")
def test_another_python_gets_an_environment_of_its_own(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("left-1.0"))
    builds.build(platform=builds.platform(MINORS[0]))
    result = builds.build(platform=builds.platform(NEWEST))
    assert site_packages(builds).parent.name == f"python{NEWEST}"
    assert installed(builds) == ["left-1.0"]
    assert f"made anew: Python: {MINORS[0]} -> {NEWEST}\n" in text_of(result)
    assert "made anew: ABI of Python: " in text_of(result)


def test_another_setting_of_pip_counts_but_another_password_does_not(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("left-1.0"))
    address = builds.server.url.removeprefix("http://")
    builds.build({"PIP_EXTRA_INDEX_URL": f"http://me:first@{address}/simple/"})
    second = builds.build({"PIP_EXTRA_INDEX_URL": f"http://me:second@{address}/simple/"})
    assert reused(second)
    third = builds.build({"PIP_EXTRA_INDEX_URL": f"http://me:second@{address}/other/"})
    assert "made anew: settings: +PIP_EXTRA_INDEX_URL " in text_of(third)


def test_what_was_compiled_once_comes_from_the_cache(builds: VenvBuilds) -> None:
    builds.publish_source()
    builds.require("source")
    assert "Building wheel for source" in text_of(builds.build())
    builds.require("source", "left")
    result = builds.build()
    assert installed(builds) == ["left-1.0", "source-1.0"]
    assert "Building wheel" not in text_of(result)
    assert reused(builds.build())


# Hostile surroundings


def test_modules_of_the_app_are_never_imported(builds: VenvBuilds) -> None:
    builds.require("left")
    for name in ("logging", "sys", "site", "compileall", "json", "encodings", "app_venv", "buildpack_api"):
        (builds.app / f"{name}.py").write_text(TRAP)
    for name in ("pip", "venv", "tomli_w", "importlib"):
        (builds.app / name).mkdir()
        (builds.app / name / "__init__.py").write_text(TRAP)
        (builds.app / name / "__main__.py").write_text(TRAP)
    result = builds.build({"PYTHONPATH": str(builds.app)})
    assert installed(builds) == ["left-1.0"]
    assert "imported a module of the app" not in text_of(result)


def test_dangerous_variables_are_refused_all_at_once(builds: VenvBuilds) -> None:
    builds.require("left")
    output = builds.failure(PIP_DRY_RUN="1", PIP_NO_DEPS="1", PIP_Target="/x")
    assert "PIP_DRY_RUN, PIP_NO_DEPS, PIP_Target" in output
    assert "pip would install nothing and report success" in output


def test_what_is_dangerous_whatever_its_value_is_refused_before_anything_is_made(builds: VenvBuilds) -> None:
    """By detection, so that Python is not downloaded for nothing, and another group has its turn."""
    builds.require("left")
    with pytest.raises(PhaseError) as failed:
        builds.build({"PIP_TARGET": "/x", "PYTHONHOME": "/y", "PYTHONPYCACHEPREFIX": "/z"})
    assert failed.value.code is LifecycleCode.DETECT_NOBODY
    assert (
        "Not to be set for the build: $PIP_TARGET, $PYTHONHOME, $PYTHONPYCACHEPREFIX" in failed.value.detail
    )
    assert "/x" not in failed.value.detail


def test_a_configuration_file_cannot_empty_the_environment(builds: VenvBuilds) -> None:
    builds.require("left")
    configuration = builds.root / "pip.conf"
    configuration.write_text("[install]\ndry-run = true\n")
    output = builds.failure(PIP_CONFIG_FILE=str(configuration))
    assert "pip would install nothing and report success" in output
    assert "pip.conf" in output


def test_passwords_are_found_nowhere(builds: VenvBuilds) -> None:
    secret = "s3cr3t-of-the-index"
    builds.require("--extra-index-url http://me:${TOKEN}@127.0.0.1:9/simple", "left")
    address = builds.server.url.removeprefix("http://")
    variables = {"PIP_INDEX_URL": f"http://me:{secret}@{address}/simple/", "TOKEN": secret}
    lines: list[str] = []
    platform = builds.platform()
    platform.build(builds.app, variables={"PIP_RETRIES": "0", **variables}, sink=lines.append)
    assert installed(builds) == ["left-1.0"]
    assert secret not in "".join(lines)
    kept = [*platform.workspace.layers.rglob("*"), *platform.workspace.store.rglob("*")]
    assert not [path for path in kept if path.is_file() and secret.encode() in path.read_bytes()]


# Failures


def test_a_failed_installation_keeps_nothing_and_explains(builds: VenvBuilds) -> None:
    builds.require("left")
    first = builds.build()
    builds.require("left", "no-such-thing")
    output = builds.failure()
    assert "ERROR: No matching distribution found for no-such-thing" in output
    assert "Error: The requirements could not be installed: the index has no no-such-thing" in output
    layers = builds.root / "work space/layers/strata_app-venv"
    assert not (layers / "venv").exists()
    assert not (layers / "venv.toml").exists()
    builds.require("left")
    assert builds.build().layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id


def test_a_wrong_hash_is_explained(builds: VenvBuilds) -> None:
    builds.require(f"left==1.0 --hash=sha256:{digest('of something else')}")
    assert "none of the hashes that are allowed is that of left-1.0-py3-none-any.whl" in builds.failure()


def test_a_missing_header_is_named_with_its_package(builds: VenvBuilds) -> None:
    backend = (
        "import sys\n"
        "def get_requires_for_build_wheel(config=None): return []\n"
        "def build_wheel(directory, config=None, metadata=None):\n"
        "    print('x.c:1:10: fatal error: libpq-fe.h: No such file or directory')\n"
        "    sys.exit(1)\n"
    )
    path = make_sdist(Project("needs-c"), builds.app, backend=backend)
    builds.require(f"./{path.name}")
    output = builds.failure()
    assert "libpq-fe.h is missing" in output
    assert "libpq-dev" in output


def test_an_index_that_is_down_is_named_as_the_cause(builds: VenvBuilds) -> None:
    builds.require("left")
    output = builds.failure(PIP_INDEX_URL="http://127.0.0.1:9/simple/", PIP_RETRIES="1")
    assert "the package index cannot be reached" in output


def test_without_pip_the_build_says_who_provides_it(builds: VenvBuilds) -> None:
    """A base image whose Python has no pip, and a provider that provides nothing."""
    builds.require("left")
    platform = builds.platform()
    bare = builds.root / "bare"
    subprocess.run(
        [f"{platform.base.build_path.partition(':')[0]}/python3", "-m", "venv", "--without-pip", bare],
        check=True,
    )
    program = platform.buildpacks["test/pip"].directory / "bin/build"
    program.write_text("#!/bin/sh\n")
    platform.base = type(platform.base)(build_path=f"{bare}/bin:/nowhere", arch="amd64")
    with pytest.raises(PhaseError) as failed:
        builds.build({"PATH": "/usr/bin:/bin"}, platform=platform)
    assert "No pip is on PATH" in failed.value.output
    assert "strata/pip-tool" in failed.value.output
