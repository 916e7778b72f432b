"""Does a heat map depend on the weights? Maps as layers are randomised one after the other, the classifier first.

Source: Adebayo et al., Sanity Checks for Saliency Maps, 2018, arXiv:1810.03292 (cascading randomisation).
"""

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
    """Randomise a network's weights in place, from the classifier downwards; `look` maps after each part."""
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
    """What is randomised, in this order: the classifier, then the stages from the last to the first."""
    return ["classifier", *(f"features.{stage}" for stage in reversed(range(len(network.features))))]


@torch.no_grad()
def rerandomise(part: nn.Module, rng: torch.Generator) -> None:
    """Replace the weights by normal ones in place; each tensor keeps its mean and spread.

    Freshly initialised weights would let the signal of so deep a network fade to nothing, and every map be blank.
    """
    for weights in part.parameters():
        drawn = torch.randn(weights.shape, generator=rng).to(weights)
        weights.copy_(drawn * weights.std(correction=0) + weights.mean())
