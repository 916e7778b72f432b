"""When a card comes again: FSRS, a scheduler of spaced repetition, over a user's own progress.

Progress is a dict of card id -> memory, made of plain numbers and times; it leaves this file as JSON. JSON that
comes back is untrusted: anybody may have edited it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import fmean
from typing import NamedTuple

from fsrs import Card as Memory
from fsrs import Rating, Scheduler

RATINGS = {"Again": Rating.Again, "Hard": Rating.Hard, "Good": Rating.Good, "Easy": Rating.Easy}
EARLIEST, LONGEST = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=36_500)
_SCHEDULER = Scheduler(enable_fuzzing=False)  # so that the same answers give the same dates
Memories = Mapping[str, Memory]


class ProgressRejected(ValueError):
    """The text is not a progress file; the message says why."""


class Review(NamedTuple):
    """One answer: when, to which card or drill, how good, and how long it took until the answer was looked at."""

    at: datetime
    card: str
    rating: str
    seconds: int | None


class Tally(NamedTuple):
    """How many cards of a set are new, due and not due yet."""

    new: int
    due: int
    later: int


def rated(progress: Memories, card: str, rating: str, now: datetime) -> dict[str, Memory]:
    """Progress after a card was answered; `rating` is a key of RATINGS."""
    memory = progress.get(card) or Memory(card_id=0, due=now)
    return dict(progress) | {card: _SCHEDULER.review_card(memory, RATINGS[rating], now)[0]}


def intervals(progress: Memories, card: str, now: datetime) -> dict[str, timedelta]:
    """For each rating, how long until the card would come again."""
    return {rating: rated(progress, card, rating, now)[card].due - now for rating in RATINGS}


def queue(progress: Memories, cards: Iterable[str], now: datetime) -> list[str]:
    """Cards to answer now: those that are due, longest overdue first, then new ones in their order."""
    cards = list(cards)
    due = sorted((card for card in cards if card in progress and progress[card].due <= now), key=_due_in(progress))
    return due + [card for card in cards if card not in progress]


def tally(progress: Memories, cards: Iterable[str], now: datetime) -> Tally:
    cards = list(cards)
    new = sum(card not in progress for card in cards)
    due = sum(card in progress and progress[card].due <= now for card in cards)
    return Tally(new, due, len(cards) - new - due)


def next_due(progress: Memories, cards: Iterable[str]) -> datetime | None:
    """When the first card that is not new comes again."""
    return min((progress[card].due for card in cards if card in progress), default=None)


def recall(progress: Memories, card: str, now: datetime) -> float:
    """How likely the card's answer is known now, as FSRS reckons; 0 of a new card."""
    return _SCHEDULER.get_card_retrievability(progress[card], now) if card in progress else 0.0


def strength(progress: Memories, cards: Iterable[str], now: datetime) -> float:
    """How much of a set of cards is known now: the mean of what is recalled."""
    return fmean(recall(progress, card, now) for card in cards)


def to_repeat(progress: Memories, cards: Iterable[str], now: datetime, *, most: int) -> list[str]:
    """Cards that were answered once, those that are forgotten most first."""
    known = (card for card in cards if card in progress)
    return sorted(known, key=lambda card: (progress[card].due > now, recall(progress, card, now)))[:most]


def answered_by_day(progress: Memories, reviews: Iterable[Review], zone: tzinfo) -> dict[date, int]:
    """Day -> how many answers; of a card without a review (older progress has none) its last one is known."""
    reviews = list(reviews)
    listed = {review.card for review in reviews}
    unlisted = [memory.last_review for card, memory in progress.items() if card not in listed]
    days = Counter(moment.astimezone(zone).date() for moment in [*(review.at for review in reviews), *unlisted])
    return dict(sorted(days.items()))


def _due_in(progress: Memories):
    return lambda card: progress[card].due


def merged(one: Memories, other: Memories) -> dict[str, Memory]:
    """Both: of a card in both, the memory that was reviewed last."""
    result = dict(one)
    for card, memory in other.items():
        if card not in result or (memory.last_review or EARLIEST) > (result[card].last_review or EARLIEST):
            result[card] = memory
    return result
