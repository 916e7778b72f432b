"""Drills on the screen: a question, a box for the answer, right or wrong, and the way to it."""

from __future__ import annotations

import streamlit as st

from effnet_core.interview import answers, drills
from effnet_core.interview.drills.kind import GROUPS, Drill, asked_in
from effnet_core.units import number

from ..session import kept_values
from ..shared import widgets
from ..shared.plain import plain
from . import cards, progress

SEEDS = (0, 999_999)
HOW_TO_WRITE = "1.2M, 1.2e6, 1.2 million and 1,200,000 are all understood, with or without the unit."


def show_drills() -> None:
    """One drill, drawn by the seed in the URL; its working is shown after the answer."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=340):
            group = cards.pick_group()
        level = cards.pick_level()
    slot = st.container()
    seed = pick_seed("interview.seed", "Question (seed)")
    kinds = {cards.ALL: "Any kind"} | {name: drills.KINDS[name].about for name in drills.kinds_of(group)}
    kind = widgets.select("What is computed", kinds, key="interview.kind")
    [drill] = drills.deal(seed, 1, kind=None if kind == cards.ALL else kind, group=group, level=level)
    with slot, st.container(border=True):
        show_question(drill)
        key = f"interview.answer.{drill.kind}.{drill.level}.{seed}"
        text, pressed = ask(drill, key=key, buttons=("Check", "Show the working"))
        asked, checked = kept_values.value("interview.checked", ("", None))  # the last question, and what was written
        is_first = asked != key
        if pressed == "Check" and text:
            asked, checked = key, text
        elif pressed == "Show the working" and asked != key:
            asked, checked = key, None
        if asked == key:
            readable = show_verdict(drill, checked)
            kept_values.keep("interview.checked", (key, checked) if readable else ("", None))
            if readable and is_first and checked is not None:
                progress.record_drill(drill, answers.is_right(drill, checked))
    slot.button(
        "Next question",
        key="interview.next",
        icon=":material/arrow_forward:",
        on_click=kept_values.keep,
        args=("interview.seed", next_seed(seed)),
    )


def pick_seed(key: str, label: str) -> int:
    """A whole number that draws the questions; it is kept in the URL, so that a class can get the same ones."""
    widgets.explain_refused(
        key,
        f"a whole number from {SEEDS[0]} to {SEEDS[1]:,}",
        lambda text: SEEDS[0] <= float(text) <= SEEDS[1] and float(text).is_integer(),
        "1",
    )
    low, high = map(float, SEEDS)  # floats: an input of whole numbers falls over inf in the URL
    return int(
        st.number_input(label, low, high, value=1.0, step=1.0, format="%.0f", key=key, bind="query-params", width=170)
    )


def next_seed(seed: float) -> float:
    return (seed + 1) % float(SEEDS[1])


def show_question(drill: Drill) -> None:
    kind = drills.KINDS[drill.kind]
    st.caption(f"{GROUPS[kind.group]} · {cards.LEVEL_TEXTS[str(drill.level)].lower()} · {kind.about}")
    st.header(as_markdown(drill.question), anchor=False)
    if drill.code:
        cards.show_code(drill.code)


def as_markdown(text: str) -> str:
    """Plain text that keeps its stars, underscores, arrows and dollars."""
    for sign in "\\*_$~":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("->", "→").replace("<-", "←")


def ask(drill: Drill, *, key: str, buttons: tuple[str, str]) -> tuple[str, str | None]:
    """The text that answers a drill, and which button was pressed, if any; the Enter key presses the first."""
    with st.form(key, border=False):
        if drill.choices:
            text = st.radio("Your answer", drill.choices, index=None, key=f"{key}.text") or ""
        else:
            label = f"Your answer {asked_in(drill.unit)}".strip()
            text = st.text_input(label, max_chars=answers.LONGEST, key=f"{key}.text", help=HOW_TO_WRITE)
        with st.container(horizontal=True):
            pressed = [
                label
                for label, kind in zip(buttons, ("primary", "secondary"), strict=True)
                if st.form_submit_button(label, type=kind, key=f"{key}.{label}")
            ]
    return text, pressed[0] if pressed else None


def show_verdict(drill: Drill, text: str | None) -> bool:
    """Right or wrong, then the answer and the way to it; None where nothing was answered. False: it can't be read."""
    try:
        if text is None:
            st.info(f"The answer: **{answer_of(drill)}**")
        elif answers.is_right(drill, text):
            st.success(f"Right: **{answer_of(drill)}**")
        else:
            st.error(f"Not quite. You wrote {plain(text)}; the answer is **{answer_of(drill)}**.")
    except answers.Unreadable as problem:
        st.warning(f"That could not be read: {plain(problem)}.")
        return False
    show_working(drill)
    return True


def answer_of(drill: Drill) -> str:
    return drill.answer if drill.choices else f"{number(drill.answer)} {drill.unit}".strip()


def show_working(drill: Drill) -> None:
    st.markdown("\n".join(f"{place}. {as_markdown(line)}" for place, line in enumerate(drill.working, start=1)))
