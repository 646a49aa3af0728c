"""`inv tools.update` with the real pip, from an index on loopback."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_common.tool_sets import MACHINES, parse
from buildpack_release.model.settings import MINORS
from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.packaging import environment, inv
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FAILED, USAGE, CHECK, NETWORK = 1, 2, 3, 6
TOOL, LIBRARIES = "buildpacks/tool", "buildpacks/user"


@dataclass(frozen=True)
class Index:
    """An index whose wheels a test makes; `url` leads to it."""

    folder: Path
    url: str

    def publish(self, *projects: Project, yanked: str = "") -> dict[str, str]:
        """Publish these releases and no others; returns the SHA-256 of each, by `name-version`."""
        wheels = [make_wheel(project, self.folder.parent / "made") for project in projects]
        write_index(wheels, self.folder)
        if yanked:
            for page in (self.folder / "simple").glob("*/index.html"):
                lines = page.read_text().splitlines(keepends=True)
                mark = '<a data-yanked="broken" '
                page.write_text("".join(one.replace("<a ", mark) if yanked in one else one for one in lines))
        return {"-".join(wheel.name.split("-")[:2]): sha256(wheel) for wheel in wheels}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    (tmp_path / "index").mkdir()
    with serve(tmp_path / "index") as server:
        yield Index(tmp_path / "index", f"{server.url}/simple")


@pytest.fixture
def env(index: Index, tmp_path: Path) -> dict[str, str]:
    """The index is all that pip may reach; other settings of pip try to disturb."""
    return environment(
        PIP_INDEX_URL=index.url, PIP_CONFIG_FILE="/dev/null", PIP_FIND_LINKS="", PIP_PRE="1",
        PIP_TARGET=str(tmp_path / "target"), PIP_NO_CACHE_DIR="1",
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a buildpack that keeps the wheel of a tool, and one that vendors two libraries."""
    root = tmp_path / "a repository"
    for folder in (TOOL, LIBRARIES):
        (root / folder).mkdir(parents=True)
        (root / folder / "buildpack.toml").write_text(
            f'api = "0.10"\n[buildpack]\nid = "acme/{Path(folder).name}"\nversion = "1.0.0"\nname = "X"\n'
            '[[targets]]\nos = "linux"\narch = "amd64"\n'
        )
        (root / folder / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    (root / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    (root / TOOL / "wheels.lock").write_text(f"# The tool.\ntool==1.0 --hash=sha256:{'0' * 64}\n")
    (root / LIBRARIES / "vendor.lock").write_text(
        f"# Libraries.\nOne.Lib==1.0 \\\n    --hash=sha256:{'1' * 64}\n"
        f"two==1.0 --hash=sha256:{'2' * 64}  # kept\n"
    )
    return root


def texts(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted((root / "buildpacks").rglob("*"))
        if path.is_file()
    }


OLD = (Project("tool"), Project("one-lib"), Project("two"))


def test_the_newest_tool_is_locked_and_announced(root: Path, index: Index, env: dict[str, str]) -> None:
    """Final releases only; libraries are listed. The diff is what is written; then nothing is new."""
    sums = index.publish(
        *OLD,
        Project("tool", "1.10"),
        Project("tool", "1.9"),
        Project("tool", "2.0rc1"),
        Project("two", "2.0"),
    )
    before = texts(root)
    shown = inv("tools.update", "--dry-run", root=root, env=env)
    assert (shown.returncode, texts(root)) == (0, before), shown.stderr
    done = inv("tools.update", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{TOOL}/CHANGELOG.md", f"{TOOL}/wheels.lock"]
    assert "acme/tool: tool 1.10 instead of 1.0\n" in done.stderr
    assert "acme/user: two 2.0 instead of 1.0 is possible (--all)\n" in done.stderr
    after = texts(root)
    assert after[f"{TOOL}/wheels.lock"] == f"# The tool.\ntool==1.10 --hash=sha256:{sums['tool-1.10']}\n"
    assert after[f"{TOOL}/CHANGELOG.md"].endswith("### Changed\n\n- tool 1.10 instead of 1.0.\n")
    subprocess.run(["git", "apply", "-R"], cwd=root, input=shown.stdout, text=True, check=True)
    assert texts(root) == before
    inv("tools.update", root=root, env=env)
    again = inv("tools.update", root=root, env=env)
    assert (again.returncode, again.stdout, texts(root)) == (0, "", after)


def test_all_updates_libraries_too(root: Path, index: Index, env: dict[str, str]) -> None:
    """Several lines of one file; comments stay."""
    sums = index.publish(*OLD, Project("one-lib", "1.1", requires=("two>=2", "three")), Project("two", "2.0"))
    done = inv("tools.update", "--all", root=root, env=env)
    assert done.returncode == 0, done.stderr
    found = texts(root)
    assert found[f"{LIBRARIES}/vendor.lock"].splitlines() == [
        "# Libraries.",
        f"One.Lib==1.1 --hash=sha256:{sums['one_lib-1.1']}",
        f"two==2.0 --hash=sha256:{sums['two-2.0']}  # kept",
    ]
    entry = "- Vendored libraries: One.Lib 1.1 instead of 1.0, two 2.0 instead of 1.0."
    assert entry in found[f"{LIBRARIES}/CHANGELOG.md"]
    assert "Changed" not in found[f"{TOOL}/CHANGELOG.md"]


def test_a_release_can_be_named_older_ones_too(root: Path, index: Index, env: dict[str, str]) -> None:
    index.publish(*OLD, Project("tool", "0.9"), Project("tool", "2.0"))
    assert inv("tools.update", "--version", "2.0", root=root, env=env).returncode == 0
    assert inv("tools.update", "--version", "0.9", root=root, env=env).returncode == 0
    assert "tool==0.9 " in texts(root)[f"{TOOL}/wheels.lock"]
    assert inv("tools.update", "--version", "0.9", root=root, env=env).stdout == ""


FILE = f"{TOOL}/data/tool-wheels.toml"
OF_A_MACHINE = """\
# A program.
name = "program"
version = "1.0"

[[wheels]]
os = "linux"
arch = "amd64"
platform = "manylinux_2_17_x86_64"
sha256 = "{}"

[[wheels]]
os = "linux"
arch = "arm64"
platform = "manylinux_2_17_aarch64"
sha256 = "{}"
"""


def test_a_tool_for_one_kind_of_machine_is_locked_for_each(
    root: Path, index: Index, env: dict[str, str]
) -> None:
    """The newest release for the first has to be there for all. One of several is chosen by its name."""
    machines = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64")
    wheels = [
        make_wheel(Project("program", version), index.folder.parent / "made", platform=machine)
        for version in ("1.0", "1.1")
        for machine in machines
    ]
    write_index([*wheels, make_wheel(Project("tool"), index.folder.parent / "made")], index.folder)
    (root / FILE).parent.mkdir()
    (root / FILE).write_text(OF_A_MACHINE.format("3" * 64, "4" * 64))
    done = inv("tools.update", "--tool", "program", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{TOOL}/CHANGELOG.md", FILE]
    assert texts(root)[FILE] == OF_A_MACHINE.format(*map(sha256, wheels[2:])).replace("1.0", "1.1")
    assert "- program 1.1 instead of 1.0.\n" in texts(root)[f"{TOOL}/CHANGELOG.md"]
    done = inv("tools.update", "--tool", "program", "--version", "1.0", root=root, env=env)
    assert texts(root)[FILE] == OF_A_MACHINE.format(*map(sha256, wheels[:2]))
    done = inv("tools.update", "--version", "1.0", root=root, env=env)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "There are: program, tool." in done.stderr
    done = inv("tools.update", "--tool", "nothing", root=root, env=env)
    assert done.returncode == USAGE
    assert 'carries a tool "nothing"' in done.stderr


SETS = f"{TOOL}/data/tool-sets.toml"
KNOWN = """\
# Releases.
name = "suite"
plugins = ["plug-in"]
without = ["desktop"]
"""
RELEASE = """
[[releases]]
version = "{0}"

[releases.wheels]
"suite-{0}-py3-none-any.whl" = "{1}"
"""


def test_a_tool_with_all_that_it_needs_is_locked_for_every_python_and_machine(
    root: Path, index: Index, env: dict[str, str]
) -> None:
    """Markers say what is needed on some Pythons alone; of each minor version one release stays."""
    made = index.folder.parent / "made"
    needs = ('old; python_version < "3.11"', "compiled>=1", "desktop", 'absent; sys_platform == "win32"')
    wheels = [
        *(make_wheel(Project("suite", version, requires=needs), made) for version in ("1.1", "1.2", "2.0")),
        make_wheel(Project("plug-in", requires=("suite",)), made),
        make_wheel(Project("old", requires=('older; python_full_version < "3.10.2"',)), made),
        make_wheel(Project("older"), made),
        make_wheel(Project("desktop", requires=("screen",)), made),
        make_wheel(Project("screen"), made),
        make_wheel(Project("tool"), made),
    ]
    for minor in MINORS:
        tag = f"cp{minor.replace('.', '')}"
        version = "1.0" if minor == "3.10" else "1.1"  # the newest has left out the oldest Python
        for machine in ("manylinux_2_17_x86_64", "manylinux_2_28_aarch64"):
            plain = make_wheel(Project("compiled", version), made / tag, platform=machine)
            wheels.append(plain.rename(plain.with_name(f"compiled-{version}-{tag}-{tag}-{machine}.whl")))
    write_index(wheels, index.folder)
    (root / SETS).parent.mkdir()
    old = [RELEASE.format(version, "0" * 64) for version in ("1.1", "1.0.9", "0.9")]
    (root / SETS).write_text(KNOWN + "".join(old))
    done = inv("tools.update", "--tool", "suite", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{TOOL}/CHANGELOG.md", SETS]
    assert "- suite 2.0 instead of 1.1.\n" in texts(root)[f"{TOOL}/CHANGELOG.md"]
    text = texts(root)[SETS]
    assert text.startswith(KNOWN)
    known = parse(toml.load(root / SETS))
    assert [one.version for one in known.releases] == ["2.0", "1.1", "1.0.9"]
    sums = {wheel.name: sha256(wheel) for wheel in wheels}
    (newest, *_) = known.releases
    assert {one.file: one.sha256 for one in newest.wheels} == {
        name: digest for name, digest in sums.items()
        if name.partition("-")[0] in ("compiled", "old", "older", "plug_in") or name.startswith("suite-2.0-")
    }  # fmt: skip
    for minor in MINORS:
        for machine in MACHINES.values():
            assert newest.wheels_for(minor, machine) is not None
    inv("tools.update", "--tool", "suite", "--version", "1.2", root=root, env=env)
    assert "- suite 1.2 beside 2.0.\n" in texts(root)[f"{TOOL}/CHANGELOG.md"]
    known = parse(toml.load(root / SETS))
    assert [one.version for one in known.releases] == ["2.0", "1.2", "1.1"]
    again = inv("tools.update", "--tool", "suite", root=root, env=env)
    assert (again.returncode, again.stdout) == (0, "")


TOO_OLD = Project("tool", "2.0", python="<3.14")
TOO_NEW = Project("tool", "2.0", python=">=3.12")
DEMANDING = Project("one-lib", "1.1", requires=("two<1", "absent>9", 'two<1; extra == "x"'))


@pytest.mark.parametrize(
    ("options", "more", "fault"),
    [
        (("--version", "3.0"), Project("tool", "3.0"), (FAILED, "has been yanked")),
        (("--version", "2.0rc1"), Project("tool", "2.0rc1"), (USAGE, "2.0rc1 is a pre-release")),
        (("--version", "new"), Project("other"), (USAGE, '"new" is no version')),
        (("--version", "9"), Project("other"), (FAILED, "no tool==9 that a buildpack could carry")),
        ((), TOO_OLD, (FAILED, "tool 2.0 does not run with Python 3.14, 3.15")),
        (("--version", "2.0"), TOO_NEW, (FAILED, "3.10.0 not in '>=3.12'")),
        (("--all",), DEMANDING, (FAILED, "One.Lib 1.1 does not get on with what acme/user carries")),
    ],
)
def test_what_cannot_be_carried_is_refused_and_nothing_changed(  # noqa: PLR0917
    root: Path,
    index: Index,
    env: dict[str, str],
    options: tuple[str, ...],
    more: Project,
    fault: tuple[int, str],
) -> None:
    """One clear error each."""
    index.publish(*OLD, more, yanked="tool-3.0")
    before = texts(root)
    done = inv("tools.update", *options, root=root, env=env)
    code, message = fault
    assert (done.returncode, done.stdout, texts(root)) == (code, "", before), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_yanked_release_is_never_the_newest(root: Path, index: Index, env: dict[str, str]) -> None:
    index.publish(*OLD, Project("tool", "1.1"), Project("tool", "3.0"), yanked="tool-3.0")
    assert inv("tools.update", root=root, env=env).returncode == 0
    assert "tool==1.1 " in texts(root)[f"{TOOL}/wheels.lock"]


def test_an_index_that_is_gone_is_a_network_error(root: Path, env: dict[str, str]) -> None:
    done = inv("tools.update", root=root, env={**env, "PIP_INDEX_URL": "http://127.0.0.1:9/simple"})
    assert done.returncode == NETWORK, done.stderr
