"""Figures of two networks that learn side by side: accuracy by epoch, and the filters of a first layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ..palette import NEUTRAL
from ..units import percent, wilson_interval
from .budgets import WAY_COLOURS
from .style import PERCENT_TICKS, TEXT, with_defaults

DASHES = ("solid", "dash")  # told apart without colour, too


def accuracy_by_epoch(runs: Mapping[str, Sequence[tuple[int, int, int]]], *, epochs: int, classes: int) -> go.Figure:
    """way -> (epoch, right, tested) of each epoch so far, with 95 % intervals; a line where guessing would be.

    >>> figure = accuracy_by_epoch({"depth": [(1, 50, 100)], "width": [(1, 60, 100)]}, epochs=12, classes=8)
    >>> [trace.name for trace in figure.data]
    ['depth', 'width']
    """
    figure = go.Figure()
    for (way, laps), dash in zip(runs.items(), DASHES, strict=True):
        shares = [right / tested for _, right, tested in laps]
        ends = [wilson_interval(share, tested) for share, (_, _, tested) in zip(shares, laps, strict=True)]
        figure.add_scatter(
            x=[epoch for epoch, _, _ in laps],
            y=shares,
            error_y={
                "array": [high - share for (_, high), share in zip(ends, shares, strict=True)],
                "arrayminus": [share - low for (low, _), share in zip(ends, shares, strict=True)],
                "thickness": 1.5,
                "width": 3,
            },
            name=way,
            mode="lines+markers",
            line={"color": WAY_COLOURS[way], "dash": dash, "width": 4},
            marker={"size": 9},
            text=[percent(share, 1) for share in shares],
            hovertemplate=f"{way}, epoch %{{x}}: %{{text}}<extra></extra>",
        )
    chance = {"line_color": NEUTRAL, "line_dash": "dot", "annotation_text": "guessing", "annotation_font": TEXT}
    figure.add_hline(1 / classes, **chance, annotation_position="bottom right")
    figure.update_xaxes(title="epoch", range=[0.5, epochs + 0.5], dtick=1 if epochs <= 16 else None)
    figure.update_yaxes(title="named right", range=[0, 1], **PERCENT_TICKS)
    return with_defaults(figure, height=380, margin={"l": 10, "r": 10, "t": 40, "b": 10}, showlegend=True)


def filter_mosaic(filters: Sequence) -> np.ndarray:
    """(height, width, 3) uint8: filters (N, 3, k, k) beside each other as colours, each over its own whole range."""
    weights = np.asarray(filters, np.float32).transpose(0, 2, 3, 1)
    low, high = weights.min((1, 2, 3), keepdims=True), weights.max((1, 2, 3), keepdims=True)
    shown = ((weights - low) / np.maximum(high - low, 1e-9) * 255).astype(np.uint8)
    framed = np.pad(shown, ((0, 0), (0, 0), (0, 1), (0, 0)), constant_values=127)
    return np.concatenate(list(framed), axis=1)[:, :-1].repeat(16, 0).repeat(16, 1)
