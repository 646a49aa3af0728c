"""The local platform (buildpack_testing) held against the lifecycle: the same buildpacks through both.

Equal: group, plans, environments at build and launch, layers with types, metadata and contents, what is
in the image and in the cache, what a rebuild finds, processes, labels, exit codes. Paths are compared
without the workspace's root; HOME, HOSTNAME and the places of buildpack and plan are each platform's own.
Diff IDs differ with the paths in the archives: compared is which of them stay from one build to the next.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb.creator import Creator, Group
from buildpack_testing.cnb.podman import Mount
from support.both_platforms import LocalBuilds, RealBuilds
from support.main_job import COMPOSITE, PROBE, PROBED
from support.sample_builds import SAMPLES, VENV_TREE, WEB, WHOLE
from support.scripted import ScriptedBuildpacks, layer, provides, requires
from support.snapshot import RECORD, Snapshot, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.tools import BuiltLifecycle
    from support.sample_builds import SampleBuilds


class Pair:
    """One group of buildpacks on both platforms."""

    def __init__(
        self, app: Path, local: LocalBuilds, real: RealBuilds, *, ignoring: Sequence[str] = ()
    ) -> None:
        self.app, self.local, self.real, self.ignoring = app, local, real, ignoring
        self._last: tuple[Snapshot, Snapshot] | None = None

    def build(self, variables: Mapping[str, str] | None = None) -> Snapshot:
        """Build on both and assert that what is seen is equal."""
        local, real = self.local.build(self.app, variables), self.real.build(self.app, variables)
        unequal = differences(local, real, self.ignoring)
        assert not unequal, "\n".join(f"{name}: local {a!r}, real {b!r}" for name, (a, b) in unequal.items())
        if self._last:
            assert _kept(self._last[0], local) == _kept(self._last[1], real)
        self._last = (local, real)
        return real

    def code(self) -> int:
        """Build on both; assert that they end alike and say how."""
        code = self.real.code(self.app)
        assert self.local.code(self.app) == code
        return code

    def start(self, process: str) -> tuple[int, str]:
        """Start a process on both; assert that it ends alike and prints the same."""
        found = self.real.start(process)
        assert self.local.start(process) == found
        return found

    def launch_environment(self, process: str | None = None) -> dict[str, str]:
        """Start a process on both and assert that the environment is equal."""
        found = self.real.launch_environment(process)
        assert self.local.launch_environment(process) == found
        return found

    def forget(self, *, image: bool = False, cache: bool = False) -> None:
        """Delete image or cache of both."""
        for one in (self.local, self.real):
            one.forget(image=image, cache=cache)


def _kept(before: Snapshot, after: Snapshot) -> set[str]:
    return {name for name, digest in after.diff_ids.items() if before.diff_ids.get(name) == digest}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app of one file."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "hello").write_text("hello\n")
    return folder


@pytest.fixture
def scripted(tmp_path: Path) -> ScriptedBuildpacks:
    """Buildpacks of this test."""
    return ScriptedBuildpacks(tmp_path / "scripted")


@pytest.fixture
def start(
    *,
    podman: Podman,
    lifecycle: BuiltLifecycle,
    build_image: str,
    run_base: BaseImage,
    tmp_path: Path,
    app: Path,
    scripted: ScriptedBuildpacks,
) -> Callable[..., Pair]:
    """Bring the test's buildpacks onto both platforms; a group is ids with blanks between."""

    def begin(*groups: str, optional: Collection[str] = ()) -> Pair:
        group = Group(scripted.directories, [one.split() for one in groups], optional)
        creator = Creator(podman=podman, lifecycle=lifecycle, image=build_image, state=tmp_path / "real")
        return Pair(app, LocalBuilds.of(tmp_path / "local", group), RealBuilds(creator, group, run_base))

    return begin


