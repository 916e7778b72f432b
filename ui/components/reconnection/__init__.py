"""After a lost connection the page runs again with what the browser shows, since a click on the way may be lost."""

from __future__ import annotations

from ..files import component

_component = component("reconnection", __file__)


def mount() -> None:
    """Shows nothing."""
    _component(key="app.reconnection", on_back_change=lambda: None)
