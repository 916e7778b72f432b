"""Is a map true to the network? Pixels are taken away in the map's order, and weights are drawn anew.

Deletion starts at the picture and gives the highest pixels of the map the mean colour first; insertion starts at the
blurred picture and puts the highest pixels back first. Both read the target's probability. A random map on the same
grid and a blob in the centre go through the same: a map that is no better than they are tells nothing.

Sources: Petsiuk et al., RISE, 2018, arXiv:1806.07421 (deletion, insertion); Chattopadhyay et al., Grad-CAM++, 2018,
arXiv:1710.11063 (the drop, here of one picture); Adebayo et al., Sanity Checks for Saliency Maps, 2018,
arXiv:1810.03292 (cascading randomisation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from .methods import Progress
from .results import Cancelled, Curves, Faithfulness, Heatmap, Randomised

STEPS = 20  # in which all pixels go
SEED = 0
BLUR = 16  # the crop's side over the blur's standard deviation
CENTRE = 4  # the crop's side over the central blob's standard deviation
PASSES = 3 * (2 * (STEPS + 1) + 1)  # pictures that one judgement sends through the network


def judge(
    probabilities: Callable[[Tensor], np.ndarray],
    x: Tensor,
    heatmap: Heatmap,
    *,
    at_once: int,
    progress: Progress | None = None,
) -> Faithfulness:
    """`probabilities`: pictures (N, 3, R, R) -> the target's (N,); `x`: the picture (3, R, R). Cancelled: stopped."""
    chance = np.random.default_rng(SEED)
    grid = heatmap.values.shape
    rivals = (heatmap.values, chance.random(grid), _centre_blob(x.shape[-1]))
    pictures = (picture for values in rivals for picture in _altered(x, values, chance))
    found = _in_batches(probabilities, pictures, at_once, progress).reshape(len(rivals), -1)
    curves = [
        Curves(row[: STEPS + 1], row[STEPS + 1 : -1], float(max(0.0, 1 - row[-1] / max(row[0], 1e-12))))
        for row in found
    ]
    shares = np.linspace(0, 1, STEPS + 1)
    return Faithfulness(heatmap.target, shares, *curves, "the mean colour", "the blurred picture", SEED)


def _centre_blob(side: int) -> np.ndarray:
    distance = np.arange(side) - (side - 1) / 2
    falling = np.exp(-0.5 * (distance * CENTRE / side) ** 2)
    return np.outer(falling, falling)


def _altered(x: Tensor, values: np.ndarray, chance: np.random.Generator) -> Iterator[Tensor]:
    """The pictures of one map: deletion's and insertion's, from no pixel to all, then what the map keeps."""
    side = x.shape[-1]
    large = np.asarray(Image.fromarray(values.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR))
    order = np.lexsort((chance.random(large.size), -large.ravel()))  # equal values: by chance, not by rows
    rank = torch.from_numpy(np.argsort(order).reshape(side, side))
    counts = [round(step / STEPS * large.size) for step in range(STEPS + 1)]
    mean, blurred = torch.zeros_like(x), _blurred(x)  # zero is the colour that the input is centred on
    yield from (torch.where(rank < count, mean, x) for count in counts)
    yield from (torch.where(rank < count, x, blurred) for count in counts)
    positive = np.maximum(large, 0)
    yield x * torch.from_numpy(positive / max(positive.max(), 1e-12))


def _blurred(x: Tensor) -> Tensor:
    sigma = x.shape[-1] / BLUR
    return gaussian_blur(x, 2 * round(3 * sigma) + 1, sigma)


def _in_batches(
    probabilities: Callable[[Tensor], np.ndarray], pictures: Iterable[Tensor], at_once: int, progress: Progress | None
) -> np.ndarray:
    found, pictures = [], iter(pictures)
    while batch := list(islice(pictures, at_once)):
        found += probabilities(torch.stack(batch)).tolist()
        if progress and not progress(len(found) / PASSES):
            raise Cancelled
    return np.array(found)


# Weights drawn anew -----------------------------------------------------------------------------------------------


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
