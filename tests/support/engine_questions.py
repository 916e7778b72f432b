"""Every question that an engine takes, to ask of one here and of one elsewhere."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest

from effnet_core.explain.gate_edits import GateEdit
from effnet_core.images.samples import load_sample

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.serving.remote import RemoteEngine

BLOCK = "features.2.0"
COFFEE = load_sample("coffee")


def assert_alike(one: object, other: object) -> None:
    """Equal in kind and in all that is no float; floats as far as two processes on one machine agree."""
    assert type(one) is type(other)
    if isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-5)
    elif isinstance(one, np.ndarray):
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(other).max())))
    elif hasattr(one, "__dataclass_fields__"):
        for each in fields(one):
            assert_alike(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_alike(mine, theirs)
    elif isinstance(one, dict):
        assert_alike(list(one.items()), list(other.items()))
    else:
        assert one == other


def strongest(engine: Engine | RemoteEngine):
    return engine.explain([COFFEE], top=1)[0].heatmaps[0]


QUESTIONS = {
    "explain": lambda engine: engine.explain([COFFEE, load_sample("chelsea")], top=3),
    "explain at a stage": lambda engine: engine.explain([COFFEE], layer="features.5", target=7),
    "ladder": lambda engine: engine.ladder(COFFEE, targets=[3, 5]),
    "attribute": lambda engine: engine.attribute(COFFEE, method="gradcam", layer="features.4"),
    "attribute with steps": lambda engine: engine.attribute(
        COFFEE, method="integrated_gradients", target=3, steps=8, progress=lambda share: True
    ),
    "trace": lambda engine: engine.trace(COFFEE, BLOCK),
    "block_weights": lambda engine: engine.block_weights(BLOCK),
    "intervene": lambda engine: engine.intervene(
        COFFEE, [GateEdit("all", 1.0), GateEdit(BLOCK, (0.5,) * 48, (3, 5))], top=2, layer="features.6", target=1
    ),
    "strongest_flip": lambda engine: engine.strongest_flip(COFFEE, BLOCK),
    "rank_channels": lambda engine: sorted(engine.rank_channels(COFFEE, BLOCK, target=3), key=lambda row: row.channel),
    "faithfulness": lambda engine: engine.faithfulness(COFFEE, strongest(engine)),
    "randomisation": lambda engine: engine.randomisation(COFFEE, strongest(engine)),
}
