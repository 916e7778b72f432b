"""What each step of one MBConv produces as a picture passes through a network."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet

from .gates import place_of, watching


@torch.no_grad()
def steps_of(network: EfficientNet, x: Tensor, block: str) -> dict[str, Tensor]:
    """Of one picture (1, 3, H, W): step -> its output (1, ...), the block's input first; the gate is (1, C)."""
    stage, index = place_of(block)
    entering = network.features[stage][:index](network.features[:stage](x))
    mbconv = network.features[stage][index]
    *wide, gated, project = mbconv.block
    steps = dict(zip(("expand", "depthwise")[-len(wide) :], wide, strict=True))
    steps |= {"gate": gated.scale_activation, "gated": gated, "project": project, "output": mbconv}
    with watching(steps) as seen:
        mbconv(entering)
    seen["gate"] = seen["gate"].flatten(1)
    return {"input": entering, **seen}
