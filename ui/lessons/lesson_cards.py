"""A card for each lesson: a picture of its subject, how long it takes, its first question, and the way into it."""

from __future__ import annotations

import streamlit as st

from effnet_core import lessons, palette
from effnet_core.lessons import Lesson, LessonRejected

from ..shared.plain import plain
from . import lesson_mode

# rectangles of a drawing 160 by 90: (left, top, width, height, colour)
PICTURES = {
    "compound_scaling": [
        (14, 33, 22, 24, palette.DEPTH),
        (52, 27, 30, 36, palette.WIDTH),
        (98, 12, 48, 66, palette.COMPOUND),
    ],
    "inverted_residuals": [
        (8, 36, 14, 18, palette.NEUTRAL),
        (32, 9, 28, 72, palette.EXPAND),
        (66, 9, 28, 72, palette.DEPTHWISE),
        (100, 9, 10, 72, palette.SQUEEZE_EXCITE),
        (120, 36, 14, 18, palette.PROJECT),
    ],
    "squeeze_excitation": [
        (12 + 14 * number, 82 - height, 9, height, palette.SQUEEZE_EXCITE)
        for number, height in enumerate((12, 64, 20, 40, 8, 72, 30, 16, 54, 24))
    ],
}


def show() -> None:
    """The cards side by side, under a heading; a sentence for a lesson that can't be used."""
    usable = []
    for name in lessons.names():
        try:
            usable.append(lesson_mode.usable(name))
        except LessonRejected as problem:
            st.warning(f"A lesson is left out. {plain(problem)}")
    for column, lesson in zip(st.columns(max(len(usable), 1), gap="medium"), usable, strict=False):
        with column.container(border=True, height="stretch"):
            _card(lesson)


def _card(lesson: Lesson) -> None:
    if lesson.name in PICTURES:
        with st.container(key=f"lessons.picture.{lesson.name}"):
            st.image(_picture(lesson.name), width="stretch", alt=f"What {lesson.title} is about, as a drawing")
    st.subheader(lesson.title, anchor=False)
    st.caption(f"{lesson.minutes} minutes · {len(lesson.steps)} steps · {lesson.about}")
    first = next((step.ask for step in lesson.steps if step.ask), None)
    if first:
        st.markdown(f"It begins with: **{first}**")
    st.page_link(
        lesson_mode.page_file(lesson.steps[0]),
        label=f"Give: {lesson.title}",
        icon=":material/co_present:",
        query_params=lesson_mode.link(lesson, 0),
    )


def _picture(name: str) -> str:
    """As SVG."""
    shapes = "".join(
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="2" fill="{colour}"/>'
        for left, top, width, height, colour in PICTURES[name]
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90">{shapes}</svg>'
