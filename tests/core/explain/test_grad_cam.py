"""Grad-CAM against captum's at every stage, and against numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from captum.attr import LayerGradCam

from effnet_core.explain.grad_cam import forward_from, grad_cam, grad_cam_at_last

STAGES = range(9)
LAST = STAGES[-1]


def test_a_map_worked_out_by_hand():
    activations = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [0.0, 1.0]]]])
    classifier = torch.tensor([[1.0, -2.0], [-1.0, 0.0]])
    maps = grad_cam_at_last(activations, classifier, torch.tensor([[0, 1]]))
    assert maps.tolist() == [[[[0.25, 0.0], [0.75, 0.5]], [[0.0, 0.0], [0.0, 0.0]]]]


@pytest.mark.parametrize("stage", STAGES)
def test_equals_captum(each_model, photographs, prepared, stage):
    network, x = each_model.module, prepared(each_model, photographs)
    activations, logits = forward_from(network, x, stage, differentiate=True)
    targets = logits.detach().topk(3).indices
    maps = grad_cam(activations, logits, targets)
    captum = LayerGradCam(network, network.features[stage])
    seen = 0
    for rank in range(3):
        expected = captum.attribute(x, target=targets[:, rank])[:, 0].detach()
        magnitude = expected.abs().amax((1, 2))
        error = (maps[:, rank] - expected.relu()).abs().amax((1, 2))
        assert (error <= 1e-4 * magnitude).all()
        assert (magnitude > 1e-6).all() and (expected.std((1, 2)) > 0.05 * magnitude).all(), "not constant"
        seen += (maps[:, rank].amax((1, 2)) > 0.1 * magnitude).sum().item()
    assert seen > 3, "most maps have positive evidence that ReLU lets through"


def test_last_layer_needs_no_backward_pass(each_model, photographs, prepared):
    network, x = each_model.module, prepared(each_model, photographs)
    activations, logits = forward_from(network, x, LAST, differentiate=True)
    targets = logits.detach().topk(4).indices
    plain, same_logits = forward_from(network, x, LAST, differentiate=False)
    assert not plain.requires_grad and not same_logits.requires_grad
    assert torch.equal(logits.detach(), same_logits)
    with torch.no_grad():
        maps = grad_cam_at_last(plain, network.classifier[-1].weight, targets)
    expected = grad_cam(activations, logits, targets)
    assert (maps - expected).abs().max() <= 1e-5 * expected.max()
    assert expected.max() > 0


def test_only_what_lies_behind_the_layer_is_differentiated(lively_model, photographs, prepared):
    network, kept = lively_model.module, {}
    handles = [
        stage.register_forward_hook(lambda _m, _i, output, number=number: kept.update({number: output.requires_grad}))
        for number, stage in enumerate(network.features)
    ]
    try:
        activations, _ = forward_from(network, prepared(lively_model, photographs), 4, differentiate=True)
    finally:
        for handle in handles:
            handle.remove()
    assert activations.is_leaf
    assert [number for number, differentiated in kept.items() if differentiated] == [5, 6, 7, 8]


def test_logits_and_activations_are_the_networks_own(each_model, photographs, prepared, by_hand):
    x = prepared(each_model, photographs)
    expected = by_hand(each_model, x)
    for stage in STAGES:
        activations, logits = forward_from(each_model.module, x, stage, differentiate=False)
        assert (activations - expected.stages[stage]).abs().max() < 1e-4 * expected.stages[stage].abs().max()
        assert (logits - expected.logits).abs().max() < 1e-4 * expected.logits.abs().max()
