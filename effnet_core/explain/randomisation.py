"""Does a heat map depend on the weights? Maps while layers are randomised, the classifier first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from .faithfulness import SEED
from .methods import Progress
from .results import Cancelled, Heatmap, Randomised


def randomised(
    network: nn.Module, look: Callable[[Progress], Heatmap], heatmap: Heatmap, *, progress: Progress | None = None
) -> list[Randomised]:
    """Draw a network's weights anew, in place, from the top downwards; `look` makes the map at each step of it."""
    chance, parts, found = torch.Generator().manual_seed(SEED), parts_from_the_top(network), []
    for number, part in enumerate(parts):
        draw_anew(network.get_submodule(part), chance)

        def report(share: float, number: int = number) -> bool:
            return progress is None or progress((number + share) / len(parts))

        changed = look(report)
        if not report(1.0):
            raise Cancelled
        found.append(Randomised(part, changed, similarity(heatmap.values, changed.values)))
    return found


def parts_from_the_top(network: nn.Module) -> list[str]:
    """What is drawn anew, one after the other: the classifier, then the stages from the last to the first."""
    return ["classifier", *(f"features.{stage}" for stage in reversed(range(len(network.features))))]


@torch.no_grad()
def draw_anew(part: nn.Module, chance: torch.Generator) -> None:
    """New normal weights in place, each tensor with the mean and spread that it had.

    Freshly initialised ones would let the signal of so deep a network fade to nothing: then any map is blank.
    """
    for weights in part.parameters():
        drawn = torch.randn(weights.shape, generator=chance).to(weights)
        weights.copy_(drawn * weights.std(correction=0) + weights.mean())


def similarity(one: np.ndarray, other: np.ndarray) -> float | None:
    """Spearman's rank correlation of two maps; None where one is constant."""
    ranks = [_ranks(values.ravel()) for values in (one, other)]
    if any(np.ptp(row) == 0 for row in ranks):
        return None
    return float(np.corrcoef(*ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Place of each value among all, equal values sharing the mean of their places."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[where]
