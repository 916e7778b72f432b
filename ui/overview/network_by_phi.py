"""One number makes the network larger: φ, its readouts, and the network drawn to scale."""

from __future__ import annotations

import streamlit as st

from ..session import kept_values
from ..shared import console, costs, widgets

KEY, PHI_KEY, HEARD = "overview.console", "overview.phi", "overview.heard"
PHI = console.PHI._replace(label="Compound coefficient φ")
READOUTS = ("params", "compute", "depth", "width", "resolution", "blocks")
HEIGHT = 555  # px of the whole, wide or narrow: kept free until its code is there, so that nothing below jumps
SHARE_OF_B0 = (0.5, 0.66)  # of the drawing's frame, across and down: with φ = 5 it is a third too large both ways


@st.fragment  # a move runs this alone, without the rest of the page
def show() -> None:
    widgets.explain_refused_number(PHI_KEY, PHI.default, PHI.limits)
    hand = st.container()  # above the input whose value it shows
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=200):
            phi = widgets.exact("φ, exactly", key=PHI_KEY, default=PHI.default, limits=PHI.limits, step=PHI.step)
        st.page_link(
            "pages/scaling.py",
            label="Scaling: move α, β and γ too",
            icon=":material/arrow_forward:",
            query_params={"scaling.phi": f"{phi:g}"},
        )
        st.page_link(
            "pages/evidence.py",
            label="Evidence: three ways to grow, one table",
            icon=":material/arrow_forward:",
            query_params={"evidence.section": "Three ways to grow"},
        )
        console.link_to_block()
    with hand:
        console.mount(console_data(phi), key=KEY, take=take, height=HEIGHT)
        st.caption(
            "One slab per block: height is the resolution of its output, thickness its number of channels. B0 is the "
            "outline, to the same scale, which φ does not change."
        )


def console_data(phi: float) -> dict[str, object]:
    """What the component gets."""
    return console.data(
        {"network": costs.FORMULA, "phi": phi, **console.PAPER},
        [PHI],
        heard=kept_values.value(HEARD, 0),
        readouts=READOUTS,
        share_of_b0=SHARE_OF_B0,
    )


def take(report: dict[str, object]) -> None:
    """The hand let go of the slider: φ becomes that of the input."""
    moved = console.accepted(report.get("settings"), [PHI])
    kept_values.keep_all({PHI_KEY: moved["phi"]} if moved else {})
    kept_values.keep(HEARD, report.get("number", 0))
