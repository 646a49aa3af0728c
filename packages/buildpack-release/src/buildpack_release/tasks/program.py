"""The program: Invoke's, with this library's reading of command lines and its texts.

A `tasks.py` that is run itself (`main`) gets all of it. Under Invoke's own `inv` its program becomes ours as
soon as it loads the tasks (`take_over`). What happens before that is Invoke's: `inv --version`, `inv --help`
without a task, `inv --print-completion-script`, and mistakes in the values of Invoke's own options.
"""

from __future__ import annotations

import atexit
import functools
import gc
import os
import re
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import invoke
from invoke.exceptions import Exit, ParseError
from invoke.parser import ParseResult
from invoke.program import Program

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.tasks.command import DRY_RUN, Command
from buildpack_release.tasks.command_line import Vocabulary, near, parse
from buildpack_release.tasks.edge import SETTINGS, clear_errors, explain_missing
from buildpack_release.terminal import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Collection as Names

    from invoke.collection import Collection
    from invoke.parser.argument import Argument
    from invoke.parser.context import ParserContext

    from buildpack_release.model.repository import Repository


def take_over() -> None:
    """Let Invoke's own program go on as ours, if it is the one that is loading the tasks just now."""
    _replace_closed_streams()
    running = getattr(sys.modules.get("invoke.main"), "program", None)
    if type(running) is Program and running.argv:
        running.__class__ = CommandProgram
        _end_at_once()


def main(tasks: Collection) -> None:
    """Run the command line of this process with these tasks; ends the process."""
    _end_at_once()
    _replace_closed_streams()
    CommandProgram(namespace=tasks, name="inv", binary="inv").run()


def _end_at_once() -> None:
    """Let the end of this process not look for garbage among all that is loaded: a fifth of a short task."""
    atexit.register(gc.freeze)


