"""The first screen: one answer from each lesson, and the way into it. Opens and updates without torch."""

import streamlit as st

from ui.lessons import lesson_mode
from ui.overview import network_by_phi, stored_answer
from ui.session import router

router.enter_by_router()

st.header("One number makes it larger: φ", anchor=False)
network_by_phi.show()
if not stored_answer.show():
    st.stop()
with st.expander("Teach with it: lessons to step through", icon=":material/co_present:"):
    lesson_mode.offer()
