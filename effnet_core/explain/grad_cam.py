"""Where a network looked: Grad-CAM at any stage of an EfficientNet.

Conventions. A target is a logit, not a probability. A map is a stage's channels, each weighted by the mean
gradient of the logit over that channel's positions, summed and passed through ReLU (the ladder keeps signs): it
stays on the stage's own grid and keeps its magnitude.

Source: Selvaraju et al., Grad-CAM, ICCV 2017, arXiv:1610.02391v4, Eq. 1 and 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet


def forward_from(network: EfficientNet, x: Tensor, stage: int, *, differentiate: bool) -> tuple[Tensor, Tensor]:
    """One pass: the output (N, K, H, W) of `features[stage]` and the logits (N, classes).

    With `differentiate`, only what follows that stage is recorded for gradients.
    """
    with torch.no_grad():
        activations = network.features[: stage + 1](x)
    with torch.set_grad_enabled(differentiate):
        activations.requires_grad_(differentiate)
        pooled = network.avgpool(network.features[stage + 1 :](activations))
        return activations, network.classifier(pooled.flatten(1))


@torch.enable_grad()
def grad_cam(activations: Tensor, logits: Tensor, targets: Tensor, *, signed: bool = False) -> Tensor:
    """Maps (N, T, H, W) of the targets (N, T), rectified unless `signed`: one backward pass for each of the T."""
    weights = []
    for column in targets.T:
        chosen = logits.gather(1, column[:, None]).sum()  # pictures do not mix: the sum has each one's gradient
        (gradient,) = torch.autograd.grad(chosen, activations, retain_graph=True)
        weights.append(gradient.mean((2, 3)))
    maps = _weighted_sum(activations.detach(), torch.stack(weights, 1))
    return maps if signed else maps.relu()


def grad_cam_at_last(activations: Tensor, classifier: Tensor, targets: Tensor) -> Tensor:
    """The same at the last convolution, with no backward pass. `classifier`: its weights (classes, K).

    After it come only an average over H x W positions and a linear layer, so the gradient of a logit is
    the classifier's row of that class, divided by H x W, at every position.
    """
    return _weighted_sum(activations, classifier[targets] / activations[0, 0].numel()).relu()


@torch.enable_grad()
def grad_cam_ladder(network: EfficientNet, x: Tensor, targets: Sequence[int]) -> list[Tensor]:
    """Signed maps (T, H, W) of one picture (1, 3, R, R) at every stage, first to last, for T targets.

    One forward pass; one backward pass for each target, which gives the gradients at all stages at once.
    """
    stages = [network.features[0](x).detach().requires_grad_()]  # earlier layers need no gradient
    for stage in network.features[1:]:
        stages.append(stage(stages[-1]))
    [logits] = network.classifier(network.avgpool(stages[-1]).flatten(1))
    gradients = [torch.autograd.grad(logits[target], stages, retain_graph=True) for target in targets]
    return [
        _weighted_sum(stage.detach(), torch.stack([gradient.mean((2, 3)) for gradient in of_targets], 1))[0]
        for stage, of_targets in zip(stages, zip(*gradients, strict=True), strict=True)
    ]


def _weighted_sum(activations: Tensor, weights: Tensor) -> Tensor:
    """Channels (N, K, H, W) summed with weights (N, T, K): (N, T, H, W)."""
    return torch.einsum("nkhw,ntk->nthw", activations, weights)
