"""What is unchanged is moved into the new environment, which has the same bits as one made from nothing."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildpack_api import toml
from support.component_builds import MINORS, NEWEST
from support.main_job import VENV
from support.poetry_builds import PoetryBuilds, poetry_builds
from support.poetry_projects import NO_PACKAGE
from support.uv_builds import UvBuilds, uv_builds, uv_platform
from support.venv_builds import LEFT, RIGHT, digest, installed, site_packages, text_of, venv_builds
from support.wheels import EDITABLE_BACKEND, IN_TREE, SOURCE_BACKEND, Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_testing.platform import BuildResult, LocalPlatform
    from support.venv_builds import VenvBuilds

Tree = dict[str, tuple[int, str]]
OTHER, NEWER = Project("other", script=True), Project("other", "2.0", script=True)
FIRST = ("left-1.0", "right-2.0", "other-1.0")
CHANGED = ("left-1.0", "right-2.0", "other-2.0")


def tree(root: Path) -> Tree:
    """Return all that is below a directory: modes, and what is in files and links."""
    found = {}
    for path in sorted(root.rglob("*")):
        content = str(path.readlink()) if path.is_symlink() else ""
        if not content and path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[path.relative_to(root).as_posix()] = (path.lstat().st_mode, content)
    return found


def layers(builds: VenvBuilds) -> Path:
    return builds.root / "work space/layers/strata_app-venv"


def environment(builds: VenvBuilds) -> Tree:
    """Return all of the environment's layer."""
    return tree(layers(builds) / "venv")


def moved(result: BuildResult) -> str:
    """Return how many were moved, of how many: '2 of 3', or ''."""
    found = re.search(r"their files are the same: (\d+ of \d+) packages", text_of(result))
    return found[1] if found else ""


def is_as_fresh(
    builds: VenvBuilds,
    changed: BuildResult,
    platform: LocalPlatform | None = None,
    variables: Mapping[str, str] | None = None,
) -> bool:
    """Whether a build without a cache makes the same layer, bit for bit, with the same metadata and SBOM."""
    made, metadata = environment(builds), toml.load(layers(builds) / "venv.toml")
    boms = [path.read_bytes() for path in sorted(layers(builds).glob("venv.sbom.*"))]
    fresh = builds.build(variables, platform=platform, clear=True)
    assert moved(fresh) == ""
    assert environment(builds) == made
    assert toml.load(layers(builds) / "venv.toml") == metadata
    assert [path.read_bytes() for path in sorted(layers(builds).glob("venv.sbom.*"))] == boms
    return changed.layer(VENV, "venv").diff_id == fresh.layer(VENV, "venv").diff_id


@pytest.mark.parametrize("minor", sorted({MINORS[0], NEWEST}))
def test_another_version_of_one_requirement_and_the_others_are_moved(builds: VenvBuilds, minor: str) -> None:
    """Python 3.10 makes byte code of a file that depends on the others: there it is made anew."""
    builds.publish(OTHER, NEWER)
    platform = builds.platform(minor)
    builds.require(*builds.locked(*FIRST))
    builds.build(platform=platform)
    builds.require(*builds.locked(*CHANGED))
    changed = builds.build(platform=platform)
    assert moved(changed) == "2 of 3"
    assert "Installing collected packages: other\n" in text_of(changed)
    assert installed(builds) == ["left-1.0", "other-2.0", "right-2.0"]
    assert not [path for path in layers(builds).iterdir() if path.name.startswith(".")]
    assert is_as_fresh(builds, changed, platform)


def test_what_is_not_locked_is_moved_if_pip_chooses_the_same_files(builds: VenvBuilds) -> None:
    """It resolves as ever: a newer release of something, or another requirement, is seen."""
    builds.publish(OTHER)
    builds.require("right", "other")
    builds.build()
    builds.publish(NEWER)
    changed = builds.build()
    assert moved(changed) == "2 of 3"
    assert is_as_fresh(builds, changed)
    builds.require("right", "left", "other")
    asked = builds.build()
    assert moved(asked) == "2 of 3"  # left has been asked for by name since, which is noted beside it
    assert is_as_fresh(builds, asked)
    builds.require("right")
    assert moved(builds.build()) == "1 of 2"
    assert installed(builds) == ["left-1.0", "right-2.0"]


