"""Batch norm, folded into the convolution before it."""

import torch
from torch import nn


def fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """One convolution with a bias that answers like both did at inference."""
    raise NotImplementedError
