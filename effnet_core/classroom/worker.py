"""One process of the app: started, started again when it ends by itself, asked how it is, stopped.

Processes are forked from one that has the libraries loaded: they share its memory, which is most of what one takes.
"""

from __future__ import annotations

import gc
import http.client
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import forkserver

MOST_RESTARTS, WITHIN_S = 5, 600.0  # one that ends more often would only take the processor from the others
STOP_S = 10.0
ANSWER_S = 2.0

_forks = multiprocessing.get_context("forkserver")  # a process without threads, so that forking it is safe
_log = logging.getLogger(__name__)


def preload(modules: Sequence[str]) -> None:
    """Begin to load what workers will have loaded when they start; found from the current folder."""
    if sys.platform == "linux":  # libraries of macOS don't stand being forked
        _forks.set_forkserver_preload(list(modules))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # so that Ctrl+C does not end what loads them
    forkserver.ensure_running()
    signal.signal(signal.SIGINT, before)


class Worker:
    """The process with this number, which listens on a loopback port of its own."""

    def __init__(self, number: int, port: int, run: Callable[[int], None]) -> None:
        self.number, self.port, self.restarts, self.is_given_up = number, port, 0, False
        self._run, self._ends = run, []
        self._process: multiprocessing.process.BaseProcess | None = None

    @property
    def pid(self) -> int | None:
        return self._process and self._process.pid

    def start(self) -> None:
        """Waits until the libraries are loaded."""
        process = _forks.Process(target=_alone, args=(self._run, self.port), daemon=True)
        process.start()
        self._process = process

    def watch(self) -> None:
        """Start it again if it has ended, unless it does so too often."""
        code = self._process.exitcode
        if code is None or self.is_given_up:
            return
        now = time.monotonic()
        self._ends = [end for end in self._ends if now - end < WITHIN_S] + [now]
        self.is_given_up = len(self._ends) > MOST_RESTARTS
        if self.is_given_up:
            _log.error("Worker %d has ended %d times and is not started again.", self.number, len(self._ends))
            return
        how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
        _log.warning("Worker %d has ended %s and is started again.", self.number, how)
        self.restarts += 1
        self.start()

    def is_ready(self) -> bool:
        return self.get("/_stcore/health") is not None

    def get(self, path: str) -> str | None:
        """What the worker answers for this path; None where it does not answer, or not with 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)  # no proxy is asked
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def stop(workers: Sequence[Worker]) -> None:
    """Ask all that were started to end, wait, and end those that have not after STOP_S."""
    processes = [worker._process for worker in workers if worker._process]
    for process in processes:
        process.terminate()
    ends = time.monotonic() + STOP_S
    for process in processes:
        process.join(max(0.0, ends - time.monotonic()))
        process.kill()


def _alone(run: Callable[[int], None], port: int) -> None:
    """In the new process."""
    gc.freeze()  # collecting garbage would write to the shared memory, and so end the sharing
    os.setpgrp()  # Ctrl+C reaches the launcher alone, which stops all in their order
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # each would print an address of its own
    run(port)
