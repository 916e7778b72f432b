"""Compound scaling: φ, α, β, γ in, the exact network out. Opens and updates without torch."""

import streamlit as st

from effnet_core import figures
from effnet_core.architecture import ALPHA, BETA, COEFFICIENT_RANGE, GAMMA, PHI_RANGE, RELEASES, released
from effnet_core.cost import layers_of
from ui import costs, export, state, widgets
from ui import phi as phi_panels

state.enter_by_router()

NETWORKS = {costs.FORMULA: "Formula"} | {member: member.upper() for member in RELEASES}
FORMULA = {"scaling.network": costs.FORMULA}
PANELS = {
    "stage": "Stages",
    "role": "Roles",
    "rounding": "Rounding",
    "implied": "Which φ is B3?",
    "growth": "Compute over φ",
    "constraint": "α · β² · γ² = 2",
    "layers": "Layers",
    "export": "Take it along",
}
b0 = released("b0")

network = widgets.choice("By the formula, or as released", NETWORKS, key="scaling.network")
st.caption(costs.what_it_is(network))
controls, picture = st.columns([1, 1.8], gap="large")

with controls:
    phi = widgets.exact_and_slider(
        "φ, all three", key="scaling.phi", default=1.0, limits=PHI_RANGE, step=0.1, on_move=FORMULA
    )
    coefficients = {
        name: widgets.exact_and_slider(
            label, key=f"scaling.{name}", default=default, limits=COEFFICIENT_RANGE, step=0.01, on_move=FORMULA
        )
        for name, label, default in (
            ("alpha", "α, depth", ALPHA),
            ("beta", "β, width", BETA),
            ("gamma", "γ, resolution", GAMMA),
        )
    }
    costs.promise(phi, **coefficients)
    st.button(
        f"The paper's α = {ALPHA:g}, β = {BETA:g}, γ = {GAMMA:g}",
        on_click=state.keep_all,
        args=({"scaling.alpha": ALPHA, "scaling.beta": BETA, "scaling.gamma": GAMMA} | FORMULA,),
        key="scaling.paper",
    )

with picture:
    architecture, title = costs.scaled_network(network, phi, coefficients)
    layers = layers_of(architecture)
    costs.readouts(architecture, columns=3)
    st.plotly_chart(
        figures.network_drawing(title, layers, reference=("B0, to the same scale", layers_of(b0))),
        key="scaling.drawing",
        alt=f"{title}: {len(architecture.blocks)} blocks drawn to scale above B0's {len(b0.blocks)}",
        config=widgets.STILL,
    )
    widgets.cite(
        "One slab a block, to scale: as high as its output's resolution, as thick as its output has channels; numbers "
        "below are the stages of Table 1 (Tan and Le, 2019), numbers above px. The head follows torchvision, "
        "4 × the last stage's channels; the official code rounds 1280 · width instead."
    )

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
    panel = widgets.choice("Look closer", PANELS, key="scaling.panel", wrap=True)
    widgets.pick_chart_file()
if panel == "rounding":
    phi_panels.show_rounding(network, phi, coefficients)
elif panel == "implied":
    phi_panels.show_implied()
elif panel == "growth":
    phi_panels.show_growth(phi, coefficients)
elif panel == "constraint":
    phi_panels.show_constraint(coefficients)
elif panel == "layers":
    costs.layer_table(layers, key="scaling.layers")
elif panel == "export":
    export.show(architecture, layers, title)
else:
    bars = figures.bars_by_stage if panel == "stage" else figures.bars_by_role
    for column, quantity in zip(st.columns(2), (figures.PARAMETERS, costs.quantity()), strict=True):
        column.plotly_chart(
            bars(layers, quantity),
            key=f"scaling.{panel}.{quantity.column}",
            alt=f"{quantity.name} of {title} by {panel}; the exact numbers stand in the table of every layer",
            config=widgets.chart_config(f"{quantity.column}-by-{panel}"),
        )

st.markdown(
    """
**What to notice.** Depth multiplies compute by itself, width and resolution by their squares, since a convolution
costs input channels × output channels × pixels. That is why the paper asks for α · β² · γ² ≈ 2: then one step of φ
costs about twice the compute, shared out over all three. Rounding bends the curve: channels go to multiples of 8,
a stage's layers are rounded up, so a network never costs exactly (α · β² · γ²)^φ times B0.

Parameters sit late, where channels are many; compute is spread more evenly, since the early stages make up for few
channels with many pixels. Move γ alone and watch compute grow while parameters stay.
"""
)
