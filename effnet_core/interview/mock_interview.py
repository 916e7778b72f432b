"""A mock interview: which questions, how they are scored, and what to repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from .cards import Card, in_group
from .drills import KINDS, deal
from .drills.kind import GROUPS, Drill
from .spoken_code import SpokenCode, spoken_code

MINUTES_RANGE = (5, 60)
STRONG = 1.0
SELF_SCORES = {"Missed it": 0.0, "Partly": 0.5, "Had it": STRONG}  # what a candidate gives an answer that was spoken


@dataclass(frozen=True)
class FollowUp:
    """What an interviewer asks next."""

    of: Card | SpokenCode

    @property
    def question(self) -> str:
        return self.of.follow_up

    @property
    def answer(self) -> str:
        return self.of.follow_up_answer

    @property
    def group(self) -> str:
        return self.of.group

    @property
    def level(self) -> int:
        return self.of.level


Spoken = Card | FollowUp | SpokenCode  # answered aloud, and judged by the candidate
Question = Spoken | Drill
MINUTES = {Card: 2, FollowUp: 1, Drill: 2, SpokenCode: 3}  # of a question, on average


@dataclass(frozen=True)
class Answered:
    """One question of an interview and how well it went, 0 to 1; `given` is what was typed."""

    question: Question
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

    questions: tuple[Question, ...]
    ends: float
    answers: tuple[Answered, ...] = ()

    @property
    def current(self) -> Question | None:
        """The question to answer now; None after the last."""
        return self.questions[len(self.answers)] if len(self.answers) < len(self.questions) else None

    def answered(self, given: str, score: float) -> Sitting:
        return replace(self, answers=(*self.answers, Answered(self.current, given, score)))


def group_of(question: Question) -> str:
    return KINDS[question.kind].group if isinstance(question, Drill) else question.group


def interview(seed: int, minutes: int, *, level: int | None = None) -> tuple[Question, ...]:
    """Cards with their follow-ups, drills and code in turn, all groups once before one comes again.

    The first is a question that interviewers open with. As many as fit into the time.
    """
    low, high = MINUTES_RANGE
    if not low <= minutes <= high:
        raise ValueError(f"the interview takes {minutes} minutes; allowed is {low} to {high}")
    questions: list[Question] = []
    for turn in _turns(Random(f"interview {seed}"), level):
        minutes -= sum(MINUTES[type(question)] for question in turn)
        if minutes < 0:
            return tuple(questions)
        questions += turn
    raise AssertionError("turns have no end")


def _turns(random: Random, level: int | None) -> Iterator[tuple[Question, ...]]:
    """A card and what is asked next, then a drill or, every second time, code; of other groups in turn, none twice."""
    groups: list[str] = []
    opening, codes = in_group(level=level)[0], spoken_code(level)
    asked, turn = {opening}, 0
    random.shuffle(codes)
    yield _with_follow_up(opening)
    while True:
        turn += 1
        if turn % 4 == 3 and codes:
            yield _with_follow_up(codes.pop())
            continue
        groups = groups or random.sample(list(GROUPS), len(GROUPS))
        group = groups.pop()
        left = [card for card in in_group(group, level) if card not in asked] if turn % 2 == 0 else []
        if left:
            card = random.choice(left)
            asked.add(card)
            yield _with_follow_up(card)
        else:
            yield tuple(deal(random.getrandbits(32), 1, group=group, level=level))


def _with_follow_up(question: Card | SpokenCode) -> tuple[Question, ...]:
    return (question, FollowUp(question)) if question.follow_up else (question,)


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


def cards_to_repeat(answers: Iterable[Answered]) -> list[Card]:
    """The cards that did not go well, or whose follow-up did not, weakest first; each once."""
    weak = [answer.question for answer in to_repeat(answers)]
    cards = [question.of if isinstance(question, FollowUp) else question for question in weak]
    return list(dict.fromkeys(card for card in cards if isinstance(card, Card)))