# What a later buildpack does to the files of each of these distributions.
TAMPERED = {
    "longer": "printf x >>longer.py",
    "as-long": "touch -r as_long.py old; sed -i s/1.0/9.9/ as_long.py; touch -r old as_long.py",
    "bytecode": "printf x | tee -a __pycache__/bytecode.*.pyc",
    "mode": "chmod 600 mode.py",
    "link": "rm link.py; ln -s mode.py link.py",
    "unknown": "rm -r unknown-1.0.dist-info",
    "elsewhere": 'mv elsewhere-1.0.dist-info "$HOME/"; ln -s "$HOME/elsewhere-1.0.dist-info" .',
    "command": 'printf "# more" >>"$VIRTUAL_ENV/bin/command"',
    "gone": "rm gone.py",
}


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ("\n".join(TAMPERED.values()), f"2 of {len(TAMPERED) + 3}"),
        ('echo "{}" >"$CNB_LAYERS_DIR/../strata_app-venv/installer/inventory.json"', ""),
        ('rm -r "$VIRTUAL_ENV"', ""),
    ],
)
def test_what_a_later_buildpack_has_changed_is_installed_anew(
    tmp_path: Path, change: str, count: str
) -> None:
    """Protects from whoever writes into the environment during a build: it is kept in the cache that way."""
    consumer = f'cd "$VIRTUAL_ENV"/lib/*/site-packages\ntouch added.py\n{change}\n'
    with venv_builds(tmp_path / "a b", consumer=consumer) as builds:
        builds.publish(LEFT, RIGHT, OTHER, NEWER, *(Project(name, script=True) for name in TAMPERED))
        builds.require(*(f"{name}==1.0" for name in TAMPERED), "right", "other==1.0")
        builds.build()
        builds.require(*(f"{name}==1.0" for name in TAMPERED), "right", "other==2.0")
        builds.consumer = ""
        changed = builds.build()
        assert moved(changed) == count
        assert is_as_fresh(builds, changed)


def test_what_the_app_itself_has_changed_is_installed_anew(builds: VenvBuilds) -> None:
    """Its settings are loaded to collect static files, before the list of all files is made."""
    builds.publish(OTHER, NEWER, Project("django"))
    builds.require(*builds.locked(*FIRST, "django-1.0"))
    (builds.app / "manage.py").write_text(
        "import left, sys\nopen(left.__file__, 'a').write('# more')\nsys.exit(1)\n"
    )
    builds.build()
    builds.require(*builds.locked(*CHANGED, "django-1.0"))
    changed = builds.build()
    assert moved(changed) == "2 of 4"
    assert is_as_fresh(builds, changed)


INIT, TWIN = "twins/__init__.py", "NAMES = {'a', 'b'}\n"
VARIETY = (
    Project("plain"),
    Project("plain", "2.0"),
    Project("command", script=True),
    Project("command", "1.1", script=True, files={"deep/er/module.py": "A = {'a', 'b'}\nB = {'b', 'a'}\n"}),
    Project("space-one", files={"space/one/__init__.py": "", "space/one/data.bin": "1"}),
    Project("space-two", files={"space/two/__init__.py": "", "space/two/bad.py": "print 'Python 2'\n"}),
    Project("space-two", "2.0", files={"space/two.py": ""}),
    Project("overlaps", files={"plain.py": "taken = 1\n"}),
    Project("data-one", files={"data_one-1.0.data/data/share/shared.txt": "the same"}),
    Project("data-two", files={"data_two-1.0.data/data/share/shared.txt": "the same"}),
    Project("data-two", "2.0", files={"data_two-2.0.data/data/share/two.txt": "2"}),
    Project("tool", files={"tool-1.0.data/scripts/tool": "#!python\nprint('tool')\n"}),
    Project("tool", "3.0", files={"tool-3.0.data/scripts/command": "#!python\nprint('in the way')\n"}),
    Project("needs", requires=("plain", "extra[more]")),
    Project("extra", requires=("command; extra == 'more'",), extras=("more",)),
    Project("path-file", files={"path_file.pth": "import sys\n"}),
    Project("path-other", files={"path_file.pth": "import sys\n"}),
    Project(
        "for-extra",
        files={"for_extra-1.0.dist-info/entry_points.txt": "[console_scripts]\nx = for_extra:main [more]\n"},
    ),
    Project(
        "for-all", files={"for_all-1.0.dist-info/entry_points.txt": "[gui_scripts]\nx = for_extra:main\n"}
    ),
    Project("tool-too", files={"tool_too-1.0.data/scripts/tool": "#!python\nprint('tool')\n"}),
    Project("twin-one", files={INIT: TWIN, "twins/one.py": ""}),
    Project("twin-two", files={INIT: TWIN, "twins/data": ""}, requires=("twin-one",)),
    Project("twin-two", "2.0", files={"twins/two.py": ""}),
    Project("twin-odd", files={INIT: TWIN, "twins/data": ""}, executable=(INIT, "twins/data")),
    Project("twin-odd", "2.0", files={INIT: TWIN}, executable=(INIT,), requires=("twin-two",)),
)


