"""Depthwise and depthwise separable convolution."""

from torch import Tensor
from torch.nn import functional as F


def depthwise(x: Tensor, weight: Tensor, stride: int = 1) -> Tensor:
    """x (N, C, H, W), weight (C, 1, k, k) -> (N, C, ceil(H / stride), ceil(W / stride))."""
    raise NotImplementedError


def separable(x: Tensor, depthwise_weight: Tensor, pointwise_weight: Tensor, stride: int = 1) -> Tensor:
    """x (N, C, H, W), weights (C, 1, k, k) and (D, C, 1, 1) -> (N, D, ceil(H / stride), ceil(W / stride))."""
    raise NotImplementedError
