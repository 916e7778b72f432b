"""The sums behind one value of a block: cells and contributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..palette import NEUTRAL
from .sketch import Sketch
from .style import FONT_SIZE, with_defaults

if TYPE_CHECKING:
    import numpy as np

SIGNED = "RdBu_r"  # blue below zero, red above it, always centred on zero


def cells(values: np.ndarray) -> Sketch:
    """A small grid (k, k) with its numbers in the cells, coloured around zero."""
    strongest = max(float(abs(values).max()), 1e-12)
    figure = Sketch(
        {
            "type": "heatmap",
            "z": values,
            "zmin": -strongest,
            "zmax": strongest,
            "colorscale": SIGNED,
            "showscale": False,
            "xgap": 1,
            "ygap": 1,
            "texttemplate": "%{z:.3f}",
            "textfont_size": FONT_SIZE,
            "hovertemplate": "row %{y}, column %{x}: %{z:.6f}<extra></extra>",
        }
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, autorange="reversed")
    return with_defaults(figure, height=20 + 44 * values.shape[0])


def contributions(rows: Sequence[tuple[str, float]], total: float, *, colour: str) -> Sketch:
    """Horizontal bars of (name, contribution to a sum), first on top; the sum itself, in the colour, at the bottom."""
    values = [value for _, value in rows] + [total]
    figure = Sketch(
        {
            "type": "bar",
            "x": values,
            "y": list(range(len(values))),
            "orientation": "h",
            "marker_color": [NEUTRAL] * len(rows) + [colour],
            "text": [f"{value:+.4f}" for value in values],
            "textposition": "outside",
            "textfont_size": FONT_SIZE,
            "cliponaxis": False,
            "hovertemplate": "%{x:.6f}<extra></extra>",
        }
    )
    reach = 1.6 * max(max(abs(value) for value in values), 1e-12)
    figure.update_xaxes(range=[-reach, reach], zeroline=True, visible=False)
    names = [name for name, _ in rows] + ["<b>sum</b>"]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=names)
    return with_defaults(figure, height=40 + 30 * len(values))
