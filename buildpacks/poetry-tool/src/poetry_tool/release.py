"""Which Poetry it is: the newest of those that this buildpack knows which everybody agrees on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.errors import BuildpackError, ConfigurationError, PlatformError
from buildpack_api.tools.constraint import Tool, read_constraint
from buildpack_common.tool_sets import FILE, MACHINES, ToolSetsError, parse
from poetry_tool.app_files import required_poetry
from poetry_tool.settings import VERSION

if TYPE_CHECKING:
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_common.tool_sets import SetWheel, ToolSet, ToolSets

TOOL = Tool(
    "poetry",
    version=VERSION,
    sha256=None,
    minimum="2.0",
    why="The command that this buildpack is for, 'poetry sync', came with 2.0.",
    series="2.5",
    own="it is the newest that this buildpack knows",
    unreachable="An offline package of this buildpack carries its Poetry, and asks no index.",
)


def choose_release(context: BuildContext) -> ToolSet:
    """Return the release. Raises ConfigurationError if none of those that are known will do.

    A release is a set of wheels, and what Poetry needs changes every week: only a set that was resolved once,
    and written down with its hashes, is the same today and tomorrow.
    """
    known = _known(context)
    wanted = read_constraint(TOOL, context.environment, context.plan)
    required = required_poetry(context.app_dir)
    for release in known.releases:
        if (wanted is None or wanted.allows(release.version, "")) and (
            required is None or required.allows(release.version)
        ):
            return release
    asked = [str(one) for one in (wanted, required) if one is not None]
    raise ConfigurationError(
        f"This buildpack knows no Poetry {' and '.join(asked)}",
        detail=f"It knows {', '.join(one.version for one in known.releases)}, each with all that it needs, "
        "pinned by hash.",
        advice="Ask for one of these, or take a newer or an older version of this buildpack, or another "
        "buildpack that provides 'poetry'.",
    )


def wheels_for(release: ToolSet, interpreter: Interpreter, context: BuildContext) -> tuple[SetWheel, ...]:
    """Return the wheels for this Python and machine. Raises PlatformError if there are none."""
    target = context.target
    machine = MACHINES.get(target.arch, "") if target.os == "linux" else ""
    wheels = release.wheels_for(interpreter.minor, machine)
    if wheels is None:
        raise PlatformError(
            f"This buildpack knows no Poetry {release.version} for Python {interpreter.minor} on {target}",
            detail="What is compiled of it is known for each Python by itself.",
            advice="Choose another Python with .python-version, or take a newer version of this buildpack.",
        )
    return wheels


def _known(context: BuildContext) -> ToolSets:
    try:
        return parse(toml.load(context.buildpack_dir / FILE))
    except (toml.TomlError, ToolSetsError) as error:
        raise BuildpackError(
            f"{FILE} of this buildpack cannot be used: {error}", advice="The buildpack is damaged."
        ) from error
