"""Whether hostile text costs more than its length: redaction of one long line of each kind."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import buildpack_common
from benchmarks.measure import Side, alternate, run, total
from benchmarks.rows import Aim, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.measure import Sample

GROUP = "redaction"
_LENGTH = 200_000
# Noise of a measured ratio that is no growth.
_SLACK = 1.2
# Letters and question marks took time by the square of their number; the others are shaped to.
_PIECES = (
    "a",
    "?",
    "?%41=",
    "?token=;",
    "a://",
    "a://b:c,",
    "a://b:c@",
    "a:b@",
    "authorization: '",
    "-token: ",
)
_PROGRAM = """
import sys
sys.path[:0] = [sys.argv[1]]
from buildpack_common.redaction import redact, without_credentials
length, pieces = int(sys.argv[2]), sys.argv[3:]
for piece in pieces:
    line = (piece * (length // len(piece) + 1))[:length]
    redact(line), without_credentials(line)
"""


def measure(bench: Bench) -> Iterator[Row]:
    """Redact lines of two lengths, in turn with half of it twice; nothing is printed."""
    sides = {
        "whole": Side(partial(_redact, 2 * _LENGTH)),
        "halves": Side(lambda: total(_redact(_LENGTH), _redact(_LENGTH))),
    }
    found = alternate(sides, bench.rounds)
    yield Row.timed(
        GROUP,
        f"{len(_PIECES)} hostile lines of {2 * _LENGTH:,} characters",
        "twice those of half the length",
        found["whole"],
        found["halves"],
        Aim.ratio(_SLACK),
    )


def _redact(length: int) -> Sample:
    source = Path(buildpack_common.__file__ or "").parents[1]
    return run([sys.executable, "-I", "-S", "-c", _PROGRAM, source, str(length), *_PIECES])
