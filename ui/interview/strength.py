"""What the user knows by now: how strong each topic is and was, what helps the weak ones, what to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import median
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from effnet_core.figures import practice
from effnet_core.interview import cards, progress_file, spaced_repetition, weak_spots
from effnet_core.interview.drills.kind import GROUPS
from effnet_core.interview.spoken_code import exercises_of
from effnet_core.interview.weak_spots import Topic
from effnet_core.units import duration, percent

from ..components import still_charts
from ..components.still_charts import Bar
from ..session import kept_values
from ..shared import page_table, widgets
from . import cards as cards_page
from . import progress

DAYS, REPEATED, WEAKEST, PAGES, EXERCISES = 14, 8, 3, 2, 3  # shown at most
WAYS = {"cards": ("Its cards", ":material/style:"), "drills": ("Its drills", ":material/calculate:")}
EDIT = ":material/edit:"
LINK_STYLE = '[class*="st-key-interview-weak"] [data-testid="stPageLink"] * { white-space: normal; overflow: visible; }'


def show_progress() -> None:
    if progress.known() or progress.reviews():
        strong, daily = st.columns(2, gap="large")
        with strong:
            _show_groups()
        with daily:
            _show_days()
        _show_weak_spots()
        if progress.known():
            _show_what_to_repeat()
    else:
        st.info(
            "Nothing is rated yet. Once you have answered a few cards or drills, this shows how strong each topic is, "
            "how that changed, and what helps where it is weak."
        )
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
    return Bar(title, share, percent(share, 0), f"{rated} of {len(ids)} cards were rated")


def _show_days() -> None:
    st.subheader("How many you answered each day", anchor=False)
    reviews = progress.reviews()
    days = list(spaced_repetition.answered_by_day(progress.known(), reviews, _zone()).items())[-DAYS:]
    most = max(count for _, count in days)
    bars = [Bar(f"{day:%a %d %b}", count / most, f"{count}", f"{day}: {count} answers") for day, count in days]
    listed = ", ".join(f"{bar.name} {bar.text}" for bar in bars)
    still_charts.bars(bars, key="interview.days", alt=f"Cards answered by day: {listed}")
    if seconds := [review.seconds for review in reviews if review.seconds is not None]:
        widgets.cite(f"Half of the time you look at the answer within {duration(median(seconds))}.")


def _show_weak_spots() -> None:
    """The weakest topics: how they went from day to day, and what practises each."""
    st.subheader("Where you are weak, and what helps", anchor=False)
    ends = _ends_of_days()
    topics = weak_spots.topics(progress.known(), progress.reviews(), ends)
    weak = topics[:WEAKEST]
    if len(ends) > 1:
        rows = [practice.Strength(GROUPS[topic.group], topic.known, topic in weak) for topic in topics]
        named = "; ".join(f"{GROUPS[topic.group]}: {_change(topic, ends)}" for topic in weak)
        st.plotly_chart(
            practice.strength_over_time(rows, [_day(end) for end in ends]),
            key="interview.history",
            alt=f"How much of each topic you knew, day by day. The weakest: {named}",
            config=widgets.STILL,
        )
        widgets.cite(
            "Weak is where the mean of the cards that you know and of your last "
            f"{weak_spots.LAST_DRILLS} drills is lowest. The lines are those of the cards; without practice a line "
            "falls. The other topics are grey."
        )
    else:
        st.caption("From your second day on, a chart shows here how each topic changes.")
    st.html(f"<style>{LINK_STYLE}</style>")
    for column, topic in zip(st.columns(WEAKEST, gap="large"), weak, strict=True):
        with column, st.container(key=f"interview.weak.{topic.group}"):
            _show_help(topic, _change(topic, ends))


def _ends_of_days() -> list[datetime]:
    """The end of each day since the first answer, DAYS at most, and now."""
    now, zone = progress.now(), _zone()
    first = min((review.at for review in progress.reviews()), default=now).astimezone(zone).date()
    today = datetime.combine(now.astimezone(zone).date(), datetime.min.time(), zone)
    midnights = [today - timedelta(days=back) for back in range(DAYS - 2, -1, -1)]
    return [midnight for midnight in midnights if midnight.date() > first] + [now]


def _day(end: datetime) -> date:
    """The user's day that ends then, or in which then is."""
    return (end - timedelta(seconds=1)).astimezone(_zone()).date()


def _change(topic: Topic, ends: Sequence[datetime]) -> str:
    """What is known of a topic, against the first day that is shown, and its drills."""
    days = (_day(ends[-1]) - _day(ends[0])).days
    before = f" ({percent(topic.known[0], 0)} {days} day{'s' * (days > 1)} ago)" if days else ""
    drills = f"drills: {topic.right} of {topic.drills} right" if topic.drills else "no drill yet"
    return f"cards {percent(topic.known[-1], 0)} known{before}; {drills}"


def _show_help(topic: Topic, words: str) -> None:
    """A weak topic, and ways to its cards, drills, pages and exercises."""
    st.markdown(f"**{GROUPS[topic.group]}**")
    st.caption(f"{words[0].upper()}{words[1:]}.")
    with st.container(horizontal=True):
        for mode, (label, icon) in WAYS.items():
            key = f"interview.weak.{mode}.{topic.group}"
            st.button(label, key=key, icon=icon, type="tertiary", on_click=_practise, args=(mode, topic.group))
    pages = {entry.file: entry for entry in page_table.PAGES}
    for page in weak_spots.pages_of(topic.group)[:PAGES]:
        st.page_link(pages[page].path, label=f"See it: {pages[page].title}", icon=":material/arrow_forward:")
    for exercise in exercises_of(topic.group)[:EXERCISES]:
        setting = {"build_it.exercise": exercise.title}
        st.page_link(pages["build_it"].path, label=f"Build it: {exercise.title}", icon=EDIT, query_params=setting)


def _practise(mode: str, group: str) -> None:
    """Callback: the cards or drills of a group, of any level."""
    every = {"interview.level": cards_page.ALL, "interview.kind": cards_page.ALL, "interview.card": cards_page.NEXT}
    kept_values.keep_all(every | {"interview.mode": mode, "interview.group": group, "interview.revealed": None})


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
