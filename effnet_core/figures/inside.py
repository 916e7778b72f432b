"""Figures of what happens inside a network: SE gates, feature maps. Rows in, `go.Figure` out.

Gates lie in 0..1 and keep that range in colour and on axes, in viridis, so that two figures can be compared.
Feature maps are drawn in greys: they are pictures, not gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..palette import GATE_SCALE
from .gate_rows import COLUMNS, at_even_ranks, name_of
from .sketch import Sketch
from .style import FONT_SIZE, OUTLINE, with_defaults

if TYPE_CHECKING:
    import numpy as np

GATE_RANGE = (0.0, 1.0)
BINS = 20
GAP = (0.015, 0.04)  # between small pictures, across and down, in shares of the whole


def all_gates(gates: Sequence[tuple[str, Sequence[float]]]) -> Sketch:
    """One heat-map row for each (block, values), first block on top, its channels sorted from closed to open.

    Blocks have different numbers of channels: each row shows the gates at COLUMNS evenly spaced ranks.

    >>> [answer] = load("tiny", device="cpu").explain([load_sample("coffee")])
    >>> len(all_gates([(gates.block, gates.values) for gates in answer.gates]).data[0].y)  # a row a block
    16
    """
    rows = [at_even_ranks(values) for _, values in gates]
    share = [100 * (column + 0.5) / COLUMNS for column in range(COLUMNS)]
    names = [name_of(block, values) for block, values in gates]
    figure = Sketch(
        {
            "type": "heatmap",
            "z": rows,
            "x": share,
            "y": names,
            "ygap": 2,
            "zmin": GATE_RANGE[0],
            "zmax": GATE_RANGE[1],
            "colorscale": GATE_SCALE,
            "colorbar": _gate_scale(),
            "hovertemplate": "block %{y} channels<br>at %{x:.0f} % of them, sorted: gate %{z:.3f}<extra></extra>",
        }
    )
    figure.update_xaxes(title="channels of the block, most closed to most open", ticksuffix=" %", range=[0, 100])
    figure.update_yaxes(title="block · channels", autorange="reversed", type="category", automargin=True)
    return with_defaults(figure, height=110 + 24 * len(rows))


def gate_histogram(values: Sequence[float]) -> Sketch:
    """How many of a block's channels have a gate in each twentieth of 0..1."""
    counts = gate_counts(values)
    centres = [(index + 0.5) / BINS for index in range(BINS)]
    figure = Sketch(
        {
            "type": "bar",
            "x": centres,
            "y": counts,
            "width": 0.9 / BINS,
            "marker": {
                "color": centres,
                "cmin": GATE_RANGE[0],
                "cmax": GATE_RANGE[1],
                "colorscale": GATE_SCALE,
                "line": OUTLINE,
            },
            "customdata": [[index / BINS, (index + 1) / BINS] for index in range(BINS)],
            "hovertemplate": "gate %{customdata[0]:.2f} to %{customdata[1]:.2f}: %{y} channels<extra></extra>",
        }
    )
    figure.update_xaxes(title="gate: 0 closed, 1 open", range=list(GATE_RANGE), tickvals=[0, 0.5, 1])
    figure.update_yaxes(title="channels", rangemode="tozero")
    return with_defaults(figure, height=320)


def gate_counts(values: Sequence[float]) -> list[int]:
    """Histogram of gates in 0..1 over BINS equal bins; 1.0 falls into the last."""
    counts = [0] * BINS
    for value in values:
        counts[min(int(float(value) * BINS), BINS - 1)] += 1
    return counts


def feature_maps(channels: Sequence[tuple[int, float, np.ndarray, np.ndarray]]) -> Sketch:
    """Small multiples of (channel, gate, map before the gate, map after it), both (H, W): before above after.

    Both maps of a channel share one range, from zero (black, as are values below it) to the strongest value
    before the gate, so that a closed gate is seen to turn its map black.
    """
    width, height = (1 - GAP[0] * (len(channels) - 1)) / len(channels), (1 - GAP[1]) / 2
    figure = Sketch()
    for column, (channel, gate, before, after) in enumerate(channels):
        left, strongest = column * (width + GAP[0]), max(float(before.max()), 1e-6)
        for row, values in enumerate((before, after)):
            number = _axis(row * len(channels) + column)
            bottom = (1 - row) * (height + GAP[1])
            # each pair of axes for itself: square pixels, first row on top; the pair stays together
            across = {"domain": [left, left + width], "anchor": f"y{number}"}
            down = {"domain": [bottom, bottom + height], "anchor": f"x{number}", "scaleanchor": f"x{number}"}
            down |= {"autorange": "reversed", "constraintoward": "top" if row else "bottom"}
            figure.update_layout({f"xaxis{number}": across, f"yaxis{number}": down})
            figure.add_heatmap(
                z=values,
                zmin=0,
                zmax=strongest,
                xaxis=f"x{number}",
                yaxis=f"y{number}",
                colorscale="Greys_r",
                showscale=False,
                hovertemplate="%{z:.3f}<extra></extra>",
            )
        title = f"channel {channel}<br>gate {gate:.2f}"
        _write_beside(figure, title, left + width / 2, 1.0, yref="y domain", xanchor="center", yanchor="bottom")
    for row, text in enumerate(("before", "after")):
        last = _axis((row + 1) * len(channels) - 1)
        place = {"xref": f"x{last} domain", "yref": f"y{last} domain", "xanchor": "left", "yanchor": "middle"}
        _write_beside(figure, text, 1.0, 0.5, textangle=90, **place)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, constrain="domain")
    return with_defaults(figure, height=400, margin={"l": 10, "r": 30, "t": 50, "b": 10})


def _axis(index: int) -> str:
    """The number of an axis in its name, as plotly counts: none, 2, 3, …"""
    return str(index + 1) if index else ""


def _write_beside(figure: Sketch, text: str, x: float, y: float, **settings: object) -> None:
    """A title of a row or column of small pictures, at a place in shares of the whole, or of an axis' own room."""
    place = {"x": x, "y": y, "xref": "paper", "yref": "paper", "showarrow": False, "font_size": FONT_SIZE}
    figure.add_annotation(text=text, **place | settings)


def _gate_scale() -> dict:
    return {"title": {"text": "gate", "side": "right"}, "tickvals": [0, 0.5, 1], "tickfont_size": FONT_SIZE}
