"""Where the wheel of a tool comes from: the buildpack itself if that will do, else the package index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from buildpack_api.tools.wheel import ToolWheel, check_supports

if TYPE_CHECKING:
    from contextlib import ExitStack

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.tools.constraint import Tool, ToolConstraint

UNKNOWN = "as the package index has it"
"""Stands for the SHA-256 of an exact version that nobody gave one for: an index does not replace a file."""


@dataclass
class Supply:
    """The wheel to install: ``wanted`` is one that the buildpack carries, or what is asked for of the index.

    The index is asked when the wheel is first needed: for an exact version not before the layer is made, for
    a range at once, since only the index knows what is the newest in it. ``pip`` is the wheel that
    fetches; ``stack`` ends the fetched wheel's life.
    """

    tool: Tool
    context: BuildContext
    interpreter: Interpreter
    pip: ToolWheel
    wanted: ToolWheel | ToolConstraint
    stack: ExitStack

    @property
    def version(self) -> str:
        """The version of the tool."""
        return self._exact.exact if self._exact else self.wheel.version

    @property
    def sha256(self) -> str:
        """The SHA-256 of the wheel, as far as it is known without fetching an exact version."""
        return (self._exact.sha256 or UNKNOWN) if self._exact else self.wheel.sha256

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        return "from this buildpack" if isinstance(self.wanted, ToolWheel) else "from the package index"

    @cached_property
    def wheel(self) -> ToolWheel:
        """The wheel file. Raises what `check_supports` and `fetched_wheel` raise."""
        if isinstance(self.wanted, ToolWheel):
            return self.wanted
        from buildpack_api.tools.index_wheel import fetched_wheel  # mostly nobody wants another one

        check_supports(self.pip, self.interpreter)  # it does the work
        self.context.output.step(f"Fetching {self.tool.name} {self.wanted} from the package index")
        return self.stack.enter_context(
            fetched_wheel(self.tool, self.wanted, self.pip, self.interpreter, self.context)
        )

    @property
    def _exact(self) -> ToolConstraint | None:
        """What is asked for, if that is one version."""
        return None if isinstance(self.wanted, ToolWheel) or not self.wanted.exact else self.wanted
