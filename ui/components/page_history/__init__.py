"""One entry of the browser's history a page, so that Back leads to the page before with what was set on it."""

from __future__ import annotations

from ..files import component

_component = component("page_history", __file__)


def mount() -> None:
    """Shows nothing."""
    _component(key="app.history")
