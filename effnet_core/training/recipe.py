"""A training recipe as data: phases, rates, regularisation, and the learning rate over time."""

from __future__ import annotations

from dataclasses import dataclass

PHASE_RANGES = {"number of epochs": (1, 10_000), "size (px)": (16, 600), "least side": (0.05, 1.0)}


@dataclass(frozen=True)
class Phase:
    """`epochs` at `pixels`, on crops whose side is `least_side` to 1 of the picture's."""

    epochs: int
    pixels: int
    least_side: float

    def __post_init__(self) -> None:
        for (name, (low, high)), value in zip(PHASE_RANGES.items(), vars(self).values(), strict=True):
            if not low <= value <= high:
                raise ValueError(f"a phase's {name} is {value:g}; allowed is {low:g} to {high:g}")


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on beside its pictures and its architecture."""

    phases: tuple[Phase, ...] = (Phase(44, 48, 0.5), Phase(12, 64, 0.6), Phase(6, 80, 0.7))
    batch: int = 128
    learning_rate: float = 2.5e-3
    squeeze_rate: float = 0.2  # of the learning rate, for SE: at the full rate gates drift to 0 or 1 and stay there
    weight_decay: float = 0.2
    warmup: int = 2  # epochs
    cooldown: int = 22  # epochs
    label_smoothing: float = 0.1
    dropout: float = 0.1
    stochastic_depth: float = 0.0
    ema_decay: float = 0.998
    jitter: float = 0.3
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


def rate_at(epoch: float, recipe: Recipe) -> float:
    """Learning rate at a point of the run: linear warm-up, level, then linearly to zero over the last epochs.

    The level part does not know how long the run will be, so a run can be lengthened up to its cool-down
    (Hägele et al. 2024, arXiv:2405.18392).
    """
    return recipe.learning_rate * max(0.0, min(1, epoch / recipe.warmup, (recipe.epochs - epoch) / recipe.cooldown))
