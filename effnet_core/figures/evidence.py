"""Rows -> plotly figures of the evidence: curves that flatten, what a doubling buys, accuracy against cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

import plotly.graph_objects as go

from ..palette import (
    COMPOUND,
    DEPTH,
    NEUTRAL,
    RESOLUTION,
    WIDTH,
)
from ..published.accuracies import FAMILIES, PAPER, Network
from ..published.scaling_curves import DIMENSIONS, Curve, Gain
from ..units import three_digits
from .cost_bars import hatched
from .quantities import Quantity
from .sketch import Sketch
from .style import FONT_SIZE, INK, OUTLINE, with_defaults

DIMENSION_COLOURS = dict(zip(DIMENSIONS, (DEPTH, WIDTH, RESOLUTION, COMPOUND), strict=True))
DASHES = dict(zip(DIMENSIONS, ("dash", "dot", "dashdot", "solid"), strict=True))  # readable without colour, too
SYMBOLS = dict(zip(DIMENSIONS, ("square", "diamond", "triangle-up", "circle"), strict=True))
PATTERNS = dict(zip(DIMENSIONS, ("/", ".", "x", ""), strict=True))
FAMILY_SYMBOLS = dict(zip(FAMILIES, ("circle", "square", "diamond", "triangle-up", "cross", "star"), strict=True))
FAMILY_COLOURS = dict.fromkeys(FAMILIES, NEUTRAL) | {"EfficientNet": COMPOUND}  # the others by their symbols
BLANK = "rgba(0, 0, 0, 0)"
NEAR = 1.7  # times as much is so far on the axis that a number beside a bar is clear of the limit
TICKS = (1, 2, 5)  # of each decade on a logarithmic axis


def scaling_curves(curves: Sequence[Curve], quantity: Quantity, *, height: int = 420) -> Sketch:
    """Top-1 over compute; one step to the right is one doubling of the cheapest network's compute."""
    figure = Sketch()
    for curve in curves:
        colour = DIMENSION_COLOURS[curve.dimension]
        figure.add_scatter(
            name=curve.name,
            x=[_large(point.macs, quantity) for point in curve.points],
            y=[point.top1 for point in curve.points],
            mode="lines+markers",
            line={"color": colour, "width": 3, "dash": DASHES[curve.dimension]},
            marker={"color": colour, "size": 10, "symbol": SYMBOLS[curve.dimension], "line": OUTLINE},
            customdata=[point.label or curve.name for point in curve.points],
            hovertemplate=f"%{{customdata}}: %{{y:.2f}} % at %{{x:.3g}} G {quantity.name}<extra></extra>",
        )
    least = min(curve.points[0].macs for curve in curves)
    most = max(curve.points[-1].macs for curve in curves)
    steps = [_large(least * 2**step, quantity) for step in range(math.ceil(math.log2(most / least)) + 1)]
    _log_axis(figure, steps, title=f"{quantity.axis}; each line is twice the one before", end=_large(most, quantity))
    figure.update_yaxes(title="ImageNet top-1, %")
    return with_defaults(figure, height=height)


def gain_bars(gains: Sequence[Gain], *, in_legend: bool, height: int = 420) -> Sketch:
    """Points of top-1 gained, in the groups of the rows, one colour a dimension."""
    figure = Sketch()
    for dimension in DIMENSIONS:
        rows = [gain for gain in gains if gain.dimension == dimension]
        name = DIMENSIONS[dimension]
        figure.add_bar(
            name=name,
            x=[gain.points for gain in rows],
            y=[gain.group for gain in rows],
            orientation="h",
            text=[f"{gain.points:.1f}" + f" {name}" * (not in_legend) for gain in rows],
            textposition="outside",
            cliponaxis=False,
            marker={"color": DIMENSION_COLOURS[dimension], "line": OUTLINE, **hatched(PATTERNS[dimension])},
            customdata=[gain.top1 for gain in rows],
            hovertemplate=f"%{{y}}, {name}: %{{x:+.2f}} points, to %{{customdata:.1f}} %<extra></extra>",
            showlegend=in_legend,
        )
    figure.update_traces(textfont_size=FONT_SIZE)
    groups = list(dict.fromkeys(gain.group for gain in gains))
    figure.update_yaxes(categoryorder="array", categoryarray=groups, autorange="reversed")
    room = 1.1 if in_legend else 1.4
    figure.update_xaxes(title="points of top-1 gained", range=[0, room * max(gain.points for gain in gains)])
    return with_defaults(figure, height=height, bargap=0.2)


