"""Blocks -> torch module, through torchvision's own EfficientNet and MBConv classes.

The module's parameter names are torchvision's, so its checkpoints load as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

from torch import nn
from torchvision.models.efficientnet import EfficientNet, MBConv, MBConvConfig
from torchvision.ops.misc import SqueezeExcitation

from ..architecture import Architecture, Block


def build(architecture: Architecture, *, stochastic_depth: float = 0.2, dropout: float | None = None) -> EfficientNet:
    """The network of these blocks, freshly initialised, in training mode: (N, 3, R, R) -> (N, classes) logits."""
    stages = [list(blocks) for _, blocks in groupby(architecture.blocks, key=lambda block: block.stage)]
    norm = partial(nn.BatchNorm2d, eps=architecture.norm_eps, momentum=architecture.norm_momentum)
    return EfficientNet(
        [_stage_config(blocks) for blocks in stages],
        dropout=architecture.dropout if dropout is None else dropout,
        stochastic_depth_prob=stochastic_depth,
        num_classes=architecture.classes,
        norm_layer=norm,
        last_channel=architecture.head_channels,
    )


class _AsDescribed(MBConvConfig):
    """Channels as the blocks have them: torchvision's own would round them once more, to multiples of 8."""

    @staticmethod
    def adjust_channels(channels: int, width_mult: float, min_value: int | None = None) -> int:
        return round(channels * width_mult)


def _stage_config(blocks: list[Block]) -> MBConvConfig:
    """A stage as torchvision wants it: the first block's numbers, a count, and the function that makes each block."""
    first, remaining = blocks[0], iter(blocks)

    def make(_config: MBConvConfig, stochastic_depth: float, norm: Callable[..., nn.Module]) -> MBConv:
        return make_block(next(remaining), stochastic_depth=stochastic_depth, norm=norm)

    return _AsDescribed(
        first.expansion, first.kernel, first.stride, first.in_channels, first.out_channels, len(blocks), block=make
    )


def make_block(
    block: Block, *, stochastic_depth: float = 0.0, norm: Callable[..., nn.Module] = nn.BatchNorm2d
) -> MBConv:
    """One MBConv: (N, in_channels, S, S) -> (N, out_channels, S / stride, S / stride)."""
    config = _AsDescribed(block.expansion, block.kernel, block.stride, block.in_channels, block.out_channels, 1)

    def squeeze_excite(channels: int, _torchvision_choice: int, **settings) -> nn.Module:
        return (
            SqueezeExcitation(channels, block.squeeze_channels, **settings) if block.squeeze_channels else nn.Identity()
        )

    return MBConv(config, stochastic_depth, norm, squeeze_excite)
