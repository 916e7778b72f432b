"""Teacher mode (?teach=lesson&step=2): a slim bar, the step's text beside it, and of the page only what the step shows.

A step is a link, which says the lesson and the step: page and settings follow from it. What somebody moves stands in
the URL, too, and goes before the step's settings, so that reloading and sharing show the same.
What answers the step's question waits for "Reveal", in this session alone: arriving at a step hides it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import lessons
from effnet_core.lessons import Lesson, LessonRejected, Step

from ..components import presenter_keys
from ..session import kept_values
from ..shared.plain import plain
from . import look, voting

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

LESSON, STEP = "teach", "step"  # in the URL
HERE = "teach.here"  # the step that was last arrived at
REVEALED = "teach.revealed"
REFUSED = "teach.refused"  # what is wrong with the link that led to the step
PLACE = "effnet-lab.lesson"  # in the browser's local storage: what the notes' window follows
PAGES = Path(__file__).parents[2] / "pages"


def current() -> tuple[Lesson, int] | None:
    """The lesson that the URL asks for, and the step (from 0); None where it asks for none, or for one there is not."""
    name, number = kept_values.url_value(LESSON), kept_values.url_value(STEP) or "1"
    if name is None:
        _end()
        return None
    try:
        lesson = usable(name)
    except LessonRejected as problem:
        st.warning(f"The link asks for a lesson: {plain(problem)}. Showing the page without a lesson.")
        st.page_link("pages/lessons.py", label="All lessons", icon=":material/co_present:")
        return None
    if number not in {str(step + 1) for step in range(len(lesson.steps))}:
        steps = f"{lesson.title} has steps 1 to {len(lesson.steps)}"
        kept_values.keep(REFUSED, f"The link asks for step {plain(repr(number[:20]))}; {steps}. Showing the first.")
        number = "1"
    return lesson, int(number) - 1


def _end() -> None:
    """After the last step the URL is that of the page alone, which keeps its settings; votes are gone."""
    if kept_values.value(HERE):
        kept_values.forget([HERE, REFUSED])
        kept_values.assume({})
        kept_values.set_query_param(LESSON, None)
        voting.end()


def usable(name: str) -> Lesson:
    """The lesson of that name, if all its pages are there; else raises LessonRejected."""
    lesson = lessons.lesson(name)
    pages = sorted(path.stem for path in PAGES.glob("*.py"))
    for number, step in enumerate(lesson.steps, start=1):
        if step.page not in pages:
            raise LessonRejected(f"{name}.yaml: step {number}: no page is {step.page!r}; there are {', '.join(pages)}")
    return lesson


def link(lesson: Lesson, number: int) -> dict[str, str]:
    """What the URL says on arrival at a step (from 0)."""
    return {LESSON: lesson.name, STEP: str(number + 1)}


def page_file(step: Step) -> str:
    return f"pages/{step.page}.py"


def lead(lesson: Lesson, number: int, page: str) -> None:
    """The step around the page: its bar, its text and its question; of the page, what the step shows.

    Where the link leads to another page than the step's, the run ends and goes on there.
    """
    step = lesson.steps[number]
    if step.page != page:
        st.switch_page(page_file(step), query_params=link(lesson, number))
    _take_settings(lesson, number)
    revealed, voted = bool(kept_values.value(REVEALED)), voting.is_shown()
    comes_back = any(later.again == number for later in lesson.steps)
    st.html(f"<style>{look.style(step, revealed=revealed, voted=voted, open=comes_back)}</style>")
    with st.container(key="teach", horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
        with st.container(key="teach_title", gap=None):
            st.title(f"{number + 1} / {len(lesson.steps)} · {step.title}", anchor=False)
            if step.ask:
                st.markdown(step.ask)
        with st.container(key="teach_ways", horizontal=True, wrap=False, gap="xsmall", width="content"):
            _ways(lesson, number)
    with st.container(key="teach_text", gap="small"):
        explain()
        st.markdown(step.text)
        _question(lesson, number, revealed=revealed)
    if voted:
        voting.board(lesson, number)
    elif step.board:
        with st.container(key="teach_board"):
            st.markdown(step.board)
    answered = revealed and bool(step.reveal)
    subject = step.reveal if answered else (step.focus,) if step.focus else ()
    focus = [kept_values.css_class(part) for part in subject]
    here = {"lesson": lesson.name, "step": str(number + 1)}
    shown = {"focus": focus, "revealed": answered, "part": f"{revealed} {voted}"}
    settings = dict(step.settings)
    presenter_keys.mount(key="teach.keys", here=here, settings=settings, place=PLACE, **shown)


def explain() -> None:
    """What is wrong with the link that led here."""
    if refused := kept_values.value(REFUSED):
        st.warning(refused)


def frame() -> DeltaGenerator:
    """Where the page goes, as one part that is fitted into the window."""
    return st.container(key="lesson.page")


def _question(lesson: Lesson, number: int, *, revealed: bool) -> None:
    """The question where the bar has no room for it, what to do with it, and once revealed what to listen for."""
    step = lesson.steps[number]
    if step.ask:
        with st.container(key="teach_ask"):
            st.markdown(f":material/forum: {step.ask}")
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Hide" if revealed else "Reveal",
            key="teach.reveal",
            shortcut="a",  # as of the interview's answers; Streamlit keeps R to itself
            on_click=kept_values.keep,
            args=(REVEALED, not revealed),
        )
        voting.offer(lesson, number)
        notes = f"notes?{LESSON}={lesson.name}&{STEP}={number + 1}"
        st.link_button("Notes", notes, help="Yours alone, in a window that follows this one. B: a black screen.")
    voting.explain()
    if revealed and step.answer:
        st.markdown(step.answer)


def _ways(lesson: Lesson, number: int) -> None:
    """Back, forward, and out of the lesson: the same three at the same place on every step."""
    for label, icon, to in (("Back", "arrow_back", number - 1), ("Next", "arrow_forward", number + 1)):
        inside = 0 <= to < len(lesson.steps)
        with st.container(key=f"teach_{label.lower()}" if inside else None, width="content"):  # for presenter_keys
            st.page_link(
                page_file(lesson.steps[to if inside else number]),
                label=label,
                icon=f":material/{icon}:",
                disabled=not inside,
                query_params=link(lesson, to if inside else number),
            )
    step = lesson.steps[number]
    with st.container(key="teach_end", width="content"):
        st.page_link(page_file(step), label="End", icon=":material/close:", query_params=dict(step.settings))


def _take_settings(lesson: Lesson, number: int) -> None:
    """On arrival at a step, forget what the pages' inputs held, so that link and step alone say what they show."""
    here = f"{lesson.name} {number}"
    if kept_values.value(HERE) == here:
        return
    if kept_values.value(HERE):  # the link that led here was a good one
        kept_values.forget([REFUSED])
    kept_values.keep(HERE, here)
    kept_values.keep(REVEALED, False)
    voting.leave_step(lesson)
    kept_values.set_query_param(STEP, str(number + 1))
    kept_values.forget(key for step in lesson.steps for key in (*dict(step.settings), *step.show))
    kept_values.assume(dict(lesson.steps[number].settings))
