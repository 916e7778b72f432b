"""Rows -> plotly figures of networks that were trained alike: accuracy by compute, a search, differences, curves."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..palette import NEUTRAL
from ..units import three_digits
from .evidence import DASHES, DIMENSION_COLOURS, SYMBOLS
from .quantities import Quantity
from .sketch import Sketch
from .style import FONT_SIZE, INK, with_defaults

NAMED_RIGHT = "test pictures named right, %"
SEED_DASHES = ("solid", "dash", "dot", "dashdot")
SQUARE_PX = 64
DARK, BRIGHT = "#000000", "#FFFFFF"  # text on a square of the colour scale, whatever the ground
MOST_WHISKER = 10  # points, beyond the outermost accuracies
LABEL_LETTERS = 16  # of a line beside a difference
POINTED = {"hovermode": "closest", "hoverlabel_align": "left", "legend_itemsizing": "constant"}
STAY = {"marker": {"opacity": 1}}  # marks that are not selected keep their looks: a ring shows the one that is


class Point(NamedTuple):
    """One network: its accuracy with the ends of its interval (shares), and a text that says all about it."""

    arm: str
    accuracy: float
    low: float
    high: float
    says: str


class Gap(NamedTuple):
    """A difference of two networks' accuracies with the ends of its interval (shares); `arm` is what a click picks."""

    arm: str
    label: str
    middle: float
    low: float
    high: float
    tells: bool


def accuracy_by_compute(
    base: tuple[float, Point] | None,
    ways: Mapping[str, tuple[str, Sequence[tuple[float, Point]]]],
    quantity: Quantity,
    *,
    ticks: Sequence[float],
    picked: str,
    height: int = 480,
) -> Sketch:
    """way -> (name, (MACs, point) of each budget), with 95 % intervals; every line starts at the base.

    `ticks`: MACs that the axis names. The picked network has a ring.
    """
    figure, start = Sketch(), [base] if base else []
    for way, (name, points) in ways.items():
        colour = DIMENSION_COLOURS[way]
        line = {"color": colour, "width": 3, "dash": DASHES[way]}
        xs = [_millions(macs, quantity) for macs, _ in (*start, *points)]
        ys = [100 * point.accuracy for _, point in (*start, *points)]
        figure.add_scatter(x=xs, y=ys, mode="lines", line=line, hoverinfo="skip", showlegend=False)
        look = {"color": colour, "symbol": SYMBOLS[way], "size": 12}
        _add_points(figure, name, points, quantity, look, line | {"width": 3}, picked)
    if base:
        look = {"color": INK, "symbol": "star", "size": 14}
        _add_points(figure, "the base", [base], quantity, look, {"color": INK}, picked)
    shown = [_millions(macs, quantity) for macs in ticks]
    figure.update_xaxes(
        title=f"{quantity.name} (M); each line is twice the one before",
        type="log",
        tickvals=shown,
        ticktext=[three_digits(value) for value in shown],
        showgrid=True,
    )
    rows = [point for _, point in (*start, *(pair for _, points in ways.values() for pair in points))]
    figure.update_yaxes(title=NAMED_RIGHT, range=_span(rows))
    return with_defaults(figure, height=height, **POINTED)


def _span(rows: Sequence[Point]) -> list[float]:
    """Of an axis in percent that has all points; whiskers of two runs can be so long that they leave it."""
    lows, highs = ([100 * getattr(row, end) for row in rows] for end in ("low", "high"))
    shares = [100 * row.accuracy for row in rows]
    return [max(min(lows), min(shares) - MOST_WHISKER) - 1, min(max(highs), max(shares) + MOST_WHISKER) + 1]


