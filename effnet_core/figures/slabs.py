"""What is drawn of a network, whoever draws it: its slabs, and the steps of their scale. Pure Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..cost import Layer

ZOOMS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10, 13, 16, 20)  # in steps, so that a growing network is seen to grow
STAGE_GAP = 0.04  # share of the drawing's width


class Slab(NamedTuple):
    """One drawn block, or the stem or head: as high as its output (px), as thick as its output has channels."""

    name: str
    stage: int
    kind: str
    channels: int
    size: int


def slabs(layers: Iterable[Layer]) -> list[Slab]:
    """What is drawn of a network, in the order in which it runs."""
    rows, kernel = [], 0
    for layer in layers:
        if layer.role == "depthwise":
            kernel = layer.kernel
        elif layer.role in ("stem", "project", "head"):
            kind = f"MBConv, {kernel}×{kernel}" if layer.role == "project" else "stem, head"
            name = layer.block
            rows.append(Slab(name, layer.stage, kind, layer.out_channels, layer.size))
    return rows
