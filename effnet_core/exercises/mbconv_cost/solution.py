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
    wide, squeezed = channels * expansion, max(1, int(0.25 * channels))
    side = math.ceil(size / stride)
    convolutions = [conv(wide, wide, kernel, side, groups=wide), conv(wide, out_channels, 1, side)]
    norms = 2 * wide + 2 * out_channels
    if expansion > 1:
        convolutions.append(conv(channels, wide, 1, size))
        norms += 2 * wide
    convolutions += [conv(wide, squeezed, 1, 1), conv(squeezed, wide, 1, 1)]
    biases = squeezed + wide
    params, macs = map(sum, zip(*convolutions, strict=True))
    return params + norms + biases, macs