ALTERNATIVES = """
[[requires]]
name = "nothing-has-it"
[[or]]
[[or.provides]]
name = "tool"
[[or.requires]]
name = "python"
[or.requires.metadata]
version = "3"
[[or]]
[[or.provides]]
name = "tool"
"""


def test_detection_and_plans(scripted: ScriptedBuildpacks, start: Callable[..., Pair]) -> None:
    """Composites, optional members, alternatives, two who provide, what is unmet for the next one."""
    scripted.add("t/absent", detect="exit 100")
    scripted.add("t/python", plan=provides("python"), build=RECORD)
    scripted.add("t/unwanted", plan=provides("unwanted"), build=RECORD)
    unmet = 'printf \'[[unmet]]\\nname = "tool"\\n\' >"$CNB_LAYERS_DIR/build.toml"'
    scripted.add("t/tool", plan=ALTERNATIVES, build=RECORD + unmet)
    scripted.add("t/tool-too", plan=provides("tool"), build=RECORD)
    metadata = 'build = true\nnumber = 3\nhalf = 0.5\nday = 1979-05-27\nwords = ["a", "b"]\n'
    scripted.add("t/user", plan=requires("python", "tool", metadata=metadata), build=RECORD)
    scripted.add("t/other", plan=requires("python", metadata="launch = true"), build=RECORD)
    scripted.compose("t/inner", "t/absent t/tool", "t/unwanted? t/tool t/tool-too")
    scripted.compose("t/outer", "t/python t/inner t/user")
    both = start("t/absent t/python", "t/outer t/other", optional={"t/other"})
    assert both.build().group == ("t/python", "t/tool", "t/tool-too", "t/user", "t/other")


METADATA = r"""whole = 1
big = 9007199254740993
half = 0.5
round = 2.0
yes = true
text = "ä \\ \" x"
list = [1, 2]
times = [1979-05-27T07:32:00Z, 1979-05-27T07:32:00.5+01:30, 1979-05-27T07:32:00, 1979-05-27, 07:32:00]
empty = {}
[metadata.table]
deep = 7
"""
TABLE = r"""
for name in as as-launch as-build as-cache as-launch-build as-launch-cache as-build-cache \
    as-launch-build-cache; do
    cd "$CNB_LAYERS_DIR"
    if [ ! -e "$name" ] && [ ! -e "$name.toml" ]; then
        mkdir -p "$name/deep" "$name/empty"
        echo "$name" >"$name/deep/file"
        chmod 750 "$name/deep/file"
        ln -s deep/file "$name/link"
        ln "$name/deep/file" "$name/hard"
    fi
    {
        echo "[types]"
        for kind in launch build cache; do
            case $name in *-$kind*) echo "$kind = true" ;; esac
        done
        echo "[metadata]"
        cat "$CNB_BUILDPACK_DIR/metadata"
    } >"$name.toml"
    echo "{\"of\": \"$name\"}" >"$name.sbom.cdx.json"
done
printf '[metadata]\nruns = 1\n' >store.toml
"""


def test_what_comes_back_for_each_combination_of_types(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair]
) -> None:
    """With both image and cache, without the cache, without the image, with neither."""
    sbom = 'sbom-formats = ["application/vnd.cyclonedx+json"]'
    directory = scripted.add("t/table", build=RECORD + TABLE, extra=sbom)
    (directory / "metadata").write_text(METADATA)
    both = start("t/table")
    both.build()
    found = both.build().records["t/table"]["found"]
    assert isinstance(found, dict)
    assert {"store.toml", "as-launch.toml", "as-cache", "as-launch-build-cache"} <= found.keys()
    assert not {"as.toml", "as-build.toml", "as-launch", "as-launch-build.toml"} & found.keys()
    both.forget(cache=True)
    both.build()
    both.forget(image=True)
    both.build()
    both.forget(image=True, cache=True)
    both.build()


