"""When a card comes again: FSRS, a scheduler of spaced repetition, over a user's own progress.

Progress is a dict of card id -> memory, made of plain numbers and times; it leaves this file as JSON. What comes in as
JSON is untrusted: it may have been edited by anybody.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fsrs import Card as Memory
from fsrs import Rating, Scheduler, State

RATINGS = {"Again": Rating.Again, "Hard": Rating.Hard, "Good": Rating.Good, "Easy": Rating.Easy}
FORMAT = "effnet-lab progress 1"
LIMIT_BYTES = 500_000
EARLIEST, LONGEST = datetime(2019, 1, 1, tzinfo=UTC), timedelta(days=36_500)
_SCHEDULER = Scheduler(enable_fuzzing=False)  # so that the same answers give the same dates

Progress = Mapping[str, Memory]


class ProgressRejected(ValueError):
    """The text is no progress; the message tells why."""


class Tally(NamedTuple):
    """How a set of cards stands."""

    new: int
    due: int
    later: int


def rated(progress: Progress, card: str, rating: str, now: datetime) -> dict[str, Memory]:
    """Progress after a card was answered; `rating` is a key of RATINGS."""
    memory = progress.get(card) or Memory(card_id=0, due=now)
    return dict(progress) | {card: _SCHEDULER.review_card(memory, RATINGS[rating], now)[0]}


def intervals(progress: Progress, card: str, now: datetime) -> dict[str, timedelta]:
    """For each rating, how long until the card would come again."""
    return {rating: rated(progress, card, rating, now)[card].due - now for rating in RATINGS}


def queue(progress: Progress, cards: Iterable[str], now: datetime) -> list[str]:
    """Cards to answer now: those that are due, longest overdue first, then new ones in their order."""
    cards = list(cards)
    due = sorted((card for card in cards if card in progress and progress[card].due <= now), key=_due_in(progress))
    return due + [card for card in cards if card not in progress]


def tally(progress: Progress, cards: Iterable[str], now: datetime) -> Tally:
    cards = list(cards)
    new = sum(card not in progress for card in cards)
    due = sum(card in progress and progress[card].due <= now for card in cards)
    return Tally(new, due, len(cards) - new - due)


def next_due(progress: Progress, cards: Iterable[str]) -> datetime | None:
    """When the first card that is not new comes again."""
    return min((progress[card].due for card in cards if card in progress), default=None)


def _due_in(progress: Progress):
    return lambda card: progress[card].due


def merged(one: Progress, other: Progress) -> dict[str, Memory]:
    """Both: of a card in both, the memory that was reviewed last."""
    result = dict(one)
    for card, memory in other.items():
        if card not in result or (memory.last_review or EARLIEST) > (result[card].last_review or EARLIEST):
            result[card] = memory
    return result


# As JSON ----------------------------------------------------------------------------------------------------------


def to_json(progress: Progress) -> str:
    cards = {card: {k: v for k, v in memory.to_dict().items() if k != "card_id"} for card, memory in progress.items()}
    return json.dumps({"format": FORMAT, "cards": cards}, sort_keys=True)


def from_json(text: str, known: Iterable[str], now: datetime) -> dict[str, Memory]:
    """Progress from a user's file; cards that are not known are left out. ProgressRejected says what is wrong."""
    if len(text.encode("utf-8", errors="replace")) > LIMIT_BYTES:
        raise ProgressRejected(f"the file is larger than {LIMIT_BYTES / 1000:.0f} kB: no progress of this app")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ProgressRejected("the file is no JSON; export one here and bring that") from problem
    if not isinstance(read, dict) or read.get("format") != FORMAT or not isinstance(read.get("cards"), dict):
        raise ProgressRejected(f"the file has no progress of this app: its format is not “{FORMAT}”")
    return {card: _memory(card, read["cards"][card], now) for card in known if card in read["cards"]}


def _memory(card: str, row: object, now: datetime) -> Memory:
    try:
        return _checked(row, now)
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise ProgressRejected(f"the progress of card “{card}” cannot be read; nothing was changed") from problem


def _checked(row: dict, now: datetime) -> Memory:
    """A memory with all its values in their ranges. KeyError, TypeError, ValueError for all else."""
    due, last = (datetime.fromisoformat(row[name]) for name in ("due", "last_review"))
    stability, difficulty, step = float(row["stability"]), float(row["difficulty"]), row["step"]
    state = State(row["state"])
    learning = state is not State.Review
    in_range = (
        EARLIEST <= last <= now + timedelta(days=1)
        and last <= due <= last + LONGEST
        and 0 < stability <= 36_500
        and 1 <= difficulty <= 10
        and math.isfinite(stability)
        and (type(step) is int and 0 <= step <= 1 if learning else step is None)
    )
    if not in_range:
        raise ValueError("out of range")
    return Memory(0, state, step, stability, difficulty, due.astimezone(UTC), last.astimezone(UTC))


def in_words(wait: timedelta) -> str:
    """How long a wait is: "10 min", "3 days", "2 months"."""
    minutes = wait.total_seconds() / 60
    for unit, size in (("min", 1), ("h", 60), ("days", 1440), ("months", 43_830)):
        largest = {"min": 60, "h": 24 * 60, "days": 60 * 1440}.get(unit, math.inf)
        if minutes < largest:
            count = max(1, round(minutes / size))
            return f"{count} {unit.removesuffix('s') if count == 1 and unit != 'h' else unit}"
    raise AssertionError("months have no end")
