"""How far a long command is, on standard error: a line that a terminal shows in place, and a log once a minute."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from ..units import duration, percent

TERMINAL_EVERY_S, LOG_EVERY_S = 0.5, 60.0


class ProgressLine:
    """`begun_at`: what an earlier run had done of `total`, which says nothing of this one's rate."""

    def __init__(self, total: int, begun_at: int = 0, what: str = "pictures", stream: TextIO | None = None) -> None:
        self._total, self._before, self._done, self._what = total, begun_at, begun_at, what
        self._stream = stream or sys.stderr
        self._start = self._told = time.monotonic()
        self._every = TERMINAL_EVERY_S if self._stream.isatty() else LOG_EVERY_S

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if now - self._told >= self._every:
            self._told = now
            self._write()

    def end(self) -> None:
        """The last line stays."""
        self._write()
        if self._stream.isatty():
            self._stream.write("\n")

    def text(self) -> str:
        """Done, share, rate and time left."""
        seconds, done = time.monotonic() - self._start, self._done - self._before
        rate = done / seconds if seconds else 0.0
        left = f", {duration((self._total - self._done) / rate)} left" if rate else ""
        share = percent(self._done / self._total if self._total else 1.0, 1)
        return f"{self._done:,} of {self._total:,} {self._what}, {share}, {rate:,.1f} a second{left}"

    def _write(self) -> None:
        self._stream.write(f"\r{self.text()}\x1b[K" if self._stream.isatty() else f"{self.text()}\n")
        self._stream.flush()
