"""Stochastic depth: branches that are left out while training."""

import torch
from torch import Tensor


def drop_path(branch: Tensor, rate: float, training: bool) -> Tensor:
    """(N, C, H, W) -> the same, with some rows set to zero in training."""
    if not training or rate == 0:
        return branch
    stays = torch.rand(len(branch), 1, 1, 1, device=branch.device) >= rate
    return branch * stays / (1 - rate)


def drop_rates(blocks: int, last: float) -> list[float]:
    """The rate of each block, first block first."""
    return [last * index / blocks for index in range(blocks)]
