import streamlit as st

from effnet_core.architecture import ALPHA, PHI_RANGE, compound
from effnet_core.cost import cost_of
from ui import state, widgets

state.enter_by_router()

phi = widgets.exact_and_slider("Compound coefficient φ", key="scaling.phi", default=1.0, limits=PHI_RANGE, step=0.1)
st.write(widgets.compute(cost_of(compound(phi, alpha=ALPHA)).macs))
