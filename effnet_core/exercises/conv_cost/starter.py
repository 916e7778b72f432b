"""What a convolution costs."""

import math


def conv_cost(
    channels: int, out_channels: int, kernel: int, stride: int, size: int, groups: int = 1, bias: bool = False
) -> tuple[int, int]:
    """Parameters and multiply-accumulates of a convolution of a square map, padded by kernel // 2."""
    raise NotImplementedError
