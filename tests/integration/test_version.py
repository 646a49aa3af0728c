"""`inv version`: as a maintainer and continuous integration run it, in real git repositories."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.sample_repository import write
from support.versioned_repository import ALL, Git, contents, entry, path_of, versioned

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
INV = [sys.executable, "-m", "invoke"]
OK, FAILED, USAGE, CHECK = 0, 1, 2, 3
DAY = {"SOURCE_DATE_EPOCH": "1800000000"}


def sample(root: Path, unreleased: Mapping[str, str], **options: str) -> Git:
    """Make a repository with the real tasks, committed on `main`, and a branch for changes."""
    root.mkdir(exist_ok=True)
    versioned(root, dict(unreleased), **options)  # type: ignore[arg-type]
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    write(root / ".gitignore", "__pycache__/\n")
    git = Git.init(root)
    git("switch", "--quiet", "-c", "topic")
    return git


def inv(*arguments: str, root: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **changes}
    command = [*INV, *arguments]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def test_from_change_to_release(tmp_path: Path) -> None:
    """A change is refused, announced, accepted, released as one commit, and the release is accepted."""
    git = sample(tmp_path / "a repository", {})
    write(git.root / "buildpacks/a/src/sample/build.py", "# changed\n")
    refused = inv("version.check", root=git.root)
    assert refused.returncode == CHECK
    assert refused.stdout.startswith(
        "buildpacks/a/CHANGELOG.md:3: error: acme/a has changed (buildpacks/a/src/sample/build.py)"
    )
    path = path_of(git.root, "acme/a")
    path.write_text(path.read_text().replace("[Unreleased]\n", f"[Unreleased]\n\n{entry('Added', 'It.')}", 1))
    accepted = inv("version.check", "--base", "main", root=git.root)
    assert (accepted.returncode, accepted.stdout) == (OK, "")
    git.commit("Change")
    shown = inv("version.next", root=git.root)
    assert "acme/b    1.0.0    1.1.0  minor  no changes\n" in shown.stdout
    dry = inv("version.bump", "--dry-run", root=git.root, **DAY)
    assert (dry.returncode, git("status", "--porcelain")) == (OK, "")
    data = json.loads(inv("version.bump", "--dry-run", "--json", root=git.root, **DAY).stdout)
    assert data == {"written": [], "diff": dry.stdout}
    done = inv("version.bump", root=git.root, **DAY)
    assert sorted(done.stdout.split()) == git("diff", "--name-only", "--no-renames").split()
    after = contents(git.root)
    git("checkout", "--quiet", "--", ".")
    subprocess.run(["git", "apply"], cwd=git.root, input=dry.stdout, text=True, check=True)
    assert contents(git.root) == after
    assert "## [1.1.0] - 2027-01-15\n" in path.read_text()
    again = inv("version.bump", root=git.root)
    assert (again.returncode, again.stdout) == (OK, "")
    assert again.stderr == "Nothing is Unreleased: there is nothing to release.\n"
    assert contents(git.root) == after
    assert inv("version.check", root=git.root).returncode == OK


def test_independent_versions(tmp_path: Path) -> None:
    """Only what has changed and what contains it; the rest is not touched."""
    git = sample(tmp_path, {"acme/a": entry("Removed")}, versioning="independent", url="https://e.org/r")
    done = inv("version.bump", "--date", "2026-02-03", root=git.root)
    assert done.stdout.splitlines() == [
        "buildpacks/a/buildpack.toml", "buildpacks/a/CHANGELOG.md",
        "buildpacks/all/buildpack.toml", "buildpacks/all/CHANGELOG.md",
    ]  # fmt: skip
    assert "inv release publishes it and sets acme/a@2.0.0, acme/all@2.0.0" in done.stderr
    assert (
        "[2.0.0]: https://e.org/r/compare/acme/all@1.0.0...acme/all@2.0.0\n"
        in path_of(tmp_path, ALL).read_text()
    )
    assert [one["version"] for one in json.loads(inv("version.show", "--json", root=git.root).stdout)] == [
        "2.0.0", "2.0.0", "1.0.0",
    ]  # fmt: skip


def test_every_layout_survives(tmp_path: Path) -> None:
    """CRLF, no newline at the end, comments, own links, examples in code: only what has to change does."""
    git = sample(tmp_path, {})
    text = (
        "\ufeff# Changelog\r\n\r\nIntro with ## and [link].\r\n\r\n```md\r\n## [Unreleased]\r\n```\r\n\r\n"
        "## [Unreleased]\r\n\r\n### Fixed\r\n\r\n- One `x`\r\n  ```\r\n  ## [9.9.9]\r\n  ```\r\n"
        "#### Changed\r\n\r\n- deep\r\n\r\n## [1.0.0] - 2026-01-01\r\n\r\n[link]: https://e.org"
    )
    path, descriptor = path_of(tmp_path, "acme/a"), path_of(tmp_path, "acme/a", "buildpack.toml")
    path.write_bytes(text.encode())
    old = descriptor.read_bytes().replace(b'"1.0.0"', b"'1.0.0' # number").replace(b"\n", b"\r\n")
    descriptor.write_bytes(old)
    assert inv("version.bump", "--date", "2026-02-03", root=git.root).returncode == OK
    head, _, rest = text.partition("```\r\n\r\n## [Unreleased]\r\n\r\n")
    expected = f"{head}```\r\n\r\n## [Unreleased]\r\n\r\n## [1.0.1] - 2026-02-03\r\n\r\n{rest}"
    assert path.read_bytes().decode() == expected
    assert descriptor.read_bytes() == old.replace(b"1.0.0", b"1.0.1")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("next", "--kind", "patch"), USAGE, "patch is too small"),
        (("next", "--kind", "mayor"), USAGE, 'did you mean "major"?'),
        (("bump", "--date", "tomorrow"), USAGE, "YYYY-MM-DD"),
        (("check", "--base", "nothing"), USAGE, 'there is no revision "nothing"'),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    """One clear error, nothing on stdout, nothing written."""
    git = sample(tmp_path, {"acme/a": entry("Added")})
    done = inv(f"version.{arguments[0]}", *arguments[1:], root=git.root)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert git("status", "--porcelain") == ""


def test_a_fault_anywhere_stops_before_the_first_write(tmp_path: Path) -> None:
    """File and line are named."""
    git = sample(tmp_path, {"acme/a": entry("Added"), "acme/b": "### Adedd\n\n- x\n"})
    for task in ("bump", "next"):
        done = inv(f"version.{task}", root=git.root)
        assert (done.returncode, done.stdout) == (CHECK, "")
        assert done.stderr.startswith(
            'Error: buildpacks/b/CHANGELOG.md:5: no kind of change is called "Adedd"'
        )
    assert git("status", "--porcelain") == ""


def test_not_a_checkout(tmp_path: Path) -> None:
    """As in an unpacked archive; the bump needs no git."""
    git = sample(tmp_path, {"acme/a": entry("Added")})
    (tmp_path / ".git").rename(tmp_path.with_name("elsewhere"))
    done = inv("version.check", root=git.root)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert "this is not a git checkout" in done.stderr
    assert inv("version.bump", root=git.root).returncode == OK


def test_a_shallow_clone(tmp_path: Path) -> None:
    """What continuous integration makes by default is named, with what to do."""
    git = sample(tmp_path / "origin", {})
    write(git.root / "buildpacks/a/vendor.lock", "# changed\n")
    git.commit("Change")
    git("clone", "--quiet", "--depth=1", git.root.as_uri(), str(tmp_path / "clone"))
    done = inv("version.check", "--base", "origin/main", root=tmp_path / "clone")
    assert done.returncode == USAGE
    assert "fetch-depth: 0" in done.stderr
    git(
        "-C",
        str(tmp_path / "clone"),
        "fetch",
        "--quiet",
        "--unshallow",
        "origin",
        "+refs/heads/*:refs/remotes/origin/*",
    )
    assert inv("version.check", "--base", "origin/main", root=tmp_path / "clone").returncode == CHECK


SLOW = """
import os, signal
from pathlib import Path
left, replace = {number}, Path.replace
def dying(self, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return replace(self, target)
Path.replace = dying
"""


@pytest.mark.parametrize("number", range(7))
def test_a_killed_bump_is_completed_by_the_next(tmp_path: Path, number: int) -> None:
    """Killed (really) before each of its renames in turn; the result is that of a bump in peace."""
    peace = sample(tmp_path / "peace", {"acme/a": entry("Added")})
    inv("version.bump", root=peace.root, **DAY)
    git = sample(tmp_path / "war", {"acme/a": entry("Added")})
    write(tmp_path / "hook/sitecustomize.py", SLOW.format(number=number))
    killed = inv(
        "version.bump",
        root=git.root,
        PYTHONPATH=f"{tmp_path / 'hook'}:{os.environ.get('PYTHONPATH', '')}",
        **DAY,
    )
    assert killed.returncode == -signal.SIGKILL
    if number:
        check = inv("version.check", root=git.root)
        assert (check.returncode, "a version bump has been interrupted" in check.stdout) == (CHECK, True)
    assert inv("version.bump", root=git.root, **DAY).returncode == OK
    assert contents(git.root) == contents(peace.root)
    assert inv("version.check", root=git.root).returncode == OK


def test_this_repository_is_consistent() -> None:
    """Its own versions, orders and changelogs; whether every change has its entry is up to pull requests."""
    done = inv("version.next", "--json", root=ROOT)
    assert done.returncode == OK, done.stderr
    assert json.loads(done.stdout)["versioning"] == "fixed"
