"""When Django's static files are collected (``BP_DJANGO_COLLECTSTATIC``)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE, HEROKU = "BP_DJANGO_COLLECTSTATIC", "DISABLE_COLLECTSTATIC"
MANAGE = "manage.py"


class StaticMode(Enum):
    """When static files are collected."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


def static_mode(environment: Mapping[str, str]) -> StaticMode:
    """Read BP_DJANGO_COLLECTSTATIC, else DISABLE_COLLECTSTATIC. Raises ConfigurationError."""
    text = environment.get(VARIABLE, "").strip().lower()
    if not text:
        disabled = environment.get(HEROKU, "").strip().lower() not in ("", "0", "false", "no")
        return StaticMode.OFF if disabled else StaticMode.AUTO
    try:
        return StaticMode(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{VARIABLE} is {text!r}",
            detail="It says whether Django's static files are collected.",
            advice="Set it to auto (the default), on or off.",
        ) from error
