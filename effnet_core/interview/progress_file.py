"""Progress as JSON: an untrusted file that a user exports and imports."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from fsrs import Card as Memory
from fsrs import State

from .spaced_repetition import EARLIEST, LONGEST, RATINGS, Memories, ProgressRejected, Review

FORMAT = "effnet-lab progress 1"
LIMIT_BYTES = 500_000
MOST_REVIEWS = 3000  # the latest, which take about half of that
LONGEST_ANSWER_S = 3600  # whoever takes longer has gone away


def to_json(progress: Memories, reviews: Iterable[Review] = ()) -> str:
    cards = {card: {k: v for k, v in memory.to_dict().items() if k != "card_id"} for card, memory in progress.items()}
    latest = [
        (at.isoformat(timespec="seconds"), *rest)
        for at, *rest in sorted(reviews, key=lambda review: review.at)[-MOST_REVIEWS:]
    ]
    return json.dumps({"format": FORMAT, "cards": cards, "reviews": latest}, sort_keys=True)


def from_json(text: str, known: Iterable[str], now: datetime) -> tuple[dict[str, Memory], list[Review]]:
    """Progress and reviews from a user's file; unknown cards are left out. Raises ProgressRejected saying why not."""
    if len(text.encode("utf-8", errors="replace")) > LIMIT_BYTES:
        raise ProgressRejected(f"the file is larger than {LIMIT_BYTES / 1000:.0f} kB: no progress of this app")
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ProgressRejected("the file is no JSON; export one here and bring that") from problem
    if not isinstance(read, dict) or read.get("format") != FORMAT or not isinstance(read.get("cards"), dict):
        raise ProgressRejected(f"the file has no progress of this app: its format is not “{FORMAT}”")
    known = list(known)
    memories = {card: _memory(card, read["cards"][card], now) for card in known if card in read["cards"]}
    return memories, _reviews(read.get("reviews", []), known, now)


def _reviews(rows: object, known: Sequence[str], now: datetime) -> list[Review]:
    try:
        reviews = [Review(datetime.fromisoformat(at).astimezone(UTC), *rest) for at, *rest in rows]
        in_range = all(
            EARLIEST <= review.at <= now + timedelta(days=1)
            and review.rating in RATINGS
            and (review.seconds is None or (type(review.seconds) is int and 0 <= review.seconds <= LONGEST_ANSWER_S))
            for review in reviews
        )
    except (TypeError, ValueError, OverflowError) as problem:
        raise ProgressRejected("its list of answers cannot be read; nothing was changed") from problem
    if not in_range or len(reviews) > MOST_REVIEWS:
        raise ProgressRejected("its list of answers has what cannot be; nothing was changed")
    return [review for review in reviews if review.card in known]


def _memory(card: str, row: object, now: datetime) -> Memory:
    try:
        return _checked(row, now)
    except (KeyError, TypeError, ValueError, OverflowError) as problem:
        raise ProgressRejected(f"the progress of card “{card}” cannot be read; nothing was changed") from problem


def _checked(row: dict, now: datetime) -> Memory:
    """A memory with all its values in their ranges. Raises KeyError, TypeError or ValueError otherwise."""
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
