"""How long work reports its progress, and how a caller stops it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], bool]  # gets the share that is done, in 0..1; False cancels


class Cancelled(Exception):
    """The progress callback returned False; there is no result."""
