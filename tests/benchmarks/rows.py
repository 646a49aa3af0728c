"""The rows of the report: what was measured against what, and whether the aim is met."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.measure import Sample


class Unit(Enum):
    """What a figure counts."""

    SECONDS = "s"
    BYTES = "bytes"
    COUNT = ""

    def show(self, value: float) -> str:
        """Say a figure for people."""
        if self is Unit.BYTES:
            return f"{value / 1e6:.1f} MB"
        if self is Unit.COUNT:
            return f"{value:g}"
        return f"{value * 1000:.1f} ms" if abs(value) < 0.1 else f"{value:.2f} s"


@dataclass(frozen=True)
class Series:
    """The figures of several runs, in the order in which they were taken."""

    values: tuple[float, ...]

    @classmethod
    def wall(cls, samples: Iterable[Sample]) -> Series:
        """Take the wall times."""
        return cls(tuple(sample.wall for sample in samples))

    @classmethod
    def cpu(cls, samples: Iterable[Sample]) -> Series:
        """Take the processor times."""
        return cls(tuple(sample.cpu for sample in samples))

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def show(self, unit: Unit) -> str:
        """Give the median, and the range if there were several runs."""
        if len(self.values) == 1:
            return unit.show(self.median)
        return f"{unit.show(self.median)} ({unit.show(min(self.values))} .. {unit.show(max(self.values))})"


class Against(Enum):
    """What an aim limits."""

    RATIO = "ratio"
    """ours divided by theirs."""
    DIFFERENCE = "difference"
    """ours less theirs."""
    VALUE = "value"
    """ours alone."""
    NOTHING = "nothing"
    """Reported, not judged."""


@dataclass(frozen=True)
class Aim:
    """The most that is aimed at."""

    against: Against = Against.NOTHING
    limit: float = 0.0

    @classmethod
    def ratio(cls, limit: float) -> Aim:
        """At most `limit` times what the peer needs."""
        return cls(Against.RATIO, limit)

    @classmethod
    def more(cls, limit: float) -> Aim:
        """At most `limit` more than the peer needs."""
        return cls(Against.DIFFERENCE, limit)

    @classmethod
    def value(cls, limit: float) -> Aim:
        """At most `limit`."""
        return cls(Against.VALUE, limit)

    def show(self, unit: Unit) -> str:
        """Say it for people."""
        texts = {
            Against.RATIO: f"≤ {self.limit:.3g} x",
            Against.DIFFERENCE: f"≤ {unit.show(self.limit)} more",
            Against.VALUE: f"≤ {unit.show(self.limit)}",
            Against.NOTHING: "reported",
        }
        return texts[self.against]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A comparison. `processor` are the ratios of processor times, as a witness where wall time is noisy."""

    group: str
    what: str
    against: str
    ours: Series
    theirs: Series | None = None
    processor: Series | None = None
    unit: Unit = Unit.SECONDS
    aim: Aim = Aim()
    note: str = ""

    @classmethod
    def timed(  # noqa: PLR0917 (a table's columns, in their order)
        cls,
        group: str,
        what: str,
        against: str,
        ours: Sequence[Sample],
        theirs: Sequence[Sample],
        aim: Aim | None = None,
    ) -> Row:
        """Compare the times of runs that were taken in the same rounds."""
        return cls(
            group=group,
            what=what,
            against=against,
            ours=Series.wall(ours),
            theirs=Series.wall(theirs),
            processor=_ratios(Series.cpu(ours), Series.cpu(theirs)),
            aim=aim or Aim(),
        )

    @property
    def key(self) -> str:
        """What names the same row in another report."""
        return f"{self.group}: {self.what} / {self.against}"

    @property
    def ratio(self) -> float | None:
        """The quotient of the medians."""
        if self.theirs is None or not self.theirs.median:
            return None
        return self.ours.median / self.theirs.median

    @property
    def ratios(self) -> Series | None:
        """The quotients of the rounds."""
        return _ratios(self.ours, self.theirs) if self.theirs else None

    @property
    def pressure(self) -> float:
        """How much of what is allowed was used: above 1 the aim is missed; 0 without an aim."""
        measured = {
            Against.RATIO: self.ratio or 0.0,
            Against.DIFFERENCE: self.ours.median - (self.theirs.median if self.theirs else 0.0),
            Against.VALUE: self.ours.median,
            Against.NOTHING: 0.0,
        }[self.aim.against]
        if self.aim.limit:
            return measured / self.aim.limit
        return float("inf") if measured > 0 else 0.0

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; None without one."""
        return None if self.aim.against is Against.NOTHING else self.pressure <= 1

    def data(self) -> dict[str, Any]:
        """Give everything for programs."""
        return {
            "group": self.group,
            "what": self.what,
            "against": self.against,
            "unit": self.unit.value,
            "ours": list(self.ours.values),
            "theirs": list(self.theirs.values) if self.theirs else None,
            "ours_median": self.ours.median,
            "theirs_median": self.theirs.median if self.theirs else None,
            "ratio": self.ratio,
            "processor_ratio": self.processor.median if self.processor else None,
            "aim": {"against": self.aim.against.value, "limit": self.aim.limit},
            "met": self.met,
            "note": self.note,
        }


@dataclass(frozen=True)
class Skipped:
    """Rows that could not be measured, and what this machine lacks for them."""

    group: str
    what: str
    reason: str


@dataclass(frozen=True)
class Curve:
    """How a cost grows: points are (how many, wall times, processor times)."""

    name: str
    axis: str
    points: tuple[tuple[int, Series, Series], ...]

    def straight(self, count: int) -> float:
        """Return the processor time for so many if the line through the first two points goes on."""
        (first, _, low), (second, _, middle) = self.points[:2]
        slope = (middle.median - low.median) / (second - first)
        return low.median + max(slope, 0.0) * (count - first)

    def data(self) -> dict[str, Any]:
        """Give everything for programs."""
        points = [
            {"count": count, "seconds": list(wall.values), "processor": list(processor.values)}
            for count, wall, processor in self.points
        ]
        return {"name": self.name, "axis": self.axis, "points": points}


def _ratios(ours: Series, theirs: Series) -> Series | None:
    pairs = zip(ours.values, theirs.values, strict=False)
    found = tuple(mine / other for mine, other in pairs if other)
    return Series(found) if found else None
