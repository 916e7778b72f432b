"""What all figures share: layout, axes, text size."""

from __future__ import annotations

import plotly.graph_objects as go

from ..palette import NEUTRAL
from ..units import percent
from .sketch import Sketch

Chart = go.Figure | Sketch
OUTLINE = {"color": NEUTRAL, "width": 1}  # carries the marks whose own colour is too pale for a ground
FONT_SIZE = 15  # px, of all text in figures
INK = "#000037"  # near black; Streamlit's chart theme reads it as its name for text and shows the ground's own colour
PERCENT_TICKS = {"tickvals": [step / 4 for step in range(5)], "ticktext": [percent(step / 4) for step in range(5)]}
TEXT = {"size": FONT_SIZE, "color": INK}


def default_layout(height: int, **layout) -> dict:
    """The layout that all figures share (text size, tight margins, no dragging), with a fixed height in px."""
    return {
        "height": height,
        "font": TEXT,
        "hoverlabel": {"font": {"size": FONT_SIZE}},
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": FONT_SIZE}},
        "dragmode": False,
        **layout,
    }


def axis(title: str | None = None, **settings) -> dict:
    """An axis as all figures have it."""
    return {"title": {"text": title, "font": TEXT}, "tickfont": TEXT, "automargin": True, **settings}


def with_defaults(figure: Chart, *, height: int, **layout) -> Chart:
    """Give an existing figure the shared layout; making it with default_layout is faster."""
    text = {"tickfont": TEXT, "title_font": TEXT, "automargin": True}
    figure.update_xaxes(text)
    figure.update_yaxes(text)
    return figure.update_layout(default_layout(height)).update_layout(**layout)


def write_above(figure: Chart, text: str, row: float) -> None:
    """A line of text on the upper edge of a horizontal bar, starting at its left end."""
    place = {"x": 0, "y": row, "xanchor": "left", "yanchor": "bottom"}
    figure.add_annotation(text=text, showarrow=False, font_size=FONT_SIZE + 2, **place)
