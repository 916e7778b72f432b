"""The bundled offline model as its card tells it, without its weights and without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ..architecture import Architecture, tiny
from ..images.preparation import Preparation
from .download import WeightsUnavailable
from .weights_source import WeightsSource

ASSETS = Path(__file__).parents[1] / "assets"
FILE = "tiny.safetensors"
SOURCE = WeightsSource("bundled", "offline model")


@dataclass(frozen=True)
class Photographs:
    """How often a network named photographs right that had no say in its training: `top1` of `count`."""

    count: int
    top1: float
    top5: float


@dataclass(frozen=True)
class Card:
    """The architecture's resolution is the crop that the network gets; `top1` is in 0..1.

    `digest`: SHA-256 of the file with the weights that the card belongs to.
    """

    architecture: Architecture
    preparation: Preparation
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    top1: float
    photographs: Photographs | None
    digest: str


def card(folder: Path = ASSETS) -> Card:
    """Raises WeightsUnavailable naming the file if it is damaged."""
    path = folder / "tiny.json"
    try:
        return _card(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise WeightsUnavailable(f"{path} is missing or damaged; get the project's files again") from error


def _card(row: dict) -> Card:
    preparation = Preparation(**row["preparation"])
    return Card(
        architecture=tiny(**row["architecture"]).at(resolution=preparation.crop),
        preparation=preparation,
        labels=tuple(row["labels"]),
        groups=tuple(row["groups"]),
        top1=row["top1"],
        photographs=Photographs(**row["photographs"]) if row["photographs"] else None,
        digest=row["weights_sha256"],
    )
