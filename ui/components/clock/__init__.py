"""A clock that counts down in the browser, and asks for a rerun when time is up."""

from __future__ import annotations

from ..files import component

_component = component("clock", __file__)


def show(left_s: float, *, key: str) -> None:
    """Count down from this many seconds; at the end the app runs again."""
    _component(data={"left": left_s}, key=key, on_over_change=lambda: None)
