"""Two charts that do not change, light enough for the first screen: bars of answers, and rows of gates.

Plotly draws the same on other pages, but its code is 4.7 MB, which the first screen would wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..files import component

_component = component("still_charts", __file__)


class Bar(NamedTuple):
    """`share` of the whole width; `text` is what its number reads, `exact` what pointing at it tells."""

    name: str
    share: float
    text: str
    exact: str
    colour: str


def bars(rows: Sequence[Bar], *, key: str, alt: str) -> None:
    """Horizontal bars, each under its name."""
    _component(data={"bars": [row._asdict() for row in rows], "alt": alt}, key=key)


def heat_rows(rows: Sequence[tuple[str, Sequence[float]]], *, colours: str, key: str, alt: str) -> None:
    """A row a block of (name, gates in 0..1, sorted). `colours`: of a colour map at even steps, as hexadecimals."""
    _component(data={"rows": rows, "colours": colours.split(), "alt": alt}, key=key)