def test_nothing_comes_back_for_a_buildpack_that_left_nothing_to_keep(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair]
) -> None:
    """Not even the SBOM of its layer that is in the image."""
    sbom = 'sbom-formats = ["application/vnd.cyclonedx+json"]'
    build = RECORD + layer("one", "launch", "build", content="x")
    scripted.add("t/one", build=build + 'echo "{}" >"$CNB_LAYERS_DIR/one.sbom.cdx.json"', extra=sbom)
    both = start("t/one")
    both.build()
    assert both.build().records["t/one"]["found"] == {}


COMMANDS = (
    PROBED
    + """\
sysconfig python -c "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))"
commands for name in python python3 pip gunicorn; do command -v "$name"; done
"""
)


def test_our_composite(*, samples: SampleBuilds, run_base: BaseImage, scratch: Path) -> None:
    """The whole job with the probe at its end, and once more: what tests without containers stand on."""
    sample = SAMPLES["flask"]
    ours = [samples.directory(one) for one in WHOLE]
    group = Group([*ours, WEB, PROBE], [[COMPOSITE, "test/web", "test/probe"]])
    local = LocalBuilds.of(scratch / "local", group)
    catalogue = scratch / "catalogue" / "runtimes.toml"  # at the same place on both platforms
    catalogue.parent.mkdir(mode=0o755)
    shutil.copyfile(samples.feed.runtimes.catalogue, catalogue)
    mounts = (Mount(catalogue.parent, str(catalogue.parent)),)
    real = RealBuilds(replace(samples.creator("double"), mounts=mounts), group, run_base)
    # Digests of variables and programs that hold paths, and the machine's own pip.conf; what byte code takes,
    # and its digests, since the paths of its sources are in it; dates of HTTP answers.
    ignoring = (
        "/*/strata/app-venv:venv/metadata/settings",
        "/*/strata/app-venv:venv/metadata/room",
        "/*/strata/python-runtime:python/metadata/size",
        "/contents/strata/app-venv:installer/*/inventory.json",
        "/contents/strata/app-venv:pip-cache/*",
        "/*/strata/app-start:start/metadata/programs",
    )
    both = Pair(sample.app, local, real, ignoring=ignoring)
    variables = samples.variables("flask") | {
        "BP_PYTHON_RUNTIMES": str(catalogue),
        "PROBE_COMMANDS": COMMANDS,
    }
    found = both.build(variables)
    assert f"{VENV_TREE}/bin/gunicorn" in str(found.records["test/probe"]["commands"])
    both.build(variables)
    both.launch_environment()


ENVIRONMENT = r"""
put() { mkdir -p "$CNB_LAYERS_DIR/${1%/*}"; printf '%s' "$2" >"$CNB_LAYERS_DIR/$1"; }
for layer in b a-b a; do
    for folder in bin lib include pkgconfig; do mkdir -p "$CNB_LAYERS_DIR/$layer/$folder"; done
    put $layer/env/APPENDED.append "$layer"
    put $layer/env/APPENDED.delim ";"
    put $layer/env/PREPENDED.prepend "$layer"
    put $layer/env.build/PREPENDED.delim "not of this directory"
    put $layer/env/PLAIN "$layer"
    put $layer/env/DEFAULT.default "$layer"
    put $layer/env/USER_EMPTY.default "$layer"
    put $layer/env/USER_SET.override "$layer"
    put $layer/env/USER_MORE.append "$layer"
    put $layer/env/UNKNOWN.suffix "$layer"
    put $layer/env/PATH.prepend "/own/$layer"
    put $layer/env/PATH.delim ":"
    put $layer/env.build/AT_BUILD.append "$layer"
    put $layer/env.build/APPENDED.append "build-$layer"
    put $layer/env.launch/AT_LAUNCH.prepend "$layer"
    put $layer/env.launch/AT_LAUNCH.delim ","
    put $layer/env.launch/APPENDED.append "launch-$layer"
    put $layer/env.launch/show/OF_PROCESS.append "$layer"
    put $layer/env.launch/show/APPENDED.append "show-$layer"
    put $layer/env.launch/other/OF_OTHER "$layer"
    put $layer/exec.d/10-all '#!/bin/sh
printf "EXECUTED = \"${EXECUTED-}+\"\nPLAIN_WAS = \"$PLAIN\"\n" >&3'
    put $layer/exec.d/show/10-show '#!/bin/sh
echo "OF_EXEC_D = \"${OF_EXEC_D-}x\"" >&3'
    chmod 755 "$CNB_LAYERS_DIR/$layer/exec.d/10-all" "$CNB_LAYERS_DIR/$layer/exec.d/show/10-show"
    printf '[types]\nbuild = true\nlaunch = true\n' >"$CNB_LAYERS_DIR/$layer.toml"
done
put only-build/env/ONLY_BUILD yes
put only-launch/env/ONLY_LAUNCH yes
put only-cache/env/ONLY_CACHE yes
for kind in build launch cache; do printf "[types]\n$kind = true\n" >"$CNB_LAYERS_DIR/only-$kind.toml"; done
cat >"$CNB_LAYERS_DIR/launch.toml" <<END
[[processes]]
type = "show"
command = ["env", "-0"]
END
"""


