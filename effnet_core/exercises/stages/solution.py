"""The stage table of a network, turned into blocks."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Stage(NamedTuple):
    """A row of the table: so many layers, of which the first has the stride."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int


class Block(NamedTuple):
    """One MBConv."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int


def round_filters(channels: int, width: float) -> int:
    """Channels times width, as a multiple of 8."""
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * scaled else rounded + 8


def round_repeats(layers: int, depth: float) -> int:
    """Layers times depth, rounded up."""
    return math.ceil(layers * depth)


def make_blocks(stages: Sequence[Stage], width: float, depth: float) -> list[Block]:
    """All blocks of the scaled network, first block first."""
    blocks = []
    for stage in stages:
        channels = round_filters(stage.in_channels, width)
        out_channels = round_filters(stage.out_channels, width)
        for index in range(round_repeats(stage.layers, depth)):
            stride = stage.stride if index == 0 else 1
            blocks.append(Block(stage.expansion, stage.kernel, stride, channels, out_channels))
            channels = out_channels
    return blocks
