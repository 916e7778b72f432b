"""What an engine answers: frozen rows of floats, strings and numpy arrays, so that pages need no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..architecture import Block
from .gate_edits import GateEdit


@dataclass(frozen=True)
class Prediction:
    """One class of the answer; probability in 0..1 among all classes of the model."""

    index: int
    label: str | None
    probability: float
    logit: float
    group: str | None = None


@dataclass(frozen=True)
class Gates:
    """SE gate of one block such as "features.2.0": (C,) float32 in 0..1, one per expanded channel."""

    block: str
    values: np.ndarray


@dataclass(frozen=True)
class Heatmap:
    """Evidence for class `target`: (H, W) float32 on the layer's own grid, not normalised.

    `layer` is a stage, or "input" for methods that look at pixels. In a signed map values below zero are evidence
    against the class; other maps are rectified or have no sign.
    """

    layer: str
    target: int
    values: np.ndarray
    method: str = "gradcam"
    signed: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether the picture has no evidence for the class at this layer."""
        return not (self.values > 0).any()

    def rectified(self) -> Heatmap:
        """The same without evidence against the class."""
        return replace(self, values=np.maximum(self.values, 0), signed=False)


@dataclass(frozen=True)
class Explanation:
    """One picture's answer. `heatmaps`: one for each of `top`, or one for the given target.

    `groups`: each group's summed probability, best first; empty where the model has no groups.
    """

    top: tuple[Prediction, ...]
    gates: tuple[Gates, ...]
    heatmaps: tuple[Heatmap, ...]
    groups: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class BlockTrace:
    """What each step of one MBConv produced, in the order in which they ran.

    Steps: input, expand (absent where the block does not widen), depthwise, gate (C,), gated, project, output;
    all others are (C, H, W) float32.
    """

    block: Block
    steps: tuple[tuple[str, np.ndarray], ...]


@dataclass(frozen=True)
class ClassChange:
    """One class before and after gates were edited."""

    before: Prediction
    after: Prediction

    @property
    def logit_change(self) -> float:
        """After minus before."""
        return self.after.logit - self.before.logit


@dataclass(frozen=True)
class Intervention:
    """One picture's answer with the network's own gates and with edited ones.

    `before`, `after`: all classes, best first, each with one heat map of the same class: the top class before, unless
    another was given. `changes`: the top classes of both, those of `before` first.
    """

    edits: tuple[GateEdit, ...]
    before: Explanation
    after: Explanation
    changes: tuple[ClassChange, ...]


@dataclass(frozen=True)
class ChannelEffect:
    """By how much the target's logit falls when this channel alone is closed; negative where it rises."""

    channel: int
    gate: float
    drop: float


@dataclass(frozen=True)
class Curves:
    """The target's probability as pixels are removed, or inserted, in the order that a map gives them.

    `deletion`, `insertion`: probability at each of Faithfulness.shares. `confidence_drop`: share of the probability
    lost when each pixel is kept only as far as the map is strong there, in 0..1 (0: nothing is lost).
    """

    deletion: np.ndarray
    insertion: np.ndarray
    confidence_drop: float

    @property
    def deletion_area(self) -> float:
        """Mean probability over the shares removed: low if the map ranks first what the class needs."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """Mean probability over the shares inserted: high if the map ranks first what is enough for the class."""
        return _area(self.insertion)


def _area(values: np.ndarray) -> float:
    return float(np.trapezoid(values, np.linspace(0, 1, len(values))))


@dataclass(frozen=True)
class Faithfulness:
    """A map's curves beside those of a random map on the same grid (`seed`) and of a blob in the centre.

    `shares`: of the pixels removed or inserted, evenly from 0 to 1. `removed_to`, `inserted_from`: what replaces the
    picture there.
    """

    target: int
    shares: np.ndarray
    heatmap: Curves
    random: Curves
    centre: Curves
    removed_to: str
    inserted_from: str
    seed: int


@dataclass(frozen=True)
class Randomised:
    """The map after the weights from the classifier down to `part` were randomised.

    `similarity`: rank correlation with the map of the trained network, in -1..1; None where either map is constant.
    """

    part: str
    heatmap: Heatmap
    similarity: float | None
