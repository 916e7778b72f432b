"""Sliders, readouts and the drawing of the scaling console, which follow the hand without the server.

The component gets the inputs' values and all constants as data, computes by itself while a slider is dragged, and
reports when the hand lets go.
"""

from __future__ import annotations

from collections.abc import Callable

from ..files import component

_component = component("scaling_console", __file__)


def mount(
    data: dict[str, object],
    *,
    key: str,
    height: int | str,
    on_moved: Callable[[], None],
    on_stage: Callable[[], None],
) -> None:
    """Show these settings. `on_moved` is called when the hand lets go of a slider, `on_stage` when it clicks a stage.

    What they then ask for is the kept value of `key`.
    """
    _component(key=key, data=data, height=height, on_moved_change=on_moved, on_stage_change=on_stage)
