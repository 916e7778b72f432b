"""Two charts that do not change, light enough for the first screen: bars of answers, and rows of gates.

Plotly draws the same on other pages, but its code is 4.7 MB, which the first screen would wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...session import kept_values
from ..files import component

_component = component("still_charts", __file__)


class Bar(NamedTuple):
    """`share` of the whole width; `text` is what its number reads, `exact` what pointing tells; `strong`: marked."""

    name: str
    share: float
    text: str
    exact: str
    strong: bool = False


def bars(rows: Sequence[Bar], *, key: str, alt: str) -> None:
    """Horizontal bars, each under its name."""
    _component(data={"bars": [row._asdict() for row in rows], "alt": alt}, key=key)


def bars_to_pick(
    rows: Sequence[Bar], chosen: int | None, *, key: str, alt: str, on_picked: Callable[[int], None]
) -> None:
    """The same, one of them `chosen`; `on_picked` gets the place of one that is clicked, before the page runs again."""

    def picked() -> None:
        place = kept_values.value(key)["picked"]
        if place in range(len(rows)):
            on_picked(place)

    data = {"bars": [row._asdict() for row in rows], "picked": chosen, "alt": alt}
    _component(data=data, key=key, on_picked_change=picked)


def heat_rows(rows: Sequence[tuple[str, Sequence[float]]], *, colours: str, key: str, alt: str) -> None:
    """A row a block of (name, gates in 0..1, sorted); a name begins with the part of features that it stands in.

    `colours`: of a colour map at even steps, as hexadecimals."""
    _component(data={"rows": rows, "colours": colours.split(), "alt": alt}, key=key)
