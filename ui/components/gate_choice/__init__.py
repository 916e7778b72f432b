"""SE gates that are chosen by clicking: a block by its row, a channel by its bar; the keys do the same.

Plotly's heat maps report no click in Streamlit, and its selected bars fade all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from effnet_core import palette
from effnet_core.images.overlay import COLOUR_MAPS

from ...session import kept_values
from ..files import component

_component = component("effnet_lab.gates", __file__)
COLOURS = COLOUR_MAPS[palette.GATE_SCALE.lower()].split()
DIGITS = 4  # of a gate, as the browser gets it


class Row(NamedTuple):
    """A block: what it is called in full, what its row says, and its gates, sorted."""

    block: str
    name: str
    gates: Sequence[float]


def rows(blocks: Sequence[Row], chosen: str, *, key: str, alt: str, on_picked: Callable[[str], None]) -> None:
    """A row a block; `on_picked` gets the block that is clicked, before the page runs again."""
    drawn = [row._asdict() | {"gates": _short(row.gates)} for row in blocks]
    _show({"rows": drawn, "chosen": chosen}, {row.block for row in blocks}, key, alt, on_picked)


def bars(
    gates: Sequence[float], edited: Mapping[int, float], *, key: str, alt: str, on_picked: Callable[[int], None]
) -> None:
    """A bar a channel, and what the `edited` ones are moved to; `on_picked` gets the channel that is clicked."""
    shown = {"gates": _short(gates), "edited": [*edited.items()]}
    _show(shown, range(len(gates)), key, alt, on_picked)


def _show(shown: dict, allowed: range | set[str], key: str, alt: str, on_picked: Callable) -> None:
    def picked() -> None:
        value = kept_values.value(key)["picked"]
        if isinstance(value, int | str) and value in allowed:
            on_picked(value)

    _component(data={"alt": alt, "colours": COLOURS, **shown}, key=key, on_picked_change=picked)


def _short(gates: Sequence[float]) -> list[float]:
    return [round(float(gate), DIGITS) for gate in gates]
