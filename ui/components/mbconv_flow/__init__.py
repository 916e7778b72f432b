"""One MBConv as wide as the page, with a picture's real maps inside it: the picture flows through when it is played.

Every number and map comes as data; the step that is chosen becomes the page's bound input, which is the state.
"""

from __future__ import annotations

from collections.abc import Callable

from ...session import kept_values
from ..files import component

_component = component("mbconv_flow", __file__)


def mount(data: dict[str, object], *, key: str, on_step: Callable[[str], None]) -> None:
    """Draw the steps of `data`. `on_step`: one of them was chosen."""

    def step_chosen() -> None:
        name = kept_values.value(key)["step"]
        if name in [step["name"] for step in data["steps"]]:
            on_step(name)

    _component(data=data, key=key, on_step_change=step_chosen)
