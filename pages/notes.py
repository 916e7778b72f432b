"""The presenter's notes of a lesson, in a window of their own that follows the projected one."""

import streamlit as st

from ui.lessons import lesson_mode, notes
from ui.session import router

router.enter_by_router()

lesson = lesson_mode.current()
if lesson:
    notes.show(*lesson)
else:
    st.title("Notes of a lesson", anchor=False)
    st.write("Each step of a lesson has a button that opens its notes here.")
