"""Command lines are read whole, in our words, before any task runs: with the real tasks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from invoke.executor import Executor
from invoke.tasks import task

from buildpack_release.errors import ExitCode
from buildpack_release.tasks import collection
from buildpack_release.tasks.program import CommandProgram
from support.sample_repository import component, composite, library, plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from invoke.collection import Collection
    from invoke.context import Context
    from invoke.parser import ParseResult


@task(positional=["word"], optional=["level"], incrementable=["verbose"])
def theirs(  # noqa: PLR0917  Invoke's tasks have no other parameters
    context: Context,
    word: str,
    level: str = "",
    count: int = 1,
    verbose: int = 0,
    colour: bool = True,  # noqa: FBT002
) -> None:
    """Do what a repository has of its own, in Invoke's plain form."""


class Reading(CommandProgram):
    """The program up to the point where tasks would run."""

    read: ParseResult | None = None

    def execute(self) -> None:
        """Keep what has been read."""
        type(self).read = self.tasks


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    library(tmp_path)
    component(tmp_path, "acme/a", plans={"x": (None, plan(provides=("a",), requires=("a",)))})
    component(tmp_path, "list", plans={"x": (None, plan(provides=("a",), requires=("a",)))})
    composite(tmp_path, "acme/all", ["acme/a"])
    (tmp_path / "app.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tasks(repository: Path) -> Collection:
    return collection(repository, theirs)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    Reading.read = None
    yield
    Reading.read = None


def run(tasks: Collection, *words: str) -> int:
    """Read a command line; return the exit code."""
    try:
        Reading(namespace=tasks, name="inv", binary="inv").run(["inv", *words])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def calls(tasks: Collection, *words: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the tasks of a command line with what was given."""
    assert run(tasks, *words) == 0
    assert Reading.read is not None
    return [
        (str(one.name), {str(arg.name): arg.value for arg in one.args.values() if arg.got_value})
        for one in Reading.read
    ]


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("list", [("list", {})]),
        ("list --json check", [("list", {"json": True}), ("check", {})]),
        ("package acme/a acme/all", [("package", {"id": ["acme/a", "acme/all"]})]),
        ("package acme/a --id acme/all", [("package", {"id": ["acme/a", "acme/all"]})]),
        ("package acme/a check", [("package", {"id": ["acme/a"]}), ("check", {})]),
        ("package --id list", [("package", {"id": ["list"]})]),
        ("package -- list acme/a", [("package", {"id": ["list", "acme/a"]})]),
        ("publish acme/a --to x/y", [("publish", {"id": ["acme/a"], "to": "x/y"})]),
        ("builder.check app.toml list", [("builder.check", {"config": "app.toml"}), ("list", {})]),
        ("builder.check ./app.toml", [("builder.check", {"config": "./app.toml"})]),
        ("graph --format=-x", [("graph", {"format": "-x"})]),
        ("theirs check -vv", [("theirs", {"word": "check", "verbose": 2})]),
        ("theirs x --level --no-colour", [("theirs", {"word": "x", "level": True, "colour": False})]),
        ("theirs x -c3 -l high", [("theirs", {"word": "x", "count": 3, "level": "high"})]),
        ("theirs x -- what they read", [("theirs", {"word": "x"})]),
    ],
)
def test_reads(tasks: Collection, words: str, read: list[tuple[str, dict[str, Any]]]) -> None:
    """Options in both forms, ids and paths, several tasks, and the tasks of others as Invoke reads them."""
    found = calls(tasks, *words.split())
    assert [name for name, _ in found] == [name for name, _ in read]
    for (_, given), (_, wanted) in zip(found, read, strict=True):
        assert given.items() >= wanted.items()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pakcage", "Did you mean package?"),
        ("version.bmp", "Did you mean version.bump?"),
        ("bump", "Did you mean version.bump?"),
        ("version", "The tasks of version: version.show, version.next, version.bump, version.check."),
        ("help", 'there is no task "help"'),
        ("acme/a", "inv package acme/a"),
        ("list check pakcage", '"pakcage" is neither a task nor an argument of check, which takes none'),
        ("package acmee", '"acmee" is neither a task nor an id'),
        ("package all", "Did you mean acme/all?"),
        ("package list", '"list" is both a task and an argument of package'),
        ("list package acme/ab", 'no buildpack "acme/ab" in this repository'),
        ("list package --id acme/ab", 'did you mean "acme/a"?'),
        ("list builder.check ./none.toml", "CONFIG of builder.check is a path, and ./none.toml is not there"),
        ("list builder.check --config none.toml", "none.toml is not there"),
        ("builder.check nowhere", '"nowhere" is neither a task nor an existing path'),
        ("builder.check app.toml app.toml", '"app.toml" is neither a task nor an argument of builder.check'),
        ("builder.check list", "builder.check needs CONFIG: a builder.toml"),
        ("package --taget x", "Did you mean --target?"),
        ("builder.check --jsn app.toml", "Did you mean --json?"),
        ("package --dry", "inv --dry package"),
        ("--taget x package", "inv has no option --taget"),
        ("package -i acme/a", "package has no option -i"),
        ("package --id", "--id of package needs a value"),
        ("package --id --strict", "--id of package needs a value"),
        ("package --id=", "--id of package was given an empty value"),
        ("list --json=yes", "--json of list takes no value"),
        ("graph --format text --format text", "--format of graph was given twice"),
        (
            "publish.register --patience soon",
            '--patience of publish.register is a number, and "soon" is none',
        ),
        ("theirs", "theirs needs WORD"),
        ("list -- x", '"x" is one argument too many for list'),
        ("-- x", '"x" is one argument too many for inv'),
        ("--help pakcage", "Did you mean package?"),
        ("--list package", 'there is no group of tasks "package"'),
        ("--list versoin", "Did you mean version?"),
        ("--list-format dot --list", "One of: flat, nested, json."),
        ("--list version check", '"check" is too much'),
        ("--command-timeout soon list", "an option of inv"),
        ("--config", "an option of inv"),
        ("--print-completion-script csh", "One of: bash, zsh, fish."),
    ],
)
def test_refuses(tasks: Collection, words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake is named with what would be right, and nothing runs, not even what was right."""
    assert run(tasks, *words.split()) == ExitCode.USAGE
    assert Reading.read is None
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert said in err


@pytest.mark.parametrize("words", [["package", ""], ["package", "--id", ""], ["publish", "--to", ""], [""]])
def test_an_empty_word_is_a_mistake(tasks: Collection, words: list[str]) -> None:
    """It comes from a variable that is not set, and must not mean everything."""
    assert run(tasks, *words) == ExitCode.USAGE
    assert Reading.read is None


def test_a_word_that_may_be_both_is_refused(tasks: Collection, repository: Path) -> None:
    """A directory called like a task: `./check` is the directory, after an argument it is the task."""
    (repository / "check").mkdir()
    assert run(tasks, "builder.check", "check") == ExitCode.USAGE
    assert calls(tasks, "builder.check", "./check")[0][1]["config"] == "./check"
    assert [name for name, _ in calls(tasks, "builder.check", "app.toml", "check")] == [
        "builder.check",
        "check",
    ]


def names(tasks: Collection) -> list[str]:
    return sorted(tasks.task_names)


def test_help_has_three_forms(tasks: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every task, those with arguments too: nothing runs, and each form says the same."""
    for name in names(tasks):
        said = set()
        for words in (["--help", name], [name, "--help"], [name, "-h"]):
            assert run(tasks, *words) == 0
            said.add(capsys.readouterr().out)
        assert Reading.read is None
        assert len(said) == 1
        assert said.pop().startswith(f"Usage: inv {name}")


def test_the_help_of_a_group_lists_it(tasks: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    """As `--list GROUP` does."""
    assert run(tasks, "--help", "version") == 0
    assert run(tasks, "--list", "version") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(lines) // 2] == lines[len(lines) // 2 :]
    assert lines[0].startswith("Versions  version.show")


def test_no_task_has_a_letter_by_chance(tasks: Collection) -> None:
    """What `-i` or `-p` means must not depend on the names of a task's other options."""
    contexts = [one for one in tasks.to_contexts() if one.name != "theirs"]
    assert not [flag for context in contexts for flag in context.flags if len(flag) == len("-x")]


@pytest.mark.parametrize(
    ("words", "offered", "not_offered"),
    [
        (["inv", "pac"], {"package", "version.bump"}, {"--json", "acme/a"}),
        (["./scripts/inv", "package", ""], {"check", "acme/a", "acme/all"}, {"--id"}),
        (["inv", "package", "--t"], {"--target", "--help"}, {"--list", "package"}),
        (["inv", "check", "package", "--id", ""], {"acme/a"}, {"check"}),
        (["inv", "package", "--target", ""], set(), {"package", "acme/a"}),
        (["inv", "package", "--id=ac"], {"--id=acme/a"}, {"acme/a", "--id"}),
        (["inv", "package", "--target=li"], set(), {"package", "--target"}),
        (["inv", "--d"], {"--dry", "--debug"}, {"--dry-run"}),
        (["inv"], {"check"}, {"acme/a"}),
    ],
)
def test_completion_offers(
    *,
    tasks: Collection,
    words: list[str],
    offered: set[str],
    not_offered: set[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What may stand there; the shell filters by what has been typed. Nothing where a value goes."""
    assert run(tasks, "--complete", "--", *words) == 0
    found = set(capsys.readouterr().out.split())
    assert offered <= found
    assert not not_offered & found
    assert Reading.read is None


def test_every_task_has_data_for_programs(tasks: Collection) -> None:
    """What a task reports, a program can read."""
    without = [one.name for one in tasks.to_contexts() if "json" not in one.args and one.name != "theirs"]
    assert not without


def mistakes(word: str) -> Iterator[str]:
    """Return a word as it is mistyped: a letter lost, doubled, swapped, replaced, added."""
    middle = len(word) // 2
    yield word[:middle] + word[middle + 1 :]
    yield word[:middle] + word[middle - 1] + word[middle:]
    yield word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    yield f"{word[:middle]}q{word[middle + 1 :]}"
    yield f"{word}x"


def test_a_hundred_mistyped_commands(tasks: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every task and every option: none ends well, none with a traceback, none runs anything."""
    known = {name for one, aliases in tasks.task_names.items() for name in (one, *aliases)}
    lines = [[wrong] for name in names(tasks) for wrong in mistakes(name) if wrong not in known]
    kinds = itertools.cycle(range(5))
    for context in tasks.to_contexts():
        for flag in context.flags:
            wrong = [*mistakes(flag)][next(kinds)]
            if wrong not in context.flags and context.name != "theirs":
                lines.append(["check", str(context.name), wrong, "x"])
    assert len(lines) > 100
    assert not [line for line in lines if run(tasks, *line) != ExitCode.USAGE]
    assert Reading.read is None
    err = capsys.readouterr().err
    assert err.count("Error: ") == len(lines)
    assert "Traceback" not in err


class Recording(Executor):
    """An executor that only keeps what it would run."""

    given: ClassVar[list[dict[str, Any]]] = []

    def execute(self, *tasks: Any) -> dict[Any, Any]:  # noqa: ANN401  Invoke's signature
        """Keep the options of each task."""
        self.given[:] = [one.as_kwargs for one in tasks]
        return {}


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["--dry", name]
            for name in ("version.bump", "publish", "release", "tools.update", "runtimes.update")
        ),
        ["-R", "release", "--yes"],
    ],
)
def test_dry_is_dry_run(tasks: Collection, words: list[str]) -> None:
    """Invoke's own `--dry` must not mean nothing to a task that writes."""
    CommandProgram(namespace=tasks, executor_class=Recording).run(["inv", *words])
    assert [one["dry_run"] for one in Recording.given] == [True]


def test_dry_of_the_environment_counts(tasks: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invoke takes the setting from there as well."""
    monkeypatch.setenv("INVOKE_RUN_DRY", "1")
    CommandProgram(namespace=tasks, executor_class=Recording).run(["inv", "release"])
    assert Recording.given[0]["dry_run"] is True


@pytest.mark.parametrize("task_name", ["build", "package", "publish.register"])
def test_dry_refuses_what_cannot_be_rehearsed(
    tasks: Collection, task_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And runs nothing, not even the task before it."""
    with pytest.raises(SystemExit) as ended:
        CommandProgram(namespace=tasks, name="inv", binary="inv").run(["inv", "--dry", "list", task_name])
    assert ended.value.code == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{task_name} cannot be rehearsed" in err


def test_every_task_that_writes_says_so(tasks: Collection) -> None:
    """By name: a new task is looked at here before `--dry` believes that it only reads."""
    readers = {name for name in names(tasks) if not getattr(tasks[name], "writes", False)}
    assert readers == {
        *("list", "graph", "check", "publish.plan", "publish.verify", "builder.check", "runtimes.show"),
        "image.show",
        *("version.show", "version.next", "version.check", "theirs"),
    }
