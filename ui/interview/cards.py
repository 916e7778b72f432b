"""Interview cards: one at a time, rated, repeated when they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from time import time

import streamlit as st

from effnet_core.interview import cards, progress_file, spaced_repetition
from effnet_core.interview.cards import Card
from effnet_core.interview.drills.kind import GROUPS, LEVELS
from effnet_core.interview.mock_interview import FollowUp, Spoken
from effnet_core.interview.spoken_code import SpokenCode
from effnet_core.units import duration

from ..components import question
from ..session import kept_values
from ..shared import widgets
from . import progress

ALL, NEXT = "all", "next"
LEVEL_TEXTS = {ALL: "All", **dict(zip(map(str, LEVELS), ("Easy", "Medium", "Hard"), strict=True))}
LOOK_KEY = "A"
LONGEST_TEXT = 2000
NOT_BEGUN, NOT_GIVEN = ("", 0.0), (None, "")  # which card and since when; seconds until the look, and what was written
KEYS = dict(zip(spaced_repetition.RATINGS, "1234", strict=True))  # on the keyboard


def pick_group() -> str | None:
    group = widgets.select("Group", {ALL: "All groups", **GROUPS}, key="interview.group")
    return None if group == ALL else group


def pick_level() -> int | None:
    level = widgets.choice("Level", LEVEL_TEXTS, key="interview.level")
    return None if level == ALL else int(level)


def show_cards() -> None:
    """The next card of the queue, or the one that was picked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=340):
            group = pick_group()
        level = pick_level()
    group_cards, slot = cards.in_group(group, level), st.container(key="interview.asked")
    with st.container():
        picked = widgets.select(
            "Card",
            {NEXT: "The next that is due, then new ones"} | {card.id: card.question for card in group_cards},
            key="interview.card",
        )
    waiting = _waiting([card.id for card in group_cards])
    _show_tally(group_cards)
    with slot:
        if picked == NEXT and not waiting:
            _show_done(group_cards)
        else:
            _show_card(cards.card(waiting[0] if picked == NEXT else picked))


def _waiting(ids: Sequence[str]) -> list[str]:
    """The cards to show, the next first: an answer stays while it is read, also where another tab rates its card."""
    revealed = kept_values.value("interview.revealed")
    if revealed in ids and kept_values.value("interview.looked_at") == NEXT:
        return [revealed]
    return spaced_repetition.queue(progress.known(), ids, progress.now())


def _show_tally(group_cards: Sequence[Card]) -> None:
    tally = spaced_repetition.tally(progress.known(), [card.id for card in group_cards], progress.now())
    st.caption(
        f"{len(group_cards)} cards: **{tally.new}** new, **{tally.due}** due now, **{tally.later}** not due yet."
    )


def _show_done(group_cards: Sequence[Card]) -> None:
    soonest = spaced_repetition.next_due(progress.known(), [card.id for card in group_cards])
    wait = progress_file.in_words(max(soonest - progress.now(), timedelta(0)))
    st.success(f"Nothing is due. The next of these cards comes back in {wait}. Pick a card above, or take a drill.")


def _show_card(card: Card) -> None:
    reveal = f"interview.reveal.{card.id}"  # a press says which card was on the screen
    with st.container(border=True):
        show_question(card, card.id, reveal, {KEYS[rating]: _rate_key(card, rating) for rating in KEYS})
        if kept_values.value("interview.revealed") != card.id:
            if kept_values.value("interview.begun", NOT_BEGUN)[0] != card.id:
                kept_values.keep("interview.begun", (card.id, time()))
            st.text_area(
                "Say your answer aloud, or write it, in two to five sentences. Then look.",
                key=f"interview.written.{card.id}",
                max_chars=LONGEST_TEXT,
                placeholder="Optional. It is shown beside the answer, and kept nowhere.",
            )
            st.button(
                "Show the answer", key=reveal, type="primary", shortcut=LOOK_KEY, on_click=_reveal, args=(card.id,)
            )
            return
        seconds, written = kept_values.value("interview.given", NOT_GIVEN)
        if seconds is not None:
            st.caption(f"You looked after {duration(seconds)}.")
        show_answer(card, written)
        _ask_rating(card)


