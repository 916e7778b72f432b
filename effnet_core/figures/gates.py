"""Figures of SE gates compared, edited and counted over many pictures. Rows in, `go.Figure` out.

Gates keep viridis over 0..1. Differences of gates are drawn in a diverging map whose middle is zero, as far as the
largest of them: most pictures' gates differ by a few hundredths, which would be white on a scale from -1 to 1.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..palette import GATE_SCALE, NEUTRAL, NEUTRAL_DARK
from ..units import percent, probability
from .cost_bars import hatched
from .gate_rows import COLUMNS, at_even_ranks
from .sketch import Sketch
from .style import FONT_SIZE, INK, OUTLINE, with_defaults, write_above

DIFFERENCE_SCALE = "RdBu_r"
BEFORE, AFTER = NEUTRAL, INK
CLASS_LINES = ((INK, "solid"), (NEUTRAL_DARK, "dash"), (INK, "dot"), (NEUTRAL_DARK, "dashdot"))


def differences(rows: Sequence[tuple[str, Sequence[float]]], *, first: str, second: str) -> go.Figure:
    """One heat-map row for each (block, gate differences), first block on top, sorted, at evenly spaced ranks."""
    share = [100 * (column + 0.5) / COLUMNS for column in range(COLUMNS)]
    figure = go.Figure(
        go.Heatmap(
            z=[at_even_ranks(values) for _, values in rows],
            x=share,
            y=[block.removeprefix("features.") for block, _ in rows],
            ygap=2,
            **_diverging(widest(values for _, values in rows), f"{html.escape(second)} − {html.escape(first)}"),
            hovertemplate="block %{y}, at %{x:.0f} % of its channels, sorted: %{z:+.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="channels of the block, sorted", ticksuffix=" %", range=[0, 100])
    figure.update_yaxes(title="block", autorange="reversed", type="category")
    return with_defaults(figure, height=110 + 24 * len(rows))


def side_by_side(first: tuple[str, Sequence[float]], second: tuple[str, Sequence[float]]) -> go.Figure:
    """One block's gates for two pictures or classes, a strip each in the network's own order, and their difference."""
    strips = [[float(value) for value in values] for _, values in (first, second)]
    strips.append([b - a for a, b in zip(*strips, strict=True)])
    titles = [html.escape(first[0]), html.escape(second[0]), "second − first"]
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, subplot_titles=titles, vertical_spacing=0.16)
    for row, values in enumerate(strips, start=1):
        colours = (
            _diverging(widest([values]))
            if row == 3
            else {"zmin": 0, "zmax": 1, "colorscale": GATE_SCALE, "showscale": False}
        )
        what = "difference %{z:+.3f}" if row == 3 else "gate %{z:.3f}"
        figure.add_heatmap(
            z=[values], y=[""], row=row, col=1, hovertemplate=f"channel %{{x}}: {what}<extra></extra>", **colours
        )
    figure.update_traces(showscale=False)
    figure.update_yaxes(showticklabels=False)
    figure.update_xaxes(title="channel", row=3, col=1)
    figure.update_annotations(font_size=FONT_SIZE, x=0, xanchor="left")
    return with_defaults(figure, height=380, margin={"l": 10, "r": 10, "t": 30, "b": 10})


def widest(rows: Iterable[Sequence[float]]) -> float:
    """Where the colours of differences end: the largest difference, rounded up to hundredths."""
    return max(math.ceil(100 * max(abs(float(value)) for values in rows for value in values)), 1) / 100


def _diverging(end: float, title: str | None = None) -> dict:
    bar = {"title": {"text": title, "side": "right"}, "tickvals": [-end, 0, end], "tickformat": "+.2f"}
    return {
        "zmin": -end,
        "zmax": end,
        "zmid": 0,
        "colorscale": DIFFERENCE_SCALE,
        "colorbar": bar | {"tickfont_size": FONT_SIZE},
    }


def changes(rows: Sequence[tuple[str, float, float | None]]) -> Sketch:
    """(class, probability before, after or None): two bars a class, its name above them, first row on top."""
    figure = Sketch()
    for name, colour, column, shift, shape in (("before", BEFORE, 1, -0.1, ""), ("after", AFTER, 2, 0.14, "/")):
        figure.add_bar(
            name=name,
            x=[row[column] for row in rows],
            y=[number + shift for number in range(len(rows))],
            width=0.24,
            orientation="h",
            marker={"color": colour, "line": OUTLINE, **hatched(shape)},
            customdata=[[html.escape(row[0]), _exact(row[column])] for row in rows],
            hovertemplate=f"%{{customdata[0]}}, {name}: %{{customdata[1]}}<extra></extra>",
        )
    for number, (name, before, after) in enumerate(rows):
        numbers = probability(before) if after is None else f"{probability(before)} → {probability(after)}"
        write_above(figure, f"{html.escape(name)}  <b>{numbers}</b>", number - 0.28)
    figure.update_xaxes(range=[0, 1], visible=False)
    figure.update_yaxes(range=[len(rows) - 0.55, -0.95], visible=False)
    figure.update_layout(showlegend=any(after is not None for _, _, after in rows))
    return with_defaults(figure, height=50 + 70 * len(rows), barmode="overlay", legend_traceorder="normal")


def by_class(rows: Sequence[tuple[int, str, float, bool]], *, title: str) -> Sketch:
    """(rank, class, value, whether it is marked): a bar a class, first row on top, marked ones dark and hatched."""
    figure = Sketch()
    figure.add_bar(
        x=[value for _, _, value, _ in rows],
        y=[f"{rank}. {html.escape(name)}" for rank, name, *_ in rows],
        orientation="h",
        marker={
            "color": [INK if marked else NEUTRAL for *_, marked in rows],
            "line": OUTLINE,
            **hatched(["/" if marked else "" for *_, marked in rows]),
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    figure.update_xaxes(title=title)
    figure.update_yaxes(autorange="reversed", type="category")
    return with_defaults(figure, height=90 + 28 * len(rows))


def _exact(share: float | None) -> str:
    return "" if share is None else percent(share)


def effects(rows: Sequence[tuple[int, float, float]], *, target: str, marked: int = 5) -> go.Figure:
    """(channel, gate, fall of the logit), largest fall first: a point a channel; the first `marked` get a number."""
    places = _places_of_labels(rows, marked)
    figure = go.Figure(
        go.Scatter(
            x=[gate for _, gate, _ in rows],
            y=[drop for _, _, drop in rows],
            mode="markers+text",
            marker={"size": 10, "color": NEUTRAL, "opacity": 0.7, "line": OUTLINE},
            text=[str(channel) if places[number] else "" for number, (channel, _, _) in enumerate(rows)],
            textposition=[place or PLACES[0] for place in places],
            textfont_size=FONT_SIZE,
            customdata=[channel for channel, _, _ in rows],
            hovertemplate="channel %{customdata}: gate %{x:.3f}, the logit falls by %{y:.3f}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 1})
    figure.update_xaxes(title="gate for this picture: 0 closed, 1 open", range=[-0.03, 1.03], tickvals=[0, 0.5, 1])
    figure.update_yaxes(title=f"fall of the logit of<br>{html.escape(target)}")
    return with_defaults(figure, height=420)


PLACES = ("top center", "bottom center", "middle right", "middle left")  # of a number beside its point
SHIFTS = dict(zip(PLACES, ((0, 1), (0, -1), (1, 0), (-1, 0)), strict=True))
LABEL = (0.05, 0.07)  # what a number takes of the chart, across and up


def _places_of_labels(rows: Sequence[tuple[int, float, float]], marked: int) -> list[str | None]:
    """Where each of the first `marked` numbers is clear of those before it and of their points; None where nowhere."""
    drops = [drop for _, _, drop in rows]
    span = max(drops) - min(drops) or 1.0
    points = [(gate, drop / span) for _, gate, drop in rows[:marked]]
    taken, places = list(points), [None] * len(rows)
    for number, (x, y) in enumerate(points):
        for place, (right, up) in SHIFTS.items():
            middle = (x + right * LABEL[0], y + up * LABEL[1])
            others = [point for point in taken if point != (x, y)]
            if all(abs(middle[0] - a) >= LABEL[0] or abs(middle[1] - b) >= LABEL[1] for a, b in others):
                taken.append(middle)
                places[number] = place
                break
    return places


class Depth(NamedTuple):
    """One block's statistics over many pictures: all but the name in 0..1."""

    block: str
    share_between: float
    spread: float
    within_spread: float
    class_spread: float


