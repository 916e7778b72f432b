"""Votes of a class: rooms that live in this process's memory, and end with their lesson or after two hours. Pure.

The presenter's session opens a room and keeps its key; phones know its code. A phone sends the number of an option and
an id that it drew by lot for this room: nothing else is kept of anybody. Safe to share between threads.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"  # without what looks alike: 0 O, 1 I L, 2 Z, 5 S, 8 B
CODE_LENGTH = 6
LONGEST_S = 2 * 60 * 60
ROOMS, VOTERS, QUESTIONS, ROUNDS = 40, 400, 60, 4  # of the process, a round, a room, a question
OPTIONS = 6  # of a question
ID_LENGTH = 40


class VoteRefused(ValueError):
    """What was asked for can't be done; says why in a sentence."""


@dataclass(frozen=True)
class Key:
    """What the session that opened a room has, and nobody else: the code that all may know, and a secret."""

    code: str
    secret: str


@dataclass(frozen=True)
class Ballot:
    """What a phone is shown: the question, its options, which round it is, and the number that this voter chose."""

    question: str
    options: tuple[str, ...]
    round: int
    is_open: bool
    chosen: int | None


@dataclass(frozen=True)
class Tally:
    """How one round stands: votes by option; `changed` of the `both` who voted in the round before it, too."""

    counts: tuple[int, ...]
    is_open: bool
    both: int = 0
    changed: int = 0


@dataclass
class _Question:
    text: str
    options: tuple[str, ...]
    rounds: list[dict[str, int]] = field(default_factory=list)  # voter -> number of an option


@dataclass
class _Room:
    key: Key
    ends: float
    questions: dict[str, _Question] = field(default_factory=dict)
    current: str | None = None  # the question that phones show
    is_open: bool = False


class Votes:
    """All rooms of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rooms: dict[str, _Room] = {}

    # The presenter ----------------------------------------------------------------------------------------------------

    def open_room(self) -> Key:
        with self._lock:
            self._drop_ended()
            if len(self._rooms) >= ROOMS:
                raise VoteRefused(f"{ROOMS} lessons hold votes already, as many as there may be; end one of them")
            code = _draw_code()
            while code in self._rooms:
                code = _draw_code()
            key = Key(code, secrets.token_hex(16))
            self._rooms[code] = _Room(key, self._clock() + LONGEST_S)
            return key

    def ask(self, key: Key, name: str, text: str, options: Sequence[str]) -> None:
        """Begin a round of the question of that name: the first, or one more; whatever was open is closed."""
        if not 2 <= len(options) <= OPTIONS:
            raise VoteRefused(f"a vote has 2 to {OPTIONS} options, not {len(options)}")
        with self._lock:
            room = self._own(key)
            if name not in room.questions and len(room.questions) >= QUESTIONS:
                raise VoteRefused(f"a lesson votes on {QUESTIONS} questions at most")
            question = room.questions.setdefault(name, _Question(text, tuple(options)))
            if len(question.rounds) >= ROUNDS:
                raise VoteRefused(f"a question is voted on {ROUNDS} times at most")
            question.rounds.append({})
            room.current, room.is_open = name, True

    def close(self, key: Key) -> None:
        with self._lock:
            self._own(key).is_open = False

    def end(self, key: Key) -> None:
        """The room and all its votes are gone; as they are after two hours."""
        with self._lock:
            self._own(key)
            del self._rooms[key.code]

    def tallies(self, key: Key, name: str) -> tuple[Tally, ...]:
        """Round by round, how the votes of a question stand; none before its first."""
        with self._lock:
            room = self._own(key)
            question = room.questions.get(name)
            return tuple(_tally(room, name, number) for number in range(len(question.rounds) if question else 0))

    # The phones -------------------------------------------------------------------------------------------------------

    def ballot(self, code: str, voter: str) -> Ballot | None:
        """What is being asked in the room; None before its first question. Raises VoteRefused if there is no room."""
        with self._lock:
            room = self._room(code)
            if room.current is None:
                return None
            question = room.questions[room.current]
            last = question.rounds[-1]
            return Ballot(question.text, question.options, len(question.rounds), room.is_open, last.get(voter))

    def vote(self, code: str, voter: str, option: int, round: int) -> None:
        """Choose an option by its number, in place of an earlier choice; `round` is the one that the phone showed."""
        with self._lock:
            room = self._room(code)
            question = room.questions.get(room.current or "")
            if question is None or not room.is_open or round != len(question.rounds):
                raise VoteRefused("this vote is closed")
            if type(option) is not int or not 0 <= option < len(question.options):
                raise VoteRefused(f"the options are 0 to {len(question.options) - 1}")
            votes = question.rounds[-1]
            if not voter or len(voter) > ID_LENGTH or (voter not in votes and len(votes) >= VOTERS):
                raise VoteRefused(f"{VOTERS} have voted, as many as a vote can count")
            votes[voter] = option

    # Inside, with the lock held ---------------------------------------------------------------------------------------

    def _room(self, code: str) -> _Room:
        self._drop_ended()
        if code not in self._rooms:
            raise VoteRefused("there is no vote with this code, or its lesson has ended")
        return self._rooms[code]

    def _own(self, key: Key) -> _Room:
        room = self._room(key.code)
        if not secrets.compare_digest(room.key.secret, key.secret):
            raise VoteRefused("only the session that opened a vote can change it")
        return room

    def _drop_ended(self) -> None:
        now = self._clock()
        for code in [code for code, room in self._rooms.items() if room.ends <= now]:
            del self._rooms[code]


def read_code(text: str | None) -> str | None:
    """A code as somebody typed it, in the form that rooms have; None if it can't be one."""
    code = "".join((text or "")[: 4 * CODE_LENGTH].split()).upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


def _draw_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _tally(room: _Room, name: str, number: int) -> Tally:
    question = room.questions[name]
    votes, before = question.rounds[number], question.rounds[number - 1] if number else {}
    both = votes.keys() & before.keys()
    return Tally(
        counts=tuple(list(votes.values()).count(option) for option in range(len(question.options))),
        is_open=room.is_open and room.current == name and number == len(question.rounds) - 1,
        both=len(both),
        changed=sum(votes[voter] != before[voter] for voter in both),
    )
