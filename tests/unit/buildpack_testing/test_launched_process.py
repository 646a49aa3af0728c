"""A process must find the image and nothing but the image."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.archive import LAYER_TIME
from buildpack_testing.failure import LifecycleCode, PhaseError
from support.scripted import Platforms, ScriptedBuildpacks, layer

if TYPE_CHECKING:
    from pathlib import Path

_PROCESSES = """cat > "$CNB_LAYERS_DIR/launch.toml" <<'T'
[[processes]]
type = "web"
command = ["tool", "fixed"]
args = ["replaceable"]
default = true
T
"""
_TOOL = r"""x=$CNB_LAYERS_DIR/x
mkdir -p "$x/bin" "$x/env.launch/web"
printf '#!/bin/sh\necho "$@"\n' > "$x/bin/tool"; chmod +x "$x/bin/tool"
printf 1 > "$x/env.launch/ALWAYS"; printf 2 > "$x/env.launch/web/ONLY_WEB"
"""


def test_only_launch_layers_are_there_at_their_old_paths_with_an_images_times(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=layer("l", "launch", content="x") + layer("b", "build", "cache", content="x"))
    platform = platforms("a")
    platform.build(app)
    layers = platform.workspace.layers / "a"
    assert (layers / "b" / "content").exists()
    with platform.container() as container:
        seen = container.run(["find", str(platform.workspace.layers), "-type", "f"]).stdout.split("\n")
        assert seen == [str(layers / "l" / "content"), ""]
        assert (layers / "l" / "content").stat().st_mtime == LAYER_TIME
        assert container.run(["cat", "file"]).stdout == "of the app"


def test_layers_that_nobody_has_touched_stay_and_others_are_those_of_the_image(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Unpacking takes as long as a build: what a build or a container has left counts if it is the same."""
    make = "".join(layer(name, "launch", "cache", content="c") for name in ("kept", "changed"))
    program = scripted.add("a", build=make) / "bin" / "build"
    platform = platforms("a")
    platform.build(app)
    kept, changed = (platform.workspace.layers / "a" / name / "content" for name in ("kept", "changed"))
    before = kept.stat().st_ino
    changed.write_text("of nobody")
    for _ in range(2):
        with platform.container() as container:
            assert container.run(["cat", str(kept), str(changed)]).stdout == "cc"
            assert kept.stat().st_mtime == LAYER_TIME
            container.run(["sh", "-c", f"echo of the container > '{changed}'"])
    program.write_text(f"#!/bin/sh\nset -eu\n{layer('kept', 'launch', 'cache')}cat '{changed}'\n")
    assert platform.build(app).run("a").printed == "c"
    assert kept.stat().st_ino == before, "it was never unpacked"


