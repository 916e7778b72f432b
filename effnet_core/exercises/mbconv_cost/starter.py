"""What one MBConv costs."""

import math


def conv(channels: int, out_channels: int, kernel: int, side: int, groups: int = 1) -> tuple[int, int]:
    """Weights and multiply-accumulates of a convolution without bias; `side` is that of its output."""
    weights = out_channels * (channels // groups) * kernel**2
    return weights, weights * side**2


def mbconv_cost(
    channels: int, out_channels: int, kernel: int, stride: int, expansion: int, size: int
) -> tuple[int, int]:
    """Parameters and multiply-accumulates of one MBConv."""
    raise NotImplementedError
