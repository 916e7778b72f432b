"""One MBConv as wide as the page, with a picture's real maps inside it: the picture flows through when it is played.

Every number and map comes as data; what is clicked becomes the page's bound inputs, which are the state.
"""

from __future__ import annotations

from collections.abc import Callable

from ...session import kept_values
from ..files import component

_component = component("mbconv_flow", __file__)


def mount(
    data: dict[str, object], *, key: str, on_step: Callable[[str], None], on_map: Callable[[str, int], None]
) -> None:
    """Draw the steps of `data`. `on_step`: one of them was chosen; `on_map`: a channel's map of one was clicked.

    What comes from the browser is checked against `data`.
    """
    steps = {step["name"]: [drawn["channel"] for drawn in step["maps"]] for step in data["steps"]}

    def step_chosen() -> None:
        name = kept_values.value(key)["step"]
        if isinstance(name, str) and name in steps:
            on_step(name)

    def map_chosen() -> None:
        came = kept_values.value(key)["map"]
        if isinstance(came, list) and len(came) == 2 and came[1] in steps.get(str(came[0]), ()):
            on_map(*came)

    _component(data=data, key=key, on_step_change=step_chosen, on_map_change=map_chosen)
