"""Whether ``pyproject.toml`` is installed from, and how much of it (``BP_PIP_PROJECT``)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PYPROJECT = "pyproject.toml"
VARIABLE = "BP_PIP_PROJECT"


class ProjectMode(Enum):
    """How much of a project is installed."""

    DEPENDENCIES = "dependencies"
    """What it depends on; its own modules are found in the app directory."""
    EDITABLE = "editable"
    """The project too, as a link to the app directory."""
    WHEEL = "wheel"
    """The project too, built and copied."""


def wanted_mode(variables: Mapping[str, str]) -> ProjectMode | None:
    """Read ``BP_PIP_PROJECT``; None if it is not set. Raises ConfigurationError for another value."""
    value = variables.get(VARIABLE, "").strip()
    if not value:
        return None
    try:
        return ProjectMode(value)
    except ValueError:
        listed = ", ".join(mode.value for mode in ProjectMode)
        raise ConfigurationError(
            f"{VARIABLE} is none of {listed}", detail=f"It is: {value}", advice="Correct or remove it."
        ) from None
