"""Products that add up to a value, cell by cell: pointing at one of them marks the numbers that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..files import component

if TYPE_CHECKING:
    import numpy as np

_component = component("linked_cells", __file__)


class Row(NamedTuple):
    """One factor of every product, or the products. None: this cell has no such number."""

    title: str
    values: Sequence[float | None]
    sign: str = ""  # × or =, in front


def show_grids(grids: dict[str, np.ndarray], total: str, *, key: str, alt: str) -> None:
    """Kernel, patch and products (k, k) side by side. `total`: what is said while no cell is pointed at."""
    rows = [
        Row(title, values.ravel().tolist(), sign)
        for sign, (title, values) in zip(("", "×", "="), grids.items(), strict=True)
    ]
    _mount(rows, total, key=key, alt=alt, columns=next(iter(grids.values())).shape[1])


def show_list(names: Sequence[str], rows: Sequence[Row], total: str, *, key: str, alt: str) -> None:
    """Contributions by name, a column each; on a phone a row each."""
    _mount(rows, total, key=key, alt=alt, names=names)


def _mount(rows: Sequence[Row], total: str, *, key: str, **settings: object) -> None:
    _component(data={"rows": [row._asdict() for row in rows], "total": total, **settings}, key=key)
