"""Grad-CAM: where a network looked for a class."""

import torch
from torch import Tensor, nn


def grad_cam(network: nn.Module, layer: nn.Module, picture: Tensor, target: int) -> Tensor:
    """picture (1, 3, R, R) -> map (H, W) on the grid of the layer's output."""
    raise NotImplementedError
