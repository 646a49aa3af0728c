"""The command line as people type it: under Invoke's own `inv`, and as `tasks.py` runs it itself."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.sample_repository import component, composite, library, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
PROGRAMS = {"inv": [sys.executable, "-m", "invoke"], "tasks.py": [sys.executable, "tasks.py"]}
FAILED, USAGE, BROKEN_PIPE = 1, 2, 141
PROMPT = b"ready> "


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> list[str]:
    """Each of the two ways to run tasks."""
    return PROGRAMS[request.param]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small sound repository with the real tasks."""
    (tmp_path / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    library(tmp_path)
    component(tmp_path, "acme/a", plans={"x": (None, plan(provides=("a",), requires=("a",)))})
    composite(tmp_path, "acme/all", ["acme/a"])
    return tmp_path


def run(program: Sequence[str], *words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *words], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("words", [["pakcage"], ["list", "package", "--id", ""], ["--dry", "list", "build"]])
def test_a_mistake_anywhere_runs_nothing(program: list[str], repository: Path, words: list[str]) -> None:
    """It ends with 2, tells in a few lines, and not even the task before it has run."""
    done = run(program, *words, cwd=repository)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) <= 4
    assert not (repository / "build").exists()
    assert not (repository / "dist").exists()


def test_a_destination_that_is_missing_is_asked_for(program: list[str], repository: Path) -> None:
    """`builder.create` without `--to`, in the words of `publish`."""
    (repository / "builder.toml").write_text("")
    done = run(program, "builder.create", "builder.toml", cwd=repository)
    assert done.returncode == USAGE
    assert "--to" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_in_its_forms(program: list[str], repository: Path) -> None:
    """Of a task that takes a path, which Invoke would run with `--help` as its value."""
    forms = [run(program, *words, cwd=repository) for words in (["try", "--help"], ["--help", "try"])]
    assert forms[0].stdout == forms[1].stdout
    assert forms[0].stdout.startswith("Usage: inv try [PATH] [OPTIONS]")
    assert [done.returncode for done in forms] == [0, 0]


def test_several_tasks_run_in_their_order(program: list[str], repository: Path) -> None:
    """Each with its own options."""
    done = run(program, "graph", "--format", "mermaid", "list", cwd=repository)
    assert done.returncode == 0
    assert done.stdout.index("flowchart") < done.stdout.index("ID ")


def test_ids_are_arguments(program: list[str], repository: Path) -> None:
    """As they are options, and only they are acted on."""
    done = run(program, "build", "acme/a", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == ["acme_a"]


def test_what_is_made_is_data_for_programs(program: list[str], repository: Path) -> None:
    """With `--json`, and nothing else on stdout."""
    built = json.loads(run(program, "build", "acme/a", "--json", cwd=repository).stdout)
    assert built == ["build/acme_a"]
    (one,) = json.loads(run(program, "package", "acme/a", "--json", cwd=repository).stdout)
    assert (one["id"], one["packaged"], one["images"][0]["target"]) == ("acme/a", True, "linux/amd64")
    assert all((repository / path).exists() for path in one["artefacts"])
    orders = json.loads(run(program, "graph", "--json", cwd=repository).stdout)
    assert orders == {"acme/a": [], "acme/all": [[{"id": "acme/a", "version": "1.0.0", "optional": False}]]}


def test_the_versions_of_what_takes_part(repository: Path) -> None:
    """Ours first. Invoke's own `inv` answers before it has loaded anything of ours."""
    lines = run(PROGRAMS["tasks.py"], "-V", cwd=repository).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["buildpack-release", "Invoke", "Python"]


def test_a_mistake_in_an_option_of_invoke(repository: Path) -> None:
    """Invoke itself ends in a traceback."""
    done = run(PROGRAMS["tasks.py"], "--command-timeout", "soon", "list", cwd=repository)
    assert done.returncode == USAGE
    assert "Traceback" not in done.stderr


def pipe_without_reader() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_nobody_reads_of_progress(program: list[str], repository: Path) -> None:
    """As in `inv build 2>&1 >log | head -0`: it is not the file at hand that cannot be written."""
    writer = pipe_without_reader()
    done = subprocess.run(
        [*program, "build"], cwd=repository, stdout=subprocess.DEVNULL, stderr=writer, check=False
    )
    os.close(writer)
    assert done.returncode == BROKEN_PIPE


@pytest.mark.parametrize("words", [["-l"], ["package", "--help"], ["list"]])
def test_nobody_reads_any_more(program: list[str], repository: Path, words: list[str]) -> None:
    """As in `inv -l | head -0`: no traceback, and no success either."""
    writer = pipe_without_reader()
    done = subprocess.run(
        [*program, *words], cwd=repository, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (BROKEN_PIPE, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(program: list[str], repository: Path, closed: str) -> None:
    """What they would hold is lost, no more: no traceback, and no file gets what a child prints."""
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *program]
    built = run(command, "build", "acme/a", cwd=repository)
    assert (built.returncode, "Traceback" in built.stderr) == (0, False)
    assert built.stdout == ("" if " >&-" in f" {closed}" else "build/acme_a\n")
    mistyped = run(command, "pakcage", cwd=repository)
    assert (mistyped.returncode, "Traceback" in mistyped.stderr) == (USAGE, False)


def test_a_full_disk_is_told(program: list[str], repository: Path) -> None:
    """Of what should be kept; a mistake keeps its code even if nobody can be told."""
    full = ["sh", "-c", 'exec "$@" >/dev/full', "sh", *program]
    done = run(full, "list", cwd=repository)
    assert (done.returncode, done.stderr) == (FAILED, "Error: No space left on device\n")
    unheard = ["sh", "-c", 'exec "$@" 2>/dev/full', "sh", *program]
    assert run(unheard, "pakcage", cwd=repository).returncode == USAGE


def shown(command: Sequence[str], *, columns: int, cwd: Path, keys: bytes = b"", **env: str) -> str:
    """Run a command on a terminal of a width; return what it shows. Keys are typed after a prompt."""
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}
    with subprocess.Popen(
        command, cwd=cwd, stdout=terminal, stderr=terminal, stdin=terminal,
        env={**environment, "TERM": "xterm", **env}, start_new_session=True,
    ):  # fmt: skip
        os.close(terminal)
        text = b""
        try:
            while select.select([main], [], [], 60)[0] and (chunk := os.read(main, 65536)):
                text += chunk
                if keys and PROMPT in text:
                    os.write(main, keys)
                    keys = b""
        except OSError:  # the terminal of a process that has ended
            pass
        os.close(main)  # which hangs up on a process that still waits
    return text.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [50, 80])
