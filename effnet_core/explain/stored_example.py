"""One example of what a network answers, stored as rows: what the first screen shows before torch has been imported."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import files
from ..images.samples import SAMPLES, load_sample

if TYPE_CHECKING:
    from .engine import Engine

FILE = Path(__file__).parents[1] / "assets" / "overview.json"
DIGITS = 4  # of stored probabilities, gates and map values: more than a screen can show


def stored() -> dict | None:
    """The stored row, written by `store`; None if there is none."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else None


def store(engine: Engine) -> None:
    """Write the row that the first screen shows."""
    files.write(FILE, json.dumps(overview_row(engine), ensure_ascii=False) + "\n")


def overview_row(engine: Engine, sample: str = SAMPLES[0].name) -> dict:
    """The network's answer to a sample photograph, where it looked (Grad-CAM of its first answer), and all SE gates.

    `crop` is what the network saw: left, top, right, bottom in pixels of the sample.
    """
    image = load_sample(sample)
    (answer,) = engine.explain([image])
    first, heatmap = answer.top[0], answer.heatmaps[0]
    return {
        "model": engine.name,
        "weights": str(engine.weights),
        "date": date.today().isoformat(),
        "sample": sample,
        "crop": [round(edge) for edge in engine.preparation.crop_box(image.size)],
        "top": [{"label": one.label, "probability": round(one.probability, DIGITS)} for one in answer.top],
        "groups": [[name, round(share, DIGITS)] for name, share in answer.groups],
        "layer": heatmap.layer,
        "heatmap": [_rounded(row) for row in heatmap.values],
        "target_label": first.label,
        "gates": [{"block": gate.block, "values": _rounded(gate.values)} for gate in answer.gates],
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), DIGITS) for value in values]
