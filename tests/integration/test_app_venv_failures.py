"""Failures of the real pip, made to happen one by one, get the right cause."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from app_venv.failures.pip import explain
from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.build_process import on_small_disk
from support.component_builds import NEWEST
from support.lock_files import lock_text
from support.venv_builds import shared_pip
from support.wheels import Project, make_sdist, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app_venv.failures.building import Explanation
    from support.venv_builds import VenvBuilds

BACKEND = """
import os, signal, subprocess, sys

def get_requires_for_build_wheel(config=None):
    return []

def build_wheel(directory, config=None, metadata=None):
"""
COMPILE = (
    "    open('x.c', 'w').write('#include <libpq-fe.h>\\n')\n"
    "    sys.exit(subprocess.run(['gcc', '-c', 'x.c']).returncode)\n"
)
# The build backend is pip's child: what the kernel does for lack of memory.
KILL = "    os.kill(os.getppid(), signal.SIGKILL)\n"
NEEDS_MORE = '[build-system]\nrequires = ["no-such-backend"]\nbuild-backend = "x"\n'
UNREACHABLE = "127.0.0.1:9"


class FailingPip:
    """An index, an environment, and the pip that strata/pip-tool carries."""

    def __init__(self, root: Path, url: str, files: dict[str, Path]) -> None:
        self.root = root
        self.url = url
        self.files = files
        python = installed_interpreters()[NEWEST].executable
        subprocess.run([python, "-I", "-m", "venv", "--without-pip", root / "venv"], check=True)
        self._pip = shared_pip(NEWEST)

    def fail(
        self, *lines: str, wrapper: Sequence[str | Path] = (), **variables: str
    ) -> tuple[Explanation, str]:
        """Install these lines, which must fail; return the explanation, and what pip printed."""
        (self.root / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "PYTHONUSERBASE": str(self._pip),
            "PIP_PYTHON": str(self.root / "venv"),
            "PIP_CACHE_DIR": str(self.root / "cache"),
            "PIP_INDEX_URL": f"{self.url}/simple/",
            "PIP_RETRIES": "1",
            "PIP_CONFIG_FILE": os.devnull,
            **variables,
        }
        done = subprocess.run(
            [
                *(*wrapper, self._pip / "bin/pip", "install"),
                *("--no-input", "--progress-bar=off", "-r", "requirements.txt"),
            ],
            env=environment, cwd=self.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0, done.stdout
        return explain(done.returncode, done.stdout), done.stdout


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingPip]:
    root = tmp_path_factory.mktemp("failing pip")
    wheels = root / "wheels"
    files = {
        "left": make_wheel(Project("left"), wheels),
        "left 2.0": make_wheel(Project("left", "2.0"), wheels),
        "old": make_wheel(Project("old", requires=("left<2",)), wheels),
        "new": make_wheel(Project("new", requires=("left>=2",)), wheels),
        "large": make_wheel(Project("large", files={"data.txt": "x" * 3_000_000}), wheels),
        "header": make_sdist(Project("header"), wheels, backend=BACKEND + COMPILE),
        "killer": make_sdist(Project("killer"), wheels, backend=BACKEND + KILL),
        "broken": make_sdist(Project("broken"), wheels, backend="raise RuntimeError('boom')\n"),
        "spoilt": make_wheel(Project("spoilt"), wheels),
        "needy": make_sdist(Project("needy"), wheels, backend="", build_system=NEEDS_MORE),
    }
    for name, tag in (("apple", "py3-none-macosx_11_0_arm64"), ("ancient", "cp39-cp39-manylinux2014_x86_64")):
        wheel = make_wheel(Project(name), wheels)
        files[name] = wheel.rename(wheels / f"{name}-1.0-{tag}.whl")
    write_index(files.values(), root / "index")
    with (root / "index" / "files" / files["spoilt"].name).open("ab") as spoilt:
        spoilt.write(b"more than there was when the index was made")
    with serve(root / "index") as server:
        yield FailingPip(root, server.url, files)


CASES = {
    "no such project": (["nothing"], "the index has no nothing for this Python"),
    "no such version": (["left==9"], "the index has no left==9 for this Python, but other versions"),
    "Python": (["python>=3.11"], "Python itself is no package: python>=3.11"),
    "a mistake of Debian": (["pkg-resources==0.0.0"], "there is no package pkg-resources==0.0.0"),
    "another system": (["apple"], "the index has no apple for this Python"),
    "another Python": (["ancient"], "the index has no ancient for this Python"),
    "md5": ([f"left==1.0 --hash=md5:{'0' * 32}"], "a hash is none of those that pip takes"),
    "an old option": (
        ["left --global-option=x"],
        "a requirements file has an option that pip has no more: --gl",
    ),
    "wrong hash": (
        [f"left==1.0 --hash=sha256:{'0' * 64}"],
        "none of the hashes that are allowed is that of left-1.0-py3-",
    ),
    "conflict": (["old", "new"], "some requirements exclude each other"),
    "two versions": (["left==1.0", "left==2.0"], "some requirements exclude each other"),
    "build fails": (["broken"], "broken has no wheel for this Python and could not be built from source"),
    "no backend": (["needy"], "needy has to be built from source, and the index has no no-such-backend"),
    "killed": (["killer"], "pip was killed, probably for lack of memory"),
    "no requirement": (["left=1.0"], "a line is not a requirement: left=1.0"),
    "no option": (["--no-such-option x"], "a requirements file has an option that pip does not know: --no-"),
    "no directory": (["./lib"], "./lib does not exist"),
    "no editable": (["-e ./lib"], "./lib cannot be installed as editable"),
    "no project": (["./wheels"], "./wheels has neither a pyproject.toml nor a setup.py"),
    "no file": (["-r more.txt"], "{root}/more.txt does not exist"),
    "no constraints": (["-c more.txt", "left"], "{root}/more.txt does not exist"),
    "constraint with extras": (["-c limits.txt", "left"], "a constraint has extras, which pip does not take"),
    "no address": (
        ["--index-url ${UNSET}/simple", "left"],
        "an index has no proper address: ${UNSET}/simple",
    ),
    "no wheel": (["./odd.whl"], "a file is no proper wheel"),
    "an empty wheel": (["./empty-1.0-py3-none-any.whl"], "a file is no proper wheel"),
    "of Conda": (["left @ file:///home/conda/left"], "/home/conda/left does not exist"),
    "of Git LFS": (
        ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{'0' * 64}"],
        "a file of the app is a pointer of Git LFS",
    ),
    "as git clone": (
        ["git@host.invalid:a/b.git"],
        "the address of a repository is written as git clone takes",
    ),
    "as git clone, +": (["git+git@host.invalid:a/b.git"], "the address of a repository is written as git cl"),
    "as git clone, ssh": (
        ["x @ git+ssh://git@host.invalid:a/b.git"],
        "the address of a repository is written",
    ),
    "no scheme": (
        ["left @ left-1.0-py3-none-any.whl"],
        "left-1.0-py3-none-any.whl is no address that pip can",
    ),
    "no repository": ([f"left @ git+http://{UNREACHABLE}/x.git"], "a repository could not be cloned"),
}


@pytest.mark.parametrize("name", CASES)
def test_causes(pip: FailingPip, name: str) -> None:
    (pip.root / "odd.whl").write_text("version https://git-lfs.github.com/spec/v1\n")
    (pip.root / "empty-1.0-py3-none-any.whl").touch()
    (pip.root / "limits.txt").write_text("left[more]<2\n")
    lines, cause = CASES[name]
    explanation, printed = pip.fail(*lines)
    assert explanation.cause.startswith(cause.replace("{root}", str(pip.root))), printed
    assert explanation.advice


def test_a_wheel_for_another_python_is_found_by_the_real_pip(builds: VenvBuilds) -> None:
    """For what has to be built here, and for hashes that do not cover this Python."""
    here, other = NEWEST.replace(".", ""), "312" if NEWEST != "3.12" else "311"

    def publish(name: str, tag: str) -> None:
        wheel = make_wheel(Project(name, files={f"for_{tag}.py": ""}), builds.root / "wheels")
        file = f"{name}-1.0-cp{tag}-cp{tag}-manylinux2014_{os.uname().machine}.whl"
        builds.wheels.append(wheel.rename(wheel.with_name(file)))

    publish("fast", here)
    publish("fast", other)
    publish("slow", other)
    broken = BACKEND + "    sys.exit(1)\n"
    builds.wheels.append(make_sdist(Project("slow"), builds.root / "wheels", backend=broken))
    builds.publish()
    foreign = next(path for path in builds.wheels if f"fast-1.0-cp{other}" in path.name)
    builds.require(f"fast==1.0 --hash=sha256:{sha256(foreign)}", "--only-binary fast")
    said = builds.failure()
    assert f"the hashes of fast 1.0 do not cover Python {NEWEST}" in said
    assert f"They fit the wheel for Python 3.{other[1:]}" in said
    builds.require("slow")
    assert f"For Python 3.{other[1:]} the index has a wheel of slow 1.0" in builds.failure()


@pytest.mark.parametrize("name", ["apple", "ancient"])
def test_a_wheel_of_the_app_for_another_machine(pip: FailingPip, name: str) -> None:
    assert (
        "made for another Python, system or processor"
        in pip.fail(f"./wheels/{pip.files[name].name}")[0].cause
    )


def test_hashes_for_some_only(pip: FailingPip) -> None:
    first = f"left==1.0 --hash=sha256:{sha256(pip.files['left'])}"
    second = f"old==1.0 --hash=sha256:{sha256(pip.files['old'])}"
    assert "some requirements have hashes" in pip.fail(first, "old")[0].cause
    assert "some requirements have hashes" in pip.fail(second)[0].cause  # its dependency has none


def test_a_lock_for_other_pythons_is_no_reason_to_mistrust_the_index(pip: FailingPip) -> None:
    others = " ".join(f"--hash=sha256:{sha256(pip.files[name])}" for name in ("apple", "ancient"))
    explanation, _ = pip.fail(f"left==1.0 {others}")
    assert explanation.cause == f"none of the hashes that are allowed is that of {pip.files['left'].name}"
    assert explanation.advice.startswith("Most often the hashes were made for other Pythons or processors")


def test_a_file_that_is_not_the_one_of_the_index(pip: FailingPip) -> None:
    promised = f"--hash=sha256:{sha256(pip.files['spoilt'])}"
    for line in ("spoilt", f"spoilt==1.0 --hash=sha256:{'0' * 64} {promised}"):
        assert (
            pip.fail(line)[0].cause == f"{pip.files['spoilt'].name} is not the file that its index promises"
        )
    # The lock does not know what the index promises: that comes first.
    assert "allowed" in pip.fail(f"spoilt==1.0 --hash=sha256:{'0' * 64}")[0].cause


@pytest.mark.needs("C compiler")
def test_a_missing_header_of_a_real_compiler(pip: FailingPip) -> None:
    explanation, _ = pip.fail("header")
    assert explanation.cause == "libpq-fe.h is missing to build a package from source"
    assert "libpq-dev" in explanation.advice


def test_a_missing_compiler(pip: FailingPip) -> None:
    assert "has no compiler" in pip.fail("header", PATH="/nowhere")[0].cause


def test_an_index_that_cannot_be_reached(pip: FailingPip) -> None:
    """With retries; what pip says without is in the tests of indexes."""
    explanation, printed = pip.fail("left", PIP_INDEX_URL=f"http://{UNREACHABLE}/simple/")
    assert explanation.cause == "the package index cannot be reached", printed


def test_a_proxy_that_cannot_be_reached(pip: FailingPip) -> None:
    variables = {"PIP_INDEX_URL": "https://host.invalid/simple/", "HTTPS_PROXY": f"http://{UNREACHABLE}"}
    explanation, _ = pip.fail("left", **variables)
    assert explanation.cause == "the package index cannot be reached"
    assert "proxy variables" in explanation.advice


def test_without_git(pip: FailingPip) -> None:
    cause = pip.fail(f"left @ git+http://{UNREACHABLE}/x.git", PATH="/nowhere")[0].cause
    assert cause == "git is not in the build image"


@pytest.mark.needs("mount namespaces")
def test_a_full_disk(pip: FailingPip, tmp_path: Path) -> None:
    explanation, printed = pip.fail("large", wrapper=on_small_disk(tmp_path, 1), TMPDIR=str(tmp_path))
    assert explanation.cause == "no space is left on the disk", printed


def tagged(project: Project, directory: Path, tag: str) -> Path:
    """Make a wheel for one kind of Python and machine."""
    wheel = make_wheel(Project(project.name, project.version, files={"tag.txt": tag}), directory)
    return wheel.rename(directory / wheel.name.replace("py3-none-any", tag))


def test_hashes_and_locks_for_another_machine_or_python_are_told_apart_from_wrong_files(
    builds: VenvBuilds,
) -> None:
    """Whatever kind of file has them."""
    machine, line = os.uname().machine, NEWEST.replace(".", "")
    wheels = {
        tag: tagged(Project("fast"), builds.root / "wheels", f"cp{tag}")
        for tag in (
            f"{line}-cp{line}-linux_{machine}",
            f"{line}-cp{line}-macosx_11_0_arm64",
            "310-cp310-win32",
        )
    }
    here, mac, windows = wheels.values()
    builds.wheels += wheels.values()
    builds.publish()
    builds.require(f"fast==1.0 --hash=sha256:{sha256(mac)}")
    said = builds.failure()
    assert "the hashes of fast 1.0 do not cover this system and processor" in said
    assert f"Lock again with Python {NEWEST}: pip-compile --generate-hashes" in said
    (builds.app / "requirements.txt").unlink()
    lock = builds.app / "pylock.toml"
    lock.write_text(f"# pip lock -r app.txt\n{lock_text([mac, windows], builds.server.url)}")
    said = builds.failure()
    assert "pylock.toml does not cover" in said
    assert f"It has files for Python 3.10 on win32, Python {NEWEST} on macosx_11_0_arm64." in said
    assert f"Lock again with Python {NEWEST}: pip lock -r app.txt" in said
    lock.write_text(lock_text([here], builds.server.url).replace(sha256(here), "0" * 64))
    said = builds.failure()
    assert f"{here.name} is not the file that pylock.toml was made with" in said


def test_without_an_index_its_absence_is_no_surprise(builds: VenvBuilds) -> None:
    builds.require("left")
    assert "No index was asked: PIP_NO_INDEX says so." in builds.failure(PIP_NO_INDEX="yes")


def test_a_setting_that_is_no_proper_value_is_named(builds: VenvBuilds) -> None:
    builds.require("left")
    said = "the setting timeout of pip is no proper value: invalid floating-point value: 'soon'"
    assert said in builds.failure(PIP_TIMEOUT="soon")
    assert "the setting uploaded-prior-to of pip is no" in builds.failure(PIP_UPLOADED_PRIOR_TO="yesterday")
    https = builds.server.url.replace("http:", "https:")
    said = builds.failure(PIP_CERT="/no such/ca.pem", PIP_INDEX_URL=f"{https}/simple/")
    assert "there are no certificates at /no such/ca.pem" in said
    assert "PIP_NO_BINARY leaves out wheels" in builds.failure(PIP_NO_BINARY=":all:")
