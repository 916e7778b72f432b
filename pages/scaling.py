"""Compound scaling: φ, α, β, γ in, the exact network out. Opens and updates without torch."""

import streamlit as st

from effnet_core.cost import layers_of
from ui.scaling import bars, console, constraint, export, growth, implied_phi, rounding
from ui.session import router
from ui.shared import console as shared_console
from ui.shared import costs, widgets

router.enter_by_router()

PANELS = {
    "stage": "Stages",
    "role": "Roles",
    "rounding": "Rounding",
    "implied": "Which φ is B3?",
    "growth": "Compute over φ",
    "constraint": "α · β² · γ² = 2",
    "layers": "Layers",
    "export": "Export",
}


@st.fragment  # a move runs this alone, without the app around it
def lesson():
    network = widgets.choice("By the formula, or as released", console.NETWORKS, key="scaling.network")
    st.caption(costs.what_it_is(network))
    hand = st.container()  # above the inputs whose values it shows
    phi, coefficients = console.exact_inputs(network)
    with hand:
        console.follow(network, phi, coefficients)
        widgets.cite(
            "One slab per block, to scale: height is the resolution of its output, thickness its number of channels; "
            "the numbers below are the stages of Table 1 (Tan and Le, 2019), those above are pixels. The head follows "
            "torchvision, 4 × the last stage's channels; the official code rounds 1280 · width instead."
        )
        shared_console.link_to_block()
    architecture, title = costs.scaled_network(network, phi, coefficients)
    layers = layers_of(architecture)
    costs.exactly(title, architecture)
    costs.promise(phi, **coefficients)
    look_closer(network, phi, coefficients, title, architecture, layers)


def look_closer(network, phi, coefficients, title, architecture, layers):
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        panel = widgets.choice("Look closer", PANELS, key="scaling.panel", wrap=True)
        if panel not in ("stage", "role"):  # those are saved from "Export"
            widgets.pick_chart_file()
    if panel == "rounding":
        rounding.show_rounding(network, phi, coefficients)
    elif panel == "implied":
        implied_phi.show_implied()
    elif panel == "growth":
        growth.show_growth(phi, coefficients)
    elif panel == "constraint":
        constraint.show_constraint(coefficients)
    elif panel == "layers":
        costs.layer_table(layers, key="scaling.layers")
    elif panel == "export":
        export.show(architecture, layers, title)
    else:
        bars.follow(panel, layers, title)


lesson()
widgets.prose(
    """
**What to notice.** Depth multiplies compute by itself, width and resolution by their squares, since a convolution
costs input channels × output channels × pixels. That is why the paper asks for α · β² · γ² ≈ 2: then one step of φ
costs about twice the compute, shared between all three. Rounding bends the curve: channels go to multiples of 8, a
stage's layers are rounded up, so a network never costs exactly (α · β² · γ²)^φ times B0.

Most parameters are in the late stages, which have many channels; compute is spread more evenly, since the early stages
make up for few channels with many pixels. Move γ alone and watch compute grow while parameters stay the same.
"""
)