def test_environments(scripted: ScriptedBuildpacks, start: Callable[..., Pair]) -> None:
    """At build and at launch: order of layers, suffixes, delimiters, directories, user, exec.d."""
    scripted.add("t/first", build=RECORD + ENVIRONMENT)
    scripted.add("t/second", build=RECORD + ENVIRONMENT)
    scripted.add("t/clear", build=RECORD, extra="clear-env = true")
    scripted.add("t/last", build=RECORD)
    both = start("t/first t/second t/clear t/last")
    user = {"USER_EMPTY": "", "USER_SET": "u\n", "USER_MORE": "u", "PATH": "/user/bin", "CPATH": "/user"}
    found = both.build(user)
    environment = found.records["t/last"]["environment"]
    assert isinstance(environment, dict)
    assert (environment["USER_SET"], environment["ONLY_BUILD"]) == ("u\n", "yes")
    cleared = found.records["t/clear"]["environment"]
    assert isinstance(cleared, dict)
    assert (
        cleared["USER_SET"] == "b"
    )  # of this buildpack and the one before; sorted as a-b.toml, a.toml, b.toml
    assert both.launch_environment()["EXECUTED"] == "++++++"
    assert both.launch_environment("show")["OF_EXEC_D"] == "xxxxxx"


def launch_toml(*processes: str, labels: str = "") -> str:
    """Return sh that writes launch.toml; a process is "type command", `*` at its end makes it the default."""
    lines = [labels]
    for process in processes:
        name, command = process.rstrip("*").split()
        lines.append(f'[[processes]]\ntype = "{name}"\ncommand = ["{command}", "own"]\nargs = ["{name}"]')
        lines += ["default = true"] if process.endswith("*") else ['working-dir = "/tmp"']
    return "cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n" + "\n".join(lines) + "\nEND\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [(["web a*", "task a"], ["task b*"]), (["web a*", "task a"], ["web b"]), (["web a"], ["task b"])],
    ids=["last default wins", "redefined without default", "no default"],
)
def test_processes_and_labels(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair], first: Sequence[str], second: Sequence[str]
) -> None:
    """Of several buildpacks: later ones replace, of labels too."""
    label = '[[labels]]\nkey = "who"\nvalue = "{0}"\n[[labels]]\nkey = "{0}"\nvalue = ""'
    scripted.add("t/one", build=launch_toml(*first, labels=label.format("one")))
    scripted.add("t/two", build=launch_toml(*second, labels=label.format("two")))
    assert start("t/one t/two").build().labels == {"who": "two", "one": "", "two": ""}


