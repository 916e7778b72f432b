"""A training recipe as data: phases, rates, regularisation, and the learning rate over time."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """`epochs` at `pixels`, on crops whose side is `least_side` to 1 of the picture's."""

    epochs: int
    pixels: int
    least_side: float


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on beside its pictures and its architecture."""

    phases: tuple[Phase, ...] = (Phase(18, 48, 0.6), Phase(10, 64, 0.6), Phase(11, 80, 0.6), Phase(2, 96, 0.9))
    batch: int = 128
    learning_rate: float = 5e-3
    weight_decay: float = 0.05
    warmup: float = 0.04
    label_smoothing: float = 0.1
    dropout: float = 0.1
    stochastic_depth: float = 0.0
    ema_decay: float = 0.998
    jitter: float = 0.2
    muon: bool = True
    validation_pixels: int = 96
    validate_every: int = 4  # epochs; always after the last four
    seed: int = 0

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    def phase(self, epoch: int) -> Phase:
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase
            epoch -= phase.epochs
        raise ValueError(f"the recipe has {self.epochs} epochs")


def rate_at(progress: float, recipe: Recipe) -> float:
    """Learning rate at a fraction of the run: linear warm-up, then a cosine to zero."""
    if progress < recipe.warmup:
        return recipe.learning_rate * progress / recipe.warmup
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - recipe.warmup) / (1 - recipe.warmup)))
