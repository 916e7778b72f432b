"""What runs where: device, weights, memory, versions."""

import streamlit as st

from ui.session import router
from ui.shared import machine, model_picker, widgets

router.enter_by_router()

machine.pick_device()
engine, network, facts = model_picker.pick(st.container())
if engine is None:
    st.stop()
st.caption(f"In use: **{network}** · {facts}")

device, precision, threads = machine.running(engine)
with st.container(key="machine.facts"):
    slots = st.columns(3)
for slot, (label, value) in zip(slots, (device, precision, threads), strict=True):
    slot.metric(label, value, border=True, height="stretch")

st.header("Which networks are ready", anchor=False)
machine.show_models()
widgets.prose(
    """
The offline model comes with the app. ImageNet weights are fetched only when you press a button here, once, and are
then shared by everybody who uses this app; they are checked against the hash in their file's name. A classroom is
prepared with `python -m effnet_core fetch efficientnet_b0` before the lesson.

Top-1 is measured on each network's own validation set: the offline model on validation pictures of its own classes,
the others on ImageNet's, as torchvision publishes it. torchvision ported its weights from two sources that trained
differently (B0 to B4 from one, B5 to B7 from another, B1's second version is its own), so do not read the steps
between them as the effect of size alone.
"""
)

memory, versions = st.columns(2, gap="large")
with memory:
    st.header("Memory", anchor=False)
    machine.show_memory(engine)
with versions:
    st.header("Versions", anchor=False)
    machine.show_versions()
widgets.prose(
    """
Everything runs in 32-bit floating point, on the CPU and on a GPU alike, so that both give the same answers up to
rounding. Where a GPU runs out of memory, the network continues on the CPU, and the page says so.
"""
)
