"""A question as a heading, and the shortcut keys of buttons that act on it, also while these are being drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...session import kept_values
from ..files import component

_component = component("question", __file__)


def show(text: str, name: str, phases: Sequence[Mapping[str, str]], *, key: str) -> None:
    """Show it above its buttons. `phases`: of each, key on the keyboard -> key of the button.

    These buttons are of this question alone (`name`). Their `shortcut=` is the same key, and shows it.
    """
    classes = [{pressed: kept_values.css_class(button) for pressed, button in phase.items()} for phase in phases]
    _component(data={"text": text, "name": name, "phases": classes}, key=key)
