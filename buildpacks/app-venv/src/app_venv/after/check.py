"""Packages that do not fit together: what ``pip check`` would complain about, as a warning or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.settings import CHECK, CheckMode
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_api.output import Output

_NEXT = (
    "The app may fail where it uses them. Change or add the lines of the requirements files that name these "
    "packages."
)


def report_problems(problems: Sequence[str], mode: CheckMode, output: Output) -> None:
    """Warn of what does not fit, or raise BuildpackError, as the user wants it."""
    if not problems or mode is CheckMode.OFF:
        return
    title = "Installed packages do not fit together"
    detail = "\n".join(f"{problem}." for problem in problems)
    if mode is CheckMode.ERROR:
        advice = f"{_NEXT} {CHECK.name}=warn goes on nevertheless."
        raise BuildpackError(title, detail=detail, advice=advice)
    advice = f"{_NEXT} {CHECK.name}=error ends the build instead, {CHECK.name}=off says nothing."
    output.warning(title, f"{detail}\n{advice}")