def test_layers_that_leave_or_change(scripted: ScriptedBuildpacks, start: Callable[..., Pair]) -> None:
    """Types taken away, a layer not mentioned any more, contents cleared, changed, kept by the toml alone."""
    again = '[ -e "$CNB_LAYERS_DIR/left.toml" ]'
    build = [
        RECORD,
        f"if {again}; then",
        layer("left", metadata="a = 1"),
        'rm -r "$CNB_LAYERS_DIR/gone" "$CNB_LAYERS_DIR/gone.toml"',
        layer("changed", "launch", "cache", content="new"),
        layer("kept", "launch", metadata="a = 2"),
        "else",
        layer("left", "launch", "cache", content="x"),
        layer("gone", "build", "cache", content="x"),
        layer("changed", "launch", "cache", content="old"),
        layer("kept", "launch", content="x", metadata="a = 1"),
        "fi",
        layer("hollow-build", "build"),
        layer("hollow-cache", "build", "cache"),
        'mkdir "$CNB_LAYERS_DIR/stray"',
    ]
    scripted.add("t/one", build="\n".join(build))
    both = start("t/one")
    both.build()
    found = both.build()
    assert found.image.keys() == {"t/one:changed", "t/one:kept"}
    assert found.left["t/one"] >= {"left.ignore", "stray"}


def sbom(name: str) -> str:
    """Return sh that makes a layer a and an SBOM with this name."""
    return layer("a", "build", content="x") + f'echo "{{}}" >"$CNB_LAYERS_DIR/{name}"'


ODD_PLAN = """
[[requires]]
name = "nowhere"
[[OR]]
[[OR.Provides]]
NAME = "tool"
[[OR.Requires]]
Name = "tool"
[OR.Requires.Metadata]
Build = true
"""
ODD_CASE = """
cat >"$CNB_LAYERS_DIR/launch.toml" <<END
[[Processes]]
TYPE = "web"
Command = ["true"]
ARGS = ["x"]
Default = true
Working-Dir = "/tmp"
[[LABELS]]
Key = "who"
VALUE = "me"
END
printf '[[Unmet]]\\nNAME = "tool"\\n' >"$CNB_LAYERS_DIR/build.toml"
printf '[METADATA]\\nRuns = 1\\n' >"$CNB_LAYERS_DIR/store.toml"
printf '[Types]\\nLAUNCH = true\\nCache = true\\n[Metadata]\\nOwn = "A"\\n' >"$CNB_LAYERS_DIR/a.toml"
printf 'Launch = true\\n' >"$CNB_LAYERS_DIR/b.toml"
mkdir -p "$CNB_LAYERS_DIR/a" "$CNB_LAYERS_DIR/b"
"""


def test_keys_count_in_any_case(scripted: ScriptedBuildpacks, start: Callable[..., Pair]) -> None:
    """Those of the specification, in all files; a buildpack's own metadata stay as they are."""
    scripted.add("t/odd", plan=f"\ufeff{ODD_PLAN}", build=RECORD + ODD_CASE)
    scripted.add(
        "t/next", plan=provides("tool") + '[[requires]]\nname = "tool"\nmetadata = "x"', build=RECORD
    )
    both = start("t/odd t/next")
    both.build()
    found = both.build()
    assert found.image["t/odd:a"] == {
        "types": {"launch": True, "build": False, "cache": True},
        "metadata": {"Own": "A"},
    }
    assert found.processes["web"] == {
        "command": ["true"], "args": ["x"], "directory": "/tmp", "default": True
    }  # fmt: skip


