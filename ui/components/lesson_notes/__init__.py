"""A clock for the presenter, which follows the lesson's own window over the browser's local storage."""

from __future__ import annotations

from collections.abc import Callable

from ..files import component

_component = component("lesson_notes", __file__)


def mount(place: str, here: dict[str, str], plan: dict[str, float], *, key: str, on_moved: Callable[[], None]) -> None:
    """Time since the lesson began, against the `plan` (seconds: from, to, all); calls `on_moved` at another step."""
    _component(data={"place": place, "here": here, "plan": plan}, key=key, on_moved_change=on_moved)
