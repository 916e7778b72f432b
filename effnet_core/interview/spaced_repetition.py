"""When a card comes again: FSRS, a scheduler of spaced repetition, over a user's own progress.

Progress is a dict of card id -> memory, made of plain numbers and times; it leaves this file as JSON. JSON that
comes back is untrusted: anybody may have edited it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fsrs import Card as Memory
from fsrs import Rating, Scheduler

RATINGS = {"Again": Rating.Again, "Hard": Rating.Hard, "Good": Rating.Good, "Easy": Rating.Easy}
EARLIEST, LONGEST = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=36_500)
_SCHEDULER = Scheduler(enable_fuzzing=False)  # so that the same answers give the same dates
Memories = Mapping[str, Memory]


class ProgressRejected(ValueError):
    """The text is not a progress file; the message says why."""


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


def _due_in(progress: Memories):
    return lambda card: progress[card].due


def merged(one: Memories, other: Memories) -> dict[str, Memory]:
    """Both: of a card in both, the memory that was reviewed last."""
    result = dict(one)
    for card, memory in other.items():
        if card not in result or (memory.last_review or EARLIEST) > (result[card].last_review or EARLIEST):
            result[card] = memory
    return result
