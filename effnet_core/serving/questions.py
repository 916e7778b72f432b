"""What travels beside the engine's own answers: what is asked of a picture, and what an engine is. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..architecture import Architecture
from ..explain.gate_edits import GateEdit
from ..explain.results import Heatmap
from ..images.preparation import Preparation
from ..networks.weights_source import WeightsSource


@dataclass(frozen=True)
class Question:
    """A prepared picture (3, crop, crop), and what some questions need beside it: a map to judge, edits of gates."""

    picture: np.ndarray
    heatmap: Heatmap | None = None
    edits: tuple[GateEdit, ...] = ()


@dataclass(frozen=True)
class Facts:
    """An engine's attributes of the same names. `layers`: where Grad-CAM can look."""

    name: str
    weights: WeightsSource
    architecture: Architecture
    preparation: Preparation
    labels: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    layers: tuple[str, ...]
    device: str
    notice: str | None
    notes: tuple[str, ...] = ()
