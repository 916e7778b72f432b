"""What the user knows by now: how strong each group is, how many cards were answered each day, which to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from statistics import median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from effnet_core.interview import cards, progress_file, spaced_repetition
from effnet_core.interview.drills.kind import GROUPS
from effnet_core.palette import COMPOUND, STEM_HEAD
from effnet_core.units import duration, percent

from ..components import still_charts
from ..components.still_charts import Bar
from ..session import kept_values
from ..shared import widgets
from . import progress

DAYS, REPEATED = 14, 8  # shown at most


def show_progress() -> None:
    known = progress.known()
    if known:
        strong, daily = st.columns(2, gap="large")
        with strong:
            _show_groups()
        with daily:
            _show_days()
        _show_what_to_repeat()
    else:
        st.info("Nothing is rated yet. Once you have answered a few cards, this shows how strong each group is.")
    st.header("Take it along", anchor=False)
    progress.show_files()


def _show_groups() -> None:
    st.subheader("How much you know of each group", anchor=False)
    bars = [_group_bar(title, cards.in_group(group, None)) for group, title in GROUPS.items()]
    alt = "; ".join(f"{bar.name}: {bar.text}" for bar in bars)
    still_charts.bars(bars, key="interview.strength", alt=f"Strength by group: {alt}")
    widgets.cite("How likely you are to know a card now, by FSRS, on average; a card that you never rated counts as 0.")


def _group_bar(title: str, group_cards: Sequence[cards.Card]) -> Bar:
    ids, known = [card.id for card in group_cards], progress.known()
    share = spaced_repetition.strength(known, ids, progress.now())
    rated = sum(card in known for card in ids)
    return Bar(title, share, percent(share, 0), f"{rated} of {len(ids)} cards were rated", COMPOUND)


def _show_days() -> None:
    st.subheader("How many you answered each day", anchor=False)
    reviews = progress.reviews()
    days = list(spaced_repetition.answered_by_day(progress.known(), reviews, _zone()).items())[-DAYS:]
    most = max(count for _, count in days)
    bars = [
        Bar(f"{day:%a %d %b}", count / most, f"{count}", f"{day}: {count} answers", STEM_HEAD) for day, count in days
    ]
    listed = ", ".join(f"{bar.name} {bar.text}" for bar in bars)
    still_charts.bars(bars, key="interview.days", alt=f"Cards answered by day: {listed}")
    if seconds := [review.seconds for review in reviews if review.seconds is not None]:
        widgets.cite(f"Half of the time you look at the answer within {duration(median(seconds))}.")


def _zone() -> tzinfo:
    """The browser's, so that a day is the user's day."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _show_what_to_repeat() -> None:
    st.subheader("What to repeat", anchor=False)
    known, now = progress.known(), progress.now()
    for card in spaced_repetition.to_repeat(known, [card.id for card in cards.all_cards()], now, most=REPEATED):
        wait = known[card].due - now
        when = f"in {progress_file.in_words(wait)}" if wait.total_seconds() > 0 else "due now"
        st.button(
            f"{cards.card(card).question} · {when}",
            key=f"interview.repeat.{card}",
            type="tertiary",
            icon=":material/replay:",
            on_click=_open,
            args=(card,),
        )


def _open(card: str) -> None:
    """Callback: show that card, whatever group and level were chosen."""
    every = dict.fromkeys(("interview.group", "interview.level"), "all")
    kept_values.keep_all(every | {"interview.mode": "cards", "interview.card": card, "interview.revealed": None})
