"""Checkpoints that clients sent: each for its holder alone, bounded, and forgotten when it is not used. No torch."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..networks.checkpoint_limits import LABELS_MB, LIMIT_MB

if TYPE_CHECKING:
    from ..networks.weights import Model

PREFIX = "own-"  # no name of a trained network begins so
DIGITS = 32  # of the SHA-256, in a name
UNUSED_S, SWEEP_S = 1800.0, 60.0
MOST, MOST_MB = 16, 2 * LIMIT_MB  # of one holder
BODY_MB = LIMIT_MB + LABELS_MB


class CheckpointForgotten(ValueError):
    """There is no such checkpoint of this holder, or no longer; the message is a sentence."""


@dataclass(frozen=True)
class Upload:
    """A checkpoint as it came: untrusted bytes, the file's name, and the text of its labels file."""

    data: bytes
    filename: str
    labels: str | None = None

    @cached_property
    def name(self) -> str:
        """By its content: whoever sends the same gets the same."""
        digest = hashlib.sha256(f"{self.filename}\0{self.labels}\0".encode())
        digest.update(self.data)
        return PREFIX + digest.hexdigest()[:DIGITS]

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data) + len((self.labels or "").encode())

    @classmethod
    def of(cls, body: bytes, filename: str, labels: int) -> Upload:
        """From a body whose last `labels` bytes are a labels file. Raises ValueError for sizes that can't be."""
        if not 0 <= labels <= LABELS_MB * 2**20 or labels >= len(body):
            most = f"up to {LABELS_MB} MB of a body of {len(body):,} bytes"
            raise ValueError(f"the labels file has {labels:,} bytes; allowed are {most} that also holds the checkpoint")
        end = len(body) - labels
        return cls(body[:end], filename, body[end:].decode("utf-8", errors="replace") if labels else None)


def load_own(upload: Upload) -> Model:
    """Read as any checkpoint from outside, with limits in a process of its own. Raises CheckpointRejected."""
    from ..networks import weights

    return weights.load_checkpoint(upload.data, upload.filename, labels=upload.labels)


class OwnCheckpoints:
    """Holder and name -> upload. The one that was used least recently goes where a holder has too much.

    `forgotten` is told the name of each that goes.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, forgotten: Callable[[str], None] = lambda name: None
    ) -> None:
        self._clock, self._forgotten = clock, forgotten
        self._kept: OrderedDict[tuple[str, str], tuple[float, Upload]] = OrderedDict()  # used last stands last
        self._lock = threading.Lock()
        self._is_timed = False

    def keep(self, holder: str, upload: Upload) -> None:
        with self._lock:
            self._kept[holder, upload.name] = (self._clock(), upload)
            self._kept.move_to_end((holder, upload.name))
            self._forget(lambda key: key[0] == holder and self._has_too_much(holder))
        self.sweep()

    def use(self, holder: str, name: str) -> Upload:
        """Raises CheckpointForgotten."""
        self.sweep()
        with self._lock:
            _, upload = self._kept.get((holder, name), (0.0, None))
            if upload is None:
                raise CheckpointForgotten(
                    f"the checkpoint {name[: len(PREFIX) + DIGITS]} is not here: one that nobody asks for is forgotten "
                    f"after {UNUSED_S / 60:g} minutes, and sooner where its holder sends many; send it again"
                )
            self._kept[holder, name] = (self._clock(), upload)
            self._kept.move_to_end((holder, name))
            return upload

    def touch(self, holder: str, name: str) -> None:
        """Used now, without being read. Raises CheckpointForgotten."""
        self.use(holder, name)

    def of_any(self, name: str) -> Upload:
        """For who has seen that the holder may use it. Raises CheckpointForgotten."""
        with self._lock:
            holder = next((holder for holder, known in self._kept if known == name), "")
        return self.use(holder, name)

    def forget(self, holder: str, name: str) -> None:
        with self._lock:
            self._forget(lambda key: key == (holder, name))

    def sweep(self) -> None:
        """Forget what was not used for long; again by itself as long as there is something."""
        with self._lock:
            now = self._clock()
            self._forget(lambda key: now - self._kept[key][0] > UNUSED_S)
            if self._kept and not self._is_timed:
                self._is_timed = True
                timer = threading.Timer(SWEEP_S, self._sweep_in_time)
                timer.daemon = True
                timer.start()

    def _sweep_in_time(self) -> None:
        self._is_timed = False
        self.sweep()

    def _has_too_much(self, holder: str) -> bool:
        sizes = [upload.size for (other, _), (_, upload) in self._kept.items() if other == holder]
        return len(sizes) > MOST or sum(sizes) > MOST_MB * 2**20

    def _forget(self, which: Callable[[tuple[str, str]], bool]) -> None:
        """Oldest first."""
        for key in list(self._kept):
            if which(key):
                del self._kept[key]
                self._forgotten(key[1])