def accuracy_map(networks: Sequence[Network], quantity: Quantity, *, height: int = 520) -> go.Figure:
    """Top-1 over parameters or compute, colour by family; EfficientNets of one training are joined by a line.

    A symbol a family: filled for the paper's rows, open for torchvision's weights.
    """
    figure = go.Figure()
    for (family, origin, recipe), rows in _groups(networks):
        joined = family == "EfficientNet"
        figure.add_scatter(
            name=family,
            legendgroup=family,
            showlegend=family not in {trace.legendgroup for trace in figure.data},
            x=[_large(getattr(row, quantity.column), quantity) for row in rows],
            y=[row.top1 for row in rows],
            mode="lines+markers+text" if joined else "markers",
            text=[row.name.split("-")[1] if origin == PAPER else "" for row in rows] if joined else None,
            textposition="top left",
            cliponaxis=False,
            textfont_size=FONT_SIZE,
            line={"width": 2, "dash": "solid" if origin == PAPER else "dot"},
            marker={
                "color": FAMILY_COLOURS[family],
                "size": 11,
                "symbol": FAMILY_SYMBOLS[family] + "-open" * (origin != PAPER),
                "line": OUTLINE if origin == PAPER else {"width": 2},
            },
            customdata=[(row.name, row.source, recipe) for row in rows],
            hovertemplate=f"%{{customdata[0]}}: %{{y:.1f}} %, %{{x:.3g}} {quantity.axis[-2]} {quantity.name}"
            "<br>%{customdata[2]}<br>%{customdata[1]}<extra></extra>",
        )
    values = [_large(getattr(row, quantity.column), quantity) for row in networks if getattr(row, quantity.column)]
    figure.update_yaxes(title="ImageNet top-1, %")
    _log_axis(figure, _decades(min(values), max(values)), title=quantity.axis, end=max(values), start=min(values))
    return with_defaults(figure, height=height)


def _groups(networks: Sequence[Network]) -> list[tuple[tuple[str, str, str], list[Network]]]:
    """Rows drawn in one style: same family, same origin and, for EfficientNets, same training recipe."""

    def key(row: Network) -> tuple[int, str, str]:
        return list(FAMILIES).index(row.family), row.origin, row.recipe

    grouped = groupby(sorted(networks, key=key), key=key)
    return [((list(FAMILIES)[number], origin, recipe), list(rows)) for (number, origin, recipe), rows in grouped]


def budget_bars(
    costs: Mapping[str, float], limit: float, axis: str, *, fits: str | None, height: int = 380
) -> go.Figure:
    """Each network's cost in the axis's unit, on a logarithmic axis, against the limit; `fits` is the chosen one.

    It is the strongest of the bars; what does not fit is left blank.
    """
    names = list(costs)
    colours = [INK if name == fits else NEUTRAL if costs[name] <= limit else BLANK for name in names]
    figure = go.Figure()
    figure.add_bar(
        x=list(costs.values()),
        y=[name.upper() for name in names],
        orientation="h",
        text=[three_digits(value) for value in costs.values()],
        textposition=["inside" if limit / NEAR < value <= limit else "outside" for value in costs.values()],
        textfont_size=FONT_SIZE,
        marker={"color": colours, "line": OUTLINE},
        hovertemplate=f"%{{y}}: %{{x:.3g}} {axis}<extra></extra>",
        showlegend=False,
    )
    low, high = min(*costs.values(), limit), max(*costs.values(), limit)
    figure.add_vline(x=limit, line={"color": INK, "width": 3, "dash": "dash"})
    _log_axis(figure, _decades(low, high), title=axis, end=2 * high, start=low / 2)
    figure.update_yaxes(autorange="reversed")
    return with_defaults(figure, height=height)


def _large(value: float | None, quantity: Quantity) -> float | None:
    return None if value is None else quantity.factor * value / quantity.per_axis_unit


def _decades(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each decade that the values touch."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick * 10**decade for decade in decades for tick in TICKS if low / 2 <= tick * 10**decade <= 2 * high]


def _log_axis(figure: go.Figure, ticks: Sequence[float], *, title: str, end: float, start: float | None = None) -> None:
    """A logarithmic x axis with these ticks, from a little before the first value to a little after the last."""
    start = ticks[0] if start is None else start
    room = 0.08 * math.log10(end / start)
    figure.update_xaxes(
        type="log",
        title=title,
        range=[math.log10(start) - room, math.log10(end) + room],
        tickvals=list(ticks),
        ticktext=[f"{tick:,.0f}" if tick >= 100 else f"{tick:.3g}" for tick in ticks],
        showgrid=True,
    )
