"""The first screen: one answer from each lesson, and the way into it. Opens and updates without torch."""

import streamlit as st

from ui.lessons import lesson_cards
from ui.overview import network_by_phi, stored_answer
from ui.session import router

router.enter_by_router()

st.header("One number makes it larger: φ", anchor=False)
network_by_phi.show()
if not stored_answer.show():
    st.stop()
st.header("Teach with it", anchor=False)
lesson_cards.show()
