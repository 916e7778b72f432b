"""Drills and the mock interview on the screen: a question, a box for the answer, the way to it, a clock, a report."""

from __future__ import annotations

import time

import streamlit as st

from effnet_core import drills, quiz
from effnet_core.cards import Card
from effnet_core.drills.kind import GROUPS, Drill, number

from . import interview, progress, state, widgets

SEEDS = (0, 999_999)
HOW_TO_WRITE = "1.2M, 1.2e6, 1.2 million and 1,200,000 are all understood, with or without the unit."


# One drill after the other ----------------------------------------------------------------------------------------


def show_drills() -> None:
    """One drill, drawn by the seed that stands in the URL; its working after the answer."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=340):
            group = interview.pick_group()
        level = interview.pick_level()
        seed = pick_seed("interview.seed", "Question (seed)")
    kinds = {interview.ALL: "Any kind"} | {name: drills.KINDS[name].about for name in drills.kinds_of(group)}
    kind = interview.select("What is computed", kinds, key="interview.kind")
    [drill] = drills.deal(seed, 1, kind=None if kind == interview.ALL else kind, group=group, level=level)
    with st.container(border=True):
        show_question(drill)
        text, asked = ask(drill, key=f"interview.answer.{drill.kind}.{drill.level}.{seed}", give_up="Show the working")
        if asked and (asked != "Check" or text):
            show_verdict(drill, text if asked == "Check" else None)
    st.button(
        "Next question",
        key="interview.next",
        icon=":material/arrow_forward:",
        on_click=state.keep,
        args=("interview.seed", (seed + 1) % SEEDS[1]),
    )


def pick_seed(key: str, label: str) -> int:
    """A whole number that draws the questions; it stands in the URL, so a class can get the same ones."""
    widgets.explain_refused(
        key, f"a whole number from {SEEDS[0]} to {SEEDS[1]:,}", lambda text: SEEDS[0] <= int(text) <= SEEDS[1], "1"
    )
    return st.number_input(label, *SEEDS, value=1, step=1, key=key, bind="query-params", width=170)


def show_question(drill: Drill) -> None:
    kind = drills.KINDS[drill.kind]
    st.caption(f"{GROUPS[kind.group]} · {interview.LEVEL_TEXTS[str(drill.level)].lower()} · {kind.about}")
    st.subheader(as_markdown(drill.question), anchor=False)


def as_markdown(text: str) -> str:
    """Plain text that keeps its stars, underscores, arrows and dollars."""
    for sign in "\\*_$~":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("->", "→").replace("<-", "←")


def ask(drill: Drill, *, key: str, give_up: str) -> tuple[str, str | None]:
    """The text that answers a drill, and which button was pressed: "Check", `give_up` or none."""
    with st.form(key, border=False):
        if drill.choices:
            text = st.radio("Your answer", drill.choices, index=None, key=f"{key}.text") or ""
        else:
            unit = f" in {drill.unit}" if drill.unit else ""
            text = st.text_input(f"Your answer{unit}", max_chars=quiz.LONGEST, key=f"{key}.text", help=HOW_TO_WRITE)
        with st.container(horizontal=True):
            check = st.form_submit_button("Check", type="primary", key=f"{key}.check")
            other = st.form_submit_button(give_up, key=f"{key}.other")
    return text, "Check" if check else give_up if other else None


def show_verdict(drill: Drill, text: str | None) -> None:
    """Right or wrong, then the answer and the way to it; None where nothing was answered."""
    try:
        if text is None:
            st.info(f"The answer: **{answer_of(drill)}**")
        elif quiz.is_right(drill, text):
            st.success(f"Right: **{answer_of(drill)}**")
        else:
            st.error(f"Not quite. You wrote {as_markdown(text)}; the answer is **{answer_of(drill)}**.")
    except quiz.Unreadable as problem:
        st.warning(f"Not read: {as_markdown(str(problem))}.")
        return
    show_working(drill)


def answer_of(drill: Drill) -> str:
    return drill.answer if drill.choices else f"{number(drill.answer)} {drill.unit}".strip()


def show_working(drill: Drill) -> None:
    st.markdown("\n".join(f"{place}. {as_markdown(line)}" for place, line in enumerate(drill.working, start=1)))


# Mock interview ---------------------------------------------------------------------------------------------------


def show_mock() -> None:
    """Start, sit, or look back on a timed interview."""
    sitting = state.value("interview.sitting")
    if sitting is None:
        _show_start()
    elif sitting.current is None or time.time() >= sitting.ends:
        _show_report(sitting)
    else:
        _show_sitting(sitting)


def _show_start() -> None:
    low, high = quiz.MINUTES_RANGE
    minutes = widgets.slider("Minutes", key="interview.minutes", default=15, limits=(low, high), step=5)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        level = interview.pick_level()
        seed = pick_seed("interview.mock_seed", "Questions (seed)")
    questions = quiz.interview(seed, int(minutes), level=level)
    st.markdown(
        f"{len(questions)} questions, cards and drills in turn, over all groups. Answer cards aloud and judge "
        "yourself; write the answers to drills. Right and wrong come at the end, with what to repeat."
    )
    st.button("Start", key="interview.start", type="primary", on_click=_start, args=(questions, int(minutes)))


def _start(questions: tuple[Card | Drill, ...], minutes: int) -> None:
    state.keep("interview.sitting", quiz.Sitting(questions, time.time() + 60 * minutes))


def _show_sitting(sitting: quiz.Sitting) -> None:
    turn, question = len(sitting.answers) + 1, sitting.current
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(width=220):
            _show_clock()
        st.metric("Question", f"{turn} of {len(sitting.questions)}", width="content")
        st.button("End it here", key="interview.end", on_click=_end)
    with st.container(border=True):
        if isinstance(question, Card):
            _sit_card(question, turn)
            return
        show_question(question)
        text, asked = ask(question, key=f"interview.sit.{turn}", give_up="Skip")
        if asked:
            _record(question, text if asked == "Check" else "")


@st.fragment(run_every=1)
def _show_clock() -> None:
    left = max(0, round(state.value("interview.sitting").ends - time.time()))
    if not left:
        st.rerun()
    st.metric("Time left", f"{left // 60}:{left % 60:02d}")


def _sit_card(card: Card, turn: int) -> None:
    st.caption(f"{GROUPS[card.group]} · {interview.LEVEL_TEXTS[str(card.level)].lower()}")
    st.header(card.question, anchor=False)
    if state.value("interview.shown") != turn:
        st.markdown("Say your answer aloud. Then look, and judge yourself.")
        st.button(
            "Show the answer",
            key="interview.look",
            type="primary",
            on_click=state.keep,
            args=("interview.shown", turn),
        )
        return
    st.markdown(f"#### {card.answer}")
    st.markdown(f"**The interviewer listens for** {card.wanted}")
    with st.container(horizontal=True):
        for words, score in quiz.SELF_SCORES.items():
            st.button(words, key=f"interview.self.{words}", on_click=_answer, args=(words, score))


def _record(drill: Drill, text: str) -> None:
    """Keep what was written; what cannot be read may be written again."""
    try:
        right = bool(text) and quiz.is_right(drill, text)
    except quiz.Unreadable as problem:
        st.warning(f"Not read: {as_markdown(str(problem))}.")
        return
    _answer(text, float(right))
    st.rerun()


def _answer(given: str, score: float) -> None:
    state.keep_all({"interview.sitting": state.value("interview.sitting").answered(given, score), "interview.shown": 0})


def _end() -> None:
    sitting = state.value("interview.sitting")
    state.keep("interview.sitting", quiz.Sitting(sitting.questions[: len(sitting.answers)], 0, sitting.answers))


def _show_report(sitting: quiz.Sitting) -> None:
    """How it went by group, weakest first, and what to repeat with its answers."""
    points, asked = sum(answer.score for answer in sitting.answers), len(sitting.questions)
    st.header(f"{points:g} of {asked} points", anchor=False)
    missed = len(sitting.questions) - len(sitting.answers)
    if missed:
        st.markdown(f"Time was up before {missed} of the questions.")
    if sitting.answers:
        st.dataframe(
            [
                {"group": GROUPS[row.group], "questions": row.asked, "points": row.points}
                for row in quiz.scores(sitting.answers)
            ],
            hide_index=True,
            alt="Points by group, weakest first",
        )
    weak = quiz.to_repeat(sitting.answers)
    st.subheader("What to repeat" if weak else "Nothing to repeat: all went well", anchor=False)
    for answer in weak:
        _show_weak(answer)
    _show_what_next([answer.question.id for answer in weak if isinstance(answer.question, Card)])


def _show_weak(answer: quiz.Answered) -> None:
    question = answer.question
    with st.container(border=True):
        st.markdown(f"**{as_markdown(question.question)}**")
        if isinstance(question, Card):
            st.caption(f"You said: {answer.given.lower()}")
            interview.show_answer(question)
            return
        st.caption(f"You wrote: {as_markdown(answer.given) or 'nothing'}. The answer: {answer_of(question)}")
        show_working(question)


def _show_what_next(weak_cards: list[str]) -> None:
    with st.container(horizontal=True):
        if weak_cards:
            st.button(
                "Repeat these cards first", key="interview.again", on_click=_repeat, args=(weak_cards,), type="primary"
            )
        st.button("Another interview", key="interview.another", on_click=_restart)


def _repeat(weak_cards: list[str]) -> None:
    """Callback: the cards that went badly come first from now on."""
    for card in weak_cards:
        progress.rate(card, "Again")
    _restart()
    state.keep("interview.mode", "cards")


def _restart() -> None:
    seed = state.value("interview.mock_seed", 1)
    state.keep_all({"interview.sitting": None, "interview.mock_seed": (seed + 1) % SEEDS[1]})
