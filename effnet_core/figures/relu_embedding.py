"""A spiral through a ReLU: what is left of it, and how much is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..palette import NEUTRAL
from ..units import percent
from .sketch import Sketch
from .style import INK, OUTLINE, PERCENT_TICKS, with_defaults

if TYPE_CHECKING:
    import numpy as np


def spiral(points: np.ndarray, collapsed: Iterable[bool], *, height: int = 340) -> Sketch:
    """Points of the curve, coloured along it, those that collapsed as crosses; one scale, equal on both axes."""
    lost = list(collapsed)
    figure = Sketch()
    for name, is_lost, symbol in (("kept", False, "circle"), ("collapsed", True, "x")):
        places = [place for place, one in enumerate(lost) if one == is_lost]
        figure.add_scatter(
            x=points[places, 0],
            y=points[places, 1],
            mode="markers",
            name=name,
            marker={
                "color": places,
                "cmin": -0.3 * len(lost),  # without viridis' darkest part, which a dark ground swallows
                "cmax": len(lost),
                "colorscale": "Viridis",
                "symbol": symbol,
                "size": 6,
                "line": OUTLINE,
            },
            hovertemplate=f"point %{{marker.color}}, {name}: %{{x:.3f}}, %{{y:.3f}}<extra></extra>",
        )
    figure.update_xaxes(range=[-1.15, 1.15], visible=False, constrain="domain")
    figure.update_yaxes(range=[-1.15, 1.15], visible=False, scaleanchor="x", constrain="domain")
    return with_defaults(figure, height=height, showlegend=False)


def losses(rows: Sequence[tuple[int, float, float]]) -> Sketch:
    """Rows of (dimensions, error, share of points that collapsed), both in 0..1, over the dimensions."""
    figure = Sketch()
    for name, column, colour, dash in (("error", 1, INK, "solid"), ("collapsed points", 2, NEUTRAL, "dot")):
        figure.add_scatter(
            x=[row[0] for row in rows],
            y=[row[column] for row in rows],
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            customdata=[percent(row[column], 1) for row in rows],
            hovertemplate=f"n = %{{x}}: {name} %{{customdata}}<extra></extra>",
        )
    figure.update_xaxes(title="dimensions n")
    figure.update_yaxes(range=[0, 1.05], **PERCENT_TICKS)
    return with_defaults(figure, height=280)
