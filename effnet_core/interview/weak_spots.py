"""How each topic goes, over time: cards by what is remembered, drills by what was right. Pure Python."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from .cards import in_group
from .drills import KINDS, kinds_of
from .drills.kind import GROUPS
from .spaced_repetition import Memories, Review, rated, strength

DRILL = "drill."  # before the kind's name, where a review is of a drill
RIGHT, WRONG = "Good", "Again"  # how a drill is rated
LAST_DRILLS = 20  # of a topic: older ones say little of today


@dataclass(frozen=True)
class Topic:
    """A group of cards and drills: shares from 0 to 1 at each moment that was asked for, the last one now."""

    group: str
    known: tuple[float, ...]
    drills: int
    right: int

    @property
    def score(self) -> float:
        """What is known now; where drills were answered, the mean of that and of their share of right answers."""
        return self.known[-1] if not self.drills else (self.known[-1] + self.right / self.drills) / 2


def reviewable() -> list[str]:
    """What a review may be of: every card, and every kind of drill."""
    return [card.id for card in in_group()] + [f"{DRILL}{kind}" for kind in KINDS]


def topics(progress: Memories, reviews: Iterable[Review], moments: Sequence[datetime]) -> list[Topic]:
    """Every group, weakest first. `moments` in their order; the last is now, for which `progress` itself counts."""
    reviews = sorted(reviews, key=lambda review: review.at)
    remembered, made = [*_remembered(reviews, moments[:-1]), progress], []
    for group in GROUPS:
        cards, kinds = [card.id for card in in_group(group)], {f"{DRILL}{kind}" for kind in kinds_of(group)}
        known = [strength(memories, cards, at) for memories, at in zip(remembered, moments, strict=True)]
        ratings = Counter([review.rating for review in reviews if review.card in kinds][-LAST_DRILLS:])
        made.append(Topic(group, tuple(known), ratings.total(), ratings[RIGHT]))
    return sorted(made, key=lambda topic: topic.score)


def _remembered(reviews: Iterable[Review], moments: Iterable[datetime]) -> Iterator[Memories]:
    """What was remembered at each moment, in their order: the answers before it, played again."""
    left = deque(review for review in reviews if not review.card.startswith(DRILL))
    memories: Memories = {}
    for moment in moments:
        while left and left[0].at <= moment:
            review = left.popleft()
            memories = rated(memories, review.card, review.rating, review.at)
        yield memories


def pages_of(group: str) -> list[str]:
    """Pages that cards of the group lead to, the most named first."""
    return [page for page, _ in Counter(card.page for card in in_group(group)).most_common()]
