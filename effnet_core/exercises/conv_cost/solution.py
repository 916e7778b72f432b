"""What a convolution costs."""

import math


def conv_cost(
    channels: int, out_channels: int, kernel: int, stride: int, size: int, groups: int = 1, bias: bool = False
) -> tuple[int, int]:
    """Parameters and multiply-accumulates of a convolution of a square map, padded by kernel // 2."""
    weights = out_channels * (channels // groups) * kernel**2
    side = math.ceil(size / stride)
    return weights + (out_channels if bias else 0), weights * side**2
