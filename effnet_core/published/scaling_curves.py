"""What others published about accuracy and cost, ready to draw and to compute with. Pure Python.

Conventions. `macs` are multiply-accumulates (the papers print them under the name FLOPs), top-1 is in percent of
ImageNet's validation pictures. A doubling of compute that lies between two published points is read off the straight
line between them over log2 of the compute, which is how the curves are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from . import tables

DIMENSIONS = {"depth": "depth", "width": "width", "resolution": "resolution", "compound": "all three"}  # -> in words
READING = 0.01  # relative accuracy of points that were read from a figure's coordinates
SCALED_FIRST = {  # Fig. 4 scales width from four networks: what had been scaled before
    "d=1.0,r=1.0": ("width", "width alone"),
    "d=2.0,r=1.0": ("depth", "twice as deep first"),
    "d=1.0,r=1.3": ("resolution", "1.3 times as many pixels a side first"),
    "d=2.0,r=1.3": ("compound", "both first"),
}


class Point(NamedTuple):
    label: str
    macs: float
    top1: float


class Curve(NamedTuple):
    """One line of a figure, cheapest point first; `dimension` is one of DIMENSIONS and gives its colour."""

    name: str
    dimension: str
    points: tuple[Point, ...]
    source: str


class Gain(NamedTuple):
    """What scaling one dimension bought: top-1 points, in a group of bars that are compared."""

    group: str
    dimension: str
    points: float
    top1: float
    macs: float
    source: str


def curves(figure: str) -> tuple[Curve, ...]:
    """The lines of "Fig3" (one dimension each), "Fig4" (width from four networks) or "Fig8" (one against all)."""
    rows = [row for row in tables.table("effnet_fig3_fig4_fig8_points") if row["figure"] == figure]
    if not rows:
        raise ValueError(f"no points of {figure!r} are stored; there are Fig3, Fig4, Fig8")
    stored = [_curve(name, [row for row in rows if row["series"] == name]) for name in {row["series"] for row in rows}]
    return tuple(sorted(stored, key=lambda curve: list(DIMENSIONS).index(curve.dimension)))


def _curve(series: str, rows: Sequence[tables.Row]) -> Curve:
    word = series.removeprefix("scale by ").removesuffix(" scaling")
    dimension, name = SCALED_FIRST.get(series, (word, DIMENSIONS.get(word)))
    points = sorted((Point(row["label"] or "", 1e9 * row["flops_B"], row["top1_pct"]) for row in rows), key=_cost)
    return Curve(name, dimension, tuple(points), rows[0]["source"])


def _cost(point: Point) -> float:
    return point.macs


def top1_at(curve: Curve, macs: float) -> float | None:
    """Top-1 at that compute, between the published points; None where the curve does not reach."""
    first, last = curve.points[0], curve.points[-1]
    if not first.macs <= macs <= last.macs * (1 + READING):
        return None
    for below, above in pairwise(curve.points):
        if macs <= above.macs:
            share = math.log2(macs / below.macs) / math.log2(above.macs / below.macs)
            return below.top1 + share * (above.top1 - below.top1)
    return last.top1


def doublings(curve: Curve) -> tuple[Gain, ...]:
    """Points of top-1 that each doubling of compute buys, from the curve's cheapest network on, while it reaches."""
    start, gains = curve.points[0], []
    while (top1 := top1_at(curve, macs := start.macs * 2 ** (len(gains) + 1))) is not None:
        before = gains[-1].top1 if gains else start.top1
        gains.append(Gain(_ordinal(len(gains) + 1), curve.dimension, top1 - before, top1, macs, curve.source))
    return tuple(gains)


def _ordinal(number: int) -> str:
    return f"{number}{('th', 'st', 'nd', 'rd')[number] if number < 4 else 'th'} doubling"


def other_networks() -> tuple[Gain, ...]:
    """Table 3: MobileNets and ResNet-50 scaled about four times; points over each one's own baseline."""
    gains, base = [], {}
    for row in tables.table("effnet_table3_scaling_other_nets"):
        name, top1 = row["base_model"], row["top1_pct"]
        base.setdefault(name, top1)  # the first row of each network is its baseline
        if row["method"] in DIMENSIONS:
            macs = 1e9 * row["flops_B_multiply_adds"]
            gains.append(Gain(name, row["method"], top1 - base[name], top1, macs, row["source"]))
    return tuple(gains)


def equal_budget() -> tuple[Gain, ...]:
    """Table 7: four ways from B0 to about 1.8 G MACs; accuracies of the first version, B0's too."""
    baseline, *ways = _table7()
    start = baseline.points[0].top1
    return tuple(
        Gain("EfficientNet-B0", way.dimension, point.top1 - start, point.top1, point.macs, way.source)
        for way in ways
        for point in way.points
    )


def _table7() -> list[Curve]:
    """Curves of one point each: the baseline, then the four ways, with the accuracies of the first version."""
    return [
        Curve(
            row["model"],
            row["model"].split()[0],
            (Point(row["model"], 1e9 * row["flops_B_multiply_adds"], row["top1_pct_first_version"]),),
            row["source"],
        )
        for row in tables.table("effnet_table7_cam_models")
    ]


def points_of(dimension: str) -> tuple[tuple[Point, str], ...]:
    """Each point of Fig. 3 (one dimension), Fig. 8 (all) and Table 7 that scales this dimension, with its source."""
    alone = "Fig8" if dimension == "compound" else "Fig3"  # Fig. 8 draws the single dimensions of Fig. 3 again
    matching = [curve for curve in (*curves(alone), *_table7()) if curve.dimension == dimension]
    return tuple((point, curve.source) for curve in matching for point in curve.points)


def nearest(dimension: str, macs: int) -> tuple[Point, str]:
    """The published point whose own compute is nearest, by ratio, and its source; never between two points."""
    return min(points_of(dimension), key=lambda pair: abs(math.log(pair[0].macs / macs)))
