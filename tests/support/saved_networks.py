"""Checkpoints as bytes, for the tests of own checkpoints."""

from __future__ import annotations

import io

import pytest
import torch
from torch import Tensor, nn

from effnet_core.architecture import RELEASES, released, tiny
from effnet_core.networks.state_dict_names import CheckpointRejected
from effnet_core.networks.weights import load_checkpoint

FAMILY = [f"efficientnet_{member}" for member in RELEASES]
CANDIDATES = [released(name) for name in FAMILY] + [tiny()]
CLASSES = 7

State = dict[str, Tensor]


def pth(content: object, **options) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def hollow(network: nn.Module) -> State:
    """A state dict of these names and shapes whose file is small: every tensor repeats one stored number."""
    return {key: torch.ones((), dtype=torch.float16).expand(value.shape) for key, value in network.state_dict().items()}


def on_meta(make, **options) -> nn.Module:
    with torch.device("meta"):
        return make(**options)


def rejection(data: bytes, filename: str = "mine.pth", **options) -> str:
    """The sentence that this file is rejected with."""
    with pytest.raises(CheckpointRejected) as caught:
        load_checkpoint(data, filename, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 500
    return sentence


def logits(network: nn.Module, size: int = 64) -> Tensor:
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network(x)
