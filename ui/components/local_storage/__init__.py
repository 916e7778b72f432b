"""A place in the browser's local storage: reports what is stored there, stores what the session knows. Shows nothing.

Where another tab has stored something meanwhile, it reports that first, so that the page can merge both.
"""

from __future__ import annotations

from collections.abc import Callable

from ..files import component

_component = component("interview_progress", __file__)


def mount(place: str, *, save: str, base: str, key: str, on_stored: Callable[[], None]) -> None:
    """Store `save` at `place` if what is stored there is still `base`; else report it and call `on_stored`."""
    _component(data={"place": place, "save": save, "base": base}, key=key, on_stored_change=on_stored)
