"""Packages that do not fit together: what ``pip check`` would complain about, as a warning or an error."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from buildpack_api.errors import BuildpackError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_api.output import Output

VARIABLE = "BP_PIP_CHECK"
_NEXT = (
    "The app may fail where it uses them. Change or add the lines of the requirements files that name these "
    "packages."
)


class CheckMode(Enum):
    """What happens if packages do not fit together."""

    WARN = "warn"
    ERROR = "error"
    OFF = "off"


def check_mode(environment: Mapping[str, str]) -> CheckMode:
    """Read BP_PIP_CHECK. Raises ConfigurationError for another value than warn, error or off."""
    text = environment.get(VARIABLE, "").strip().lower() or CheckMode.WARN.value
    try:
        return CheckMode(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{VARIABLE} is {text!r}",
            detail="It says what happens if installed packages do not fit together.",
            advice="Set it to warn (the default), error or off.",
        ) from error


def report_problems(problems: Sequence[str], mode: CheckMode, output: Output) -> None:
    """Warn of what does not fit, or raise BuildpackError, as the user wants it."""
    if not problems or mode is CheckMode.OFF:
        return
    title = "Installed packages do not fit together"
    detail = "\n".join(f"{problem}." for problem in problems)
    if mode is CheckMode.ERROR:
        advice = f"{_NEXT} {VARIABLE}=warn goes on nevertheless."
        raise BuildpackError(title, detail=detail, advice=advice)
    advice = f"{_NEXT} {VARIABLE}=error ends the build instead, {VARIABLE}=off says nothing."
    output.warning(title, f"{detail}\n{advice}")
