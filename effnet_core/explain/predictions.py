"""A network's logits in words: its best classes with their probabilities, and the sums of whole groups of classes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from .results import Prediction

Names = Sequence[str] | None  # of all classes; None if the network has none


def predictions(logits: Tensor, best: Sequence[int], labels: Names, groups: Names) -> tuple[Prediction, ...]:
    """The classes numbered `best`. `logits`: (classes,) on the CPU."""
    probabilities = logits.double().softmax(0).tolist()
    return tuple(
        Prediction(
            index,
            labels[index] if labels else None,
            probabilities[index],
            logits[index].item(),
            groups[index] if groups else None,
        )
        for index in best
    )


def by_group(logits: Tensor, groups: Names) -> tuple[tuple[str, float], ...]:
    """Each group with its classes' probabilities summed, largest first; empty if there are no groups."""
    sums: dict[str, float] = {}
    if groups is not None:
        for group, probability in zip(groups, logits.double().softmax(0).tolist(), strict=True):
            sums[group] = sums.get(group, 0.0) + probability
    return tuple(sorted(sums.items(), key=lambda pair: -pair[1]))