def test_what_comes_in_with_a_file_of_another_has_all_installed_anew(builds: VenvBuilds) -> None:
    """Which of both is there then, pip alone decides, by the order in which it installs."""
    builds.publish(*VARIETY)
    builds.require("command==1.0", "plain==1.0")
    builds.build()
    builds.require("command==1.0", "plain==1.0", "tool==3.0")
    changed = builds.build()
    assert "Nothing is moved over from the environment before: bin/command" in text_of(changed)
    assert moved(changed) == ""
    assert is_as_fresh(builds, changed)


def test_what_comes_in_with_the_very_same_file_lets_it_be_moved(builds: VenvBuilds) -> None:
    """Libraries of nvidia have an empty module each for the directory that they share."""
    one, two = (Project(name, files={"shared/__init__.py": ""}) for name in ("one", "two"))
    builds.publish(one, two, OTHER, NEWER)
    builds.require("one", "other==1.0")
    builds.build()
    builds.require("one", "other==1.0", "two")
    changed = builds.build()
    assert moved(changed) == "2 of 3"
    assert is_as_fresh(builds, changed)
    builds.require("one", "other==2.0", "two")
    changed = builds.build()
    assert moved(changed) == "2 of 3"
    assert is_as_fresh(builds, changed)
    builds.require("one", "other==2.0")
    alone = builds.build()
    assert moved(alone) == ""  # which permissions it has in this wheel, nobody can tell any more
    assert is_as_fresh(builds, alone)


@pytest.mark.parametrize("tool", ["uv", "poetry"])
def test_permissions_of_the_very_same_file_do_not_depend_on_who_came_last(tmp_path: Path, tool: str) -> None:
    """Both tools install several wheels at once: the one that has the executable bit may be any."""
    names, path = ("one", "two", "odd"), "shared/__init__.py"
    with (uv_builds if tool == "uv" else poetry_builds)(tmp_path) as builds:
        builds.publish(
            *(Project(name, files={path: ""}, executable=(path,) if name == "odd" else ()) for name in names)
        )
        results = []
        for number in (3, 2):
            if isinstance(builds, UvBuilds):
                builds.project(*names[:number])
                builds.uv_lock()
            elif isinstance(builds, PoetryBuilds):
                builds.poetry_project(*names[:number])
                builds.poetry_lock()
            results.append(builds.build())
            assert (site_packages(builds) / path).stat().st_mode & 0o777 == 0o644
        assert moved(results[-1]) == "2 of 2"
        assert is_as_fresh(builds, results[-1])


def test_two_with_the_same_command_are_moved_together_and_each_alone(builds: VenvBuilds) -> None:
    """TensorFlow and TensorBoard are such. The size of a script is that with the first line for a blank."""
    points = "[console_scripts]\nboth = left:main\n"
    files = {
        name: {
            f"{name}-1.0.dist-info/entry_points.txt": points,
            f"{name}-1.0.data/scripts/{name}": "#!python\n",
        }
        for name in ("one", "two")
    }
    pair = [Project(name, files=more) for name, more in files.items()]
    builds.publish(*pair, OTHER, NEWER)
    builds.require("one", "two", "other==1.0")
    builds.build()
    builds.require("one", "two", "other==2.0")
    changed = builds.build()
    assert moved(changed) == "2 of 3"
    assert is_as_fresh(builds, changed)
    builds.require("one", "other==2.0")
    changed = builds.build()
    assert moved(changed) == "2 of 2"
    assert is_as_fresh(builds, changed)


