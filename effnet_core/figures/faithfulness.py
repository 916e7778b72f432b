"""Figures that judge a heat map: deletion and insertion curves. Rows in, `go.Figure` out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from ..palette import NEUTRAL, NEUTRAL_DARK
from .style import INK, with_defaults

if TYPE_CHECKING:
    import numpy as np

# the map, a random one, a blob in the centre: they differ in colour, dash and width, so in grey too
LINES = ((INK, "solid", 4), (NEUTRAL, "dot", 3), (NEUTRAL_DARK, "dash", 3))


def share_curves(shares: np.ndarray, curves: Sequence[tuple[str, np.ndarray]], *, axis: str) -> go.Figure:
    """Probability of the class over the share of pixels, for the map and its two rivals; `axis` names the share.

    >>> engine, photo = load("tiny", device="cpu"), load_sample("coffee")
    >>> judged = engine.faithfulness(photo, engine.explain([photo])[0].heatmaps[0])
    >>> curves = [("map", judged.heatmap), ("random", judged.random), ("centre", judged.centre)]
    >>> figure = share_curves(judged.shares, [(name, one.deletion) for name, one in curves], axis="pixels removed")
    >>> len(figure.data)
    3
    """
    figure = go.Figure()
    for (name, values), (colour, dash, width) in zip(curves, LINES, strict=True):
        figure.add_scatter(
            x=100 * shares,
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate=f"{name}, at %{{x:.0f}} %: %{{y:.3f}}<extra></extra>",
        )
    figure.update_xaxes(title=axis, range=[0, 100], ticksuffix=" %", tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title="probability", range=[0, 1.02], tickvals=[0, 0.5, 1])
    return with_defaults(figure, height=340, margin={"l": 10, "r": 25, "t": 40, "b": 10})
