"""Every network of the paper's comparisons that can be built here, by name, and what it really costs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model

from ..architecture import RELEASES, released
from ..published.claims import published, resolution
from . import amoebanet, builder


def _efficientnet(member: str) -> nn.Module:
    return builder.build(released(member))


TORCHVISION = (
    "densenet169",
    "mobilenet_v2",
    "resnet50",
    "resnet152",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)
BUILDERS: dict[str, Callable[[], nn.Module]] = {
    **{f"efficientnet_{member}": partial(_efficientnet, member) for member in RELEASES},
    "amoebanet_a": partial(amoebanet.build, "a", layers=18, filters=190),
    "amoebanet_b": partial(amoebanet.build, "b", layers=18, filters=512),
    "amoebanet_c": partial(amoebanet.build, "c", layers=18, filters=228),
    "amoebanet_d": partial(amoebanet.build, "d", layers=18, filters=256),
    "inception_v3": partial(get_model, "inception_v3", weights=None, aux_logits=False, init_weights=False),
    **{name: partial(get_model, name, weights=None) for name in TORCHVISION},
}


def build(name: str) -> nn.Module:
    """The network of that name for 1000 classes, with random weights. Raises ValueError listing the valid names."""
    resolution(name)
    return BUILDERS[name]()


def count(name: str) -> tuple[int, int]:
    """(parameters, MACs at its own resolution) of the built network; nothing is allocated."""
    with torch.device("meta"), torch.no_grad():
        network = build(name).eval()
        pictures = torch.empty(1, 3, resolution(name), resolution(name))
        with FlopCounterMode(display=False) as counter:
            network(pictures)
    return sum(parameter.numel() for parameter in network.parameters()), counter.get_total_flops() // 2


def row(name: str) -> dict:
    """What is counted on the built network beside what is published."""
    params, macs = count(name)
    printed = published(name)._asdict()
    return {"name": name, "params": params, "macs": macs, "resolution": resolution(name), "published": printed}
