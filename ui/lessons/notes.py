"""The presenter's notes in a window of their own: the step's answer, what comes next, and the time against the plan."""

from __future__ import annotations

import streamlit as st

from effnet_core.lessons import Lesson

from ..components import lesson_notes
from ..session import kept_values
from ..shared.plain import plain
from . import lesson_mode

KEY = "notes.window"


def show(lesson: Lesson, number: int) -> None:
    step, count = lesson.steps[number], len(lesson.steps)
    share = lesson.minutes / count
    lesson_mode.explain()
    st.title(f"{number + 1} / {count} · {step.title}", anchor=False)
    here = {"lesson": lesson.name, "step": str(number + 1)}
    plan = {"from": 60 * share * number, "to": 60 * share * (number + 1), "all": 60 * lesson.minutes}
    lesson_notes.mount(lesson_mode.PLACE, here, plan, key=KEY, on_moved=_follow)
    st.markdown(step.text)
    if step.ask:
        st.header(step.ask, anchor=False)
        if step.options:
            st.markdown(plain(" · ".join(step.options)))
    if step.answer:
        st.markdown(step.answer)
    st.header("Next", anchor=False)
    following = lesson.steps[number + 1 :]
    st.markdown(f"**{following[0].title}.** {following[0].text}" if following else "The lesson ends here.")


def _follow() -> None:
    """Callback: the lesson's window has gone to another step; what it says is checked as a link is."""
    at = kept_values.value(KEY)["moved"]
    if isinstance(at, dict):
        kept_values.set_query_param(lesson_mode.LESSON, str(at.get("lesson")))
        kept_values.set_query_param(lesson_mode.STEP, str(at.get("step")))
