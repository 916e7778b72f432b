"""One number makes the network larger: φ, its readouts, and the network drawn to scale."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from effnet_core.architecture import PHI_RANGE, compound, released
from effnet_core.cost import layers_of
from effnet_core.figures import network
from effnet_core.figures.style import ReadyFigure, ready

from ..shared import costs, widgets

STEP = 0.5
POSITIONS = int((PHI_RANGE[1] - PHI_RANGE[0]) / STEP) + 1  # of the slider


@st.fragment  # a move runs this alone, without the rest of the page
def show() -> None:
    controls, picture = st.columns([1, 1.5], gap="large")
    with controls:
        phi = widgets.slider("Compound coefficient φ", key="overview.phi", default=1.0, limits=PHI_RANGE, step=STEP)
        architecture = compound(phi)
        costs.readouts(architecture, columns=2)
    picture.plotly_chart(
        _drawing(phi),
        key="overview.drawing",
        alt=f"The network at φ = {phi:g}, {len(architecture.blocks)} blocks drawn to scale",
        config=widgets.STILL,
    )
    picture.caption("One slab per block: height is the resolution of its output, thickness its number of channels.")
    st.page_link(
        "pages/scaling.py",
        label="Scaling: move α, β and γ too",
        icon=":material/arrow_forward:",
        query_params={"scaling.phi": f"{phi:g}"},
    )


@lru_cache(maxsize=2 * POSITIONS)
def _drawing(phi: float) -> ReadyFigure:
    """Made once a process for each position of the slider."""
    drawn, base = layers_of(compound(phi)), layers_of(released("b0"))
    return ready(
        network.network_drawing(f"Formula, φ = {phi:g}", drawn, reference=("B0", base), both=False, height=270)
    )
