"""The mock interview on the screen: start, one question after the other against the clock, what to repeat."""

from __future__ import annotations

import time
from dataclasses import replace

import streamlit as st

from effnet_core.interview import answers, mock_interview
from effnet_core.interview.cards import Card
from effnet_core.interview.drills.kind import GROUPS, Drill
from effnet_core.interview.mock_interview import Question, Spoken
from effnet_core.interview.spoken_code import SpokenCode

from ..components import clock
from ..session import kept_values
from ..shared import widgets
from ..shared.plain import plain
from . import cards, drills, progress

SELF_KEYS = {str(key): words for key, words in enumerate(mock_interview.SELF_SCORES, start=1)}  # on the keyboard


def show_mock() -> None:
    """Start, sit, or look back on a timed interview."""
    sitting = kept_values.value("interview.sitting")
    if sitting is None:
        _show_start()
    elif sitting.current is None or time.time() >= sitting.ends:
        _show_report(sitting)
    else:
        _show_sitting(sitting)


def _show_start() -> None:
    low, high = mock_interview.MINUTES_RANGE
    minutes = widgets.slider("Minutes", key="interview.minutes", default=15, limits=(low, high), step=5)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = cards.pick_level()
        seed = drills.pick_seed("interview.mock_seed", "Questions (seed)")
    questions = mock_interview.interview(seed, int(minutes), level=level)
    st.markdown(
        f"{len(questions)} questions over all groups: cards, each with what an interviewer asks next, drills, and code "
        "to read or with a bug to find. Answer aloud and judge yourself; write the answers to drills. Right and wrong "
        "come at the end, with what to repeat."
    )
    st.button("Start", key="interview.start", type="primary", on_click=_start, args=(questions, int(minutes)))


def _start(questions: tuple[Question, ...], minutes: int) -> None:
    kept_values.keep("interview.sitting", mock_interview.Sitting(questions, time.time() + 60 * minutes))


def _show_sitting(sitting: mock_interview.Sitting) -> None:
    turn, question = len(sitting.answers) + 1, sitting.current
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width=220):
            clock.show(sitting.ends - time.time(), key="interview.clock")
        st.metric("Question", f"{turn} of {len(sitting.questions)}", width="content")
        st.button("End it here", key="interview.end", on_click=_end)
    with st.container(border=True):
        if not isinstance(question, Drill):
            _sit_spoken(question, turn)
            return
        drills.show_question(question)
        text, pressed = drills.ask(question, key=f"interview.sit.{turn}", buttons=("Answer", "Skip"))
        if pressed:
            _record(turn, question, text if pressed == "Answer" else "")


def _sit_spoken(asked: Spoken, turn: int) -> None:
    look, judge = f"interview.look.{turn}", {key: f"interview.self.{turn}.{key}" for key in SELF_KEYS}
    cards.show_question(asked, str(turn), look, judge)
    if kept_values.value("interview.shown") != turn:
        st.markdown("Say your answer aloud. Then look, and judge yourself.")
        st.button(
            "Show the answer",
            key=look,
            type="primary",
            shortcut=cards.LOOK_KEY,
            on_click=kept_values.keep,
            args=("interview.shown", turn),
        )
        return
    cards.show_large(asked.answer)
    if isinstance(asked, Card):
        st.markdown(f"**The interviewer listens for** {asked.wanted}")
    with st.container(horizontal=True):
        for key, words in SELF_KEYS.items():
            given = (turn, words, mock_interview.SELF_SCORES[words])
            st.button(words, key=judge[key], shortcut=key, on_click=_answer, args=given)


def _record(turn: int, drill: Drill, text: str) -> None:
    """Keep what was written; what cannot be read may be written again."""
    try:
        right = bool(text) and answers.is_right(drill, text)
    except answers.Unreadable as problem:
        st.warning(f"That could not be read: {plain(problem)}.")
        return
    progress.record_drill(drill, right)
    _answer(turn, text, float(right))
    st.rerun()


def _answer(turn: int, given: str, score: float) -> None:
    """A second press that was on its way already is none for the next question."""
    sitting = kept_values.value("interview.sitting")
    if turn == len(sitting.answers) + 1:
        kept_values.keep_all({"interview.sitting": sitting.answered(given, score), "interview.shown": 0})


def _end() -> None:
    kept_values.keep("interview.sitting", replace(kept_values.value("interview.sitting"), ends=0.0))


def _show_report(sitting: mock_interview.Sitting) -> None:
    """How it went by group, weakest first, and what to repeat with its answers."""
    points, questions = sum(answer.score for answer in sitting.answers), len(sitting.questions)
    st.header(f"{points:g} of {questions} points", anchor=False)
    missed = len(sitting.questions) - len(sitting.answers)
    if missed:
        st.markdown(f"The interview ended with {missed} questions left.")
    if sitting.answers:
        st.dataframe(
            [
                {"group": GROUPS[row.group], "questions": row.questions, "points": row.points}
                for row in mock_interview.scores(sitting.answers)
            ],
            hide_index=True,
            alt="Points by group, weakest first",
        )
    weak = mock_interview.to_repeat(sitting.answers)
    if sitting.answers:
        st.subheader("What to repeat" if weak else "Nothing to repeat: all answers went well", anchor=False)
    for answer in weak:
        _show_weak(answer)
    _show_what_next([card.id for card in mock_interview.cards_to_repeat(sitting.answers)])


def _show_weak(answer: mock_interview.Answered) -> None:
    question = answer.question
    with st.container(border=True):
        st.markdown(f"**{drills.as_markdown(question.question)}**")
        if isinstance(question, Drill):
            if question.code:
                cards.show_code(question.code)
            written = plain(answer.given) or "nothing"
            st.caption(f"You wrote: {written}. The answer: {drills.answer_of(question)}")
            drills.show_working(question)
            return
        st.caption(f"You said: {answer.given.lower()}")
        if isinstance(question, Card):
            cards.show_answer(question)
            return
        if isinstance(question, SpokenCode):
            cards.show_code(question.code)
        cards.show_large(question.answer)


def _show_what_next(weak_cards: list[str]) -> None:
    with st.container(horizontal=True):
        if weak_cards:
            st.button(
                "Repeat these cards first", key="interview.again", on_click=_repeat, args=(weak_cards,), type="primary"
            )
        st.button("Another interview", key="interview.another", on_click=_restart)


def _repeat(weak_cards: list[str]) -> None:
    """Callback: the first card that went badly is shown at once, the others are due in a minute."""
    for card in weak_cards:
        progress.rate(card, "Again")
    _restart()
    every = dict.fromkeys(("interview.group", "interview.level"), cards.ALL)
    kept_values.keep_all(every | {"interview.mode": "cards", "interview.card": weak_cards[0]})


def _restart() -> None:
    seed = drills.next_seed(kept_values.value("interview.mock_seed", 1.0))
    kept_values.keep_all({"interview.sitting": None, "interview.mock_seed": seed})
