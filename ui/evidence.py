"""What the evidence page shows of published numbers: curves that flatten, and accuracy against cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import figures_evidence, published
from effnet_core.figures import PARAMETERS
from effnet_core.published import PAPER, TORCHVISION, Curve, Gain, Network

from . import costs, widgets

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
FAMILIES = list(published.FAMILIES)


def pick_view() -> str:
    """Whether numbers are drawn or listed."""
    return widgets.choice("Shown as", {CHART: "Chart", TABLE: "Table"}, key="evidence.view")


# Curves that flatten ------------------------------------------------------------------------------------------------


def show_scaling(figure: str, view: str) -> None:
    """One of FIGURES: its finding as a headline, then curves and what was gained, or both as a table."""
    curves = published.curves(figure) if figure.startswith("Fig") else ()
    gains = {"Table3": published.other_networks, "Table7": published.equal_budget}.get(figure, lambda: ())()
    gains = gains or tuple(gain for curve in curves for gain in published.doublings(curve))
    told = finding(figure, curves, gains)
    st.header(told, anchor=False)
    if view == TABLE:
        _scaling_table(curves, gains)
    elif not curves:
        _show(figures_evidence.gain_bars(gains, in_legend=True), f"gains.{figure}", f"Points of top-1 gained. {told}")
    else:
        drawn, bought = st.columns([1.4, 1], gap="large") if figure != "Fig4" else (st.container(), None)
        with drawn:
            lines = figures_evidence.scaling_curves(curves, costs.quantity())
            _show(lines, f"curves.{figure}", f"Top-1 over compute. {told}")
        if bought:  # Fig. 4 compares where curves end, not their steps, which stand in the table
            bought.markdown("**What each doubling of compute bought**, in the colours of the curves")
            with bought:
                bars = figures_evidence.gain_bars(gains, in_legend=False, height=375)
                _show(bars, f"gains.{figure}", f"Points of top-1 gained by each doubling of compute. {told}")
    widgets.cite((curves or gains)[0].source + _reading(figure))


def footnotes(figure: str) -> None:
    """Where what is printed there disagrees with other places of the same paper."""
    for mark in FOOTNOTES.get(figure, ()):
        row = published.erratum(mark)
        widgets.cite(f"**{row['topic']}**: {row['correct_or_clarified']}")


def _show(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, key=f"evidence.{key}", alt=alt, config=widgets.STILL)


def _reading(figure: str) -> str:
    return (
        ". Doublings are counted from each curve's cheapest network, along the line drawn." if "Fig" in figure else "."
    )


def finding(figure: str, curves: Sequence[Curve], gains: Sequence[Gain]) -> str:
    """The figure's lesson in one sentence, with its numbers."""
    if figure == "Fig8":
        reached = min(len(published.doublings(curve)) for curve in curves)
        bought = {curve.name: sum(gain.points for gain in published.doublings(curve)[:reached]) for curve in curves}
        whole = bought.pop(published.DIMENSIONS["compound"])
        return (
            f"{2**reached} times the compute: all three together gain {whole:.1f} points, "
            f"any one alone at most {max(bought.values()):.1f}"
        )
    if figure == "Fig3":
        longest = max((published.doublings(curve) for curve in curves), key=len)
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
    names = published.DIMENSIONS | {curve.dimension: curve.name for curve in curves}
    if curves:
        rows = [
            {"curve": curve.name, **_setting(point.label), **_compute(point.macs), "top-1, %": point.top1}
            for curve in curves
            for point in curve.points
        ]
        _table(rows, "evidence.points", "Every published point")
    rows = [
        {
            "compared": gain.group,
            "curve" if curves else "scaled": names[gain.dimension],
            "points gained": gain.points,
            "top-1, %": gain.top1,
            **_compute(gain.macs),
        }
        for gain in gains
    ]
    _table(rows, "evidence.gained", "Points of top-1 gained")


def _setting(label: str) -> dict[str, str]:
    """A table's cell of what the point is called, where the figure says so."""
    return {"setting": label} if label else {}


def _compute(macs: float | None) -> dict[str, float | None]:
    """A table's cell of compute, in the unit of the switch."""
    quantity = costs.quantity()
    return {f"G {quantity.name}": None if macs is None else quantity.factor * macs / quantity.per_axis_unit}


def _table(rows: list[dict], key: str, alt: str) -> None:
    formats = {"top-1, %": "%.2f", "points gained": "%.2f", f"G {costs.unit()}": "%.3g"}
    columns = {name: st.column_config.NumberColumn(format=text) for name, text in formats.items()}
    st.dataframe(rows, column_config=columns, hide_index=True, key=key, alt=alt)


# Accuracy against cost ----------------------------------------------------------------------------------------------


def pick_families() -> list[str]:
    """Which families are shown; none chosen is possible."""
    key = "evidence.families"
    widgets.explain_refused(key, ", ".join(FAMILIES), lambda text: text in ("", *FAMILIES), "the others")
    return st.pills("Families", FAMILIES, selection_mode="multi", default=FAMILIES, key=key, bind="query-params")


def networks(origin: str, families: Sequence[str]) -> list[Network]:
    """The rows of one source, or of both."""
    rows = [
        *(published.table2() if origin != TORCHVISION else ()),
        *(published.torchvision() if origin != PAPER else ()),
    ]
    return [row for row in rows if row.family in families]


def show_map(rows: Sequence[Network], cost: str, view: str) -> None:
    """Accuracy of these networks against parameters or compute, drawn or listed."""
    quantity = PARAMETERS if cost == "params" else costs.quantity()
    placed = [row for row in rows if getattr(row, quantity.column) is not None]
    if not placed:
        st.info("No network is chosen. Choose at least one family above.")
    elif view == TABLE:
        _table([_listed(row) for row in rows], "evidence.networks", "Every network with its source")
    else:
        _show(
            figures_evidence.accuracy_map(placed, quantity),
            f"map.{quantity.column}",
            f"Top-1 of {len(placed)} networks over {quantity.name}",
        )
    if left_out := [row.name for row in rows if row not in placed]:
        st.caption(f"Not drawn, since its source prints no FLOPs: {', '.join(left_out)}.")


def _listed(row: Network) -> dict[str, str | float | None]:
    return {
        "network": row.name,
        "family": row.family,
        "top-1, %": row.top1,
        "parameters": costs.millions(row.params),
        **_compute(row.macs),
        "trained": row.recipe,
        "source": row.source,
    }


def warn_of_recipes() -> None:
    """Why torchvision's accuracies of B0 to B7 are no curve, read from its rows."""
    trainings: dict[str, list[str]] = {}
    for row in networks(TORCHVISION, ["EfficientNet"]):
        name = row.name.removeprefix("EfficientNet-").removesuffix(" V1")
        trainings.setdefault(row.recipe, []).append(name)
    st.warning(
        f"**torchvision's weights do not come from one training.** B5 is {_step_up(TORCHVISION):.2f} points above B4 "
        f"there, {_step_up(PAPER):.1f} in the paper. "
        + " ".join(f"{', '.join(names)}: {recipe}." for recipe, names in trainings.items())
        + " A step from one training to another is no effect of size."
    )


def _step_up(origin: str) -> float:
    """Points of top-1 from B4 to B5 in one source."""
    rows = published.released_accuracies(networks(origin, ["EfficientNet"]))
    return rows["b5"].top1 - rows["b4"].top1
