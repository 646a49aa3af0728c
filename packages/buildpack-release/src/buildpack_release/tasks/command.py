"""A task as the command line needs it: what its words without an option mean, and whether it writes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from invoke.tasks import Task

from buildpack_release.tasks.edge import one_clear_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from invoke.parser.argument import Argument

LOOK, MAKE, VERSIONS, PUBLISH, BUILDERS, IMAGES, UPDATE = SECTIONS = (
    *("Look", "Make", "Versions", "Publish", "Builders", "Images", "Update"),
)
"""The headings below which tasks are listed, in their order."""

ID = "id"
"""The parameter that takes ids of buildpacks; arguments of any other task are paths and references."""

DRY_RUN = "dry-run"
"""The option with which a task shows what it would do."""


class Command(Task[Any]):
    """A task of this library.

    It has no short options: Invoke would give them by chance, and to each task other ones.
    """

    def __init__(
        self,
        body: Callable[..., Any],
        *,
        section: str,
        argument: str = "",
        existing: bool = False,
        writes: bool = False,
        name: str | None = None,
        help: Mapping[str, str] | None = None,  # noqa: A002  Invoke's word
        iterable: Iterable[str] = (),
    ) -> None:
        """Make a task of a function whose first parameter is Invoke's context.

        Args:
            body: the function; its docstring is the help.
            section: the heading below which the task is listed.
            argument: the parameter that takes words without an option; several if it is in `iterable`.
            existing: whether such a word is a path that has to be there.
            writes: whether it changes anything, on this machine or elsewhere.
            name: the name, if it is not the function's.
            help: what each option is for.
            iterable: parameters that may be given several times.
        """
        super().__init__(
            one_clear_error(body),
            name=name,
            positional=[argument] if argument else [],
            auto_shortflags=False,
            help=dict(help or {}),
            iterable=list(iterable),
        )
        self.section = section
        self.existing = existing
        self.writes = writes
        self.required = frozenset(
            parameter.name
            for parameter in self.argspec(body).parameters.values()
            if parameter.default is inspect.Parameter.empty
        )

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the arguments with their help, each time: Invoke takes the help out of the task."""
        kept = dict(self.help)
        try:
            return super().get_arguments(ignore_unknown_help)
        finally:
            self.help = kept


def command(section: str, **options: Any) -> Callable[[Callable[..., Any]], Command]:  # noqa: ANN401
    """Decorate a function that is a task of this library; the options are those of `Command`."""
    return lambda body: Command(body, section=section, **options)
