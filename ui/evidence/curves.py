"""Scaling one dimension alone flattens: the published curves, and what a doubling brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.figures import evidence
from effnet_core.published import accuracies, scaling_curves
from effnet_core.published.scaling_curves import Curve, Gain

from ..shared import costs, widgets

if TYPE_CHECKING:
    import plotly.graph_objects as go


FIGURES = {  # what is compared -> its short name on the screen
    "Fig8": "One against all three",
    "Fig3": "One alone",
    "Fig4": "Width from better starts",
    "Table3": "Other networks",
    "Table7": "Equal compute",
}


FOOTNOTES = {"Fig8": ("E10", "E11"), "Fig3": ("E10", "E11"), "Fig4": ("E30",), "Table7": ("E08", "E12")}


CHART, TABLE = "chart", "table"


def pick_view() -> str:
    """Whether numbers are drawn or listed."""
    return widgets.choice("Shown as", {CHART: "Chart", TABLE: "Table"}, key="evidence.view")


def show_scaling(figure: str, view: str) -> None:
    """One of FIGURES: its finding as a headline, then curves and what was gained, or both as a table."""
    curves = scaling_curves.curves(figure) if figure.startswith("Fig") else ()
    gains = {"Table3": scaling_curves.other_networks, "Table7": scaling_curves.equal_budget}.get(figure, lambda: ())()
    gains = gains or tuple(gain for curve in curves for gain in scaling_curves.doublings(curve))
    headline = finding(figure, curves, gains)
    with st.container(key="evidence.finding"):
        st.header(headline, anchor=False)
    if view == TABLE:
        _scaling_table(curves, gains)
    elif not curves:
        show_figure(evidence.gain_bars(gains, in_legend=True), f"gains.{figure}", f"Points of top-1 gained. {headline}")
    else:
        drawn, bought = st.columns([1.4, 1], gap="large") if figure != "Fig4" else (st.container(), None)
        with drawn:
            lines = evidence.scaling_curves(curves, costs.quantity())
            show_figure(lines, f"curves.{figure}", f"Top-1 over compute. {headline}")
        if bought:  # Fig. 4 compares where curves end, not their steps, which stand in the table
            bought.markdown("**What each doubling of compute bought**, in the colours of the curves")
            with bought:
                bars = evidence.gain_bars(gains, in_legend=False, height=375)
                show_figure(bars, f"gains.{figure}", f"Points of top-1 gained by each doubling of compute. {headline}")
    widgets.cite((curves or gains)[0].source + _reading(figure))


def footnotes(figure: str) -> None:
    """Where what is printed there disagrees with other places of the same paper."""
    for mark in FOOTNOTES.get(figure, ()):
        row = accuracies.erratum(mark)
        widgets.cite(f"**{row['topic']}**: {row['correct_or_clarified']}")


def show_figure(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=f"evidence.{key}", alt=alt, config=widgets.STILL)


def _reading(figure: str) -> str:
    return (
        ". Doublings are counted from each curve's cheapest network, along the line drawn." if "Fig" in figure else "."
    )


def finding(figure: str, curves: Sequence[Curve], gains: Sequence[Gain]) -> str:
    """The figure's lesson in one sentence, with its numbers."""
    if figure == "Fig8":
        reached = min(len(scaling_curves.doublings(curve)) for curve in curves)
        bought = {
            curve.name: sum(gain.points for gain in scaling_curves.doublings(curve)[:reached]) for curve in curves
        }
        whole = bought.pop(scaling_curves.DIMENSIONS["compound"])
        return (
            f"{2**reached} times the compute: all three together gain {whole:.1f} points, "
            f"any one alone at most {max(bought.values()):.1f}"
        )
    if figure == "Fig3":
        longest = max((scaling_curves.doublings(curve) for curve in curves), key=len)
        steps = ", then ".join(f"{gain.points:.1f}" for gain in longest)
        return f"Each further doubling buys less: by {longest[0].dimension} alone {steps} points"
    if figure == "Fig4":
        ends = {curve.dimension: curve.points[-1].top1 for curve in curves}
        return f"Width alone ends at {ends['width']:.1f} %; from a better start it reaches {ends['compound']:.1f} %"
    best, whole = _single_and_all(gains)
    ahead = [f"{whole[group] - best[group]:.1f}" for group in best]
    where = {"Table3": "For older networks", "Table7": "From B0 at nearly equal compute"}[figure]
    return f"{where} all three together beat the best single dimension, by {' / '.join(ahead)} points"


def _single_and_all(gains: Sequence[Gain]) -> tuple[dict[str, float], dict[str, float]]:
    """Points of the best single dimension and of all three together, by group."""
    best: dict[str, float] = {}
    whole: dict[str, float] = {}
    for gain in gains:
        kept = whole if gain.dimension == "compound" else best
        kept[gain.group] = max(gain.points, kept.get(gain.group, gain.points))
    return best, whole


def _scaling_table(curves: Sequence[Curve], gains: Sequence[Gain]) -> None:
    names = scaling_curves.DIMENSIONS | {curve.dimension: curve.name for curve in curves}
    if curves:
        rows = [
            {"curve": curve.name, **_setting(point.label), **compute_text(point.macs), "top-1, %": point.top1}
            for curve in curves
            for point in curve.points
        ]
        show_table(rows, "evidence.points", "Every published point")
    rows = [
        {
            "compared": gain.group,
            "curve" if curves else "scaled": names[gain.dimension],
            "points gained": gain.points,
            "top-1, %": gain.top1,
            **compute_text(gain.macs),
        }
        for gain in gains
    ]
    show_table(rows, "evidence.gained", "Points of top-1 gained")


def _setting(label: str) -> dict[str, str]:
    """A table's cell of what the point is called, where the figure says so."""
    return {"setting": label} if label else {}


def compute_text(macs: float | None) -> dict[str, float | None]:
    """A table's cell of compute, in the unit of the switch."""
    quantity = costs.quantity()
    return {f"G {quantity.name}": None if macs is None else quantity.factor * macs / quantity.per_axis_unit}


def show_table(rows: list[dict], key: str, alt: str) -> None:
    formats = {"top-1, %": "%.2f", "points gained": "%.2f", f"G {costs.unit()}": "%.3g"}
    columns = {name: st.column_config.NumberColumn(format=text) for name, text in formats.items()}
    st.dataframe(rows, column_config=columns, hide_index=True, key=key, alt=alt)