def _add_points(
    figure: Sketch,
    name: str,
    points: Sequence[tuple[float, Point]],
    quantity: Quantity,
    look: dict,
    line: dict,
    picked: str,
) -> None:
    rows = [point for _, point in points]
    figure.add_scatter(
        name=name,
        x=[_millions(macs, quantity) for macs, _ in points],
        y=[100 * row.accuracy for row in rows],
        error_y=_whiskers(rows, look["color"]),
        mode="lines+markers",
        line=line,
        marker=look
        | {
            "opacity": 1,
            "size": [look["size"] + 6 * (row.arm == picked) for row in rows],
            "line": {"color": INK, "width": [3 if row.arm == picked else 1 for row in rows]},
        },
        unselected=STAY,
        customdata=[row.arm for row in rows],
        text=[row.says for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def search_surface(
    points: Sequence[tuple[float, float, Point, str]],
    *,
    nearest: tuple[float, float] | None,
    picked: str,
    height: int = 430,
) -> Sketch:
    """(α, γ, point, note) of each point as a square in the colour of its accuracy, with its note in the second line.

    `nearest`: α and γ of the one that is nearest to the paper's, None where it is not among them.
    """
    alphas, gammas = (sorted({point[place] for point in points}) for place in (0, 1))
    shares = [point.accuracy for _, _, point, _ in points]
    low, high = min(shares), max(shares)
    is_light = [(share - low) / ((high - low) or 1) > 0.5 for share in shares]
    figure = Sketch()
    figure.add_scatter(
        x=[f"{alpha:g}" for alpha, *_ in points],
        y=[f"{gamma:g}" for _, gamma, *_ in points],
        mode="markers+text",
        marker={
            "symbol": "square",
            "size": SQUARE_PX,
            "opacity": 1,
            "color": [100 * share for share in shares],
            "colorscale": "Cividis",
            "line": {"color": INK, "width": [5 if point.arm == picked else 1 for _, _, point, _ in points]},
        },
        text=[f"{100 * point.accuracy:.1f}<br>{note}" for _, _, point, note in points],
        textfont={"size": FONT_SIZE, "color": [DARK if light else BRIGHT for light in is_light]},
        unselected=STAY,
        customdata=[point.arm for _, _, point, _ in points],
        hovertext=[point.says for _, _, point, _ in points],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    if nearest:
        _point_at_papers(figure, (alphas.index(nearest[0]), gammas.index(nearest[1])), len(alphas), len(gammas))
    for axis, values, title in (("x", alphas, "α, times the depth"), ("y", gammas, "γ, times the pixels a side")):
        getattr(figure, f"update_{axis}axes")(
            title=title,
            type="category",
            categoryorder="array",
            categoryarray=[f"{value:g}" for value in values],
            range=[-0.5, len(values) - 0.5],
            showgrid=False,
        )
    return with_defaults(figure, height=height, **POINTED)


def _point_at_papers(figure: Sketch, nearest: tuple[int, int], columns: int, rows: int) -> None:
    """From the corner that stays empty, since α·γ² would be over the product there."""
    figure.add_annotation(
        text="nearest to<br>the paper's",
        x=nearest[0],
        y=nearest[1],
        standoff=0.7 * SQUARE_PX,
        ax=columns - 1.4,
        ay=rows - 1.1,
        axref="x",
        ayref="y",
        showarrow=True,
        arrowhead=2,
        arrowwidth=2,
        arrowcolor=INK,
        font={"size": FONT_SIZE, "color": INK},
    )


def paired_differences(gaps: Sequence[Gap], *, picked: str) -> Sketch:
    """One line a difference, in points; filled where the interval leaves 0 out, open where the study does not tell."""
    figure, told = Sketch(), {True: "more than chance", False: "does not tell"}
    for tells, name in told.items():
        rows = [gap for gap in gaps if gap.tells == tells]
        colour = INK if tells else NEUTRAL
        figure.add_scatter(
            name=name,
            x=[100 * row.middle for row in rows],
            y=[_wrapped(row.label) for row in rows],
            error_x=_whiskers(rows, colour),
            mode="markers",
            marker={
                "color": colour,
                "symbol": "circle" if tells else "circle-open",
                "opacity": 1,  # plotly's own is less where sizes differ
                "size": [16 if row.arm == picked else 11 for row in rows],
                "line": {"color": colour, "width": 3},
            },
            unselected=STAY,
            customdata=[row.arm for row in rows],
            text=[f"{points(row.middle)} points ({points(row.low)} to {points(row.high)})" for row in rows],
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    labels = [_wrapped(gap.label) for gap in gaps]
    figure.update_xaxes(title="points", zeroline=True, zerolinecolor=INK, zerolinewidth=2)
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=labels, autorange="reversed")
    return with_defaults(figure, height=110 + 46 * len(gaps), **POINTED)


def learning_curves(
    runs: Sequence[tuple[int, Sequence[float], Sequence[float]]], *, colour: str, height: int = 340
) -> Sketch:
    """(seed, loss, share of the watched pictures named right) of each run by epoch, one above the other."""
    figure = Sketch()
    for (seed, losses, rights), dash in zip(runs, SEED_DASHES * len(runs), strict=False):
        epochs = list(range(1, len(losses) + 1))
        looks = {"mode": "lines", "line": {"color": colour, "width": 3, "dash": dash}, "legendgroup": f"{seed}"}
        for axis, values, hover in (
            ("y", [100 * right for right in rights], f"seed {seed}, epoch %{{x}}: %{{y:.1f}} % right<extra></extra>"),
            ("y2", list(losses), f"seed {seed}, epoch %{{x}}: loss %{{y:.3f}}<extra></extra>"),
        ):
            figure.add_scatter(
                name=f"seed {seed}",
                x=epochs,
                y=values,
                yaxis=axis,
                hovertemplate=hover,
                showlegend=axis == "y",
                **looks,
            )
    figure.update_layout(
        yaxis={"title": {"text": "right, %"}, "domain": [0.55, 1]},
        yaxis2={"title": {"text": "loss"}, "domain": [0, 0.45]},
        xaxis={"title": {"text": "epoch"}, "anchor": "y2"},
    )
    return with_defaults(figure, height=height)


def colour_of(way: str) -> str:
    """Of a network that grows in this way; others are in the colour of text."""
    return DIMENSION_COLOURS.get(way, INK)


def points(share: float) -> str:
    """A difference of shares in points, with its sign: +3.1."""
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def _whiskers(rows: Sequence[Point] | Sequence[Gap], colour: str) -> dict:
    middles = [row.accuracy if isinstance(row, Point) else row.middle for row in rows]
    return {
        "array": [100 * (row.high - middle) for row, middle in zip(rows, middles, strict=True)],
        "arrayminus": [100 * (middle - row.low) for row, middle in zip(rows, middles, strict=True)],
        "color": colour,
        "thickness": 2,
        "width": 5,
    }


def _millions(macs: float, quantity: Quantity) -> float:
    return quantity.factor * macs / 1e6


def _wrapped(label: str) -> str:
    together = re.sub(r"(?<=[αβγ×]) | (?=×)", "\N{NO-BREAK SPACE}", label)
    return "<br>".join(textwrap.wrap(together, LABEL_LETTERS))
