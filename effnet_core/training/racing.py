"""Races of one server: one at a time, in a process of its own; the others wait in a queue. Pure Python, no torch.

Processes of one classroom share the place: a file in the system's temporary folder is locked while a race runs.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .race_orders import Lap, Orders

try:
    import fcntl
except ImportError:  # Windows, where an app is one process
    fcntl = None

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", f"{__package__}.race")
MOST_WAITING = 40
MOST_SECONDS = 600  # of one race
GONE_SECONDS = 30  # after which nobody looks at a race any more
POLL_SECONDS = 0.2
LOWEST = 19  # niceness of a race: it runs where nobody else wants the processor
WAITING, RUNNING, FINISHED, STOPPED, FAILED = "waiting", "running", "finished", "stopped", "failed"
TOO_LONG = f"The race was ended after {MOST_SECONDS // 60} minutes, the most that one may take."

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Ticket:
    """One visitor's race; `problem` says why it failed. Whoever looks at it calls `look`."""

    orders: Orders
    laps: list[Lap] = field(default_factory=list)
    state: str = WAITING
    problem: str = ""
    began: float = 0.0
    seen: float = field(default_factory=time.monotonic)

    @property
    def is_open(self) -> bool:
        return self.state in (WAITING, RUNNING)

    def look(self) -> None:
        """Somebody still wants it."""
        self.seen = time.monotonic()

    def laps_of(self, way: str) -> list[Lap]:
        return [lap for lap in self.laps if lap.way == way]

    def seconds_left(self) -> float | None:
        """By the pace so far; None before both networks have finished an epoch."""
        done, whole = len(self.laps) // len(self.orders.ways), self.orders.epochs
        return (time.monotonic() - self.began) / done * (whole - done) if done else None


class Races:
    """The queue of a server process."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command, self._waiting, self._changed = command, deque(), threading.Condition()
        self._child: subprocess.Popen | None = None
        atexit.register(lambda: self._child and _end(self._child))  # where the thread below is no longer run
        threading.Thread(target=self._run_for_ever, daemon=True).start()

    def enter(self, orders: Orders) -> Ticket:
        """Join the queue. Raises ValueError where it is full."""
        ticket = Ticket(orders)
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise ValueError(f"{MOST_WAITING} races are waiting already; try again in a few minutes")
            self._waiting.append(ticket)
            self._changed.notify()
        return ticket

    def before(self, ticket: Ticket) -> int:
        """How many of this process wait before it."""
        waiting = list(self._waiting)
        return waiting.index(ticket) if ticket in waiting else 0

    def stop(self, ticket: Ticket) -> None:
        """What it has found so far stays."""
        if ticket.is_open:
            ticket.state = STOPPED

    def _run_for_ever(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                ticket = self._waiting[0]
            with _one_at_a_time(ticket):
                with self._changed:
                    self._waiting.remove(ticket)
                if ticket.state == WAITING and not _is_gone(ticket):
                    self._run(ticket)
                elif ticket.state == WAITING:
                    ticket.state = STOPPED

    def _run(self, ticket: Ticket) -> None:
        ticket.state, ticket.began = RUNNING, time.monotonic()
        try:
            with _child(self._command) as child:
                self._child = child
                reader = threading.Thread(target=_read_laps, args=(child, ticket), daemon=True)
                reader.start()
                child.stdin.write(json.dumps(asdict(ticket.orders)) + "\n")
                child.stdin.close()
                while reader.is_alive() and ticket.state == RUNNING:
                    reader.join(POLL_SECONDS)
                    if _is_gone(ticket):
                        ticket.state = STOPPED
                    elif time.monotonic() - ticket.began > MOST_SECONDS:
                        ticket.state, ticket.problem = FAILED, TOO_LONG
        except OSError:
            _log.exception("a race could not be started")
        if ticket.state == RUNNING:
            _close(ticket)


def _close(ticket: Ticket) -> None:
    """After the process has ended by itself."""
    whole = len(ticket.laps) == ticket.orders.epochs * len(ticket.orders.ways)
    ticket.state = FINISHED if whole else FAILED
    if not whole:
        ticket.problem = "The race ended before its last epoch; the server's log says why. Try again."


def _is_gone(ticket: Ticket) -> bool:
    return time.monotonic() - ticket.seen > GONE_SECONDS


def _read_laps(child: subprocess.Popen, ticket: Ticket) -> None:
    try:
        for line in child.stdout:
            ticket.laps.append(Lap(**json.loads(line)))
    except (ValueError, TypeError):
        _log.exception("a race printed what is no lap")


@contextmanager
def _child(command: tuple[str, ...]) -> Iterator[subprocess.Popen]:
    """The process; it ends with the block."""
    child = subprocess.Popen(  # noqa: S603 - the command is our own
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, child.pid, LOWEST)  # from its first import on: pages come first
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen) -> None:
    if child.poll() is None and hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()


@contextmanager
def _one_at_a_time(ticket: Ticket) -> Iterator[None]:
    """The place of this server's processes, which have one parent; nobody waits for a race that nobody looks at."""
    if fcntl is None:
        yield
        return
    path = Path(tempfile.gettempdir(), f"effnet-race-{os.getuid()}-{os.getppid()}.lock")
    with os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600), "w") as file:
        while ticket.state == WAITING and not _is_gone(ticket):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(POLL_SECONDS)
        yield
