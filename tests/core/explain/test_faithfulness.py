"""Deletion, insertion, rerandomised weights: against pictures altered by hand; the network stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from effnet_core.explain import faithfulness, randomisation
from effnet_core.explain.rank_correlation import rank_correlation
from effnet_core.explain.results import Heatmap
from effnet_core.progress import Cancelled

SIDE = 64


@pytest.fixture
def stripes() -> Heatmap:
    """A map at the input: the left half first, the lowest row of it last."""
    values = np.zeros((SIDE, SIDE), np.float32)
    values[:, : SIDE // 2] = np.linspace(1, 0.5, SIDE)[:, None]
    return Heatmap("input", 3, values, "saliency")


def test_curves_are_the_probabilities_of_pictures_altered_by_hand(engine, lively_model, photographs, prepared, stripes):
    x = prepared(lively_model, photographs[:1])
    judged = engine.faithfulness(photographs[0], stripes)
    without = x.clone()
    without[..., : SIDE // 2] = 0
    kept = x * torch.from_numpy(stripes.values)
    with torch.no_grad():
        whole, half, nothing, drop = (
            lively_model.module(picture).softmax(1)[0, 3].item() for picture in (x, without, x * 0, kept)
        )
    curve, middle = judged.heatmap.deletion, faithfulness.STEPS // 2
    assert judged.target == 3
    assert [curve[0], curve[middle], curve[-1]] == pytest.approx([whole, half, nothing], rel=1e-3)
    assert judged.heatmap.insertion[-1] == pytest.approx(whole, rel=1e-3)
    assert judged.heatmap.confidence_drop == pytest.approx(max(0, 1 - drop / whole), rel=1e-3)
    assert len({round(value, 4) for value in (whole, half, nothing)}) == 3
    for rival in (judged.random, judged.centre):  # all start and end at the same pictures
        assert rival.deletion[[0, -1]] == pytest.approx(curve[[0, -1]], rel=1e-3)
        assert rival.insertion[[0, -1]] == pytest.approx(judged.heatmap.insertion[[0, -1]], rel=1e-3)
    assert np.ptp(judged.shares) == 1 and len(judged.shares) == len(curve)
    assert judged.heatmap.deletion_area == pytest.approx((curve[:-1] + curve[1:]).mean() / 2)


def seen_pictures(values: np.ndarray) -> np.ndarray:
    """(3 maps, pictures of each, SIDE, SIDE): what the network is shown of a white picture."""
    shown: list[torch.Tensor] = []

    def remember(batch: torch.Tensor) -> np.ndarray:
        shown.extend(batch[:, 0])
        return np.full(len(batch), 0.5)

    heatmap = Heatmap("input", 0, values)
    faithfulness.judge(remember, torch.ones(3, SIDE, SIDE), heatmap, batch_size=50)
    return torch.stack(shown).numpy().reshape(3, -1, SIDE, SIDE)


def test_pixels_go_in_the_maps_order_and_equal_ones_by_chance():
    values = np.zeros((SIDE, SIDE), np.float32)
    values[:, 40:48] = 1
    own, random, centre = seen_pictures(values)[:, : faithfulness.STEPS + 1]
    at = faithfulness.STEPS // 4  # a quarter of the pixels: the stripe, an eighth, and as many others
    assert not own[at][:, 40:48].any()
    assert (own[at] == 0).mean() == pytest.approx(0.25, abs=0.01)
    others = np.delete(own[at], range(40, 48), axis=1)
    assert 0 < (others[: SIDE // 2] == 0).mean() == pytest.approx((others[SIDE // 2 :] == 0).mean(), abs=0.05)
    assert (centre[at][28:36, 28:36] == 0).all() and centre[at][:4].all() and centre[at][:, :4].all()
    assert (random[at] == 0).mean() == pytest.approx(0.25, abs=0.01) and not np.array_equal(random[at], own[at])
    again = seen_pictures(values)[:, : faithfulness.STEPS + 1]
    np.testing.assert_array_equal(again, [own, random, centre])


def test_the_random_map_is_as_coarse_as_the_map_it_is_compared_with():
    random = seen_pictures(np.eye(4, dtype=np.float32))[1, faithfulness.STEPS // 2]
    changes = (np.diff(random, axis=0) != 0).mean()
    assert changes < 0.1, "whole areas go, not single pixels"


def test_a_blank_map_keeps_nothing(engine, photographs):
    blank = Heatmap("features.8", 3, np.zeros((2, 2), np.float32))
    judged = engine.faithfulness(photographs[0], blank)
    nothing = judged.heatmap.deletion[-1]
    assert judged.heatmap.confidence_drop == pytest.approx(max(0, 1 - nothing / judged.heatmap.deletion[0]), abs=1e-5)


def test_progress_and_cancel(engine, photographs, stripes):
    engine._batch_size, shares = 50, []
    engine.faithfulness(photographs[0], stripes, progress=lambda share: shares.append(share) or True)
    assert len(shares) == 3 and shares[-1] == 1 and shares == sorted(shares)
    with pytest.raises(Cancelled):
        engine.faithfulness(photographs[0], stripes, progress=lambda share: False)
    assert engine.queue.idle


def test_a_class_that_is_not_there_is_refused(engine, photographs):
    with pytest.raises(ValueError, match="0 to 11"):
        engine.faithfulness(photographs[0], Heatmap("features.8", 12, np.ones((2, 2), np.float32)))


# --- weights rerandomised


def test_weights_are_rerandomised_from_the_top_on_a_copy(engine, photographs, monkeypatch):
    before = {key: value.clone() for key, value in engine._network.state_dict().items()}
    heatmap = engine.attribute(photographs[0], method="saliency", target=3)
    drawn, draw = [], randomisation.rerandomise
    monkeypatch.setattr(randomisation, "rerandomise", lambda part, rng: drawn.append(part) or draw(part, rng))
    found = engine.randomisation(photographs[0], heatmap)
    assert [step.part for step in found] == ["classifier", *(f"features.{stage}" for stage in range(8, -1, -1))]
    own = {id(module) for module in engine._network.modules()}
    assert len(drawn) == len(found) and not own & {id(part) for part in drawn}
    for key, value in engine._network.state_dict().items():
        assert torch.equal(value, before[key]), key
    for step in found:
        assert (step.heatmap.method, step.heatmap.target, step.heatmap.layer) == ("saliency", 3, "input")
        assert step.similarity == pytest.approx(
            rank_correlation(heatmap.values, step.heatmap.values)
        ) and not np.array_equal(step.heatmap.values, heatmap.values)
    again = engine.randomisation(photographs[0], heatmap)
    assert [step.similarity for step in again] == [step.similarity for step in found], "seeded"


def test_a_map_that_ignores_the_class_does_not_change_with_the_classifier(engine, photographs):
    heatmap = engine.attribute(photographs[0], method="layer_activation", layer="features.3", target=3)
    found = {step.part: step for step in engine.randomisation(photographs[0], heatmap)}
    for untouched in ("classifier", "features.8", "features.4"):
        np.testing.assert_allclose(found[untouched].heatmap.values, heatmap.values, rtol=1e-5)
        assert found[untouched].similarity == pytest.approx(1, abs=1e-3)
    assert found["features.3"].similarity < 0.99


def test_grad_cam_of_the_ladder_is_compared_with_its_signs(engine, photographs):
    signed = engine.ladder(photographs[0], targets=[3])[3]
    plain = engine.attribute(photographs[0], method="gradcam", layer="features.3", target=3)
    for one, other in zip(*(engine.randomisation(photographs[0], heatmap) for heatmap in (signed, plain)), strict=True):
        assert one.heatmap.signed and not other.heatmap.signed
        tolerance = 1e-4 * np.abs(one.heatmap.values).max()
        np.testing.assert_allclose(one.heatmap.rectified().values, other.heatmap.values, atol=tolerance, rtol=0)
        assert (
            one.similarity == pytest.approx(rank_correlation(signed.values, one.heatmap.values))
            and -1 <= one.similarity <= 1
        )
    assert (one.heatmap.values < 0).any()


def test_randomisation_stops_when_told(engine, photographs):
    heatmap = engine.attribute(photographs[0], method="gradcam")
    shares = []
    with pytest.raises(Cancelled):
        engine.randomisation(photographs[0], heatmap, progress=lambda share: bool(shares.append(share)))
    assert shares == [0.1] and engine.queue.idle


def test_drawn_weights_keep_mean_and_spread():
    part = torch.nn.Linear(200, 200)
    torch.nn.init.normal_(part.weight, 0.5, 0.1)
    old = part.weight.detach().clone()
    randomisation.rerandomise(part, torch.Generator().manual_seed(0))
    assert abs(torch.corrcoef(torch.stack([old.flatten(), part.weight.detach().flatten()]))[0, 1]) < 0.05
    assert part.weight.mean().item() == pytest.approx(0.5, abs=0.01)
    assert part.weight.std().item() == pytest.approx(0.1, rel=0.05)
