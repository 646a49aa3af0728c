"""`inv release` as maintainers run it: git with a remote, a real registry, and what goes wrong on the way."""

from __future__ import annotations

import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode
from buildpack_release.files.cache import cache_directory
from buildpack_testing.cnb_registry import CnbRegistry
from oci_registry.testing.distribution import RealRegistry, real_registry
from oci_registry.testing.faulty import FaultyRegistry
from oci_registry.testing.memory import MemoryRegistry
from support.forge_server import TOKEN, ForgeServer
from support.needs import need
from support.packaging import INV
from support.publishing import alone, written
from support.releasing import NAMES, ROOT, Project, make_project
from support.sample_repository import write
from support.variables_of_tests import RELEASE_KILLS
from support.versioned_repository import Git, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Set it to 20 for a thorough run.
KILLS = int(os.environ.get(RELEASE_KILLS.name, "5"))
SEED = 20261122


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project before its first release."""
    return make_project(tmp_path / "a project", alone(tmp_path / "home", GITHUB_TOKEN=""))


@pytest.fixture
def bumped(project: Project) -> Project:
    """With its first versions set, committed and pushed."""
    project.bump()
    return project


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    need("registry")
    with real_registry(tmp_path / "registry", address="127.0.0.11") as registry:
        yield registry


def states(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The state of each step, of a run with --json."""
    return {one["step"]: one["state"] for one in json.loads(done.stdout)["steps"]}


def error(done: subprocess.CompletedProcess[str]) -> str:
    """The text from the error on; there must be one, and no traceback."""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error:") == 1, done.stderr
    return done.stderr[done.stderr.index("Error:") :]


def test_from_the_first_look_to_released(project: Project, registry: RealRegistry) -> None:
    """Each decision that is a person's is named with its command, and never taken; the rest is done."""
    to = f"{registry.host}/acme"
    first = project.release(to)
    assert first.returncode == ExitCode.MANUAL_STEP
    assert "inv version.bump" in error(first)
    assert 'git commit --all --message "Release 1.0.0"' in first.stderr
    assert not (project.root / "dist").exists()

    assert project.inv("version.bump").returncode == 0
    assert "git status" in error(project.release(to)), "not committed yet"
    project.git.commit("Release 1.0.0")
    unpushed = project.release(to)
    assert unpushed.returncode == ExitCode.MANUAL_STEP
    assert "git push origin main" in error(unpushed)
    assert project.git("tag") == ""

    project.git("push", "--quiet", "origin", "main")
    done = project.release(to)
    assert done.returncode == ExitCode.MANUAL_STEP, "tags are for people to push, unless --push"
    assert "Next: git push origin v1.0.0" in error(done)
    assert project.git("rev-parse", "v1.0.0") == project.git("rev-parse", "HEAD")
    project.git("push", "--quiet", "origin", "v1.0.0")
    again = project.release(to)
    assert again.returncode == 0, again.stderr
    *_, released, use = again.stderr.splitlines()
    assert released == "Released."
    command = "Use it: pack build APP --path DIRECTORY --builder BUILDER --buildpack"
    assert re.fullmatch(rf"{command} {to}/all@sha256:[0-9a-f]{{64}}", use)
    assert again.stdout.count(" done ") == 11
    assert project.inv("publish.verify", "--to", to, "--anonymous").returncode == 0


def test_push_does_that_too(project: Project, registry: RealRegistry) -> None:
    """The branch before anything else, the tags after everything is published."""
    assert project.inv("version.bump").returncode == 0
    project.git.commit("Release 1.0.0")
    done = project.release(f"{registry.host}/acme", "--push", "--json")
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("== ")]
    assert [line.partition(":")[0] for line in told] == [
        "== packages",
        "== branch",
        "== git tags",
        "== published",
        "== tags pushed",
    ]
    assert set(states(done).values()) == {"done", "not asked for"}
    assert (
        Git(project.remote)("rev-parse", "v1.0.0", "main").split()
        == [project.git("rev-parse", "HEAD").strip()] * 2
    )


