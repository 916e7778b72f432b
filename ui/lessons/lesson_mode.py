"""Teacher mode (?teach=lesson&step=2): what a step says, large, with only the controls that it needs.

A step is a link: the page and its settings stand in the URL, so that stepping, reloading and sharing do the same.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from effnet_core import lessons
from effnet_core.lessons import Lesson, LessonRejected, Step

from ..components import presenter_keys
from ..session import kept_values

LESSON, STEP = "teach", "step"  # in the URL
HERE = "teach.here"  # the step that was last arrived at
PAGES = Path(__file__).parents[2] / "pages"
CONTROLS = (
    *("stSlider", "stNumberInput", "stButtonGroup", "stSelectbox", "stMultiSelect", "stTextInput", "stFileUploader"),
    *("stButton", "stDownloadButton", "stPopover", "stCheckbox", "stRadio", "stPageLink", "stCameraInput"),
)
STOPS = '[class*="st-key-"][class*="-stop"]'  # what runs can be stopped, in any lesson
LARGE_PX = 21  # of the text, against 17 otherwise: the last row reads it


def current() -> tuple[Lesson, int] | None:
    """The lesson that the URL asks for, and the step (from 0); None where it asks for none, or for one there is not."""
    name, number = kept_values.url_value(LESSON), kept_values.url_value(STEP) or "1"
    if name is None:
        _end()
        return None
    try:
        lesson = _lesson(name)
    except LessonRejected as problem:
        st.warning(f"The link asks for a lesson: {problem}. Showing the page without a lesson.")
        return None
    if number not in {str(step + 1) for step in range(len(lesson.steps))}:
        steps = f"{lesson.title} has steps 1 to {len(lesson.steps)}"
        st.warning(f"The link asks for step {number[:20]!r}; {steps}. Showing the first.")
        number = "1"
    return lesson, int(number) - 1


def _end() -> None:
    """After the last step the URL is that of the page alone, which keeps its settings."""
    if kept_values.value(HERE):
        kept_values.forget([HERE])
        kept_values.set_query_param(LESSON, None)


def _lesson(name: str) -> Lesson:
    """The lesson of that name, if all its pages are there."""
    lesson = lessons.lesson(name)
    pages = sorted(path.stem for path in PAGES.glob("*.py"))
    for number, step in enumerate(lesson.steps, start=1):
        if step.page not in pages:
            raise LessonRejected(f"{name}.yaml: step {number}: no page is {step.page!r}; there are {', '.join(pages)}")
    return lesson


def link(lesson: Lesson, number: int) -> dict[str, str]:
    """What the URL says at a step (from 0)."""
    return {LESSON: lesson.name, STEP: str(number + 1)} | dict(lesson.steps[number].settings)


def page_file(step: Step) -> str:
    return f"pages/{step.page}.py"


def lead(lesson: Lesson, number: int) -> None:
    """The step above the page: what it says, the way to the next, and everything else out of the way."""
    step = lesson.steps[number]
    _take_settings(lesson, number)
    st.html(f"<style>{_style(step)}</style>")
    with st.container(key="teach", border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{number + 1} / {len(lesson.steps)} · {step.title}**", width="content")
            with st.container(horizontal=True, gap="small", width="content"):
                _ways(lesson, number)
        st.markdown(step.text)
        _ask(step, key=f"teach.answer.{lesson.name}.{number}")
    focus = kept_values.css_class(step.focus) if step.focus else ""
    presenter_keys.mount(key="teach.keys", focus=focus, step=f"{lesson.name} {number}", link=link(lesson, number))


def offer() -> None:
    """A way into each lesson; a sentence for one that can't be used."""
    for name in lessons.names():
        try:
            lesson = _lesson(name)
        except LessonRejected as problem:
            st.warning(f"A lesson is left out. {problem}")
            continue
        st.page_link(
            page_file(lesson.steps[0]),
            label=f"**{lesson.title}**, {lesson.minutes} minutes: {lesson.about}",
            icon=":material/co_present:",
            query_params=link(lesson, 0),
        )


def _ask(step: Step, *, key: str) -> None:
    if step.ask is None:
        return
    st.markdown(f":material/forum: **Ask the class:** {step.ask}")
    if step.answer and st.toggle("Show what to listen for", key=key):
        st.markdown(step.answer)


def _ways(lesson: Lesson, number: int) -> None:
    """Forward, back, and out of the lesson."""
    for label, icon, to in (("Back", "arrow_back", number - 1), ("Next", "arrow_forward", number + 1)):
        inside = 0 <= to < len(lesson.steps)
        with st.container(key=f"teach_{label.lower()}" if inside else None, width="content"):  # presenter_keys finds it
            st.page_link(
                page_file(lesson.steps[to if inside else number]),
                label=label,
                icon=f":material/{icon}:",
                disabled=not inside,
                query_params=link(lesson, to if inside else number),
            )
    step = lesson.steps[number]
    st.page_link(page_file(step), label="End", icon=":material/close:", query_params=dict(step.settings))


def _take_settings(lesson: Lesson, number: int) -> None:
    """On arrival at a step, forget what the pages' inputs held, so that the link alone says what they show."""
    here = f"{lesson.name} {number}"
    if kept_values.value(HERE) != here:
        kept_values.keep(HERE, here)
        kept_values.set_query_param(STEP, str(number + 1))
        kept_values.forget(key for step in lesson.steps for key in (*dict(step.settings), *step.show))


def _style(step: Step) -> str:
    """Large text; controls hidden but those that the step shows, and its own."""
    classes = [*(f".{kept_values.css_class(key)}" for key in ("teach", *step.show)), STOPS]
    kept = ", ".join(f"{name}, {name} *" for name in classes)
    hidden = ", ".join(f'[data-testid="{name}"]' for name in CONTROLS)
    return (
        f"html {{ font-size: {LARGE_PX}px !important; }}"
        f'[data-testid="stMain"] :is({hidden}):not({kept}) {{ display: none; }}'
        '[data-testid="stSidebar"] { display: none; }'
        "div:has(> .st-key-teach) { position: sticky; top: 3.75rem; z-index: 90; background: Canvas; }"  # in sight
    )
