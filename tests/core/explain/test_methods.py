"""Attribution methods against forms written out by hand and against captum; their table; stopping them."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop, LayerGradCam
from torch import nn

from effnet_core.explain.engine import Engine
from effnet_core.explain.methods import INPUT, METHODS
from effnet_core.explain.results import Heatmap
from effnet_core.progress import Cancelled

LAYERS = [f"features.{stage}" for stage in range(9)]
QUICK = {"integrated_gradients": {"steps": 8}, "occlusion": {"window": 50, "stride": 100}}


def close(values: np.ndarray, expected, share: float = 1e-4) -> None:
    """Equal to a share of the largest magnitude, and not constant."""
    expected = np.asarray(expected)
    magnitude = np.abs(expected).max()
    assert expected.std() > 0.02 * magnitude > 0, "not constant"
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, atol=share * magnitude, rtol=0)


def slope(network: nn.Module, x: torch.Tensor, target: int) -> torch.Tensor:
    """Gradient of the logit by the pixels, (N, 3, R, R)."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(network(x)[:, target].sum(), x)[0]


# --- the ladder


def test_the_ladder_equals_captum_at_each_stage_with_signs(each_engine, each_model, photographs, prepared):
    x, network, targets = prepared(each_model, photographs[1:2]), each_model.module, (3, 7)
    ladder = each_engine.ladder(photographs[1], targets=targets)
    rungs = [(target, stage) for target in targets for stage in range(len(LAYERS))]
    negative = 0
    for heatmap, (target, stage) in zip(ladder, rungs, strict=True):
        assert (heatmap.layer, heatmap.target, heatmap.signed) == (LAYERS[stage], target, True)
        assert heatmap.method == "gradcam"
        captum = LayerGradCam(network, network.features[stage]).attribute(x, target=target)[0, 0].detach()
        close(heatmap.values, captum)
        negative += bool((heatmap.values < 0).any())
    assert negative > 10


def test_the_rectified_ladder_is_what_explain_and_attribute_show(engine, photographs):
    for heatmap in engine.ladder(photographs[1], targets=[4]):
        explained = engine.explain(photographs[1:2], layer=heatmap.layer, target=4)[0].heatmaps[0]
        attributed = engine.attribute(photographs[1], method="gradcam", layer=heatmap.layer, target=4)
        for shown in (explained, attributed):
            assert (shown.layer, shown.target, shown.signed) == (heatmap.layer, 4, False)
            tolerance = 1e-4 * np.abs(heatmap.values).max()
            np.testing.assert_allclose(heatmap.rectified().values, shown.values, atol=tolerance, rtol=0)


def test_the_ladder_takes_one_forward_and_one_backward_pass_a_target(engine, photographs, monkeypatch):
    calls, grad = [], torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: calls.append("backward") or grad(*a, **k))
    features = engine._network.features
    handles = [stage.register_forward_hook(lambda *_: calls.append("stage")) for stage in features]
    engine.ladder(photographs[0], targets=[1, 2, 3])
    for handle in handles:
        handle.remove()
    assert calls == ["stage"] * len(features) + ["backward"] * 3


def test_the_ladder_refuses_a_class_that_is_not_there(engine, photographs):
    with pytest.raises(ValueError, match="0 to 11"):
        engine.ladder(photographs[0], targets=[0, 12])


# --- each method against its formula


def test_saliency_and_input_x_gradient_are_the_gradient(each_model, photographs, prepared):
    engine, x = Engine(each_model, "cpu"), prepared(each_model, photographs[:1])
    gradient = slope(each_model.module, x, 3)[0]
    close(engine.attribute(photographs[0], method="saliency", target=3).values, gradient.abs().amax(0))
    close(engine.attribute(photographs[0], method="input_x_gradient", target=3).values, (gradient * x[0]).sum(0))


@pytest.mark.parametrize("steps", [8, 24])
def test_integrated_gradients_are_the_gauss_legendre_sum(engine, lively_model, photographs, prepared, steps):
    x, network = prepared(lively_model, photographs[:1]), lively_model.module
    found = engine.attribute(photographs[0], method="integrated_gradients", target=3, steps=steps)
    places, weights = np.polynomial.legendre.leggauss(steps)
    along = [float((1 + place) / 2) for place in places]
    slopes = [weight / 2 * slope(network, at * x, 3) for at, weight in zip(along, weights, strict=True)]
    close(found.values, (sum(slopes) * x)[0].sum(0).numpy())
    assert found.signed and (found.values < 0).any()


def test_integrated_gradients_add_up_to_the_difference_in_score(bundled_model, photographs, prepared):
    x, network = prepared(bundled_model, photographs[:1]), bundled_model.module
    [top] = Engine(bundled_model, "cpu").explain(photographs[:1])[0].top[:1]
    found = Engine(bundled_model, "cpu").attribute(photographs[0], method="integrated_gradients", steps=64)
    with torch.no_grad():
        difference = (network(x) - network(torch.zeros_like(x)))[0, top.index].item()
    assert difference > 1
    assert found.values.sum() == pytest.approx(difference, rel=0.05)


