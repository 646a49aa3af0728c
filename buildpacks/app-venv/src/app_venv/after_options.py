"""What the user wants to happen after the installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.pip_check import CheckMode, check_mode
from app_venv.static_mode import StaticMode, static_mode

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class AfterOptions:
    """Read before anything is done, so that a wrong value costs no installation."""

    check: CheckMode
    static: StaticMode


def after_options(environment: Mapping[str, str]) -> AfterOptions:
    """Read the variables. Raises ConfigurationError."""
    return AfterOptions(check_mode(environment), static_mode(environment))
