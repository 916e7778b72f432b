"""Rows -> plotly figures: what the scaling lessons show, and the palette and layout that all figures share.

Colours are chosen once, here. They come from Okabe and Ito's colour-blind-safe set and stand on light and on
dark ground; the app's theme supplies ground, text and grid. Text in figures is at least 14 px.
"""

from __future__ import annotations

import math

import plotly.graph_objects as go

EXPAND, DEPTHWISE, SQUEEZE_EXCITE = "#E69F00", "#0072B2", "#CC79A7"
PROJECT, STEM_HEAD, RESIDUAL = "#009E73", "#56B4E9", "#D55E00"
ROLE_COLOURS = {
    "stem": STEM_HEAD,
    "expand": EXPAND,
    "depthwise": DEPTHWISE,
    "squeeze": SQUEEZE_EXCITE,
    "excite": SQUEEZE_EXCITE,
    "project": PROJECT,
    "head": STEM_HEAD,
    "classifier": STEM_HEAD,
    "residual": RESIDUAL,
}
NEUTRAL = "#8794A0"  # outlines, references: readable on both grounds
FONT_SIZE = 15  # px, of all text in figures
GATE_SCALE = "Viridis"  # for gates, always over 0..1
DIFFERENCE_SCALE = "RdBu"  # for signed values, always centred on zero


def three_digits(value: float) -> str:
    """Three significant digits, thousands separated, no exponent: 12.2, 0.0531, 1,280."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.{max(0, 2 - math.floor(math.log10(abs(rounded))))}f}"


def with_defaults(figure: go.Figure, *, height: int, **layout) -> go.Figure:
    """Give a figure the layout that all share (text size, tight margins, no dragging) and a fixed height in px."""
    figure.update_layout(
        height=height,
        font_size=FONT_SIZE,
        hoverlabel_font_size=FONT_SIZE,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font_size": FONT_SIZE},
        dragmode=False,
    )
    figure.update_xaxes(tickfont_size=FONT_SIZE, title_font_size=FONT_SIZE, automargin=True)
    figure.update_yaxes(tickfont_size=FONT_SIZE, title_font_size=FONT_SIZE, automargin=True)
    return figure.update_layout(**layout)
