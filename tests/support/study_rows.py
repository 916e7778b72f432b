"""Made-up runs of a study, for tests: nothing was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from effnet_core.cost import cost_of
from effnet_core.training import study_results
from effnet_core.training.study import Arm, Study
from effnet_core.training.study_results import Row

DEVICE = "made up for a test"
TEST_PICTURES = 1000


def made_up(study: Study, arm: Arm, seed: int, top1: float, **changed: object) -> Row:
    """A run that reached that accuracy, with curves that lead there."""
    cost = cost_of(arm.architecture(study.classes))
    way = np.linspace(0, 1, study.epochs + 1)[1:] ** 0.5
    row = {
        "study": study.name,
        "arm": arm.name,
        "way": arm.way,
        "depth": round(arm.depth, 4),
        "width": round(arm.width, 4),
        "pixels": arm.pixels,
        "layers": len(arm.architecture(study.classes).blocks),
        "macs": cost.macs,
        "params": cost.params,
        "seed": seed,
        "epochs": study.epochs,
        "classes": study.classes,
        "train_pictures": 9000,
        "test_pictures": TEST_PICTURES,
        "loss": " ".join(f"{3 - 2 * share * top1:.4f}" for share in way),
        "validation_top1": " ".join(f"{share * top1:.4f}" for share in way),
        "top1": round(top1, 4),
        "seconds": 300.0,
        "device": DEVICE,
        "torch": "2.14.1",
        "date": "2026-01-01",
    }
    return Row(**row | changed)


def write_rows(folder: Path, rows: list[Row]) -> Path:
    """The rows as the command leaves them."""
    folder.mkdir(exist_ok=True)
    path = study_results.path_of(rows[0].study, folder)
    for row in rows:
        study_results.append(path, row)
    return path


def all_runs(study: Study, means: dict[str, float], *, spread: float = 0.005, otherwise: float = 0.5) -> list[Row]:
    """Every arm with every seed, in the command's order; `means`: arm -> accuracy, around which the seeds lie."""
    chance = np.random.default_rng(1)
    return [
        made_up(study, arm, seed, means.get(arm.name, otherwise) + chance.normal(0, spread))
        for seed in study.seeds
        for arm in study.arms
    ]