@st.composite
def environments(draw: st.DrawFn) -> list[str]:
    """Draw requirements: some of the projects, each in one of its versions."""
    names = sorted({one.name for one in VARIETY})
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=2))
    versions = {name: [one.version for one in VARIETY if one.name == name] for name in names}
    return [f"{name}=={draw(st.sampled_from(versions[name]))}" for name in chosen]


@settings(max_examples=2)
@given(st.lists(environments(), min_size=4, max_size=4))
def test_whatever_changes_the_result_is_that_of_a_fresh_build(
    tmp_path_factory: pytest.TempPathFactory, states: list[list[str]]
) -> None:
    """Protects images: distributions come, go, and change in both directions, with all they may share."""
    with venv_builds(tmp_path_factory.mktemp("builds")) as builds:
        builds.publish(*VARIETY)
        for state in states:
            builds.require(*state)
            assert is_as_fresh(builds, builds.build())


# A build backend that writes down the variable STAMP; there is a wheel with the same tags as well.
STAMPED = SOURCE_BACKEND.replace(
    'wheel.writestr("source.py", "")', 'import os; wheel.writestr("source.py", repr(os.environ["STAMP"]))'
)


def test_what_uv_builds_though_there_is_a_wheel_is_not_moved(tmp_path: Path) -> None:
    more = "[tool.uv]\nno-binary-package = ['source']\n"
    with uv_builds(tmp_path) as builds:
        builds.publish(Project("source"), OTHER, NEWER)
        builds.publish_source(STAMPED)
        for version, stamp in (("1.0", "1"), ("2.0", "2")):
            builds.project("source", f"other=={version}", more=more)
            builds.uv_lock()
            result = builds.build({"STAMP": stamp})
            assert moved(result) == ""
            assert (site_packages(builds) / "source.py").read_text() == repr(stamp)


def test_what_poetry_builds_though_there_is_a_wheel_is_not_moved(tmp_path: Path) -> None:
    with poetry_builds(tmp_path) as builds:
        builds.publish(Project("source"), OTHER, NEWER)
        builds.publish_source(STAMPED)
        for version, stamp in (("1.0", "1"), ("2.0", "2")):
            builds.poetry_project("source", f"other=={version}")
            builds.poetry_lock()
            result = builds.build({"STAMP": stamp, "POETRY_INSTALLER_NO_BINARY": "source"})
            assert moved(result) == ""
            assert (site_packages(builds) / "source.py").read_text() == repr(stamp)