ODD_LAYERS = """
odd() { printf '[types]\\n%s\\n' "$2" >"$CNB_LAYERS_DIR/$1.toml"; [ ! -e "$CNB_LAYERS_DIR/$1" ]; }
odd file "launch = true
cache = true" && echo x >"$CNB_LAYERS_DIR/file"
odd bare "launch = true
cache = true
[metadata]" && mkdir "$CNB_LAYERS_DIR/bare"
printf 'metadata = "x"\\n[types]\\ncache = true\\n' >"$CNB_LAYERS_DIR/told.toml"
mkdir -p "$CNB_LAYERS_DIR/told"
odd left "" && echo x >"$CNB_LAYERS_DIR/left"
odd bits "launch = true
cache = true" && {
    mkdir -p "$CNB_LAYERS_DIR/bits/group" "$CNB_LAYERS_DIR/bits/sticky"
    for mode in 4755 2755 6711 1644; do echo x >"$CNB_LAYERS_DIR/bits/$mode"; done
    touch "$CNB_LAYERS_DIR/bits/empty"
    cd "$CNB_LAYERS_DIR/bits" && chmod 4755 4755 empty && chmod 2755 2755 && chmod 6711 6711
    chmod 1644 1644 && chmod 2775 group && chmod 1777 sticky
}
true
"""


def test_layers_that_are_files_and_files_with_more_bits(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair]
) -> None:
    """A file in a layer's place is a layer; setuid is in it, and lost when it comes back."""
    scripted.add("t/odd", build=RECORD + ODD_LAYERS)
    both = start("t/odd")
    first, second, third = both.build(), both.build(), both.build()
    assert first.diff_ids["t/odd:file"] == second.diff_ids["t/odd:file"]
    assert first.diff_ids["t/odd:bits"] != second.diff_ids["t/odd:bits"]
    assert second.diff_ids["t/odd:bits"] == third.diff_ids["t/odd:bits"]


STARTED = """
cd "$CNB_LAYERS_DIR"
printf '[types]\\nlaunch = true\\n' >a.toml
for process in loud fails text number; do
    mkdir -p "a/exec.d/$process"
    printf '#!/bin/sh\\n%s\\n' "$(cat "$CNB_BUILDPACK_DIR/$process")" >"a/exec.d/$process/run"
    chmod 755 "a/exec.d/$process/run"
    printf '[[processes]]\\ntype = "%s"\\ncommand = ["/bin/echo", "started"]\\n' "$process" >>launch.toml
done
cat >>launch.toml <<'END'
[[processes]]
type = "none"
args = ["x"]
[[processes]]
type = "empty"
command = [""]
[[processes]]
type = "a b"
command = ["/bin/pwd"]
working-dir = "/usr"
[[processes]]
type = "nowhere"
command = ["/bin/pwd"]
working-dir = "gone"
END
"""
EXEC_D = {
    "loud": "echo from exec.d\necho 'A = \"b\"' >&3",
    "fails": "echo before\nexit 3",
    "text": "echo '[[' >&3",
    "number": "echo 'A = 1' >&3",
}


def test_what_starts_and_what_does_not(scripted: ScriptedBuildpacks, start: Callable[..., Pair]) -> None:
    """Processes that are built and never start, and what exec.d programs print and do."""
    directory = scripted.add("t/one", build=STARTED)
    for name, text in EXEC_D.items():
        (directory / name).write_text(text)
    both = start("t/one")
    both.build()
    assert both.start("loud") == (0, "from exec.d\nstarted\n")
    assert both.start("a b") == (0, "/usr\n")
    ended = {name: both.start(name)[0] for name in ("fails", "text", "number", "none", "empty", "nowhere")}
    assert ended == dict.fromkeys(ended, 82)


def plan(text: str) -> dict[str, str]:
    """Return the parts of a buildpack with this plan."""
    return {"plan": text}


def process(text: str) -> dict[str, str]:
    """Return the parts of a buildpack with this process in its launch.toml."""
    return {BUILD: f"cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n[[processes]]\n{text}\nEND\n"}


def slices(text: str) -> dict[str, str]:
    """Return the parts of a buildpack with this slice in its launch.toml."""
    return {BUILD: f"cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n[[slices]]\n{text}\nEND\n"}


