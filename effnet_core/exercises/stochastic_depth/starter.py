"""Stochastic depth: branches that are left out while training."""

import torch
from torch import Tensor


def drop_path(branch: Tensor, rate: float, training: bool) -> Tensor:
    """(N, C, H, W) -> the same, with some rows set to zero in training."""
    raise NotImplementedError


def drop_rates(blocks: int, last: float) -> list[float]:
    """The rate of each block, first block first."""
    raise NotImplementedError