def test_occlusion_is_the_drop_under_each_square(engine, lively_model, photographs, prepared):
    x, network = prepared(lively_model, photographs[:1]), lively_model.module
    found = engine.attribute(photographs[0], method="occlusion", target=3, window=26, stride=50)
    side, patch, step = 64, 17, 8
    total, times = torch.zeros(side, side), torch.zeros(side, side)
    with torch.no_grad():
        whole = network(x)[0, 3]
        for top in range(0, side - patch + step, step):
            for left in range(0, side - patch + step, step):
                covered = x.clone()
                covered[..., top : top + patch, left : left + patch] = 0
                total[top : top + patch, left : left + patch] += whole - network(covered)[0, 3]
                times[top : top + patch, left : left + patch] += 1
    close(found.values, total / times, 1e-3)
    assert (found.values > 0).any() and (found.values < 0).any()


def test_layer_activation_is_the_stages_mean_magnitude(each_model, photographs, prepared, by_hand):
    engine, stages = Engine(each_model, "cpu"), by_hand(each_model, prepared(each_model, photographs[:1])).stages
    for stage in (0, 4, 8):
        found = engine.attribute(photographs[0], method="layer_activation", layer=LAYERS[stage])
        close(found.values, stages[stage][0].abs().mean(0))


def test_guided_backpropagation_is_the_plain_gradient_here(each_model, photographs, prepared):
    """It changes ReLU's gradient only; so it is no method of its own for a network without any."""
    x, network = prepared(each_model, photographs[:1]), each_model.module
    assert not [module for module in network.modules() if isinstance(module, nn.ReLU)]
    guided = GuidedBackprop(network).attribute(x.clone().requires_grad_(), target=3)
    plain = slope(network, x, 3)
    assert plain.abs().max() > 0
    assert (guided - plain).abs().max() <= 1e-4 * plain.abs().max()  # threads sum in another order


# --- the table


@pytest.mark.parametrize("name", METHODS)
def test_each_method_answers_for_the_top_class_and_costs_what_it_says(engine, photographs, name, monkeypatch):
    method, counted = METHODS[name], {"forward": 0, "backward": 0}
    grad = torch.autograd.grad

    def backward(outputs, inputs, *rest, **more):
        counted["backward"] += len(inputs[0] if isinstance(inputs, tuple) else inputs)
        return grad(outputs, inputs, *rest, **more)

    def forward(_module, inputs, _output):
        counted["forward"] += len(inputs[0])

    monkeypatch.setattr(torch.autograd, "grad", backward)
    top = engine.explain(photographs[:1])[0].top[0].index
    handle = engine._network.classifier.register_forward_hook(forward)
    try:
        found = engine.attribute(photographs[0], method=name, target=top, **QUICK.get(name, {}))
    finally:
        handle.remove()
    assert (found.method, found.target, found.signed) == (name, top, method.signed)
    assert (found.layer == INPUT) != method.at_stage
    assert found.values.shape == ((64, 64) if found.layer == INPUT else (4, 4))
    assert method.signed or (found.values >= 0).all()
    forwards, backwards = method.passes(64, **QUICK.get(name, {}))
    assert counted == {"forward": forwards, "backward": backwards}
    again = engine.attribute(photographs[0], method=name, **QUICK.get(name, {}))
    np.testing.assert_array_equal(again.values, found.values)
    assert b"torch" not in pickle.dumps(found)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"method": "guided_backprop"}, "gradcam, integrated_gradients, saliency, input_x_gradient, occlusion"),
        ({"method": "saliency", "layer": "features.3"}, "asks the pixels"),
        ({"method": "gradcam", "layer": "all"}, "features.0.*features.8"),
        ({"method": "gradcam", "target": 12}, "0 to 11"),
        ({"method": "gradcam", "steps": 9}, "no parameter 'steps'; it has none"),
        ({"method": "integrated_gradients", "steps": 0}, "steps is 0; allowed is a whole number from 8 to 256"),
        ({"method": "occlusion", "window": 2.5}, "window is 2.5"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(engine, photographs, request_, words):
    with pytest.raises(ValueError, match=words):
        engine.attribute(photographs[0], **request_)


def test_defaults_lie_within_their_limits():
    for method in METHODS.values():
        for parameter in method.parameters:
            assert parameter.low <= parameter.default <= parameter.high
            assert (parameter.default - parameter.low) % parameter.step == 0
        assert min(method.passes(96, **{p.name: p.default for p in method.parameters})) >= 0


# --- progress, stopping, failing


@pytest.mark.parametrize("name", QUICK)
def test_progress_rises_to_one_and_false_cancels(engine, photographs, count_hooks, name):
    engine._batch_size, shares = 2, []
    engine.attribute(photographs[0], method=name, progress=lambda share: shares.append(share) or True, **QUICK[name])
    assert len(shares) > 2 and shares == sorted(shares) and shares[-1] == 1 and 0 < shares[0] < 1
    seen = []
    with pytest.raises(Cancelled):
        engine.attribute(photographs[0], method=name, progress=lambda share: bool(seen.append(share)), **QUICK[name])
    assert seen == shares[:1], "nothing more was computed"
    assert engine.queue.idle and count_hooks(engine._network) == 0


def test_a_page_that_is_left_in_the_middle_frees_the_network(engine, photographs, count_hooks):
    """Streamlit ends a run by an exception out of the call that draws the progress bar."""
    from streamlit.runtime.scriptrunner import StopException

    def left(_share):
        raise StopException

    heatmap = engine.attribute(photographs[0], method="gradcam")
    for ask in (
        lambda: engine.attribute(photographs[0], method="occlusion", progress=left, **QUICK["occlusion"]),
        lambda: engine.attribute(photographs[0], method="integrated_gradients", progress=left),
        lambda: engine.faithfulness(photographs[0], heatmap, progress=left),
        lambda: engine.randomisation(photographs[0], heatmap, progress=left),
    ):
        with pytest.raises(StopException):
            ask()
        assert engine.queue.idle and count_hooks(engine._network) == 0
    assert engine.explain(photographs[:1])


def test_no_hook_stays_behind(engine, photographs, count_hooks, monkeypatch):
    def everything():
        for name in METHODS:
            yield lambda name=name: engine.attribute(photographs[0], method=name, target=1, **QUICK.get(name, {}))
        yield lambda: engine.ladder(photographs[0], targets=[1])

    for ask in everything():
        ask()
    assert count_hooks(engine._network) == 0

    def broken(*_):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(engine._network.features[7][0].block[-1], "forward", broken)
    for ask in everything():
        with pytest.raises(RuntimeError, match="on purpose"):
            ask()
        assert engine.queue.idle
    hooked = [module for module in engine._network.modules() if module._forward_hooks or module._backward_hooks]
    assert count_hooks(engine._network) == 0, hooked


def test_out_of_gpu_memory_falls_back_to_the_cpu(engine, photographs, monkeypatch):
    expected = engine.attribute(photographs[0], method="integrated_gradients", steps=8)
    working, failures = engine._network.features[5].forward, [torch.OutOfMemoryError("CUDA out of memory.")]

    def once(x):
        if failures:
            raise failures.pop()
        return working(x)

    monkeypatch.setattr(engine._network.features[5], "forward", once)
    found = engine.attribute(photographs[0], method="integrated_gradients", steps=8)
    assert not failures and engine.notice
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5 * np.abs(expected.values).max())


