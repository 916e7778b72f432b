"""What one process keeps in memory, and what one client of the API may take: time, and requests a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_MODELS = 3  # in a process's memory at once; the one that was asked for least recently goes
MOST_CLIENTS = 4096  # remembered at once; a client forgotten too early may ask a little more


@dataclass(frozen=True)
class Limits:
    """`seconds`: for one answer, waiting included. `a_minute`: requests of one address."""

    seconds: float = 600.0
    a_minute: int = 1200

    def __post_init__(self) -> None:
        if not self.seconds > 0:
            raise ValueError(f"the time limit is {self.seconds:g} s; allowed is more than 0")
        if self.a_minute < 1:
            raise ValueError(f"the limit is {self.a_minute} requests a minute; allowed is 1 or more")


class Rates:
    """How much each client may still ask for: a minute's requests at once, then as they grow back."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._a_second, self._clock = float(a_minute), a_minute / 60, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests, and when they were counted
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """Seconds until this client may ask again; 0 where it may ask now, which counts as one request."""
        with self._lock:
            now = self._clock()
            left, then = self._left.pop(client, (self._most, now))
            left = min(self._most, left + (now - then) * self._a_second)
            allowed = left >= 1
            self._left[client] = (left - allowed, now)
            if len(self._left) > MOST_CLIENTS:
                self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._a_second