DETECT, BUILD = "detect", "build"
FAULTS: Mapping[str, tuple[int, Mapping[str, str]]] = {
    "nobody": (20, {DETECT: "exit 100"}),
    "unmet requirement": (20, {"plan": requires("nothing-has-it")}),
    "nobody wants it": (20, {"plan": provides("nobody-wants-it")}),
    "detect fails": (21, {DETECT: "exit 3"}),
    "plan is no TOML": (21, {"plan": "[["}),
    "build fails": (51, {BUILD: "exit 100"}),
    "layer is no TOML": (52, {BUILD: 'echo "[[" >"$CNB_LAYERS_DIR/a.toml"'}),
    "types at the top": (52, {BUILD: 'echo "launch = true" >"$CNB_LAYERS_DIR/a.toml"'}),
    "two defaults": (52, {BUILD: launch_toml("a true*", "b true*")}),
    "direct": (52, {BUILD: launch_toml("a true", labels="").replace("args =", "direct = true\nargs =")}),
    "command is a text": (52, {BUILD: launch_toml("a true").replace('["true", "own"]', '"true"')}),
    "unmet is not in the plan": (
        52,
        {BUILD: 'printf \'[[unmet]]\nname = "a"\n\' >"$CNB_LAYERS_DIR/build.toml"'},
    ),
    "default is a text": (52, {BUILD: launch_toml("a true*").replace("default = true", 'default = "true"')}),
    "args is a text": (52, {BUILD: launch_toml("a true").replace('["a"]', '"a"')}),
    "args holds a number": (52, {BUILD: launch_toml("a true").replace('["a"]', "[1]")}),
    "working-dir is a number": (52, {BUILD: launch_toml("a true").replace('"/tmp"', "1")}),
    "a label's value is a number": (52, {BUILD: launch_toml(labels='[[labels]]\nkey = "a"\nvalue = 1')}),
    "a label without a key": (0, {BUILD: launch_toml(labels='[[labels]]\nvalue = "a"')}),
    "unmet is a text": (52, {BUILD: 'echo \'unmet = "x"\' >"$CNB_LAYERS_DIR/build.toml"'}),
    "a layer without types whose new name is taken": (
        52,
        {BUILD: 'cd "$CNB_LAYERS_DIR" && mkdir a a.ignore && touch a.toml a/x a.ignore/x'},
    ),
    "undeclared SBOM": (52, {BUILD: 'echo "{}" >"$CNB_LAYERS_DIR/launch.sbom.spdx.json"'}),
    "undeclared SBOM of a layer": (52, {BUILD: sbom("a.sbom.spdx.json")}),
    "unknown SBOM": (52, {BUILD: sbom("a.sbom.foo.json")}),
    "an SBOM of no layer": (0, {BUILD: sbom("b.sbom.foo.json")}),
    "store is no TOML": (52, {BUILD: 'echo "[[" >"$CNB_LAYERS_DIR/store.toml"'}),
    "infinity in the image's metadata": (
        62,
        {BUILD: layer("a", "launch", content="x", metadata="b = inf")},
    ),
    "infinity in the cache's metadata": (0, {BUILD: layer("a", "cache", content="x", metadata="b = inf")}),
    "infinity in the store": (62, {BUILD: "printf '[metadata]\na = nan\n' >\"$CNB_LAYERS_DIR/store.toml\""}),
    "launch without contents": (62, {BUILD: layer("a", "launch")}),
    "launch and cache without contents": (62, {BUILD: layer("a", "launch", "cache")}),
    "an SBOM that is no JSON by name": (0, {BUILD: sbom("a.sbom.txt")}),
    "a layer called launch": (0, {BUILD: 'mkdir "$CNB_LAYERS_DIR/launch"'}),
    "a name is missing in provides": (20, plan("[[provides]]")),
    "a name is missing in both": (0, plan("[[provides]]\n[[requires]]")),
    "a name is a number": (21, plan("[[provides]]\nname = 1")),
    "metadata of a requirement are a text": (0, plan('[[provides]]\n[[requires]]\nmetadata = "x"')),
    "a version in any case": (21, plan('[[provides]]\n[[requires]]\nVersion = "1"')),
    "an empty version": (0, plan('[[provides]]\n[[requires]]\nversion = ""')),
    "direct in any case": (52, process('type = "a"\ncommand = ["x"]\nDirect = false')),
    "a command of numbers": (52, process('type = "a"\ncommand = [1]')),
    "a process without a type": (62, process('command = ["true"]')),
    "a type that is no file name": (62, process('type = "a/b"\ncommand = ["true"]')),
    "a slice that is no pattern": (62, slices('paths = ["["]')),
    "a slice of anything": (0, slices(r"paths = ['../*', '/etc/[^a-c\]]', 'x\\?']")),
    "a slice is a text": (52, slices('paths = "x"')),
    "an integer of more than 64 bits": (52, {BUILD: layer("a", "cache", metadata="b = 9223372036854775808")}),
    "a layer for builds is a file": (52, {BUILD: layer("a", "build") + 'touch "$CNB_LAYERS_DIR/a"'}),
    "env is a file": (
        52,
        {BUILD: layer("a", "build", content="x") + 'touch "$CNB_LAYERS_DIR/a/env"'},
    ),
    "env leads nowhere": (
        52,
        {
            BUILD: layer("a", "build")
            + 'mkdir -p "$CNB_LAYERS_DIR/a/env" && ln -s x "$CNB_LAYERS_DIR/a/env/X"'
        },
    ),
    "a named pipe in a layer's place": (0, {BUILD: layer("a", "launch") + 'mkfifo "$CNB_LAYERS_DIR/a"'}),
    "the store is a directory": (0, {BUILD: 'mkdir "$CNB_LAYERS_DIR/store.toml"'}),
    "the layers directory is gone": (0, {BUILD: 'rm -r "$CNB_LAYERS_DIR"'}),
}