# Runs a program as Python does, and kills itself, with all that it has started, at one of the times that it
# moves, makes or removes something, or starts a program; it writes down how many such times there were.
KILLED = """\
import os, runpy, signal, sys
counter, left = os.open(os.environ["COUNTER"], os.O_WRONLY | os.O_APPEND), int(os.environ["KILLED_AT"])
def hook(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "subprocess.Popen"):
        left -= 1
        os.write(counter, b".")
        if left == 0:
            os.killpg(0, signal.SIGKILL)
sys.addaudithook(hook)
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class KilledBuilds:
    """The build of app-venv again and again, on the layers that are there, killed at a moment of its own."""

    def __init__(self, builds: VenvBuilds, platform: LocalPlatform, result: BuildResult) -> None:
        before = result.run(VENV)
        self.counter = builds.root / "counter"
        program, python = builds.root / "killed.py", builds.root / "python"
        program.write_text(KILLED)
        python.write_text(
            '#!/bin/sh\n[ "$4" = -c ] && exec "$PYTHON" "$@"\nshift 4\n'
            f'exec "$PYTHON" -E -s -S -B "{program}" "$@"\n'
        )
        python.chmod(0o755)
        plan = builds.root / "plan.toml"
        entries = [{"name": one.name, "metadata": dict(one.metadata)} for one in before.plan]
        toml.write(plan, {"entries": entries})
        self.env: Mapping[str, str] = {
            **before.environment,
            "CNB_BP_PLAN_PATH": str(plan),
            "STRATA_PYTHON": str(python),
            "PYTHON": sys.executable,
            "COUNTER": str(self.counter),
        }
        place = platform.workspace
        build = platform.buildpacks[VENV].directory / "bin/build"
        self.command = [str(one) for one in (build, layers(builds), place.platform, plan)]
        self.app = place.app

    def run(self, killed_at: int) -> int:
        """Run it and return how many moments there were; with 0 it is not killed."""
        self.counter.write_bytes(b"")
        env = {**self.env, "KILLED_AT": str(killed_at)}
        done = subprocess.run(
            self.command, env=env, cwd=self.app, start_new_session=True, capture_output=True, check=False
        )
        assert (done.returncode == 0) is (killed_at == 0), done.stderr
        return self.counter.stat().st_size


def test_a_build_that_is_killed_leaves_nothing_that_is_taken_for_whole(builds: VenvBuilds) -> None:
    """At eight moments, from the first to the last: the next build on what is left is that of a fresh one."""
    builds.publish(OTHER, NEWER)
    platform = builds.platform()
    builds.require(*builds.locked(*FIRST))
    result = builds.build(platform=platform)
    again = KilledBuilds(builds, platform, result)
    kept = builds.root / "kept"
    shutil.copytree(layers(builds), kept, symlinks=True)
    shutil.copyfile(builds.app / "requirements.txt", again.app / "requirements.txt")
    (again.app / "requirements.txt").write_text("".join(f"{one}\n" for one in builds.locked(*CHANGED)))
    moments = again.run(0)
    whole = environment(builds)
    for number in range(8):
        shutil.rmtree(layers(builds))
        shutil.copytree(kept, layers(builds), symlinks=True)
        again.run(1 + number * (moments - 1) // 7)
        again.run(0)
        assert environment(builds) == whole
        assert not [path for path in layers(builds).iterdir() if path.name.startswith(".")]
    builds.require(*builds.locked(*CHANGED))
    builds.build(platform=platform, clear=True)
    assert environment(builds) == whole


def test_with_uv_the_same(tmp_path: Path) -> None:
    """To uv, what is moved is installed already; its cache keeps the wheels of that as well."""
    with uv_builds(tmp_path / "a b") as builds:
        builds.publish(LEFT, RIGHT, OTHER, NEWER, Project("more", requires=("left",)))
        builds.project("right", "other==1.0")
        builds.uv_lock()
        builds.build()
        builds.project("right", "other==2.0")
        builds.uv_lock()
        changed = builds.build()
        assert moved(changed) == "2 of 3"
        cached = builds.root / "work space/layers/strata_app-venv/uv-cache/cache"
        names = sorted(path.name for path in cached.glob("archive-v*/*/*.dist-info"))
        assert names == ["left-1.0.dist-info", "other-2.0.dist-info", "right-2.0.dist-info"]
        assert is_as_fresh(builds, changed)
        builds.project("more", "left", more="[tool.uv]\nlink-mode = 'copy'\n")
        builds.uv_lock()
        asked = builds.build()
        assert moved(asked) == ""  # a setting of uv, and left is asked for by name
        assert is_as_fresh(builds, asked)


@pytest.mark.parametrize("change", ["chmod 600 left.py", "chmod a+x left.py", "echo more >>left.py"])
def test_what_a_later_buildpack_has_changed_is_unpacked_anew_by_uv(tmp_path: Path, change: str) -> None:
    """Files of the environment are those of uv's cache, too: with their contents and permissions."""
    with uv_builds(tmp_path / "a b", consumer=f'cd "$VIRTUAL_ENV"/lib/*/site-packages; {change}') as builds:
        builds.publish(LEFT, RIGHT, OTHER, NEWER)
        builds.project("right", "other==1.0")
        builds.uv_lock()
        builds.build()
        builds.consumer = ""
        builds.project("right", "other==2.0")
        builds.uv_lock()
        changed = builds.build()
        assert moved(changed) == "1 of 3"
        assert is_as_fresh(builds, changed)


def test_a_directory_without_files_is_none_of_the_environment(tmp_path: Path) -> None:
    """Real wheels have some; uv makes them, but not from its cache, and whose they are nobody would know."""
    with uv_builds(tmp_path / "a b") as builds:
        builds.publish(Project("left", files={"left.libs/": ""}), RIGHT, OTHER, NEWER)
        results = []
        for version in ("1.0", "2.0"):
            builds.project("right", f"other=={version}")
            builds.uv_lock()
            results.append(builds.build())
            assert not (site_packages(builds) / "left.libs").exists()
        assert [*map(moved, results)] == ["", "2 of 3"]
        assert is_as_fresh(builds, results[-1])