def _reveal(card: str) -> None:
    """Callback. It is kept, too, which way led to the card, how long the user took, and what was written."""
    asked, begun = kept_values.value("interview.begun", NOT_BEGUN)
    took = round(time() - begun) if asked == card else None
    given = (took if took is not None and took <= progress_file.LONGEST_ANSWER_S else None, _written(card))
    kept_values.keep_all(
        {
            "interview.revealed": card,
            "interview.looked_at": kept_values.value("interview.card"),
            "interview.given": given,
        }
    )


def _written(card: str) -> str:
    return str(kept_values.value(f"interview.written.{card}") or "").strip()


def show_question(asked: Spoken, name: str, look: str, rate: Mapping[str, str]) -> None:
    """`look`: key of the button that shows the answer; `rate`: key on the keyboard -> key of the button."""
    next_one = " · asked next" if isinstance(asked, FollowUp) else ""
    st.caption(f"{GROUPS[asked.group]} · {LEVEL_TEXTS[str(asked.level)].lower()}{next_one}")
    question.show(asked.question, name, ({LOOK_KEY.lower(): look}, rate), key="interview.question")
    if isinstance(asked, SpokenCode):
        show_code(asked.code)


def show_code(code: str) -> None:
    """Lines of Python that a question is about."""
    st.code(code, language="python", line_numbers=True, wrap_lines=True)


def show_answer(card: Card, written: str = "") -> None:
    """What a good answer is, what is listened for, what goes wrong, what is asked next, where it is from and shown.

    Beside what the user wrote, if anything; only the user compares the two.
    """
    if written:
        own, reference = st.columns(2, gap="large")
        with own:
            st.markdown("**You wrote**")
            show_large(written)
        with reference:
            st.markdown("**A good answer**")
            show_large(card.answer)
    else:
        show_large(card.answer)
    wanted, mistake = st.columns(2, gap="large")
    wanted.markdown(f"**The interviewer listens for**  \n{card.wanted}")
    mistake.markdown(f"**The common mistake**  \n{card.mistake}")
    with st.expander(f"Asked next: {card.follow_up}"):
        show_large(card.follow_up_answer)
    with st.container(horizontal=True, vertical_alignment="center"):
        show_link(card)
        widgets.cite(f"Source: {card.source}")


def show_large(text: str) -> None:
    """A paragraph that the last row can read."""
    st.html(f'<p style="font-size: 1.3rem; line-height: 1.5; margin: 0; white-space: pre-wrap">{escape(text)}</p>')


def show_link(card: Card) -> None:
    st.page_link(
        f"pages/{card.page}.py",
        label="See it in the app",
        icon=":material/arrow_forward:",
        query_params=dict(card.settings),
    )


def _ask_rating(card: Card) -> None:
    st.markdown("**How did it go?** The card comes back when you are about to forget it.")
    waits = spaced_repetition.intervals(progress.known(), card.id, progress.now())
    with st.container(horizontal=True):
        for rating, wait in waits.items():
            st.button(
                f"{rating} · {progress_file.in_words(wait)}",
                key=_rate_key(card, rating),
                shortcut=KEYS[rating],
                on_click=_rate,
                args=(card.id, rating),
            )


def _rate_key(card: Card, rating: str) -> str:
    return f"interview.rate.{rating}.{card.id}"


def _rate(card: str, rating: str) -> None:
    """Callback. A second press that was on its way already is none for the next card."""
    if kept_values.value("interview.revealed") != card:
        return
    seconds, _ = kept_values.value("interview.given", NOT_GIVEN)
    progress.rate(card, rating, seconds)
    kept_values.keep_all({"interview.card": NEXT, "interview.revealed": None, "interview.begun": NOT_BEGUN})
