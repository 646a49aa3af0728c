"""The options of a line of a requirements file (pip documentation, 'Requirements File Format')."""

from __future__ import annotations

import optparse
import shlex
from functools import cache
from typing import NoReturn

_VALUE_OPTIONS = (
    ("-r", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-i", "--index-url", "--pypi-url"),
    ("--extra-index-url",),
    ("-f", "--find-links"),
    ("--no-binary",),
    ("--only-binary",),
    ("--all-releases",),
    ("--only-final",),
    ("--trusted-host",),
    ("--use-feature",),
    ("--hash",),
    ("-C", "--config-settings", "--config-setting"),
    ("--global-option",),
    ("--install-option",),
)
_FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre")


def read_options(text: str) -> tuple[optparse.Values, list[str]] | None:
    """Return the options, and what else is among them; None if one is none that pip documents."""
    try:
        return _parser().parse_args(shlex.split(text))
    except (_UnknownOptionError, ValueError):
        return None


class _UnknownOptionError(Exception):
    pass


class _Parser(optparse.OptionParser):
    """pip's own choice of parser, so that abbreviations and ``--option=value`` mean the same."""

    def error(self, msg: str) -> NoReturn:
        raise _UnknownOptionError(msg)


@cache
def _parser() -> _Parser:
    parser = _Parser(add_help_option=False)
    for names in _VALUE_OPTIONS:
        long = next(name for name in names if name.startswith("--"))
        parser.add_option(*names, dest=long.strip("-").replace("-", "_"), action="append")
    for name in _FLAGS:
        parser.add_option(name, action="store_true")
    return parser
