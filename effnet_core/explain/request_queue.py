"""The queue before one network: first come, first served; questions of one kind that wait are answered together."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Together = Callable[[list[Item]], Sequence[Answer]]

MOST_WAITING = 256  # several hundred students, each with one question
TELL_EVERY_S = 0.3  # how often who waits is told the place
_told: ContextVar[Callable[[int], None] | None] = ContextVar("told", default=None)


class Busy(RuntimeError):
    """More questions wait than the queue takes; the message is a sentence for the user."""


class NetworkFailed(RuntimeError):
    """The network could not compute an answer; the message is a sentence for the user. Other questions may work."""


@contextmanager
def telling(tell: Callable[[int], None]) -> Iterator[None]:
    """While this holds, questions of this thread that wait call `tell` with how many come first, now and then.

    What `tell` raises ends the waiting, and the question is dropped: so a user can leave.
    """
    token = _told.set(tell)
    try:
        yield
    finally:
        _told.reset(token)


def told() -> Callable[[int], None] | None:
    """Whom `telling` holds for here."""
    return _told.get()


def tell(before: int) -> None:
    """Say that so many questions come first, where a queue elsewhere knows it and `telling` holds here."""
    if tell := told():
        tell(before)


@dataclass(eq=False)
class _Ticket:
    item: object
    together: Together
    kind: Hashable
    size: int
    answer: object = None
    error: BaseException | None = None
    done: bool = False


@dataclass(eq=False)
class RequestQueue:
    """One question, or one batch of them, at a time; no thread of its own: who comes first does the work."""

    most_waiting: int = MOST_WAITING
    _waiting: deque[_Ticket] = field(default_factory=deque)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _busy: bool = False

    @property
    def waiting(self) -> int:
        """Questions that wait, without what is being answered."""
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        return not self._busy and not self._waiting

    def ask(self, item: Item, together: Together, *, kind: Hashable = None, size: int = 1, most: int = 1) -> Answer:
        """The answer to one item, when its turn has come.

        `together` answers a list of items. Items of one `kind` (None: alone) that wait are given to it in one call,
        up to a summed `size` of `most`. If that call fails, each is asked alone, so that one bad item costs no other
        its answer. Raises Busy when too many wait, and what `together` raises for this item.
        """
        ticket = _Ticket(item, together, kind, size)
        with self._changed:
            if len(self._waiting) >= self.most_waiting:
                raise Busy(f"{self.most_waiting} questions wait for this network already; try again in a moment")
            self._waiting.append(ticket)
        batch = self._turn(ticket, most, told())
        if batch:
            try:
                _answer(batch)
            finally:
                self._end()
        if ticket.error:
            raise ticket.error
        return ticket.answer

    def give_way(self) -> None:
        """Between two parts of a long answer, by the thread whose turn it is: all that wait by now come first."""
        with self._changed:
            if not self._waiting:
                return
            ticket = _Ticket(None, list, None, 1)
            self._waiting.append(ticket)
        self._end()
        self._turn(ticket, 1, None)  # nobody is told: the turn must be back before anything may end this answer

    def _turn(self, ticket: _Ticket, most: int, tell: Callable[[int], None] | None) -> list[_Ticket]:
        """Wait; what to answer now, or nothing when another thread has answered this ticket with its own."""
        batch = None
        try:
            while batch is None:
                with self._changed:
                    self._changed.wait_for(lambda: ticket.done or self._is_first(ticket), tell and TELL_EVERY_S)
                    batch = [] if ticket.done else self._take(most) if self._is_first(ticket) else None
                    before = self._busy + (self._waiting.index(ticket) if ticket in self._waiting else 0)
                if batch is None:
                    tell(before)
        except BaseException:
            with self._changed:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                self._changed.notify_all()
            raise
        return batch

    def _is_first(self, ticket: _Ticket) -> bool:
        return not self._busy and bool(self._waiting) and self._waiting[0] is ticket

    def _take(self, most: int) -> list[_Ticket]:
        """The first ticket and those of its kind behind it, as far as they fit."""
        first = self._waiting.popleft()
        batch, room = [first], most - first.size
        for ticket in list(self._waiting) if first.kind is not None else ():
            if ticket.kind == first.kind and ticket.size <= room:
                self._waiting.remove(ticket)
                batch.append(ticket)
                room -= ticket.size
        self._busy = True
        return batch

    def _end(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()


def _answer(batch: list[_Ticket]) -> None:
    """Answer them in one call; if it fails, each alone. What one raises is its own."""
    try:
        answers = batch[0].together([ticket.item for ticket in batch])
        for ticket, answer in zip(batch, answers, strict=True):
            ticket.answer = answer
    except BaseException as error:
        if len(batch) > 1 and isinstance(error, Exception):
            for ticket in batch:
                _answer([ticket])
        else:
            for ticket in batch:
                ticket.error = error
    finally:
        for ticket in batch:
            ticket.done = True
