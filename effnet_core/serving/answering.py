"""The work behind one answer, in a thread of its own: it tells how far it is, and ends in time."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Generic, TypeVar

from ..explain.request_queue import MOST_WAITING, telling
from ..progress import Cancelled, Progress
from . import wire

Answer = TypeVar("Answer")

LINE_EVERY_S = 0.3
_threads = ThreadPoolExecutor(2 * MOST_WAITING, thread_name_prefix="answer")  # the network's own queue says who is Busy


class Work(Generic[Answer]):
    """One question: `work` gets a progress callback and gives the answer.

    `state` is how far it is: {"before": questions that come first}, {"share": of the work, in 0..1}, or nothing yet.
    """

    def __init__(self, work: Callable[[Progress], Answer], seconds: float) -> None:
        self._work, self._seconds = work, seconds
        self._ends, self._is_left = time.monotonic() + seconds, False
        self.state: dict[str, float] = {}

    async def answer(self) -> Answer:
        """Raises what the work raises, and Cancelled when its time is over."""
        return await asyncio.get_running_loop().run_in_executor(_threads, self._run)

    async def states(self) -> AsyncIterator[dict[str, object]]:
        """The state now and then, also where it is the same: who listens hears that somebody is there.

        The last one is {"answer": …}. Who stops listening ends the work. Raises what `answer` raises.
        """
        running = asyncio.ensure_future(self.answer())
        running.add_done_callback(lambda done: done.cancelled() or done.exception())  # read, also when nobody listens
        try:
            while not (await asyncio.wait({running}, timeout=LINE_EVERY_S))[0]:
                yield self.state
            yield self.state  # a quick answer's progress, too
            yield {"answer": running.result()}
        finally:
            self._is_left = True

    def _run(self) -> Answer:
        try:
            with telling(self._tell):
                return self._work(self._report)
        except Cancelled as stopped:
            reason = f": {stopped}" if str(stopped) else ""
            raise Cancelled(f"one answer may take {self._seconds:g} s, and this one took longer{reason}") from stopped

    def _tell(self, before: int) -> None:
        """Before its turn."""
        self.state = {"before": before}
        if not self._may_go_on():
            raise Cancelled(f"{before} questions came first")

    def _report(self, share: float) -> bool:
        self.state = {"share": round(share, 4)}
        return self._may_go_on()

    def _may_go_on(self) -> bool:
        return not self._is_left and time.monotonic() < self._ends


async def lines(work: Work[bytes], form: str, problem: Callable[[Exception], dict]) -> AsyncIterator[bytes]:
    """States as lines of JSON; the last is {"answer": …}, as base64 where the form is not JSON, or {"problem": …}."""
    try:
        async with aclosing(work.states()) as states:
            async for state in states:
                yield _answer(state["answer"], form) if "answer" in state else _line(state)
    except Exception as error:  # the response has begun: its last line tells
        yield _line({"problem": problem(error)})


def _answer(data: bytes, form: str) -> bytes:
    whole = data if form == wire.JSON else b'"%s"' % base64.b64encode(data)
    return b'{"answer":%s}\n' % whole


def _line(row: dict) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"
