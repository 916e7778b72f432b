"""Does a heat map depend on the weights? Maps while layers are randomised, the classifier first."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from ..progress import Cancelled, Progress
from .faithfulness import SEED
from .rank_correlation import rank_correlation
from .results import Heatmap, Randomised


def randomised(
    network: nn.Module, look: Callable[[Progress], Heatmap], heatmap: Heatmap, *, progress: Progress | None = None
) -> list[Randomised]:
    """Draw a network's weights anew, in place, from the top downwards; `look` makes the map at each step of it."""
    rng, parts, steps = torch.Generator().manual_seed(SEED), parts_from_the_top(network), []
    for number, part in enumerate(parts):
        rerandomise(network.get_submodule(part), rng)

        def report(share: float, number: int = number) -> bool:
            return progress is None or progress((number + share) / len(parts))

        changed = look(report)
        if not report(1.0):
            raise Cancelled
        steps.append(Randomised(part, changed, rank_correlation(heatmap.values, changed.values)))
    return steps


def parts_from_the_top(network: nn.Module) -> list[str]:
    """What is drawn anew, one after the other: the classifier, then the stages from the last to the first."""
    return ["classifier", *(f"features.{stage}" for stage in reversed(range(len(network.features))))]


@torch.no_grad()
def rerandomise(part: nn.Module, rng: torch.Generator) -> None:
    """New normal weights in place, each tensor with the mean and spread that it had.

    Freshly initialised ones would let the signal of so deep a network fade to nothing: then any map is blank.
    """
    for weights in part.parameters():
        drawn = torch.randn(weights.shape, generator=rng).to(weights)
        weights.copy_(drawn * weights.std(correction=0) + weights.mean())
