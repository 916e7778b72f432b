"""A GPU that runs out of memory: fewer pictures at once, then the CPU. The GPU is pretended."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from effnet_core.explain.engine import FEWER_AT_ONCE, OUT_OF_MEMORY
from effnet_core.progress import Cancelled

ASKED = {
    "explain": lambda engine, images: [answer.heatmaps[0].values for answer in engine.explain(images)],
    "explain, a backward pass": lambda engine, images: [
        answer.heatmaps[0].values for answer in engine.explain(images, layer="features.4")
    ],
    "attribute, captum's batches": lambda engine, images: [
        engine.attribute(images[0], method="integrated_gradients", steps=8, target=3).values
    ],
    "attribute, one batch a loop": lambda engine, images: [
        engine.attribute(images[0], method="occlusion", window=50, target=3).values
    ],
    "rank_channels": lambda engine, images: [
        [
            effect.drop
            for effect in sorted(
                engine.rank_channels(images[0], "features.1.0", target=3), key=lambda effect: effect.channel
            )
        ]
    ],
    "faithfulness": lambda engine, images: [
        engine.faithfulness(images[0], engine.attribute(images[0], method="gradcam", target=3)).heatmap.deletion
    ],
}


@pytest.fixture
def on_gpu(engine, monkeypatch):
    """pictures that fit at once -> the sizes of the batches that the pretended GPU is given from now on."""
    stage, sizes = engine._network.features[-1], []
    working = stage.forward

    def pretend(fitting: int) -> list[int]:
        def forward(x):
            if engine.device == "cuda":
                sizes.append(len(x))
                if len(x) > fitting:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
            return working(x)

        engine.device = engine._placed_on = "cuda"
        monkeypatch.setattr(stage, "forward", forward)
        monkeypatch.setattr(torch.Tensor, "to", lambda x, *_rest, **_more: x)  # there is no GPU
        return sizes

    return pretend


def close(found, expected) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3 * max(1e-6, np.abs(other).max()), rtol=0)


@pytest.mark.parametrize("asked", ASKED)
def test_as_many_pictures_at_once_as_fit(engine, photographs, on_gpu, asked):
    expected = ASKED[asked](engine, photographs)
    sizes = on_gpu(3)
    close(ASKED[asked](engine, photographs), expected)
    assert engine.device == "cuda" and 1 < engine._batch_size <= 3
    assert engine.notice == FEWER_AT_ONCE.format(name=engine.name, size=engine._batch_size)
    assert max(sizes) > 3
    sizes.clear()
    close(ASKED[asked](engine, photographs), expected)
    assert max(sizes) == engine._batch_size, "what did not fit is not tried again"


@pytest.mark.parametrize("asked", ASKED)
def test_the_cpu_where_a_single_picture_is_too_much(engine, photographs, on_gpu, asked):
    expected = ASKED[asked](engine, photographs)
    sizes = on_gpu(0)
    close(ASKED[asked](engine, photographs), expected)
    assert engine.device == "cpu" and engine.notice == OUT_OF_MEMORY.format(name=engine.name)
    assert sizes[-1] == 1


def test_halves_until_it_fits(engine, photographs, on_gpu):
    engine.explain(photographs[:1])
    sizes = on_gpu(1)
    engine.explain(photographs)
    assert sizes == [4, 2, 1, 1, 1, 1]


def test_maps_of_randomised_copies_too(engine, photographs, on_gpu):
    heatmap = engine.attribute(photographs[0], method="integrated_gradients", steps=8, target=3)
    on_gpu(3)
    with pytest.raises(Cancelled):
        engine.randomisation(photographs[0], heatmap, progress=lambda share: share < 0.1, steps=8)
    assert engine.device == "cuda" and engine._batch_size == 2


def test_one_picture_is_not_tried_twice(engine, photographs, on_gpu):
    engine.explain(photographs[:1])
    assert engine._batch_size > 1
    sizes = on_gpu(0)
    engine.trace(photographs[0], "features.7.0")
    assert engine.device == "cuda", "tracing this block does not reach the last stage"
    engine.explain(photographs[:1], layer="features.2")
    assert sizes == [1] and engine.device == "cpu"
