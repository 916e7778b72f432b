"""Deletion and insertion curves: is a map faithful to the network?

Deletion starts at the picture and gives the highest pixels of the map the mean colour first; insertion starts at the
blurred picture and puts the highest pixels back first. Both read the target's probability. A random map on the same
grid and a blob in the centre get the same treatment: a map that does no better than these explains nothing.

Sources: Petsiuk et al., RISE, 2018, arXiv:1806.07421 (deletion, insertion); Chattopadhyay et al., Grad-CAM++, 2018,
arXiv:1710.11063 (the drop, here of one picture).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..progress import Cancelled, Progress
from .results import Curves, Faithfulness, Heatmap

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 20  # from no pixel to all
SEED = 0
BLUR = 16  # the crop's side over the blur's standard deviation
CENTRE = 4  # the crop's side over the central blob's standard deviation
PASSES = 3 * (2 * (STEPS + 1) + 1)  # forward passes, one picture each, for all three maps


def judge(
    probabilities: Callable[[Tensor], np.ndarray],
    x: Tensor,
    heatmap: Heatmap,
    *,
    batch_size: int,
    progress: Progress | None = None,
) -> Faithfulness:
    """`probabilities`: pictures (N, 3, R, R) -> the target's (N,); `x`: the picture (3, R, R). Raises Cancelled."""
    rng = np.random.default_rng(SEED)
    grid = heatmap.values.shape
    rivals = (heatmap.values, rng.random(grid), _centre_blob(x.shape[-1]))
    pictures = (picture for values in rivals for picture in _altered(x, values, rng))
    scores = _in_batches(probabilities, pictures, batch_size, progress).reshape(len(rivals), -1)
    curves = [
        Curves(row[: STEPS + 1], row[STEPS + 1 : -1], float(max(0.0, 1 - row[-1] / max(row[0], 1e-12))))
        for row in scores
    ]
    shares = np.linspace(0, 1, STEPS + 1)
    return Faithfulness(heatmap.target, shares, *curves, "the mean colour", "the blurred picture", SEED)


def _centre_blob(side: int) -> np.ndarray:
    distance = np.arange(side) - (side - 1) / 2
    falling = np.exp(-0.5 * (distance * CENTRE / side) ** 2)
    return np.outer(falling, falling)


def _altered(x: Tensor, values: np.ndarray, rng: np.random.Generator) -> Iterator[Tensor]:
    """The pictures of one map: deletion's and insertion's, from no pixel to all, then what the map keeps."""
    import torch

    side = x.shape[-1]
    large = np.asarray(Image.fromarray(values.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR))
    order = np.lexsort((rng.random(large.size), -large.ravel()))  # equal values: at random, not by rows
    rank = torch.from_numpy(np.argsort(order).reshape(side, side))
    counts = [round(step / STEPS * large.size) for step in range(STEPS + 1)]
    mean, blurred = torch.zeros_like(x), _blurred(x)  # zero is the colour that the input is centred on
    yield from (torch.where(rank < count, mean, x) for count in counts)
    yield from (torch.where(rank < count, x, blurred) for count in counts)
    positive = np.maximum(large, 0)
    yield x * torch.from_numpy(positive / max(positive.max(), 1e-12))


def _blurred(x: Tensor) -> Tensor:
    from torchvision.transforms.functional import gaussian_blur

    sigma = x.shape[-1] / BLUR
    return gaussian_blur(x, 2 * round(3 * sigma) + 1, sigma)


def _in_batches(
    probabilities: Callable[[Tensor], np.ndarray],
    pictures: Iterable[Tensor],
    batch_size: int,
    progress: Progress | None,
) -> np.ndarray:
    import torch

    scores, pictures = [], iter(pictures)
    while batch := list(islice(pictures, batch_size)):
        scores += probabilities(torch.stack(batch)).tolist()
        if progress and not progress(len(scores) / PASSES):
            raise Cancelled
    return np.array(scores)
