"""How long work reports its progress, and how a caller stops it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], bool]  # gets the share done, in 0..1; returning False cancels


class Cancelled(Exception):
    """The progress callback returned False; there is no result."""
