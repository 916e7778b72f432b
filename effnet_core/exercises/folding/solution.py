"""Batch norm, folded into the convolution before it."""

import torch
from torch import nn


@torch.no_grad()
def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution with a bias that answers like both did at inference."""
    folded = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,
        convolution.stride,
        convolution.padding,
        groups=convolution.groups,
    )
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = 0 if convolution.bias is None else convolution.bias
    folded.weight.copy_(convolution.weight * scale.reshape(-1, 1, 1, 1))
    folded.bias.copy_(norm.bias + (bias - norm.running_mean) * scale)
    return folded
