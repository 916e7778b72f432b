"""The network drawn to scale: one slab a block, as high as its output and as thick as its channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..cost import Layer
from ..palette import SLAB_COLOURS
from .sketch import Sketch
from .slabs import STAGE_GAP, ZOOMS, Slab, slabs
from .style import FONT_SIZE, OUTLINE, with_defaults

ROUNDING = 1e-9  # a sum of floats may end a little beyond the edge
LABEL_SPACE = 0.15  # share of the tallest slab


def network_drawing(
    title: str, layers: Sequence[Layer], *, reference: tuple[str, Sequence[Layer]], height: int = 400
) -> Sketch:
    """A network, and under it the reference (B0), to one scale: height is resolution (px), thickness is channels.

    The scale changes in steps, when the network outgrows it.
    """
    drawn, base = slabs(layers), slabs(reference[1])
    wide = _zoomed(sum(row.channels for row in drawn), sum(row.channels for row in base))
    tall = _zoomed(drawn[0].size, base[0].size)
    gap, label = STAGE_GAP * wide, LABEL_SPACE * tall
    right = wide + gap * len({row.stage for row in base})
    figure = Sketch()
    draw_network(figure, f"<b>{title}</b>", drawn, middle=0, gap=gap, right=right)
    middle = -0.5 * tall - 2 * label - 0.5 * base[0].size
    draw_network(figure, reference[0], base, middle=middle, gap=gap, right=right, opacity=0.5)
    bottom = middle - 0.5 * base[0].size - label
    figure.update_xaxes(range=[-gap, right], visible=False)
    figure.update_yaxes(range=[bottom, 0.5 * tall + label], visible=False)
    return with_defaults(figure, height=height, barmode="overlay")


def _zoomed(largest: float, of_reference: float) -> float:
    """The reference's measure times the smallest zoom that the network fits into."""
    ratio = largest / of_reference
    return of_reference * next((zoom for zoom in ZOOMS if ratio <= zoom), ratio)


def draw_network(
    figure: Sketch,
    title: str,
    rows: Sequence[Slab],
    *,
    middle: float,
    gap: float,
    right: float,
    opacity: float = 1,
    in_legend: bool = True,
    with_stages: bool = True,
    least: tuple[float, float] = (0, 0),
) -> int:
    """Add one network: its slabs, its title at the right, stages below and output resolutions above the slabs.

    `least`: as thick and as high a stage is drawn at least. Returns how many slabs there was no room for.
    """
    tall, thick, left_out = rows[0].size, _thicknesses(rows, least[0]), len(rows)
    centres, edge = [], -gap
    for row, before, width in zip(rows, [None, *rows], thick, strict=False):
        edge += gap * (before is None or row.stage != before.stage)
        if edge + width > right * (1 + ROUNDING):
            break
        centres.append(edge + width / 2)
        edge += width
    left_out -= len(centres)
    rows = rows[: len(centres)]
    for kind, colour in SLAB_COLOURS.items():
        chosen = [drawn for drawn in zip(centres, thick, rows, strict=False) if drawn[2].kind == kind]
        heights = [max(row.size, least[1]) for *_, row in chosen]
        figure.add_bar(
            name=kind,
            x=[x for x, *_ in chosen],
            y=heights,
            base=[middle - height / 2 for height in heights],
            width=[width for _, width, _ in chosen],
            customdata=[row for *_, row in chosen],
            hovertemplate="%{customdata[0]}, stage %{customdata[1]}: %{customdata[2]}<br>%{customdata[3]:,} channels, "
            "%{customdata[4]} × %{customdata[4]} px<extra></extra>",
            marker={"color": colour, "line": OUTLINE},
            opacity=opacity,
            showlegend=in_legend and opacity == 1,
        )
    if with_stages:
        _label_stages(figure, centres, rows, middle)
    figure.add_annotation(
        text=title,
        x=right,
        y=middle + tall / 2,
        xanchor="right",
        yanchor="middle" if with_stages else "bottom",  # clear of slabs; stages' numbers leave no room above
        showarrow=False,
    )
    return left_out


def _thicknesses(rows: Sequence[Slab], least: float) -> list[float]:
    """How thick each slab is drawn: its channels, but more where all slabs of its stage are thinner than the least."""
    channels = Counter()
    for row in rows:
        channels[row.stage] += row.channels
    return [row.channels * max(1, least / channels[row.stage]) for row in rows]


def _label_stages(figure: Sketch, centres: Sequence[float], rows: Sequence[Slab], middle: float) -> None:
    """Write each stage's number below its slabs and, where it changes, their resolution above them."""
    shown = 0
    for stage in sorted({row.stage for row in rows}):
        inside = [(x, row) for x, row in zip(centres, rows, strict=True) if row.stage == stage]
        x, size = (inside[0][0] + inside[-1][0]) / 2, inside[-1][1].size
        texts = [str(stage), f"{size} px" if not shown else str(size)][: 1 + (size != shown)]
        figure.add_scatter(
            x=[x] * len(texts),
            y=[middle - size / 2, middle + size / 2][: len(texts)],
            text=texts,
            mode="text",
            textposition=["bottom center", "top center" if shown else "top right"][: len(texts)],
            textfont_size=FONT_SIZE,
            hoverinfo="skip",
            showlegend=False,
        )
        shown = size
