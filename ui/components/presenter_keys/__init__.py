"""Keys for presenters: steps, a black screen; a new step scrolls to its subject, and the notes' window hears of it."""

from __future__ import annotations

from ..files import component

_component = component("presenter_keys", __file__)


def mount(*, key: str, **data: object) -> None:
    """Shows nothing. `data`: here (lesson and step), settings and focus of the step, place in the local storage."""
    _component(data=data, key=key)
