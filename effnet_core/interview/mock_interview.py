"""A mock interview: which questions, how they are scored, and what to repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

from .cards import Card, in_group
from .drills import KINDS, deal
from .drills.kind import GROUPS, Drill

MINUTES_RANGE = (5, 60)
MINUTES_EACH = 2  # of a question, on average
STRONG = 1.0
SELF_SCORES = {"Missed it": 0.0, "Partly": 0.5, "Had it": STRONG}  # what a candidate gives the own answer to a card


@dataclass(frozen=True)
class Answered:
    """One question of an interview and how well it went, 0 to 1; `given` is what was typed."""

    question: Card | Drill
    given: str
    score: float

    @property
    def group(self) -> str:
        return group_of(self.question)


@dataclass(frozen=True)
class Score:
    """How a group went."""

    group: str
    questions: int
    points: float


@dataclass(frozen=True)
class Sitting:
    """A mock interview under way: `ends` in seconds since the epoch; answers come in the order of the questions."""

    questions: tuple[Card | Drill, ...]
    ends: float
    answers: tuple[Answered, ...] = ()

    @property
    def current(self) -> Card | Drill | None:
        """The question to answer now; None after the last."""
        return self.questions[len(self.answers)] if len(self.answers) < len(self.questions) else None

    def answered(self, given: str, score: float) -> Sitting:
        return replace(self, answers=(*self.answers, Answered(self.current, given, score)))


def group_of(question: Card | Drill) -> str:
    return question.group if isinstance(question, Card) else KINDS[question.kind].group


def interview(seed: int, minutes: int, *, level: int | None = None) -> tuple[Card | Drill, ...]:
    """Cards and drills in turn, all groups once before one comes again; the first is a seed question."""
    low, high = MINUTES_RANGE
    if not low <= minutes <= high:
        raise ValueError(f"the interview takes {minutes} minutes; allowed is {low} to {high}")
    random, questions = Random(f"interview {seed}"), [in_group(level=level)[0]]
    groups: list[str] = []
    while len(questions) < max(3, minutes // MINUTES_EACH):
        groups = groups or random.sample(list(GROUPS), len(GROUPS))
        questions.append(_question(random, groups.pop(), questions, level))
    return tuple(questions)


def _question(random: Random, group: str, before: list[Card | Drill], level: int | None) -> Card | Drill:
    """A drill after a card, and a card that was not asked yet after a drill."""
    left = [card for card in in_group(group, level) if card not in before]
    if isinstance(before[-1], Card) or not left:
        return deal(random.getrandbits(32), 1, group=group, level=level)[0]
    return random.choice(left)


def scores(answers: Iterable[Answered]) -> list[Score]:
    """One row a group that was asked, weakest first."""
    by_group: dict[str, list[float]] = {}
    for answer in answers:
        by_group.setdefault(answer.group, []).append(answer.score)
    rows = [Score(group, len(points), sum(points)) for group, points in by_group.items()]
    return sorted(rows, key=lambda row: row.points / row.questions)


def to_repeat(answers: Iterable[Answered]) -> list[Answered]:
    """What did not go well, weakest first."""
    return sorted((answer for answer in answers if answer.score < STRONG), key=lambda answer: answer.score)
