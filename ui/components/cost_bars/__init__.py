"""Bars of parameters and compute, by stage or by role, which follow the scaling console without the server."""

from __future__ import annotations

from ..files import component

_component = component("scaling_bars", __file__)


def mount(data: dict[str, object], *, key: str) -> None:
    """Draw what the page gives after each run, and in between what the console announces."""
    _component(key=key, data=data)
