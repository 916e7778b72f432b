"""Whether a model can answer, as a row that travels and is shown without torch."""

from __future__ import annotations

from dataclasses import dataclass

from .offline_model import Photographs


@dataclass(frozen=True)
class ModelStatus:
    """Whether a model can answer now, and what it is; its cost is at the input size in use."""

    name: str
    ready: bool
    source: str | None
    classes: int
    labels: tuple[str, ...] | None
    params: int
    macs: int
    resolution: int
    top1: float | None
    photographs: Photographs | None