def test_eight_threads_get_the_same_answers_as_one(engine, photographs):
    names = [*METHODS, "ladder", "gradcam"]

    def ask(n: int) -> list[Heatmap]:
        picture = photographs[n % len(photographs)]
        if names[n] == "ladder":
            return engine.ladder(picture, targets=[2])
        return [engine.attribute(picture, method=names[n], target=n, **QUICK.get(names[n], {}))]

    alone = [ask(n) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(ask, range(8)), alone, strict=True):
            for one, other in zip(found, expected, strict=True):
                assert (one.layer, one.method) == (other.layer, other.method)
                tolerance = 1e-5 * math.ceil(np.abs(other.values).max())
                np.testing.assert_allclose(one.values, other.values, atol=tolerance, rtol=0)


@pytest.mark.parametrize("method", ["occlusion", "integrated_gradients"])
def test_a_short_question_is_answered_while_a_long_map_is_computed(engine, photographs, method):
    """And neither answer is another for it."""
    engine._batch_size, got = 1, []
    alone, [wanted] = engine.attribute(photographs[0], method=method, target=3), engine.explain(photographs[1:2])

    def ask(share: float) -> bool:
        if not got:
            got.append(pool.submit(engine.explain, photographs[1:2]))
            while not engine.queue.waiting:
                assert not got[0].done() or got[0].exception()
        elif len(got) == 1:
            got.append((share, got[0].done()))
        return True

    with ThreadPoolExecutor(1) as pool:
        beside = engine.attribute(photographs[0], method=method, target=3, progress=ask)
    share, answered = got[1]
    assert share < 1 and answered
    np.testing.assert_allclose(beside.values, alone.values, atol=1e-5)
    [answer] = got[0].result()
    np.testing.assert_allclose(answer.heatmaps[0].values, wanted.heatmaps[0].values, atol=1e-5)


def test_a_long_map_begins_anew_where_another_question_ran_out_of_memory(engine, photographs, monkeypatch):
    engine._batch_size, give_way, shares = 8, engine.queue.give_way, []
    alone = engine.attribute(photographs[0], method="occlusion", target=3)

    def moved() -> None:
        if len(shares) == 2:  # as if the network had to leave the GPU
            engine._placed_on = "elsewhere"
        give_way()

    monkeypatch.setattr(engine.queue, "give_way", moved)
    again = engine.attribute(
        photographs[0], method="occlusion", target=3, progress=lambda share: not shares.append(share)
    )
    np.testing.assert_allclose(again.values, alone.values, atol=1e-5)
    assert shares[2] == shares[0] < shares[1] and shares[-1] == 1 and engine.device == "cpu"