def test_a_terminal_shows_whole_lines(program: list[str], repository: Path, columns: int) -> None:
    """The list of tasks, help, and tables; on 80 columns a task is one line, of less than thirty."""
    lists = shown([*program, "--list"], columns=columns, cwd=ROOT, NO_COLOR="1").splitlines()
    help_of_try = shown([*program, "package", "--help"], columns=columns, cwd=ROOT, NO_COLOR="1").splitlines()
    table = shown([*program, "list"], columns=columns, cwd=repository).splitlines()
    assert not [line for line in [*lists, *help_of_try, *table] if len(line) > columns]
    assert columns < 80 or len(lists) < 30


def test_a_pipe_has_the_full_width(program: list[str]) -> None:
    """Whatever the terminal is that the command was typed in."""
    wide = run(program, "package", "--help", cwd=ROOT).stdout
    assert any(len(line) > 100 for line in wide.splitlines())


def test_colour_is_for_terminals(program: list[str], repository: Path) -> None:
    """NO_COLOR takes it away, FORCE_COLOR gives it to pipes as well; a pipe has none by itself."""
    assert "\x1b[1mLook" in shown([*program, "-l"], columns=80, cwd=repository)
    assert "\x1b[1;31mError:" in shown([*program, "nonsense"], columns=80, cwd=repository)
    assert "\x1b" not in shown([*program, "-l"], columns=80, cwd=repository, NO_COLOR="1")
    assert "\x1b" not in shown([*program, "-l"], columns=80, cwd=repository, TERM="dumb")
    assert "\x1b" not in run(program, "-l", cwd=repository).stdout
    assert "\x1b[1mLook" in run(program, "-l", cwd=repository, FORCE_COLOR="1").stdout


def test_both_streams_have_one_order(program: list[str], repository: Path) -> None:
    """In a log: what was found comes before the sentence about it."""
    (repository / "buildpacks/a/README.md").unlink()
    done = subprocess.run(
        [*program, "check"],
        cwd=repository,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.stdout.rstrip().splitlines()[-1].startswith("Error: the check has failed")


BASH = """
source <({program} --print-completion-script bash)
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_complete_inv
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def inv(repository: Path) -> Path:
    """A script that runs the tasks, as `scripts/inv` does."""
    script = repository / "scripts/inv"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{repository}/tasks.py" "$@"\n')
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["pac"], ["package"]),
        (["version.b"], ["version.bump"]),
        (["package", "--ta"], ["--target"]),
        (["package", "--id", "acme/al"], ["acme/all"]),
        (["package", "acme/al"], ["acme/all"]),
        (["--lis"], ["--list", "--list-depth", "--list-format"]),
        (["builder.check", "some"], []),
    ],
)
def test_bash_completes(inv: Path, repository: Path, words: list[str], found: list[str]) -> None:
    """Tasks, options of the task, ids; nothing for a path, which bash itself completes."""
    script = BASH.format(program="./scripts/inv", words=" ".join(["./scripts/inv", *words]))
    done = subprocess.run(["bash", "-c", script], cwd=repository, capture_output=True, text=True, check=True)
    assert sorted(filter(None, done.stdout.splitlines())) == found
    assert done.stderr == ""


@pytest.mark.needs("fish")
def test_fish_completes(inv: Path, repository: Path) -> None:
    """By its own command that tells what it would offer."""
    script = (
        "./scripts/inv --print-completion-script fish | source; complete -C './scripts/inv package acme/al'"
    )
    done = subprocess.run(["fish", "-c", script], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["acme/all"]


@pytest.mark.needs("zsh")
def test_zsh_completes(inv: Path, repository: Path) -> None:
    """In a real shell on a terminal, which is given a tab."""
    (repository / ".zshrc").write_text(
        f"PS1='{PROMPT.decode()}'; unset zle_bracketed_paste; autoload -Uz compinit && compinit -u -D\n"
        f"source <({inv} --print-completion-script zsh)\n"
        "probe() { print -r -- \"typed:$BUFFER\"; exit }; zle -N probe; bindkey '^G' probe\n"
    )
    said = shown(
        ["zsh", "-d", "-i"], columns=80, cwd=repository, keys=b"./scripts/inv package acme/al\t\x07",
        ZDOTDIR=str(repository), TERM="dumb",
    )  # fmt: skip
    assert "typed:./scripts/inv package acme/all" in said
