"""Drawing how costs grow, as SVG and PNG."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import Curve


def draw(curves: Sequence[Curve], directory: Path) -> list[Path]:
    """Write growth.svg and growth.png: one picture for each axis. Raises ModuleNotFoundError, matplotlib."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Equal figures, equal bytes: ids from a fixed salt, no date; text stays text.
    mpl.rcParams.update({"svg.hashsalt": "strata", "svg.fonttype": "none"})
    axes = list(dict.fromkeys(curve.axis for curve in curves))
    figure = Figure(figsize=(5.5 * len(axes), 4), layout="constrained")
    for axis, plot in zip(axes, figure.subplots(1, len(axes), squeeze=False)[0], strict=True):
        for curve in (one for one in curves if one.axis == axis):
            counts = [count for count, _, _ in curve.points]
            medians = [series.median for _, _, series in curve.points]
            low = [series.median - min(series.values) for _, _, series in curve.points]
            high = [max(series.values) - series.median for _, _, series in curve.points]
            (line, *_) = plot.errorbar(counts, medians, [low, high], marker="o", capsize=3, label=curve.name)
            expected = [curve.straight(count) for count in counts]
            plot.plot(counts, expected, linestyle=":", color=line.get_color())
        plot.set_xlabel(axis)
        plot.set_ylabel("processor time, seconds (median, range)")
        plot.set_xlim(left=0)
        plot.set_ylim(bottom=0)
        plot.legend(fontsize="small")
        plot.grid(alpha=0.3)
    figure.suptitle("Dotted: a straight line through the two smaller sizes", fontsize="small")
    files = [directory / f"growth.{kind}" for kind in ("svg", "png")]
    for file in files:
        metadata = {"Date": None} if file.suffix == ".svg" else None
        figure.savefig(file, metadata=metadata, dpi=120)
    return files
