"""Whether a command listens to the world, or only to its own container, where nobody else can reach it."""

from __future__ import annotations

import re

_OWN = r"(?:127\.0\.0\.1|localhost|\[::1\])"
_TOLD = re.compile(
    rf"(?:--(?:bind|host|listen|address|server\.address|interface)|-b|-H|-h|--ip)[ =][\"']?(?:http://)?{_OWN}"
)
_DEFAULTS = {
    "uvicorn": "--host 0.0.0.0",
    "hypercorn": "--bind 0.0.0.0:$PORT",
    "granian": "--host 0.0.0.0",
    "daphne": "--bind 0.0.0.0",
    "flask run": "--host 0.0.0.0",
    "sanic": "--host 0.0.0.0",
    "manage.py runserver": "0.0.0.0:$PORT",
}
"""Servers that listen to their own machine unless they are told otherwise, and what tells them."""
_SERVERS = re.compile(
    rf"\b(?:{'|'.join((*_DEFAULTS, 'gunicorn', 'waitress-serve', 'streamlit', 'panel', 'chainlit'))})\b"
)
_LONG = "--host|--bind|--uds|--unix-socket|--fd|--config"
_OPTIONS = re.compile(rf"(?:^| )(?:{_LONG}|-[bcehuH]|0|0\.0\.0\.0\S*)(?=[ =:]|$)")


def unreachable(line: str) -> str:
    """Return what a line lacks for others to reach what it starts; '' if nothing is seen to lack."""
    found = _TOLD.search(line) if _SERVERS.search(line) else None
    if found:
        return f"another address than {found[0].rpartition(' ')[2].rpartition('=')[2]}, such as 0.0.0.0"
    for program, option in _DEFAULTS.items():
        place = re.search(rf"(?<![\w./-]){re.escape(program)}(?= |$)(.*)", line)
        if place and not _OPTIONS.search(place[1]):
            return option
    return ""
