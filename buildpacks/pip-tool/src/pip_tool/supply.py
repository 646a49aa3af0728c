"""Where the wheel comes from: the buildpack itself if that will do, else the package index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pip_tool.key import UNKNOWN
from pip_tool.wheel import check_supports

if TYPE_CHECKING:
    from contextlib import ExitStack

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from pip_tool.constraint import PipConstraint
    from pip_tool.wheel import PipWheel


@dataclass
class Supply:
    """The wheel to install. ``constraint`` is None if the ``bundled`` one is what everybody wants.

    The index is asked when the wheel is first needed: for an exact version not before the layer is made, for
    a range at once, since only the index knows what is the newest in it. ``stack`` ends the wheel's life.
    """

    context: BuildContext
    interpreter: Interpreter
    bundled: PipWheel
    constraint: PipConstraint | None
    stack: ExitStack

    @property
    def version(self) -> str:
        """The version of pip."""
        return self.constraint.exact if self.constraint and self.constraint.exact else self.wheel.version

    @property
    def sha256(self) -> str:
        """The SHA-256 of the wheel, as far as it is known without fetching an exact version."""
        return (
            (self.constraint.sha256 or UNKNOWN)
            if self.constraint and self.constraint.exact
            else self.wheel.sha256
        )

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        return "from the package index" if self.constraint else "from this buildpack"

    @cached_property
    def wheel(self) -> PipWheel:
        """The wheel file. Raises what `check_supports` and `fetched_wheel` raise."""
        if self.constraint is None:
            return self.bundled
        from pip_tool.index_wheel import fetched_wheel  # mostly nobody wants another pip

        check_supports(self.bundled, self.interpreter)  # it does the work
        self.context.output.step(f"Fetching pip {self.constraint} from the package index")
        return self.stack.enter_context(
            fetched_wheel(self.constraint, self.bundled, self.interpreter, self.context)
        )