def test_with_uv_in_the_place_of_pip_the_same(builds: VenvBuilds) -> None:
    """A line that allows another file as well may lead to that one: it is asked for anew."""
    builds.publish(OTHER, NEWER)
    platform, by_uv = uv_platform(builds), {"BP_INSTALLER": "uv"}
    builds.require(*builds.locked(*FIRST))
    builds.build(by_uv, platform=platform)
    builds.require(*builds.locked(*CHANGED))
    changed = builds.build(by_uv, platform=platform)
    assert moved(changed) == "2 of 3"
    assert is_as_fresh(builds, changed, platform, by_uv)
    builds.require(*builds.locked("left-1.0", "other-2.0"))
    assert moved(builds.build(by_uv, platform=platform)) == "2 of 2"
    (left, other) = builds.locked("left-1.0", "other-2.0")
    builds.require(f"{left} --hash=sha256:{digest('another file')}", other)
    more = builds.build(by_uv, platform=platform)
    assert moved(more) == "1 of 2"
    assert is_as_fresh(builds, more, platform, by_uv)


def test_with_poetry_the_same(tmp_path: Path) -> None:
    """To Poetry, what is moved is installed already."""
    with poetry_builds(tmp_path / "a b") as builds:
        builds.publish(LEFT, RIGHT, OTHER, NEWER)
        builds.poetry_project("right", "other==1.0")
        builds.poetry_lock()
        builds.build()
        builds.poetry_project("right", "other==2.0")
        builds.poetry_lock()
        changed = builds.build()
        assert moved(changed) == "2 of 3"
        assert is_as_fresh(builds, changed)
        builds.poetry_project("right", "left")
        builds.poetry_lock()
        asked = builds.build()
        assert moved(asked) == "1 of 2"
        assert is_as_fresh(builds, asked)


def test_around_a_project_that_is_installed_itself_the_others_are_moved(builds: VenvBuilds) -> None:
    """It is built in every build, as an editable one is; what it requires is moved if it is the same."""
    builds.publish(OTHER, NEWER, Project("extra-one"))
    builds.project("greeter")
    builds.require("-e .", "left", "other==1.0")
    first = builds.build()
    assert moved(first) == ""
    again = builds.build()
    assert "so it is always installed anew" in " ".join(text_of(again).split())
    assert moved(again) == "3 of 4"
    assert again.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id
    builds.require("-e .", "left", "other==2.0")
    changed = builds.build()
    assert moved(changed) == "2 of 4"
    assert is_as_fresh(builds, changed)
    builds.require("left", "right", "other==2.0")
    without = builds.build()
    assert moved(without) == "2 of 3"  # right is asked for by name since
    assert is_as_fresh(builds, without)


# A package of the app's own, in its directory "private", that is imported from there.
BY_UV = "[tool.uv.sources]\nprivate-pkg = { path = 'private', editable = true }\n"
BY_POETRY = f"{NO_PACKAGE}[tool.poetry.dependencies]\nprivate-pkg = {{ path = 'private', develop = true }}\n"


@pytest.mark.parametrize("tool", ["uv", "poetry"])
def test_around_what_a_lock_does_not_determine_the_others_are_moved(tmp_path: Path, tool: str) -> None:
    """A lock says nothing of the files of the app's own packages: an environment with one is never reused."""
    with (uv_builds if tool == "uv" else poetry_builds)(tmp_path / "a b") as builds:
        builds.publish(LEFT, RIGHT, OTHER, NEWER)
        (builds.app / "private").mkdir(parents=True)
        (builds.app / "private/pyproject.toml").write_text(IN_TREE)
        results = []
        for number, version in enumerate(("1.0", "1.0", "2.0")):
            backend = EDITABLE_BACKEND.replace("private.pth", f"private_{number}.pth")
            backend += "\nbuild_wheel = build_editable\n"  # Poetry asks it for metadata
            backend += "#" * number  # Python takes a file of the same second and size for the same one
            (builds.app / "private/backend.py").write_text(backend)
            if isinstance(builds, UvBuilds):
                builds.project("right", f"other=={version}", "private-pkg", more=BY_UV)
                builds.uv_lock()
            elif isinstance(builds, PoetryBuilds):
                builds.poetry_project("right", f"other=={version}", "private-pkg", more=BY_POETRY)
                builds.poetry_lock()
            results.append(builds.build())
            assert not results[-1].layer(VENV, "venv").reused
            assert (site_packages(builds) / f"private_{number}.pth").exists()
        assert [*map(moved, results)] == ["", "3 of 4", "2 of 4"]
        assert is_as_fresh(builds, results[-1])
