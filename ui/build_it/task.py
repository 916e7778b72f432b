"""The left side: which exercise, its task, hints one at a time, the solution, what an interviewer asks next."""

from __future__ import annotations

import streamlit as st

from effnet_core.exercises import EXERCISES, Exercise, exercise

from ..session import kept_values
from ..shared import widgets
from . import progress


def pick() -> Exercise:
    """The exercise in the URL, or the first."""
    solved = sum(each.name in progress.known().solved for each in EXERCISES)
    st.progress(solved / len(EXERCISES), text=f"{solved} of {len(EXERCISES)} solved")
    titles = {each.name: each.title for each in EXERCISES}
    return exercise(widgets.select("Exercise", titles, key="build_it.exercise"))


def show(chosen: Exercise) -> None:
    day = progress.known().solved.get(chosen.name)
    if day:
        st.badge(f"Solved on {day:%d %B %Y}", icon=":material/check:", color="green")
    st.markdown(chosen.task)
    _show_hints(chosen)
    shown = kept_values.value(f"build_it.solution.{chosen.name}")
    if shown:
        st.code(chosen.solution, language="python")
    if day or shown:
        _show_what_next(chosen)


def _show_hints(chosen: Exercise) -> None:
    """Those that were asked for, and the way to the next; behind the last one, to the solution."""
    key = f"build_it.hints.{chosen.name}"
    given = kept_values.value(key, 0)
    for number, hint in enumerate(chosen.hints[:given], start=1):
        st.info(f"**Hint {number}.** {hint}")
    solution = f"build_it.solution.{chosen.name}"
    with st.container(horizontal=True):
        if given < len(chosen.hints):
            label = f"Hint {given + 1} of {len(chosen.hints)}"
            st.button(label, key="build_it.hint", on_click=kept_values.keep, args=(key, given + 1))
        if not kept_values.value(solution):
            label = "Show the solution"
            st.button(label, key="build_it.solve", type="tertiary", on_click=kept_values.keep, args=(solution, True))


def _show_what_next(chosen: Exercise) -> None:
    st.markdown(f"**What an interviewer asks next.** {chosen.follow_up}")
    key = f"build_it.answered.{chosen.name}"
    if kept_values.value(key):
        st.markdown(chosen.follow_up_answer)
    else:
        st.button("Show a good answer", key="build_it.answer", on_click=kept_values.keep, args=(key, True))
