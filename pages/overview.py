"""The first screen: one answer from each lesson, and the way into it. Opens and updates without torch."""

import streamlit as st

from effnet_core.architecture import PHI_RANGE, compound, released
from effnet_core.cost import layers_of
from effnet_core.explain import stored_example
from effnet_core.figures import inside, network
from effnet_core.images.overlay import overlay
from effnet_core.images.samples import load_sample
from ui.lessons import lesson_mode
from ui.session import router
from ui.shared import costs, widgets

router.enter_by_router()

st.header("One number makes it larger: φ", anchor=False)
controls, picture = st.columns([1, 1.5], gap="large")
with controls:
    phi = widgets.slider("Compound coefficient φ", key="overview.phi", default=1.0, limits=PHI_RANGE, step=0.5)
    architecture = compound(phi)
    costs.readouts(architecture, columns=2)
picture.plotly_chart(
    network.network_drawing(
        f"Formula, φ = {phi:g}",
        layers_of(architecture),
        reference=("B0", layers_of(released("b0"))),
        both=False,
        height=270,
    ),
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

look = stored_example.stored()
if look is None:
    st.info("There is no stored answer of the offline model. The page Classify runs the model itself.")
    st.stop()

image = load_sample(look["sample"]).crop(look["crop"])
answers = [(one["label"], one["probability"]) for one in look["top"]]
seen, opened = st.columns([1, 1], gap="large")
with seen:
    st.header(f"It sees: {look['target_label']}", anchor=False)
    plain, heated = st.columns(2, wrap=False)
    plain.image(image, width="stretch", alt=f"Sample photograph {look['sample']}, the part that the network saw")
    heated.image(
        overlay(image, look["heatmap"]),
        width="stretch",
        alt=f"The same with a heat map that highlights {look['target_label']}",
    )
    st.plotly_chart(
        inside.answer_bars(answers[:3]),
        key="overview.answers",
        alt="Best answers: " + ", ".join(f"{name} {share:.0%}" for name, share in answers[:3]),
        config=widgets.STILL,
    )
    st.page_link("pages/classify.py", label="Classify: show it your pictures", icon=":material/arrow_forward:")
with opened:
    gates = [(row["block"], row["values"]) for row in look["gates"]]
    st.header("For this picture, it opens these channels", anchor=False)
    st.plotly_chart(
        inside.all_gates(gates),
        key="overview.gates",
        alt=f"Squeeze-and-excitation gates of {len(gates)} blocks, sorted from closed to open",
        config=widgets.STILL,
    )
    st.page_link("pages/se_gates.py", label="SE gates: channel by channel", icon=":material/arrow_forward:")
widgets.cite(
    f"Picture: scikit-image's sample “{look['sample']}”. Answers, heat map ({look['layer']}) and gates: "
    f"{look['weights']}, stored on {look['date']}."
)
with st.expander("Teach with it: lessons to step through", icon=":material/co_present:"):
    lesson_mode.offer()
