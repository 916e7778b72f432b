"""An EfficientNet of your own, with the weights of a trained one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Stage(NamedTuple):
    """A row of the table: so many layers, of which the first has the stride."""

    expansion: int
    kernel: int
    stride: int
    in_channels: int
    out_channels: int
    layers: int


# Your network goes here, from torch.nn alone.


def load(stages: Sequence[Stage], weights: Mapping[str, Tensor]) -> nn.Module:
    """The network of this table with these weights, ready to answer: (N, 3, R, R) -> logits (N, classes)."""
    raise NotImplementedError