class CommandProgram(Program):
    """Invoke's program with other readers and writers of text."""

    help_for = ""

    def core_args(self) -> list[Argument]:
        """Return Invoke's own options, those that matter only among several tasks as well."""
        return [*super().core_args(), *(self.task_args()[1:2] if self.namespace is not None else [])]

    def parse_core(self, argv: list[str] | None) -> None:
        """Read Invoke's own options, which come before the first task."""
        keeps_no_bytecode = sys.dont_write_bytecode
        with clear_errors(explain_missing):
            try:
                super().parse_core(argv)
            except (ParseError, ValueError) as error:
                raise UsageError(f"an option of inv: {error}", advice="inv --help shows them.") from None
            finally:
                # Invoke turns bytecode off for everything; each start would compile our library anew.
                sys.dont_write_bytecode = keeps_no_bytecode

    def parse_core_args(self) -> None:
        """Read these options, and answer the one that asks for a script of ours in place of Invoke's."""
        super().parse_core_args()
        config = self.args.config.value
        if config and not Path(config).is_file():
            raise UsageError(f"there is no file {config}", advice="--config takes a configuration of Invoke.")
        if shell := self.args["print-completion-script"].value:
            from buildpack_release.tasks.completion import completion_script

            _print(completion_script(shell))
            raise Exit

    def parse_collection(self) -> None:
        """Take the tasks, and what the repository's configuration of Invoke says."""
        if self.namespace is not None and (root := self._root("")):
            self.config.set_project_location(root)
            self.config.load_project()
        super().parse_collection()

    def parse_tasks(self) -> None:
        """Read everything after Invoke's own options, so that a mistake anywhere runs nothing."""
        self.tasks = ParseResult()
        if self.args.help.value or self.args.list.value or self.args.complete.value:
            if self.core.unparsed:
                with clear_errors(self._explain_missing):
                    extra = self.core.unparsed[0]
                    raise UsageError(f'"{extra}" is too much beside --help or --list')
            return
        with clear_errors(self._explain_missing):
            calls = parse(self.core.unparsed, self._rest, self._vocabulary)
        self.tasks, self.help_for = calls.tasks, calls.help_for

    def parse_cleanup(self) -> None:
        """Answer what runs no task: help, lists, completion."""
        asked = self.help_for or self.args.help.value
        with clear_errors(self._explain_missing):
            if isinstance(asked, str):
                self._print_help_of(asked)
            elif self.args.complete.value:
                from buildpack_release.tasks.completion import candidates

                _print("\n".join(candidates(self._rest, self._vocabulary)))
            else:
                self._check_list()
                super().parse_cleanup()
                return
            sys.stdout.flush()
            raise Exit

    def execute(self) -> None:
        """Run the tasks. With Invoke's `--dry`, those that write show what they would do, or are refused."""
        with clear_errors(self._explain_missing):
            self.config.load_shell_env()
            if self.config.run.dry:
                for call in self.tasks:
                    self._rehearse(call)
            super().execute()

    def print_version(self) -> None:
        """Print the versions of what takes part."""
        _print(f"buildpack-release {_own_version()}\nInvoke {invoke.__version__}")
        _print(f"Python {sys.version.partition(' ')[0]}")

    def print_help(self) -> None:
        """Print Invoke's own options; what a task takes is in its help."""
        _print("Usage: inv [OPTIONS OF INV] TASK [OPTIONS] [ARGUMENTS] [TASK ...]\n\nOptions of inv:")
        self.print_columns(self.initial_context.help_tuples())
        _print("Tasks: inv -l. What a task takes: inv TASK --help.")

    def no_tasks_given(self) -> None:
        """Say what can be done."""
        self.list_flat()
        raise Exit

    def list_flat(self) -> None:
        """Print all tasks, or those of a group."""
        from buildpack_release.tasks.task_texts import task_list

        prefix = f"{self.list_root}." if self.list_root else ""
        tasks = {name: task for name, task in self._tasks().items() if f"{name}.".startswith(prefix)}
        _print(task_list(tasks))
        _print("What a task takes: inv TASK --help. Tasks may follow each other.")
        sys.stdout.flush()

    def print_columns(self, tuples: Sequence[tuple[str, str | None]]) -> None:
        """Print names and what they mean."""
        from buildpack_release.tasks.task_texts import columns_of

        rows = [(name, text or "") for name, text in tuples]
        _print(columns_of(rows, margin=2, first=max(len(name) for name, _ in rows)))

    def _print_help_of(self, name: str) -> None:
        from buildpack_release.tasks.task_texts import task_help

        vocabulary = self._vocabulary
        if name in vocabulary.contexts:
            _print(task_help(name, vocabulary.contexts[name], vocabulary.tasks[name]))
        elif name in self._groups():
            self.list_root = name
            self.list_flat()
        else:
            raise vocabulary.unknown_task(name)

    def _check_list(self) -> None:
        group, form = self.args.list.value, self.args["list-format"].value
        forms = ("flat", "nested", "json")
        if isinstance(group, str) and group not in self._groups():
            groups = self._groups()
            advice = near(group, groups) or f"Groups: {', '.join(groups)}. inv -l lists everything."
            raise UsageError(f'there is no group of tasks "{group}"', advice=advice)
        if form not in forms:
            raise UsageError(f'there is no form of lists "{form}"', advice=f"One of: {', '.join(forms)}.")

    def _rehearse(self, call: ParserContext) -> None:
        task = self.collection[call.name]
        if not isinstance(task, Command) or not task.writes:
            return
        if DRY_RUN not in call.args:
            raise UsageError(
                f"{call.name} cannot be rehearsed: it has no --{DRY_RUN}",
                advice="Nothing has been run. Leave out --dry, or this task.",
            )
        call.args[DRY_RUN].value = True

    @functools.cached_property
    def _vocabulary(self) -> Vocabulary:
        contexts = {}
        for context in self.collection.to_contexts(ignore_unknown_help=self.config.tasks.ignore_unknown_help):
            contexts.update(dict.fromkeys([str(context.name), *context.aliases], context))
        tasks = {name: self.collection[name] for name in contexts}
        return Vocabulary(tasks, contexts, self.initial_context, self._ids, self._check_id)

    def _tasks(self) -> dict[str, Any]:
        """Return the tasks by the shortest names that they have."""
        names = self.collection.task_names
        return {min([name, *aliases], key=len): self.collection[name] for name, aliases in names.items()}

    def _groups(self) -> tuple[str, ...]:
        return tuple(self.collection.collections)

    @property
    def _rest(self) -> list[str]:
        return self.argv[self.argv.index("--") + 1 :] if "--" in self.argv else []

    def _root(self, task: str) -> str:
        tasks = self.namespace or self.collection
        settings = tasks.configuration(task or None).get(SETTINGS, {})
        return str(settings.get("root", ""))

    def _ids(self, task: str) -> Names[str]:
        repository = self._repository(task)
        return [one.id for one in repository.buildpacks] if repository else ()

    def _check_id(self, task: str, one: str) -> None:
        if repository := self._repository(task):
            repository.get(one)

    def _repository(self, task: str) -> Repository | None:
        """Return the repository of a task; None if it cannot be read, of which the task itself tells."""
        from buildpack_release.model.repository import Repository

        root = self._root(task)
        if root not in self._repositories:
            self._repositories[root] = None
            with suppress(ReleaseError):
                self._repositories[root] = Repository.discover(Path(root))
        return self._repositories[root]

    @functools.cached_property
    def _repositories(self) -> dict[str, Repository | None]:
        return {}

    def _explain_missing(self, error: ModuleNotFoundError) -> str:
        settings = self.collection.configuration().get(SETTINGS, {})
        explain: Callable[[ModuleNotFoundError], str] = settings.get("explain_missing", explain_missing)
        return explain(error)


def _replace_closed_streams() -> None:
    """Open the null device as each standard stream that this process was started without.

    Else the next file that is opened gets the stream's number, and whatever a child prints.
    """
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode))


def _own_version() -> str:
    """Return this library's version: that of the checkout it lies in, else of what is installed."""
    project = Path(__file__).parents[3] / "pyproject.toml"
    if project.is_file():
        found = re.search(r'^version = "(.*)"$', project.read_text("utf-8"), re.MULTILINE)
        return f"{found[1] if found else ''} of {project.parents[2]}"
    return version("buildpack-release")


def _print(text: str) -> None:
    sys.stdout.write(fitted(f"{text.rstrip()}\n", sys.stdout) if text else "")
