"""Keys for presenters: Page Down and Page Up follow a lesson's links, and a new step scrolls to its subject."""

from __future__ import annotations

from ..files import component

_component = component("presenter_keys", __file__)


def mount(*, key: str, **data: object) -> None:
    """Shows nothing. `data`: step, link and focus of the lesson's step."""
    _component(data=data, key=key)
