"""The lessons that a teacher can give."""

import streamlit as st

from ui.lessons import lesson_cards
from ui.session import router

router.enter_by_router()
st.header("Lessons that come with the app, and your own", anchor=False)
lesson_cards.show()
