"""Rows -> plotly figures of a learner's own progress."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ..palette import NEUTRAL
from ..units import percent
from .sketch import Sketch
from .style import INK, PERCENT_TICKS, with_defaults

DASHES, SYMBOLS = ("solid", "dash", "dot"), ("circle", "square", "diamond")  # of those that stand out


class Strength(NamedTuple):
    """How much of a topic was known at the end of each day, 0 to 1; `weak`: one to look at."""

    topic: str
    shares: Sequence[float]
    weak: bool


def strength_over_time(rows: Sequence[Strength], days: Sequence[date], *, height: int = 380) -> Sketch:
    """A line a topic; the weak ones stand out by colour, thickness and pattern, and are named."""
    figure, looks = Sketch(), zip(DASHES, SYMBOLS, strict=True)
    for row in sorted(rows, key=lambda row: row.weak):
        dash, symbol = next(looks) if row.weak else ("solid", "circle")
        figure.add_scatter(
            name=row.topic,
            x=[f"{day:%d %b}" for day in days],
            y=list(row.shares),
            mode="lines+markers" if row.weak else "lines",
            line={"color": INK if row.weak else NEUTRAL, "width": 4 if row.weak else 1.5, "dash": dash},
            marker={"symbol": symbol, "size": 9},
            showlegend=row.weak,
            customdata=[percent(share, 0) for share in row.shares],
            hovertemplate=f"{row.topic}, %{{x}}: %{{customdata}}<extra></extra>",
        )
    figure.update_xaxes(type="category")
    figure.update_yaxes(title="known, on average", range=[0, 1.02], **PERCENT_TICKS)
    return with_defaults(figure, height=height)
