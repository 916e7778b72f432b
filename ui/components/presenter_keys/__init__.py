"""Keys for presenters: steps, a black screen; a new step scrolls to its subject, and the notes' window hears of it."""

from __future__ import annotations

from ..files import component

_component = component("presenter_keys", __file__)


def mount(*, key: str, **data: object) -> None:
    """Shows nothing. `data`: here (lesson and step), place in the local storage; of the step: settings, focus, part,
    and whether something is revealed."""
    _component(data=data, key=key)
