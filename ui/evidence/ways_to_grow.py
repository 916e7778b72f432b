"""Three ways to grow in one table, and all three at once, beside the published curves."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import released
from effnet_core.figures import evidence
from effnet_core.published import scaling_curves
from effnet_core.scaling import equal_compute, ways_to_grow
from effnet_core.scaling.ways_to_grow import Costs, Growth
from effnet_core.units import mega, three_digits

from ..shared import costs, widgets
from . import curves

TIMES = {f"{doublings}": f"× {2**doublings}" for doublings in range(1, ways_to_grow.MOST_DOUBLINGS + 1)}
BRINGS = {  # Sec. 3.2 and 3.3 of the paper
    "depth": "richer features; very deep networks are hard to train",
    "width": "finer features, easy to train; few high-level ones while shallow",
    "resolution": "finer patterns, for layers and channels that can take them in",
    "compound": "each dimension gets what it needs of the others",
}
COUNTED = {"depth": " layers", "width": " channels"}
NO_BREAK = "\u00a0"
CURVES_PX = 430


def show() -> None:
    doublings = int(widgets.choice("B0's compute", TIMES, key="evidence.times"))
    rows = ways_to_grow.grown(doublings)
    st.header(finding(doublings, rows), anchor=False)
    listed, drawn = st.columns([1.5, 1], gap="medium")
    with listed:
        widgets.whole_table(table(rows), key="evidence.ways")
    with drawn:
        published = scaling_curves.curves("Fig8")
        figure = evidence.scaling_curves(published, costs.quantity(), height=CURVES_PX)
        curves.show_figure(figure, "curves.ways", "Top-1 over compute, published: depth, width, resolution, all three")
    _show_example()
    widgets.cite(
        f"Gains: {published[0].source}; “ends at”: Fig. 3 there, Fig. 8 for all three. Costs are counted on B0 and on "
        "the network that each way makes of it, as near to that compute as rounding allows; activations are what "
        "training keeps of one picture, in float32. What each brings: Sec. 3.2 and 3.3."
    )


def finding(doublings: int, rows: tuple[Growth, ...]) -> str:
    """The table's lesson in one sentence."""
    *alone, whole = rows
    best = max(alone, key=lambda row: row.points)
    return (
        f"{2**doublings} times the compute: all three together gain {whole.points:.1f} points, "
        f"{best.way} alone {best.points:.1f}"
    )


def table(rows: tuple[Growth, ...]) -> list[dict[str, str]]:
    """A column a way."""
    base = ways_to_grow.costs(released("b0"))
    columns = {scaling_curves.DIMENSIONS[row.way]: _cells(row, row.costs.times(base)) for row in rows}
    return [{"": name} | {way: cells[name] for way, cells in columns.items()} for name in next(iter(columns.values()))]


def _cells(row: Growth, times: Costs) -> dict[str, str]:
    end = row.end
    return {
        "what grows": equal_compute.setting(row.solution).removeprefix(row.way).strip() + COUNTED.get(row.way, ""),
        "top-1": f"**+{row.points:.1f} points**",
        costs.unit(): _cost(times.macs, costs.compute(row.costs.macs)),
        "parameters": _cost(times.params, mega(row.costs.params)),
        "activations": _cost(times.activation_bytes, f"{row.costs.activation_bytes / 1e6:.0f} MB"),
        "it brings": BRINGS[row.way],
        "ends at": f"{end.top1:.1f} % ({end.label.replace('.0', '')}): the last × {end.step:.1f} of compute brought "
        f"{end.points:.1f}",
    }


def _cost(times: float, counted: str) -> str:
    """As a multiple of B0's, and itself, whose unit stays with it where a phone breaks the line."""
    return f"× {times:.2f}, {counted.replace(' ', NO_BREAK)}"


def _show_example() -> None:
    """What pixels cost a large network in training, as others measured it."""
    example = ways_to_grow.enlarged()
    (small, large), (before, after) = example.sizes, example.rows
    times = example.costs[1].times(example.costs[0])
    widgets.prose(
        f"**{large} × {large}, an example.** B6 trained at {large} px in place of {small} takes "
        f"{three_digits(times.macs)} times the compute and {three_digits(times.activation_bytes)} times the "
        f"activations. A V100 then trains on {after['v100_imgs_s']} pictures a second in place of "
        f"{before['v100_imgs_s']}, with the same batch, and the network reaches {after['top1_pct']:g} % in place of "
        f"{before['top1_pct']:g} %."
    )
    widgets.cite(f"{after['source']}: {after['note']}.")
