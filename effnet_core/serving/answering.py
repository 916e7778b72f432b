"""The work behind one answer, in a thread of its own: it tells how far it is, and ends in time."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

from ..explain.request_queue import MOST_WAITING, telling
from ..progress import Cancelled, Progress
from . import wire

LINE_EVERY_S = 0.3
_threads = ThreadPoolExecutor(2 * MOST_WAITING, thread_name_prefix="answer")  # the network's own queue says who is Busy


class Work:
    """One question: `work` gets a progress callback and gives rows, which are dumped in `form`.

    `state` is how far it is: {"before": questions that come first}, {"share": of the work, in 0..1}, or nothing yet.
    """

    def __init__(self, work: Callable[[Progress], object], form: str, seconds: float) -> None:
        self._work, self.form, self._seconds = work, form, seconds
        self._ends, self._is_left = time.monotonic() + seconds, False
        self.state: dict[str, float] = {}

    async def answer(self) -> bytes:
        """Raises what the work raises, and Cancelled when its time is over."""
        return await asyncio.get_running_loop().run_in_executor(_threads, self._run)

    async def lines(self, problem: Callable[[Exception], dict]) -> AsyncIterator[bytes]:
        """The state now and then, also where it is the same: the client hears that the server is there.

        The last line is {"answer": …}, as base64 where the form is not JSON, or {"problem": …}. A client that leaves
        ends the work.
        """
        running = asyncio.ensure_future(self.answer())
        running.add_done_callback(lambda done: done.cancelled() or done.exception())  # read, also when nobody listens
        try:
            while not (await asyncio.wait({running}, timeout=LINE_EVERY_S))[0]:
                yield _line(self.state)
            yield _line(self.state)  # a quick answer's progress, too
            yield self._last(running, problem)
        finally:
            self._is_left = True

    def _last(self, done: asyncio.Future[bytes], problem: Callable[[Exception], dict]) -> bytes:
        if error := done.exception():
            return _line({"problem": problem(error)})
        data = done.result()
        whole = data if self.form == wire.JSON else b'"%s"' % base64.b64encode(data)
        return b'{"answer":%s}\n' % whole

    def _run(self) -> bytes:
        try:
            with telling(self._tell):
                return wire.dump(self._work(self._report), self.form)
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


def _line(row: dict) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"
