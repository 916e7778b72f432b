"""What happens in the step of an MBConv that mbconv_flow shows: a sentence, numbers, and maps that can be clicked."""

from __future__ import annotations

from collections.abc import Callable

from ...session import kept_values
from ..files import component

_component = component("mbconv_step", __file__)


def mount(data: dict[str, object], *, key: str, on_map: Callable[[str, int], None]) -> None:
    """Tell the chosen step of `data`, the same that mbconv_flow gets. `on_map`: a channel's map of a step was clicked.

    What comes from the browser is checked against `data`.
    """
    steps = {step["name"]: [drawn["channel"] for drawn in step["maps"]] for step in data["steps"] if step["opens"]}

    def map_chosen() -> None:
        came = kept_values.value(key)["map"]
        if isinstance(came, list) and len(came) == 2 and came[1] in steps.get(str(came[0]), ()):
            on_map(*came)

    _component(data=data, key=key, on_map_change=map_chosen)
