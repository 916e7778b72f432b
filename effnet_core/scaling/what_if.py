"""A block with other settings: what changes in its layers and its cost."""

from __future__ import annotations

from typing import NamedTuple

from ..architecture import Block, strided
from ..cost import convolution
from .block_designs import expanded, mbconv


def changed(
    block: Block,
    *,
    kernel: int | None = None,
    expansion: int | None = None,
    se_ratio: float | None = None,
    stride: int | None = None,
) -> Block:
    """The block with other settings between the same ends; an SE ratio of 0 removes squeeze-and-excitation."""
    squeezed = max(1, int(block.in_channels * se_ratio)) if se_ratio else 0
    expansion = expansion or block.expansion
    return block._replace(
        kernel=kernel or block.kernel,
        expansion=expansion,
        stride=stride or block.stride,
        expanded_channels=expanded(block.in_channels, expansion),
        squeeze_channels=block.squeeze_channels if se_ratio is None else squeezed,
    )


class Separable(NamedTuple):
    """What a depthwise convolution and a 1x1 behind it cost, against one full convolution that does both."""

    separable: int
    full: int
    ratio: float  # 1/C + 1/k²: C output channels of the 1x1, k the kernel's side


def separable(block: Block, size: int) -> Separable:
    """MACs of this block's depthwise and project, against a full convolution from its wide to its output channels."""
    pair = sum(row.macs for row in mbconv(block, size).layers if row.role in ("depthwise", "project"))
    wide, out = block.expanded_channels, block.out_channels
    whole = convolution("full", "full", wide, out, strided(size, block.stride), kernel=block.kernel).macs
    return Separable(pair, whole, 1 / out + 1 / block.kernel**2)