def test_a_dry_run_changes_nothing(bumped: Project, registry: RealRegistry) -> None:
    """It says what would be done, also of what is known only later."""
    done = bumped.inv("release", "--to", f"{registry.host}/acme", "--push", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    found = states(done)
    assert [name for name, state in found.items() if state == "to do"] == ["packages", "git tags"]
    assert [name for name, state in found.items() if state == "later"] == [
        "published",
        "read back",
        "tags pushed",
    ]
    assert bumped.git("tag") == ""
    assert not (bumped.root / "dist").exists()
    assert not (registry.storage / "docker").exists()


def test_a_rehearsal_needs_no_push_and_leaves_git_alone(project: Project, registry: RealRegistry) -> None:
    """All of it but what others would see, from a commit that nobody else has."""
    assert project.inv("version.bump").returncode == 0
    project.git.commit("Release 1.0.0")
    before = project.git("for-each-ref"), Git(project.remote)("for-each-ref")
    done = project.release(f"{registry.host}/acme", "--rehearse")
    assert done.returncode == 0, done.stderr
    assert "Rehearsed: nothing has left this machine.\n" in done.stderr
    assert (project.git("for-each-ref"), Git(project.remote)("for-each-ref")) == before
    for options in (("--to", "registry.example/acme"), ("--to", registry.host + "/acme", "--push")):
        assert project.inv("release", *options, "--rehearse").returncode == ExitCode.USAGE


@pytest.mark.parametrize("has_token", [True, False])
def test_notes_for_the_forge(project: Project, registry: RealRegistry, has_token: bool) -> None:
    """Published with the token of the environment, once the tag is there; without one they are printed."""
    settings = project.root / "pyproject.toml"
    table = '[tool.buildpack-release]\nrepository-url = "https://gitlab.example/acme/strata"'
    settings.write_text(settings.read_text().replace("[tool.buildpack-release]", table))
    write(project.root / "CHANGELOG.md", "# Changes\n\n## [Unreleased]\n\n### Added\n\n- A command.\n")
    project.git.commit("Prepare")
    project.bump()
    token = {"GITLAB_TOKEN": TOKEN} if has_token else {"GITLAB_TOKEN": "", "GITHUB_TOKEN": TOKEN}
    project = Project(project.root, {**project.env, **token}, project.remote)
    with ForgeServer("acme/strata", frozenset({"v1.0.0"})) as forge:
        options = ("--push", "--notes", "--notes-api", forge.url)
        done = project.release(f"{registry.host}/acme", *options)
        again = project.release(f"{registry.host}/acme", *options)
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    assert TOKEN not in done.stdout + done.stderr
    text = forge.releases["v1.0.0"].text if has_token else done.stdout.partition("# v1.0.0\n")[2]
    assert bool(forge.seen) is has_token
    assert "- A command." in text
    assert "## acme/a\n\n### Added\n" in text
    assert f"--buildpack {registry.host}/acme/all@sha256:" in text
    assert ("# v1.0.0" in done.stdout) is not has_token


def test_the_plan_is_shown_before_the_question(bumped: Project, registry: RealRegistry) -> None:
    """On a terminal: what is pushed under which name is read before anybody says yes."""
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [*INV, "release", "--to", f"{registry.host}/acme", "--push"],
        cwd=bumped.root, env=bumped.env, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as task:  # fmt: skip
        os.close(terminal)
        os.write(main, b"no\n")
        _, said = task.communicate(timeout=300)
        os.close(main)
    assert task.returncode == ExitCode.FAILED
    assert said.index(f"Plan for {registry.host}/acme") < said.index("? [y/N]")
    assert f"push      {registry.host}/acme/a:1.0.0" in said
    assert said.endswith("not confirmed; nothing was written\n")
    assert bumped.git("tag") == ""


def test_nobody_is_there_to_ask(bumped: Project, registry: RealRegistry) -> None:
    done = subprocess.run(
        [*INV, "release", "--to", f"{registry.host}/acme"],
        cwd=bumped.root, env=bumped.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.USAGE
    assert "--yes" in error(done)
    assert not (bumped.root / "dist").exists()


def test_with_entries_in_the_cnb_registry(bumped: Project, registry: RealRegistry) -> None:
    """The last step; asked for."""
    to = f"{registry.host}/acme"
    with CnbRegistry(polls=0) as host:
        options = ("--push", "--register", "--api", host.url)
        without = bumped.release(to, *options)
        assert without.returncode == ExitCode.AUTH, without.stderr
        assert "GITHUB_TOKEN" in error(without)
        assert not (bumped.root / "dist").exists(), "known before anything is done"
        project = Project(bumped.root, {**bumped.env, "GITHUB_TOKEN": "alice-s token"}, bumped.remote)
        done = project.release(to, *options, "--json")
        assert done.returncode == 0, done.stderr
        assert states(done)["registered"] == "done"
        assert [issue.title for issue in host.issues] == [f"ADD acme/{name}@1.0.0" for name in NAMES]


def test_a_second_clone_pushes_nothing(bumped: Project, registry: RealRegistry, tmp_path: Path) -> None:
    """Somebody else, at another place, finds the release done, and says so."""
    assert bumped.release(f"{registry.host}/acme", "--push").returncode == 0
    env = alone(tmp_path / "other home", GITHUB_TOKEN="", TZ="Asia/Kathmandu", PYTHONHASHSEED="7")
    other = bumped.clone(tmp_path / "another place" / "ünder", env)
    other.git("tag", "--delete", "v1.0.0")
    refs = Git(bumped.remote)("for-each-ref")
    with FaultyRegistry(registry.url) as watched:
        done = other.release(f"{watched.host}/acme", "--push")
        assert done.returncode == 0, done.stderr
        assert "Released.\n" in done.stderr
        assert watched.requests
        assert written(watched.requests) == []
    assert Git(bumped.remote)("for-each-ref") == refs


def test_independent_versions(tmp_path: Path, registry: RealRegistry) -> None:
    """One component has changed: it and the composite are released, the other stays as it is."""
    to = f"{registry.host}/acme"
    env = alone(tmp_path / "home", GITHUB_TOKEN="")
    project = make_project(tmp_path / "project", env, versioning="independent")
    project.bump()
    assert project.release(to, "--push").returncode == 0
    assert project.git("tag").split() == ["acme/a@1.0.0", "acme/all@1.0.0", "acme/b@1.0.0"]
    project.announce("acme/a")
    project.bump()
    with FaultyRegistry(registry.url) as watched:
        done = project.release(f"{watched.host}/acme", "--push")
        assert done.returncode == 0, done.stderr
        assert [one for one in written(watched.requests) if "/acme/b/" in one] == []
    tags = project.git("tag").split()
    assert tags == ["acme/a@1.0.0", "acme/a@1.0.1", "acme/all@1.0.0", "acme/all@1.0.1", "acme/b@1.0.0"]
    assert project.git("rev-parse", "acme/a@1.0.1") == project.git("rev-parse", "HEAD")
    assert project.git("rev-parse", "acme/b@1.0.0") != project.git("rev-parse", "HEAD")
    assert Git(project.remote)("tag").split() == tags


def test_changes_after_a_release(bumped: Project, registry: RealRegistry) -> None:
    """What nobody packages does not matter; what is packaged is noticed before anything is written."""
    to = f"{registry.host}/acme"
    assert bumped.release(to, "--push").returncode == 0
    (bumped.root / "CONTRIBUTING.md").write_text("x\n")
    bumped.git.commit("Describe")
    assert bumped.release(to, "--push").returncode == 0, "the release is still the same"
    path_of(bumped.root, "acme/b", "README.md").write_text("changed\n")
    bumped.git.commit("Describe b")
    done = bumped.release(to, "--push")
    assert done.returncode == ExitCode.MANUAL_STEP
    assert "buildpacks/b/README.md" in error(done)
    assert "git switch --detach v1.0.0" in done.stderr
    bumped.git("switch", "--quiet", "--detach", "v1.0.0")
    assert bumped.release(to, "--push").returncode == 0
    bumped.git("switch", "--quiet", "main")
    path_of(bumped.root, "acme/b", "src/sample/build.py").write_text("changed = 1\n")
    bumped.git.commit("Change b, and tell nobody")
    silent = bumped.release(to, "--push")
    assert silent.returncode == ExitCode.MANUAL_STEP
    assert "CHANGELOG.md" in error(silent)
    assert "inv version.check" in silent.stderr


def test_tags_that_contradict_each_other(bumped: Project, registry: RealRegistry) -> None:
    """Nothing is done until somebody has found out."""
    Git(bumped.remote)("tag", "v1.0.0", "main~1")
    bumped.git("tag", "v1.0.0")
    done = bumped.release(f"{registry.host}/acme", "--push")
    assert done.returncode == ExitCode.CONFLICT
    assert "v1.0.0" in error(done)
    assert not (bumped.root / "dist").exists()


def test_other_content_is_published(bumped: Project, registry: RealRegistry, tmp_path: Path) -> None:
    """Found before the tag is set: the commit is not the one of that version."""
    to = f"{registry.host}/acme"
    other = bumped.clone(tmp_path / "other", bumped.env)
    path_of(other.root, "acme/b", "README.md").write_text("other\n")
    assert other.inv("package").returncode == 0
    assert other.inv("publish", "--to", to, "--yes").returncode == 0
    done = bumped.release(to, "--push")
    assert done.returncode == ExitCode.CONFLICT
    assert "acme/b:1.0.0" in error(done)
    assert bumped.git("tag") == ""


@pytest.mark.parametrize("prepare", ["commit.only", "detached", "topic", "behind", "no remote answers"])
def test_where_releases_are_made_from(bumped: Project, prepare: str, tmp_path: Path) -> None:
    """The commit has to be on the release branch, where others find it."""
    git = bumped.git
    if prepare == "commit.only":
        git.commit("One more")
    elif prepare == "detached":
        git("switch", "--quiet", "--detach")
        git.commit("Beside the branch")
    elif prepare == "topic":
        git("switch", "--quiet", "--create", "topic")
        git.commit("On a topic branch")
    elif prepare == "behind":
        other = bumped.clone(tmp_path / "other", bumped.env)
        other.git.commit("Somebody else")
        other.git("push", "--quiet", "origin", "main")
        git.commit("At the same time")
    else:
        bumped.remote.rename(tmp_path / "moved away")
    done = bumped.release("oci:out")
    expected = {
        "commit.only": "Next: git push origin main",
        "detached": "Next: git switch main",
        "topic": "Next: git switch main",
        "behind": "Next: git pull",
        "no remote answers": 'the remote "origin" does not answer',
    }
    assert expected[prepare] in error(done)
    network = prepare == "no remote answers"
    assert done.returncode == (ExitCode.NETWORK if network else ExitCode.MANUAL_STEP)


def test_the_workflow_only_calls_it(project: Project) -> None:
    """One step releases, and every option that it gives is one of the task."""
    text = (ROOT / ".github/workflows/release.yml").read_text()
    (command,) = re.findall(r"^ *- run: (.*\binv release\b.*)$", text, re.MULTILINE)
    assert command.startswith("./scripts/inv release ")
    known = project.inv("release", "--help").stdout
    for option in re.findall(r"--[a-z][a-z-]*", command):
        assert f" {option} " in known.replace("=", " ").replace("\n", " "), option


def test_without_git(bumped: Project) -> None:
    shutil.rmtree(bumped.root / ".git")
    done = bumped.release("oci:out")
    assert done.returncode == ExitCode.FAILED
    assert "not a git checkout" in error(done)


def moments(seconds: float) -> Iterator[float]:
    """Choose moments, spread over a run: in each part of it a random one."""
    chance = random.Random(SEED)
    for part in range(KILLS):
        yield seconds * (part + chance.random()) / KILLS


def test_kill_9_at_random_moments(bumped: Project, tmp_path: Path) -> None:
    """Wherever it was: packaging, tagging, publishing, pushing. The next run ends where a first one would."""
    started = time.monotonic()
    with MemoryRegistry() as registry:
        assert bumped.release(f"{registry.host}/acme", "--push").returncode == 0
        expected = registry.store.state()
    length = time.monotonic() - started
    head = bumped.git("rev-parse", "HEAD")
    killed = 0
    for moment in moments(length):
        forget(bumped)
        with MemoryRegistry() as registry:
            to = f"{registry.host}/acme"
            task = subprocess.Popen(
                [*INV, "release", "--to", to, "--yes", "--push"],
                cwd=bumped.root, env=bumped.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            try:
                task.wait(moment)
            except subprocess.TimeoutExpired:
                os.killpg(task.pid, signal.SIGKILL)
                task.wait()
                killed += 1
            assert registry.store.incomplete_tags() == []
            done = bumped.release(to, "--push")
            assert done.returncode == 0, done.stderr
            assert registry.store.state() == expected
            assert Git(bumped.remote)("rev-parse", "v1.0.0") == head
            assert bumped.git("rev-parse", "v1.0.0") == head
    assert killed


def forget(project: Project) -> None:
    """Return to the moment before the release."""
    for name in ("dist", "build"):
        shutil.rmtree(project.root / name, ignore_errors=True)
    for git in (project.git, Git(project.remote)):
        git("update-ref", "-d", "refs/tags/v1.0.0")


def test_two_at_once(bumped: Project, registry: RealRegistry, tmp_path: Path) -> None:
    """In one clone and in two: all succeed, and leave one release."""
    second = bumped.clone(tmp_path / "second", alone(tmp_path / "second home", GITHUB_TOKEN=""))
    outcomes: list[subprocess.CompletedProcess[str]] = []

    def run(project: Project) -> None:
        outcomes.append(project.release(f"{registry.host}/acme", "--push"))

    threads = [threading.Thread(target=run, args=(one,)) for one in (bumped, bumped, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert [done.stderr for done in outcomes if done.returncode] == []
    assert Git(bumped.remote)("tag").split() == ["v1.0.0"]
    assert bumped.inv("publish.verify", "--to", f"{registry.host}/acme").returncode == 0


def test_the_first_release_of_this_repository(registry: RealRegistry, tmp_path: Path) -> None:
    """Its own buildpacks, as they are now, from a clean clone."""
    origin = tmp_path / "origin"
    files = Git(ROOT)("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (origin / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, origin / name)
    Git.init(origin)
    # With the wheels that are there already: they are checked by their hashes.
    env = {**alone(tmp_path / "home", GITHUB_TOKEN=""), "STRATA_CACHE_DIR": str(cache_directory())}
    Git(origin)("clone", "--quiet", "--bare", str(origin), str(tmp_path / "strata.git"))
    project = Project(origin, env, tmp_path / "strata.git").clone(tmp_path / "a clean clone", env)
    if project.inv("version.next").stdout:
        project.bump()
    to = f"{registry.host}/strata"
    done = project.release(to, "--push")
    assert done.returncode == 0, done.stderr
    assert "\nReleased.\n" in done.stderr
    verified = project.inv("publish.verify", "--to", to, "--anonymous")
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.count(" good ") == len([*(ROOT / "buildpacks").glob("*/buildpack.toml")])
