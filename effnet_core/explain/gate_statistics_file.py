"""Gate statistics as an NPZ file, and the bundled one of the offline model."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from .gate_statistics import PRECISION, BlockStatistics, GateStatistics

BUNDLED = Path(__file__).parents[1] / "assets" / "tiny_gates.npz"


def as_npz(statistics: GateStatistics) -> bytes:
    """`about` (JSON), `classes`, `counts`; for each block `features.1.0/means` and so on: names of BlockStatistics."""
    arrays: dict[str, np.ndarray] = {
        "about": np.array(json.dumps({**statistics.about, "precision": PRECISION})),
        "classes": np.array(statistics.classes),
        "counts": np.array(statistics.counts),
    }
    for name, block in statistics.blocks.items():
        for part, values in vars(block).items():
            arrays[f"{name}/{part}"] = values.astype(PRECISION) if part in ("means", "spreads") else values
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load(path: Path = BUNDLED) -> GateStatistics:
    """What as_npz wrote; a file of this project or of its command line."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    parts: dict[str, dict[str, np.ndarray]] = {}
    for key, values in arrays.items():
        block, slash, part = key.partition("/")
        if slash:
            parts.setdefault(block, {})[part] = values.astype(np.float32)
    return GateStatistics(
        tuple(arrays["classes"].tolist()),
        tuple(arrays["counts"].tolist()),
        {block: BlockStatistics(**values) for block, values in parts.items()},
        json.loads(str(arrays["about"])),
    )
