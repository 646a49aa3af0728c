"""strata/app-venv with a uv.lock and the real uv: what is installed, reused, refused, and why."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.main_job import VENV
from support.uv_builds import UvBuilds, uv_builds
from support.uv_wheels import UV, uv_wheel
from support.venv_builds import LEFT, RIGHT, installed, reused, site_packages, text_of
from support.wheels import IN_TREE, Project, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A build backend that is the project's own: it makes a wheel, or a link to where it is, of its module.
BACKEND = """
import os, pathlib, tomllib, zipfile

def get_requires_for_build_wheel(config=None):
    return []

get_requires_for_build_editable = get_requires_for_build_wheel

def _build(directory, name, text):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    stem = f"{project['name']}-{project['version']}"
    with zipfile.ZipFile(f"{directory}/{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(name.format(project["name"]), text)
        requires = "".join(f"Requires-Dist: {one}\\n" for one in project.get("dependencies", []))
        head = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {project['version']}\\n{requires}"
        wheel.writestr(f"{stem}.dist-info/METADATA", head)
        tags = "Root-Is-Purelib: true\\nTag: py3-none-any"
        wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tags}\\n")
        wheel.writestr(f"{stem}.dist-info/entry_points.txt", "[console_scripts]\\nrun = left:main\\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return f"{stem}-py3-none-any.whl"

def build_wheel(directory, config=None, metadata=None):
    return _build(directory, "{}_built.py", "")

def build_editable(directory, config=None, metadata=None):
    return _build(directory, "{}.pth", os.getcwd())
"""


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[UvBuilds]:
    """A project to edit, and an index with left 1.0 and right 2.0, which requires left."""
    consumer = (
        'command -v python\n(cd / && pip list --format json 2>/dev/null)\necho "$UV_PROJECT_ENVIRONMENT"\n'
    )
    with uv_builds(tmp_path / "a b", consumer=consumer) as made:
        made.publish(LEFT, RIGHT, Project("more"))
        yield made


def package(builds: UvBuilds, folder: str, name: str, *dependencies: str, more: str = "") -> None:
    """Write a project that is installed itself."""
    builds.project(*dependencies, more=more + IN_TREE, file=f"{folder}/pyproject.toml")
    path = builds.app / folder / "pyproject.toml"
    path.write_text(path.read_text().replace('name = "app"', f'name = "{name}"'))
    (path.parent / "backend.py").write_text(BACKEND)


def diff_id(result: object) -> str:
    return result.layer(VENV, "venv").diff_id  # type: ignore[attr-defined,no-any-return]


def test_a_lock_is_installed_as_it_is_and_reused_without_asking_anybody(builds: UvBuilds) -> None:
    """Not the project, which has no build system, nor a group; nothing of the build is in the environment."""
    builds.project("right", more='[dependency-groups]\ndev = ["more"]\n')
    builds.uv_lock()
    builds.publish(Project("left", "9.0", script=True))
    result = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "Installing uv.lock with uv " in text_of(result)
    libraries = site_packages(builds)
    assert sorted(path.name for path in (libraries / "left-1.0.dist-info").iterdir()) == [
        "INSTALLER", "METADATA", "RECORD", "WHEEL", "entry_points.txt",
    ]  # fmt: skip
    assert (libraries / "right-2.0.dist-info/REQUESTED").exists()
    assert len(list(libraries.rglob("__pycache__/*.pyc"))) == 2
    python, listed, environment = result.run("test/consumer").printed.splitlines()
    assert python == f"{environment}/bin/python"
    assert '"left"' in listed
    asked = len(builds.server.requests)
    again = builds.build()
    assert reused(again), text_of(again)
    assert "Reusing the virtual environment: all requirements have an exact version and a hash" in text_of(
        again
    )
    assert len(builds.server.requests) == asked
    assert diff_id(again) == diff_id(result)


def test_uv_and_pip_are_not_in_the_image_and_the_command_says_so(builds: UvBuilds, tmp_path: Path) -> None:
    """With strata/uv-tool, whose layer is restored without asking an index."""
    builds.project("left")
    builds.uv_lock()
    platform = builds.platform(pip=UV)
    with serve(write_index([uv_wheel()], tmp_path / "uvs").directory) as index:
        builds.build({"PIP_INDEX_URL": f"{index.url}/simple"}, platform=platform)
    with platform.container() as container:
        environment = container.environment()
        assert not [name for name in environment if name.startswith(("UV_", "PIP_"))]
        assert not list(platform.workspace.layers.glob("strata_uv-tool/*"))
        assert container.run(["left"]).stdout == "left 1.0\n"
        shown = container.run(["pip", "install", "x"], check=False)
        assert (shown.returncode, "ensurepip" in shown.stderr) == (127, True)
    assert reused(builds.build(platform=platform))


def test_a_lock_that_is_out_of_date_is_refused_unless_it_is_to_be_taken_as_it_is(builds: UvBuilds) -> None:
    builds.project("left")
    builds.uv_lock()
    builds.project("left", "more")
    said = builds.failure()
    assert "uv.lock is out of date" in said
    assert "BP_UV_FROZEN=true" in said
    assert not (builds.root / "work space/layers/strata_app-venv/venv").exists()
    result = builds.build({"BP_UV_FROZEN": "true"})
    assert installed(builds) == ["left-1.0"]
    assert "uv.lock as it is" in text_of(result)


def test_a_change_of_the_lock_is_installed_and_what_is_gone_is_gone(builds: UvBuilds) -> None:
    builds.project("right")
    builds.uv_lock()
    builds.build()
    builds.project("left", "more")
    builds.uv_lock()
    result = builds.build()
    assert installed(builds) == ["left-1.0", "more-1.0"]
    assert "contents of the files to install from" in text_of(result)
    assert "right 2.0 is no longer needed" in text_of(result)


def test_what_does_not_matter_in_the_project_changes_nothing(builds: UvBuilds) -> None:
    builds.project("left")
    builds.uv_lock()
    builds.build()
    with (builds.app / "pyproject.toml").open("a") as file:
        file.write("[tool.ruff]\nline-length = 110\n# and a comment\n")
    assert reused(builds.build())


def test_extras_and_groups_are_chosen_by_variables(builds: UvBuilds) -> None:
    more = '[project.optional-dependencies]\nweb = ["right"]\n[dependency-groups]\nprod = ["more"]\n'
    builds.project("left", more=more)
    builds.uv_lock()
    result = builds.build({"BP_UV_EXTRAS": "web", "BP_UV_GROUPS": "prod"})
    assert installed(builds) == ["left-1.0", "more-1.0", "right-2.0"]
    assert "Installing uv.lock with extras web and groups prod" in text_of(result)
    assert "there is no dependency group nope" in builds.failure(BP_UV_GROUPS="nope")
    assert "there is no extra nope" in builds.failure(BP_UV_EXTRAS="nope")
    assert "BP_UV_GROUPS instead of BP_PIP_GROUPS" in builds.failure(BP_PIP_GROUPS="prod")


def test_the_project_itself_is_a_link_and_never_reused(builds: UvBuilds) -> None:
    """As uv installs it: the app's directory is at the same place in the image."""
    package(builds, ".", "app", "left")
    builds.uv_lock()
    first = builds.build()
    assert installed(builds) == ["app-1.0", "left-1.0"]
    libraries = site_packages(builds)
    assert (libraries / "app.pth").read_text() == str(builds.root / "work space/workspace")
    assert not list(libraries.glob("*/uv_cache.json"))
    assert "uv_cache" not in (libraries / "app-1.0.dist-info/RECORD").read_text()
    script = builds.root / "work space/layers/strata_app-venv/venv/venv/bin/run"
    assert "from left import main" in script.read_text()
    again = builds.build()
    assert not reused(again)
    assert diff_id(again) == diff_id(first)


def test_a_package_of_a_workspace(builds: UvBuilds) -> None:
    """The one that is the app, with the others that it needs, as links."""
    builds.project("more", more='[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    package(builds, "packages/lib", "lib", "left")
    package(builds, "packages/cli", "cli", "lib", more="[tool.uv.sources]\nlib = { workspace = true }\n")
    text = (builds.app / "packages/cli/pyproject.toml").read_text()
    for name in ("lib", "cli"):  # the index is the workspace's
        path = builds.app / f"packages/{name}/pyproject.toml"
        path.write_text(path.read_text().partition("[[tool.uv.index]]")[0])
    assert "workspace" in text
    builds.uv_lock()
    builds.build({"BP_UV_PACKAGE": "cli"})
    assert installed(builds) == ["cli-1.0", "left-1.0", "lib-1.0"]
    assert (site_packages(builds) / "lib.pth").read_text().endswith("/workspace/packages/lib")
    assert "uv.lock does not have the package nope" in builds.failure(BP_UV_PACKAGE="nope")
    builds.build()
    assert installed(builds) == ["more-1.0"]


def test_all_packages_of_a_workspace_without_a_project(builds: UvBuilds) -> None:
    """As uv installs them, and groups of the workspace itself on demand."""
    tables = '[tool.uv.workspace]\nmembers = ["packages/*"]\n[dependency-groups]\nprod = ["more"]\n'
    package(builds, "packages/lib", "lib", "left")
    builds.project(file="packages/web/pyproject.toml")
    for name in ("lib", "web"):
        path = builds.app / f"packages/{name}/pyproject.toml"
        text, _, index = path.read_text().partition("[[tool.uv.index]]")
        path.write_text(text.replace('name = "app"', 'name = "web"'))
        (builds.app / "pyproject.toml").write_text(f"{tables}[[tool.uv.index]]{index}")  # the workspace's
    builds.uv_lock()
    builds.build()
    assert installed(builds) == ["left-1.0", "lib-1.0"]
    builds.build({"BP_UV_GROUPS": "prod"})
    assert installed(builds) == ["left-1.0", "lib-1.0", "more-1.0"]


def test_two_new_environments_have_the_same_bits(builds: UvBuilds) -> None:
    """Whatever the umask, the times of files, and what the cache has."""
    package(builds, ".", "app", "right")
    builds.uv_lock()
    first = diff_id(builds.build())
    shutil.copytree(builds.app, builds.root / "copy")
    shutil.rmtree(builds.app)
    (builds.root / "copy").rename(builds.app)
    before = os.umask(0o077)
    try:
        assert diff_id(builds.build(clear=True)) == first
    finally:
        os.umask(before)
    assert diff_id(builds.build({"PYTHONDONTWRITEBYTECODE": "1", "UV_COMPILE_BYTECODE": "1"})) == first


def test_the_cache_spares_downloads_and_holds_what_is_installed_only(builds: UvBuilds) -> None:
    builds.project("right", "more")
    builds.uv_lock()
    builds.build()
    cache = builds.root / "work space/layers/strata_app-venv/uv-cache/cache"
    first = contents(cache)
    assert len({path.parts[1] for path in map(type(cache), first) if path.parts[0] == "archive-v0"}) == 3
    builds.project("right")
    builds.uv_lock()
    asked = len(builds.server.requests)
    builds.build()
    assert not [one for one in builds.server.requests[asked:] if one.path.endswith(".whl")]
    kept = contents(cache)
    assert len(kept) < len(first)
    assert not [name for name in kept if "more" in name]


def test_a_buildpack_that_writes_into_the_environment_spoils_no_later_build(builds: UvBuilds) -> None:
    """Files of the environment are those of the cache; what was changed in place is fetched again."""
    builds.consumer = 'for file in "$VIRTUAL_ENV"/lib/*/*/left.py; do echo "# spoilt" >> "$file"; done\n'
    builds.project("left")
    builds.uv_lock()
    builds.build()
    builds.consumer = ""
    builds.project("left", "more")
    builds.uv_lock()
    builds.build()
    assert "spoilt" not in (site_packages(builds) / "left.py").read_text()


def test_variables_that_would_spoil_the_build_are_refused_with_reasons(builds: UvBuilds) -> None:
    builds.project("left")
    builds.uv_lock()
    said = builds.failure(UV_PROJECT_ENVIRONMENT="/x", UV_PYTHON="3.9", UV_NO_INSTALL_PROJECT="1")
    assert "would spoil the build: UV_NO_INSTALL_PROJECT, UV_PROJECT_ENVIRONMENT, UV_PYTHON" in said
    assert "and no other" in said
    builds.build({"UV_LINK_MODE": "copy", "UV_PYTHON_DOWNLOADS": "automatic"})
    assert installed(builds) == ["left-1.0"]
    assert reused(builds.build({"UV_HTTP_TIMEOUT": "9"}))
    assert "UV_INDEX_STRATEGY" in text_of(builds.build({"UV_INDEX_STRATEGY": "first-index"}))


def test_a_python_version_file_lets_uv_find_no_other_python(builds: UvBuilds) -> None:
    builds.project("left")
    builds.uv_lock()
    (builds.app / ".python-version").write_text("3.7\n")
    builds.build()
    assert installed(builds) == ["left-1.0"]


def test_uv_is_chosen_by_a_variable_where_pip_has_installed_before(builds: UvBuilds) -> None:
    builds.project("left")
    builds.uv_lock()
    builds.require("more")
    result = builds.build({"BP_PACKAGE_MANAGER": "uv"})
    assert installed(builds) == ["left-1.0"]
    assert "requirements.txt: uv.lock says what is installed, with uv" in " ".join(text_of(result).split())
    (builds.app / "uv.lock").unlink()
    assert "The app has no uv.lock" in builds.failure(BP_PACKAGE_MANAGER="uv")


@pytest.mark.parametrize(
    ("table", "cause"),
    [
        ('required-version = "==0.1.0"', "the app requires uv ==0.1.0 (required-version)"),
        ("managed = false", "the project is none of uv's: [tool.uv] managed = false"),
    ],
)
def test_what_uv_refuses_is_explained(builds: UvBuilds, table: str, cause: str) -> None:
    builds.project("left")
    builds.uv_lock()
    path = builds.app / "pyproject.toml"
    path.write_text(f"{path.read_text()}\n[tool.uv]\n{table}\n".replace("[[tool.uv.index]]", "[[tool.x]]"))
    assert cause in builds.failure()


def test_another_file_than_the_locked_one_is_refused(builds: UvBuilds) -> None:
    builds.project("left")
    text = builds.uv_lock()
    digest = text.partition("sha256:")[2][:64]
    (builds.app / "uv.lock").write_text(text.replace(digest, "0" * 64))
    assert "the file of left is not the one that uv.lock has" in builds.failure()


def test_what_was_built_from_source_is_built_again_if_its_build_saw_something_else(builds: UvBuilds) -> None:
    """And only then; it is kept in the cache otherwise."""
    builds.publish_source()
    builds.project("source")
    builds.uv_lock()
    first = builds.build()
    assert "1 built from source" in text_of(first)
    assert reused(builds.build())
    result = builds.build({"CFLAGS": "-O2"})
    assert "CFLAGS is set now; built from source: source" in text_of(result)
    assert "1 built from source" in text_of(result)
    assert diff_id(result) == diff_id(first)


def test_only_what_is_pinned_by_hash_and_only_wheels_where_that_is_asked_for(builds: UvBuilds) -> None:
    package(builds, ".", "app", "left")
    builds.uv_lock()
    said = builds.failure(BP_PIP_REQUIRE_HASHES="true")
    assert "uv.lock (app) comes from a local directory" in said
    builds.publish_source()
    (builds.app / "backend.py").unlink()
    builds.project("source", "left")
    builds.uv_lock()
    builds.build({"BP_PIP_REQUIRE_HASHES": "true"})
    assert installed(builds) == ["left-1.0", "source-1.0"]
    assert "source" in builds.failure(BP_PIP_ONLY_BINARY=":all:")


def test_a_lock_file_of_pip_with_uv(builds: UvBuilds) -> None:
    """PEP 751: what it lists, by hash; extras and groups of it are chosen by pip alone."""
    builds.lock("left-1.0", "right-2.0")
    result = builds.build({"BP_INSTALLER": "uv"})
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "Installing pylock.toml with uv" in text_of(result)
    assert reused(builds.build({"BP_INSTALLER": "uv"}))
    builds.require("left<1", file="limits.txt")
    said = builds.failure(BP_INSTALLER="uv", PIP_CONSTRAINT="limits.txt")
    assert "PIP_CONSTRAINT cannot be used with BP_INSTALLER=uv" in said
    builds.lock("left-1.0", head='extras = ["web"]\n')
    said = builds.failure(BP_INSTALLER="uv", BP_PIP_EXTRAS="web")
    assert "BP_PIP_EXTRAS cannot be used with BP_INSTALLER=uv" in said


def test_a_requirements_file_means_to_uv_what_it_means_to_pip(builds: UvBuilds) -> None:
    """Variables, constraints, nested indexes, addresses; nothing that is said to uv changes or moves it."""
    builds.require("-r more.txt", "-c limits.txt", *builds.locked("right-2.0"))
    (left,) = (one for one in builds.wheels if one.name.startswith("left-"))
    address = f"{builds.server.url}/files/{left.name}"
    builds.require("-i ${INDEX}", f"{address} --hash=sha256:{sha256(left)}", file="more.txt")
    builds.require("right<3", file="limits.txt")
    elsewhere = '[tool.uv]\nexclude-dependencies = ["left"]\n[tool.uv.pip]\ntarget = "elsewhere"\n'
    (builds.app / "pyproject.toml").write_text(elsewhere)
    index = f"{builds.server.url}/simple/"
    variables = {"BP_INSTALLER": "uv", "INDEX": f"{builds.server.url}/nothing/", "PIP_INDEX_URL": index}
    assert "no index has right, or none" in builds.failure(**variables)
    builds.build({**variables, "INDEX": index, "PIP_INDEX_URL": f"{builds.server.url}/nothing/"})
    assert installed(builds) == ["left-1.0", "right-2.0"]
    notes = site_packages(builds) / "left-1.0.dist-info"
    assert json.loads((notes / "direct_url.json").read_text()) == {
        "archive_info": {"hash": f"sha256={sha256(left)}", "hashes": {"sha256": sha256(left)}},
        "url": address,
    }
    assert (notes / "REQUESTED").exists()
    builds.require("right<2", file="limits.txt")
    said = builds.failure(**variables)
    assert "requirements.txt:3 (right==2.0) is more than limits.txt:1 (right<2) allows" in said


def test_settings_of_pip_count_for_uv_in_its_place_or_are_refused(builds: UvBuilds) -> None:
    """None of those that make a difference is passed over."""
    builds.require(*builds.locked("left-1.0"))
    variables = {"BP_INSTALLER": "uv", "PIP_INDEX_URL": f"{builds.server.url}/simple/"}
    hosts = {"PIP_TRUSTED_HOST": "one.example two.example", "PIP_FIND_LINKS": "/nowhere"}
    builds.build({**variables, **hosts})
    assert installed(builds) == ["left-1.0"]
    said = builds.failure(**variables, PIP_NO_BINARY="left")
    assert "left==1.0 has no file that may be used for this Python" in said
    said = builds.failure(**variables, PIP_CONSTRAINT="nowhere.txt")
    assert "nowhere.txt does not exist" in said
    builds.require("-r sub/nowhere.txt", *builds.locked("left-1.0"))
    assert "sub/nowhere.txt does not exist" in builds.failure(**variables)
    builds.require(*builds.locked("left-1.0"))
    said = builds.failure(**variables, PIP_CONFIG_SETTINGS="a=b")
    assert "PIP_CONFIG_SETTINGS cannot be used with BP_INSTALLER=uv" in said
    (builds.root / "uv.toml").write_text('[pip]\ntarget = "elsewhere"\n')
    said = builds.failure(**variables, UV_CONFIG_FILE=str(builds.root / "uv.toml"))
    assert "These variables would spoil the build: UV_CONFIG_FILE" in said
    said = builds.failure(**variables, PIP_PROXY="http://127.0.0.1:9", UV_HTTP_RETRIES="0")
    assert "an index cannot be reached" in said


def test_what_uv_builds_of_a_hashed_source_counts_as_built(builds: UvBuilds) -> None:
    """Now or in an earlier build, out of the cache: its build's surroundings are inputs as well."""
    builds.publish_source()
    (archive,) = (builds.root / "wheels").glob("source-1.0.tar.gz")
    builds.require(f"source==1.0 --hash=sha256:{sha256(archive)}", *builds.locked("left-1.0"))
    variables = {"BP_INSTALLER": "uv", "PIP_INDEX_URL": f"{builds.server.url}/simple/"}
    builds.build(variables)
    assert installed(builds) == ["left-1.0", "source-1.0"]
    assert reused(builds.build(variables))
    builds.require(f"source==1.0 --hash=sha256:{sha256(archive)}")
    result = builds.build(variables)
    assert "built from source" not in text_of(result)
    assert "built from source: source" in text_of(builds.build({**variables, "CFLAGS": "-O2"}))


def contents(root: Path) -> dict[str, str]:
    """Return all files below a folder, with a digest."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
