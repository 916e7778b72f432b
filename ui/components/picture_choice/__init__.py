"""Pictures to choose one of by clicking on it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...session import kept_values
from ..files import component

_component = component("effnet_lab.picture_choice", __file__)


class Row(NamedTuple):
    """A picture to choose: its value, what stands under it, and a small JPEG of it."""

    value: str
    title: str
    jpeg: bytes
    note: str = ""


def show(label: str, rows: Sequence[Row], chosen: str, *, key: str, on_picked: Callable[[str], None]) -> None:
    """The pictures, `chosen` framed; `on_picked` gets the value of one that is clicked, before the page runs again."""

    def picked() -> None:
        value = kept_values.value(key)["picked"]
        if value in {row.value for row in rows}:
            on_picked(value)

    pictures = [
        {
            "value": row.value,
            "title": row.title,
            "note": row.note,
            "image": f"data:image/jpeg;base64,{base64.b64encode(row.jpeg).decode()}",
        }
        for row in rows
    ]
    _component(data={"label": label, "chosen": chosen, "pictures": pictures}, key=key, on_picked_change=picked)
