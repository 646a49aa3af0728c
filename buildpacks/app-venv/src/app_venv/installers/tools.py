"""What installs, whichever tool it is: the Python and the program that are there, and its environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.index_bindings import read_index_access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app_venv.program import Program
    from buildpack_api.context import BuildContext
    from buildpack_api.index_access import IndexAccess
    from buildpack_api.interpreter import Interpreter


BUILD_EPOCH = "315532801"
"""1980-01-01T00:00:01Z, the earliest time that a zip archive can hold, and a second: for what is built."""


@dataclass(frozen=True)
class Tools:
    """``program`` runs in ``environment``, which holds indexes, proxies and certificates: perhaps secrets.

    ``access`` is what service bindings add to it, for as long as a command runs.
    """

    interpreter: Interpreter
    program: Program
    environment: Mapping[str, str] = field(repr=False)
    access: IndexAccess


def read_access(context: BuildContext) -> IndexAccess:
    """Read what bindings say of indexes and repositories. Raises ConfigurationError."""
    return read_index_access(context.bindings, context.environment)


def tell_access(access: IndexAccess, context: BuildContext) -> None:
    """Name the bindings in the log."""
    if access.names:
        context.output.step(f"Access to package indexes: by the binding {' and '.join(access.names)}")
    if access.git:
        context.output.step(f"Access to git repositories: by the binding {' and '.join(access.git.names)}")
