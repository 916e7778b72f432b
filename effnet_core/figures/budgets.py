"""Rows -> plotly figures: the four ways to spend a budget, drawn to one scale and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..cost import Layer
from ..palette import COMPOUND, DEPTH, RESOLUTION, WIDTH
from ..units import three_digits
from .network import draw_network
from .sketch import Sketch
from .slabs import STAGE_GAP, slabs
from .style import FONT_SIZE, INK, OUTLINE, with_defaults

WAY_COLOURS = {"depth": DEPTH, "width": WIDTH, "resolution": RESOLUTION, "compound": COMPOUND}
LABEL_PX = 24  # room for a line of text above and below each network
LEAST_PX = 4  # thinner slabs are hardly seen, and their colours not at all
WIDTH_PX = 560  # of the drawing, beside the inputs on a laptop
ROOM = 1.25  # times the second longest network: the frame, where the longest would make it longer
UNLIKE = 5  # times as long as the shortest: then stage numbers would run into each other


def four_networks(networks: Mapping[str, tuple[str, Sequence[Layer]]], *, height: int = 620) -> Sketch:
    """way -> (title, layers), one below the other, to one scale: height is resolution (px), thickness is channels.

    A network much longer than the others is cut, and what is thinner than LEAST_PX is drawn that thick: else one
    extreme would make hairlines of all others.

    >>> layers = layers_of(released("b0"))
    >>> figure = four_networks({way: (way, layers) for way in ("depth", "width", "resolution", "compound")})
    >>> figure.layout.height
    620
    """
    drawn = {way: slabs(layers) for way, (_, layers) in networks.items()}
    lengths = {way: sum(row.channels for row in rows) for way, rows in drawn.items()}
    *_, second, longest = sorted(lengths.values())
    alike = longest <= UNLIKE * min(lengths.values())
    longest = longest if alike else min(longest, ROOM * second)
    tall = sum(rows[0].size for rows in drawn.values())
    stages = len({row.stage for rows in drawn.values() for row in rows})
    gap = STAGE_GAP * longest / 2
    pixel = tall / (height - 2 * LABEL_PX * (len(drawn) + 1))
    label = LABEL_PX * pixel
    figure, top, right = Sketch(), 0.0, longest + gap * stages
    least = (0, 0) if alike else (LEAST_PX * right / WIDTH_PX, LEAST_PX * pixel)
    for way, rows in drawn.items():
        title = f"<span style='color:{WAY_COLOURS[way]}'>■</span> <b>{networks[way][0]}</b>"
        settings = {"gap": gap, "right": right, "in_legend": top == 0, "with_stages": alike, "least": least}
        middle = top - label - rows[0].size / 2
        if left_out := draw_network(figure, title, rows, middle=middle, **settings):
            goes_on = f"goes on for {left_out:,} more blocks →"
            figure.add_annotation(text=goes_on, x=right, y=middle, xanchor="right", yanchor="top", showarrow=False)
        top -= 2 * label + rows[0].size
    if not alike:  # outlines would hide the colours of so thin slabs
        figure.update_traces(marker_line_width=0)
    figure.update_xaxes(range=[-gap, right], visible=False)
    figure.update_yaxes(range=[top, 0], visible=False)
    return with_defaults(figure, height=height, barmode="overlay")


def bars_by_way(
    values: Mapping[str, float],
    names: Mapping[str, str],
    *,
    axis: str,
    spread: Mapping[str, tuple[float, float]] | None = None,
    height: int = 250,
) -> Sketch:
    """One bar a way, in the colour of what is scaled, with its number; `spread`: lower and upper end of a whisker."""
    figure = Sketch()
    for way, value in values.items():
        figure.add_bar(
            x=[value],
            y=[names[way]],
            orientation="h",
            text=three_digits(value),
            textposition="inside" if spread else "outside",  # clear of the whisker
            insidetextanchor="start",
            textfont_size=FONT_SIZE,
            cliponaxis=False,
            marker={"color": WAY_COLOURS[way], "line": OUTLINE},
            error_x=_whisker(value, *spread[way]) if spread else None,
            hovertemplate=f"%{{y}}: {value:,.4g}<extra></extra>",
            showlegend=False,
        )
    figure.update_xaxes(title=axis, range=[0, 1.3 * max(values.values())])
    figure.update_yaxes(autorange="reversed", type="category")
    margin = {"l": 10, "r": 10, "t": 34, "b": 10}  # room for the button that saves the chart
    return with_defaults(figure, height=height, margin=margin)


def _whisker(value: float, lower: float, upper: float) -> dict:
    return {"type": "data", "array": [upper - value], "arrayminus": [value - lower], "color": INK, "thickness": 2}
