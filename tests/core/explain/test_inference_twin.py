"""What an engine answers with: the folded twin where it may, the network where it must."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam

from effnet_core.explain import inference_twin
from effnet_core.explain.engine import Engine
from effnet_core.explain.inference_twin import quickest


@pytest.fixture
def engine(bundled_model):
    return Engine(bundled_model, "cpu")


def test_a_trained_network_answers_through_its_twin(engine, photographs, count_hooks, caplog):
    with caplog.at_level(logging.WARNING):
        engine.explain(photographs)
    assert engine._quick is not engine._network and not caplog.records
    twin = engine._quick
    engine.explain(photographs[:1])
    assert engine._quick is twin, "it is made once"
    assert count_hooks(twin) == count_hooks(engine._network) == 0
    calls = []
    twin.classifier.register_forward_hook(lambda *_: calls.append("twin"))
    engine._network.classifier.register_forward_hook(lambda *_: calls.append("network"))
    engine.explain(photographs)
    engine.explain(photographs, layer="features.6")
    engine.ladder(photographs[0], targets=[0])
    assert calls == ["twin", "network"] + ["network"] * (len(calls) - 2), "gradients need the network itself"


def test_gates_and_maps_are_the_networks_own(engine, bundled_model, photographs, prepared, by_hand):
    x, network = prepared(bundled_model, photographs), bundled_model.module
    found, expected = engine.explain(photographs), by_hand(bundled_model, x)
    captum = LayerGradCam(network, network.features[-1])
    for rank in range(5):
        heatmaps = [answer.heatmaps[rank] for answer in found]
        maps = captum.attribute(x, target=[heatmap.target for heatmap in heatmaps])[:, 0].detach().numpy()
        for heatmap, values in zip(heatmaps, maps, strict=True):
            np.testing.assert_allclose(heatmap.values, np.maximum(values, 0), atol=1e-4 * np.abs(values).max(), rtol=0)
    for n, answer in enumerate(found):
        for gates in answer.gates:
            np.testing.assert_allclose(gates.values, expected.gates[gates.block][n], atol=1e-5, rtol=0)


def test_a_network_that_amplifies_rounding_answers_itself(lively_model, photographs, prepared, caplog):
    network = lively_model.module
    with caplog.at_level(logging.WARNING):
        assert quickest(network, prepared(lively_model, photographs)) is network
    [record] = caplog.records
    assert "longer" in record.message and "differs" in record.message


@pytest.mark.parametrize("harm", ["other gates", "no numbers", "cannot run", "no float64"])
def test_a_wrong_twin_is_not_used(bundled_model, photographs, prepared, monkeypatch, caplog, harm):
    working = inference_twin.folded

    def harmed(network):
        if harm == "cannot run":
            raise RuntimeError("no such operator")
        if harm == "no float64":
            raise TypeError("Cannot convert a MPS Tensor to float64")
        twin = working(network)
        with torch.no_grad():
            weight = twin.features[5][0].block[2].fc2.weight
            twin.features[5][0].block[2].fc2.weight = torch.nn.Parameter(
                weight * (1.001 if harm == "other gates" else torch.nan)
            )
        return twin

    monkeypatch.setattr(inference_twin, "folded", harmed)
    network = bundled_model.module
    with caplog.at_level(logging.WARNING):
        assert quickest(network, prepared(bundled_model, photographs)) is network
    assert len(caplog.records) == 1


def test_a_full_gpu_is_not_taken_for_a_wrong_twin(bundled_model, photographs, prepared, monkeypatch):
    def full(_network):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(inference_twin, "folded", full)
    with pytest.raises(torch.OutOfMemoryError):
        quickest(bundled_model.module, prepared(bundled_model, photographs))


def test_another_device_gets_another_twin(engine, photographs, monkeypatch):
    """Out of GPU memory in the middle of an answer: the twin stays behind with the GPU."""
    photographs = photographs[:1]  # of several, half as many would be tried first
    expected = engine.explain(photographs)
    first, failures = engine._quick, [torch.OutOfMemoryError("CUDA out of memory.")]
    engine._placed_on = engine.device = "cuda"
    working = first.features[5].forward
    monkeypatch.setattr(first.features[5], "forward", lambda x: _raise(failures.pop()) if failures else working(x))
    monkeypatch.setattr(torch.Tensor, "to", lambda x, *_rest, **_more: x)  # there is no GPU
    found = engine.explain(photographs)
    assert engine.device == "cpu" and engine._quick is not first and not failures
    for answer, other in zip(found, expected, strict=True):
        assert [p.index for p in answer.top] == [p.index for p in other.top]


def _raise(error: Exception) -> None:
    raise error


def test_untrained_sizes_work_too(bundled_model, photographs):
    """A crop that the network never saw, down to one pixel at its end."""
    small = replace(bundled_model, preparation=replace(bundled_model.preparation, resize=32, crop=32))
    (answer,) = Engine(small, "cpu").explain(photographs[:1])
    assert answer.heatmaps[0].values.shape == (2, 2) or answer.heatmaps[0].values.shape == (1, 1)
