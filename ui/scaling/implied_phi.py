"""The panel "Which φ is B3?": the φ that each released network implies."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from effnet_core.architecture import ALPHA, BETA, GAMMA, PHI_RANGE, RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.figures import phi as figures_phi
from effnet_core.published import tables
from effnet_core.scaling import implied_phi, rounding
from effnet_core.units import mega

from ..shared import costs, widgets
from .rounding import FINE

BELIEFS = ("E02", "E03", "E17", "E18", "E16", "E37")  # rows of errata.csv that this lesson answers


def show_implied() -> None:
    """The φ that each release implies, what differs from the formula, and what torchvision does otherwise."""
    members = [implied_phi.implied(member) for member in RELEASES]
    st.markdown("**Which φ is B3?** None: its depth, its width and its resolution each imply a different one.")
    st.plotly_chart(
        figures_phi.implied_phis(members),
        key="scaling.implied",
        alt="The φ that depth, width and resolution of B0 to B7 ask for; "
        + ", ".join(
            f"{row.member.upper()} {min(row.axes.values()):.2f} to {max(row.axes.values()):.2f}" for row in members
        ),
        config=widgets.chart_config("implied-phi"),
    )
    widgets.cite(
        f"φ = ln(factor) / ln(α, β or γ) with the paper's α = {ALPHA:g}, β = {BETA:g}, γ = {GAMMA:g}; factors from the "
        "official code (efficientnet_params). Paper and code never print a φ for B1 to B7."
    )
    _show_members(members)
    _show_ports()
    st.markdown("**Common beliefs, and what is true**")
    beliefs = {row["id"]: row for row in tables.table("errata")}
    st.table(
        [
            {
                "on": row["topic"],
                "often believed": row["printed_or_common_belief"],
                "what holds": row["correct_or_clarified"],
            }
            for row in map(beliefs.get, BELIEFS)
        ],
        hide_index=True,
    )


def _show_members(members: Sequence[implied_phi.Implied]) -> None:
    rows = []
    for row in members:
        theirs = released(row.member)
        cost = cost_of(theirs)
        rows.append(
            {"network": row.member.upper(), "depth ×": theirs.depth, "width ×": theirs.width, "px": theirs.resolution}
            | {f"φ from {axis}": value for axis, value in row.axes.items()}
            | {f"φ from {costs.unit()}": row.compute, "blocks": len(theirs.blocks)}
            | {"parameters": mega(cost.params), costs.unit(): costs.compute(cost.macs)}
        )
    exact = {column: st.column_config.NumberColumn(format="%.3f") for column in rows[0] if column.startswith("φ from")}
    st.dataframe(rows, hide_index=True, column_config=exact, key="scaling.members", height="content")
    st.markdown("**What differs from the formula, at the φ usually given for each**")
    st.table(
        [
            {
                "network": row.member.upper(),
                "φ usually given": f"{row.phi:g}",
                "as released": row.differs,
                "why": row.why,
            }
            for row in map(implied_phi.comparison, RELEASES)
        ],
        hide_index=True,
    )
    [source] = {row["source"] for row in tables.table("effnet_phi_fit")}
    widgets.cite(f"“φ usually given”: {source.split('; ')[-1]}.")


def _show_ports() -> None:
    """torchvision's own choices, one row a set of weights."""
    st.markdown("**What torchvision does differently**")
    ports = implied_phi.ports()
    rows = [
        {
            "network": port.member.upper(),
            "weights": port.weights,
            "evaluated at, px": port.crop,
            "released for, px": port.resolution,
            f"{costs.unit()} as evaluated": costs.compute(port.macs_at_crop),
            "top-1, %": port.top1,
            "trained by": port.trained_by,
            "batch norm's eps": f"{port.norm_eps:g}",
            "head channels": port.head,
            "official head": port.official_head,
        }
        for port in ports
    ]
    counts = {name: st.column_config.NumberColumn(format="localized") for name in ("head channels", "official head")}
    st.dataframe(rows, hide_index=True, column_config=counts, key="scaling.ports", height="content")
    other = [port.member.upper() for port in ports if port.crop != port.resolution]
    heads = [port.member.upper() for port in ports if port.head != port.official_head]
    step = 1 / FINE
    phis = [PHI_RANGE[0] + step * count for count in range(int((PHI_RANGE[1] - PHI_RANGE[0]) / step) + 1)]
    apart = [value for value in phis if len(set(rounding.heads(BETA**value))) > 1]
    st.markdown(
        f"Evaluated at a resolution other than the released one: **{', '.join(other)}**. The head, 4 × the last stage "
        "here and "
        f"round(1280 · width) in the official code, differs for **{', '.join(heads) or 'none of the eight'}**; between "
        f"them it does, at {len(apart)} of {len(phis)} values of φ from {phis[0]:g} to {phis[-1]:g}."
    )
    widgets.cite(
        f"Source: {ports[0].source}; authors by the names of the weights' files. Steps between two rows that "
        "were trained by different people are not the effect of size alone."
    )