def test_the_environment_is_the_run_images_plus_the_layers(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """User variables of the build are gone; the container user's are the starting point."""
    scripted.add("a", build=_TOOL + layer("x", "launch") + _PROCESSES)
    platform = platforms("a")
    platform.build(app, variables={"BP_X": "1"})
    with platform.container({"MINE": "1", "ALWAYS": "beaten"}) as container:
        env = container.environment("web")
        assert env == {
            "PATH": f"{platform.workspace.layers}/a/x/bin:/usr/bin:/bin",
            "HOME": str(platform.workspace.home),
            "HOSTNAME": "run",
            "MINE": "1",
            "ALWAYS": "1",
            "ONLY_WEB": "2",
        }
        assert "ONLY_WEB" not in container.environment()


def test_processes_are_found_on_the_assembled_path_and_arguments_replace_defaults(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=_TOOL + layer("x", "launch") + _PROCESSES)
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container:
        assert container.run(container.command(None)).stdout == "fixed replaceable\n"
        assert container.run(container.command("web", ["own"])).stdout == "fixed own\n"
        with pytest.raises(PhaseError, match="no process task") as failed:
            container.command("task")
        assert failed.value.code is LifecycleCode.LAUNCH
        with pytest.raises(PhaseError, match="not a program in the image"):
            container.run(["no-such-tool"])


def with_exec_d(text: str) -> str:
    """Return a bin/build that makes a layer for launch with a program in exec.d."""
    program = (
        'mkdir -p "$CNB_LAYERS_DIR/x/exec.d"; p="$CNB_LAYERS_DIR/x/exec.d/p"\n'
        f'cat >"$p" <<\'END\'\n{text}\nEND\nchmod +x "$p"\n'
    )
    return program + layer("x", "launch")


def test_exec_d_programs_change_the_environment(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=with_exec_d('#!/bin/sh\necho SET = \\"by exec.d\\" >&3'))
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container:
        assert container.environment()["SET"] == "by exec.d"


@pytest.mark.parametrize(
    "text",
    [
        "echo A = 1 >&3",
        "#!/bin/sh\necho [[ >&3",
        "#!/bin/sh\necho A = 1 >&3",
        "#!/bin/sh\nexit 3",
    ],
    ids=["no interpreter", "no TOML", "no string", "fails"],
)
def test_an_exec_d_program_that_the_launcher_refuses(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, text: str
) -> None:
    """With its code: what a shell would forgive, the kernel does not."""
    scripted.add("a", build=with_exec_d(text))
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container, pytest.raises(PhaseError) as refused:
        container.environment()
    assert refused.value.code is LifecycleCode.LAUNCH


def test_what_exec_d_programs_print_is_the_containers(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """On its own streams, before what the process says."""
    scripted.add("a", build=with_exec_d("#!/bin/sh\necho out; echo err >&2"))
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container:
        done = container.run(["/bin/echo", "said"])
    assert (done.stdout, done.stderr) == ("out\nsaid\n", "err\n")


def test_a_process_without_a_command_never_starts(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Not even by its arguments."""
    process = '[[processes]]\ntype = "web"\nargs = ["/bin/true"]'
    scripted.add("a", build=f"cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n{process}\nEND\n")
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container, pytest.raises(PhaseError, match="web has no command") as refused:
        container.command("web")
    assert refused.value.code is LifecycleCode.LAUNCH


def in_directory(directory: str) -> str:
    """Return sh that makes a process which starts a program of the app in a directory."""
    process = f'[[processes]]\ntype = "web"\ncommand = ["./run"]\nworking-dir = "{directory}"'
    program = "printf '#!/bin/sh\\npwd\\n' | tee run sub/run >other; chmod +x run sub/run\n"
    return f"mkdir sub empty\n{program}cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n{process}\nEND\n"


def test_a_program_is_executed_in_its_working_directory(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """A relative one is looked for below the app, and executed where it works: it has to be in both."""
    scripted.add("good", build=in_directory("sub"))
    platform = platforms("good")
    platform.build(app)
    with platform.container() as container:
        said = container.run(container.command("web"), process_type="web").stdout.strip()
        assert said == str(platform.workspace.app / "sub")


@pytest.mark.parametrize("directory", ["empty", "gone"])
def test_a_program_is_missing_in_its_working_directory(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, directory: str
) -> None:
    """Or there is no such directory in the image."""
    scripted.add("bad", build=in_directory(directory))
    platform = platforms("bad")
    platform.build(app)
    with platform.container() as container, pytest.raises(PhaseError) as refused:
        container.run(container.command("web"), process_type="web")
    assert refused.value.code is LifecycleCode.LAUNCH


def test_a_started_process_is_stopped_when_the_block_is_left(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a")
    platform = platforms("a")
    platform.build(app)
    with platform.container() as container:
        with container.start(["sleep", "100"], output=subprocess.DEVNULL) as process:
            assert process.poll() is None
        assert process.returncode == -signal.SIGTERM


def test_without_an_image_there_is_nothing_to_start(
    scripted: ScriptedBuildpacks, platforms: Platforms
) -> None:
    scripted.add("a")
    with pytest.raises(PhaseError, match="no image yet"), platforms("a").container():
        pass