@pytest.mark.parametrize(
    ("group", "optional", "code"),
    [
        ("t/fails t/not-for-it", ["t/fails"], 21),
        ("t/fails", ["t/fails"], 20),
        ("t/elsewhere t/good", [], 21),
        ("t/elsewhere t/good", ["t/elsewhere"], 0),
    ],
)
def test_members_that_fail(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair], group: str, optional: Collection[str], code: int
) -> None:
    """An optional member's error counts where a required one fails; targets count for required ones."""
    scripted.add("t/fails", detect="exit 1")
    scripted.add("t/not-for-it", detect="exit 100")
    scripted.add("t/good")
    path = scripted.add("t/elsewhere") / "buildpack.toml"
    path.write_text(path.read_text() + 'arch = "s390x"\n')
    assert start(group, optional=optional).code() == code


@pytest.mark.parametrize(("code", "parts"), FAULTS.values(), ids=FAULTS)
def test_exit_codes(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair], code: int, parts: Mapping[str, str]
) -> None:
    """What a buildpack does wrong ends with the lifecycle's own code."""
    scripted.add("t/one", **parts)
    assert start("t/one").code() == code


CALLED = """
for name in launch build store; do
    [ -e "$CNB_LAYERS_DIR/$name" ] || { mkdir "$CNB_LAYERS_DIR/$name"; echo x >"$CNB_LAYERS_DIR/$name/file"; }
    printf '[types]\\nlaunch = true\\ncache = true\\n[metadata]\\na = 1\\n' >"$CNB_LAYERS_DIR/$name.toml"
done
"""


def test_layers_called_like_files_of_the_specification(
    scripted: ScriptedBuildpacks, start: Callable[..., Pair]
) -> None:
    """Their files are read as both."""
    scripted.add("t/odd", build=RECORD + CALLED)
    scripted.add("t/plain", build=RECORD + 'mkdir "$CNB_LAYERS_DIR/launch"\n' + launch_toml("a true"))
    both = start("t/odd t/plain")
    both.build()
    both.build()
