"""Logits and accuracy of a network on whole pictures."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .data import normalise


@torch.no_grad()
def predict(model: nn.Module, images: Tensor, pixels: int, *, batch: int = 250) -> Tensor:
    """Logits (N, classes) of whole uint8 pictures resized to `pixels`."""
    device = next(model.parameters()).device
    model.eval()
    logits = []
    for chunk in images.split(batch):
        x = F.interpolate(chunk.to(device).float() / 255, size=pixels, mode="bicubic", antialias=True).clamp(0, 1)
        logits.append(model(normalise(x).contiguous(memory_format=torch.channels_last)).float().cpu())
    return torch.cat(logits)


def accuracy(logits: Tensor, targets: Tensor, top: int = 1) -> float:
    return (logits.topk(min(top, logits.shape[1])).indices == targets[:, None]).any(1).double().mean().item()