def share_by_depth(rows: Sequence[Depth], *, by_chance: float) -> go.Figure:
    """How much of the gates' variance lies between classes, one bar per block, and what chance alone would give."""
    figure = go.Figure(
        go.Bar(
            name="this network",
            x=[row.block.removeprefix("features.") for row in rows],
            y=[row.share_between for row in rows],
            marker_color=NEUTRAL,
            customdata=[percent(row.share_between) for row in rows],
            hovertemplate="block %{x}: %{customdata} of the variance lies between classes<extra></extra>",
        )
    )
    figure.add_scatter(
        name="gates that know nothing of the class",
        x=figure.data[0].x,
        y=[by_chance] * len(rows),
        mode="lines",
        line={"color": INK, "width": 3, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.update_xaxes(title="block, first to last", type="category", tickangle=-90)
    figure.update_yaxes(title="share between classes", range=[0, 1], tickvals=[0, 0.5, 1])
    figure.update_yaxes(ticktext=[percent(share) for share in (0, 0.5, 1)])
    return with_defaults(figure, height=340)


def spread_by_depth(rows: Sequence[Depth]) -> go.Figure:
    """How much a gate varies: over all pictures, within a class, and between the means of the classes."""
    figure = go.Figure()
    lines = (
        ("over all pictures", 2, NEUTRAL, "circle"),
        ("within a class", 3, NEUTRAL_DARK, "square"),
        ("between class means", 4, INK, "diamond"),
    )
    for name, column, colour, symbol in lines:
        figure.add_scatter(
            name=name,
            x=[row.block.removeprefix("features.") for row in rows],
            y=[row[column] for row in rows],
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"size": 9, "symbol": symbol},
            hovertemplate=f"block %{{x}}, {name}: %{{y:.4f}}<extra></extra>",
        )
    figure.update_xaxes(title="block, first to last", type="category", tickangle=-90)
    figure.update_yaxes(title="standard deviation of a gate", rangemode="tozero")
    return with_defaults(figure, height=340)


def class_profiles(classes: Sequence[tuple[str, Sequence[float], Sequence[float]]], mean: Sequence[float]) -> go.Figure:
    """(class, mean of each channel's gate, its spread within the class), over the mean of all classes.

    Channels are sorted by that mean; spreads are shown on hover.
    """
    order = sorted(range(len(mean)), key=lambda channel: float(mean[channel]))
    figure = go.Figure()
    for (name, values, spreads), (colour, dash) in zip(classes, CLASS_LINES, strict=False):
        figure.add_scatter(
            name=html.escape(name),
            x=list(range(len(order))),
            y=[float(values[channel]) for channel in order],
            customdata=[[channel, float(spreads[channel])] for channel in order],
            line={"color": colour, "dash": dash, "width": 1.5},
            hovertemplate="channel %{customdata[0]}: %{y:.3f} ± %{customdata[1]:.3f}",
        )
    figure.add_scatter(
        name="all classes",
        x=list(range(len(order))),
        y=[float(mean[channel]) for channel in order],
        line={"color": NEUTRAL, "width": 3},
        hovertemplate="%{y:.3f}",
    )
    figure.update_xaxes(title="channels, sorted by their mean gate")
    figure.update_yaxes(title="mean gate", range=[0, 1.02], tickvals=[0, 0.5, 1])
    return with_defaults(figure, height=380, hovermode="x unified")
