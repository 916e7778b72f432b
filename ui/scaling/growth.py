"""The panel "Compute over φ"."""

from __future__ import annotations

import streamlit as st

from effnet_core.architecture import PHI_RANGE, RELEASES, growth, released
from effnet_core.cost import cost_of
from effnet_core.figures import phi as figures_phi
from effnet_core.scaling import growth as scaling_growth
from effnet_core.scaling import implied_phi
from effnet_core.units import percent

from ..shared import costs, widgets
from .rounding import FINE, formula_network


@st.cache_data(max_entries=64, show_spinner=False)
def _growth(alpha: float, beta: float, gamma: float) -> tuple[scaling_growth.Growth, ...]:
    low, high = PHI_RANGE
    phis = [low + count / FINE for count in range(round((high - low) * FINE) + 1)]
    return scaling_growth.growth_over(phis, alpha=alpha, beta=beta, gamma=gamma)


def show_growth(value: float, coefficients: dict[str, float]) -> None:
    """Compute over φ: the doubling that people quote, what α·β²·γ² promises, and what rounding gives."""
    formula = formula_network(value, coefficients)
    if formula is None:
        return
    rows, here = _growth(**coefficients), (value, cost_of(formula).macs)
    releases = [(implied_phi.implied(member), cost_of(released(member)).macs) for member in RELEASES]
    times = growth(**coefficients)
    st.plotly_chart(
        figures_phi.growth_over_phi(rows, releases, here, costs.quantity()),
        key="scaling.growth",
        alt=f"{costs.unit()} over φ on a log axis: doubling, × {times:.3f} a step, and what rounding gives",
        config=widgets.chart_config("compute-over-phi"),
    )
    last = rows[-1].phi
    widgets.cite(
        f"At φ = {last:g}, 2^φ is {2**last:,.0f} and (α · β² · γ²)^φ is {times**last:,.0f}: {times:.3f} is not 2. "
        "A release's bar spans the φ that its depth, width and resolution imply (paper's α, β, γ), around their middle."
    )
    whole = rows[::FINE]
    shown = [
        {
            "φ": row.phi,
            f"2^φ, {costs.unit()}": costs.compute(row.doubling),
            f"(α·β²·γ²)^φ, {costs.unit()}": costs.compute(row.promised),
            f"rounded, {costs.unit()}": "no network" if row.rounded is None else costs.compute(row.rounded),
            "rounding adds": "" if row.rounded is None else percent(row.rounded / row.promised - 1, 1, signed=True),
        }
        for row in whole
    ]
    st.dataframe(shown, hide_index=True, key="scaling.growth_table", height="content")
