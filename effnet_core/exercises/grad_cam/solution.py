"""Grad-CAM: where a network looked for a class."""

import torch
from torch import Tensor, nn


def grad_cam(network: nn.Module, layer: nn.Module, picture: Tensor, target: int) -> Tensor:
    """picture (1, 3, R, R) -> map (H, W) on the grid of the layer's output."""
    kept = []
    handle = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        logits = network(picture)
    finally:
        handle.remove()
    [activations] = kept
    [gradient] = torch.autograd.grad(logits[0, target], activations)
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * activations).sum(1)[0].relu().detach()
