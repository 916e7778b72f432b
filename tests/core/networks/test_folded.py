"""The folded twin against its network: in double precision exactly, in single precision as near to the truth."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from effnet_core.explain.gates import gates_of, watching
from effnet_core.networks import folded as folded_file
from effnet_core.networks.folded import folded


@torch.no_grad()
def answers(network, x) -> dict[str, torch.Tensor]:
    with watching(gates_of(network) | {"maps": network.features[-1]}) as seen:
        logits = network(x)
    return {"logits": logits, **seen}


def largest_difference(some, others) -> float:
    return max((some[name] - others[name]).abs().max().item() / others[name].abs().max().item() for name in others)


@pytest.fixture(params=[True, False], ids=["packed", "plain convolutions"])
def packed(request, monkeypatch):
    """With oneDNN's own calls, and as on a GPU or where torch lacks them."""
    if not request.param:
        monkeypatch.setattr(folded_file, "_has_one_dnn", lambda _weight: False)
    elif not folded_file._has_one_dnn(torch.zeros(1)):
        pytest.skip("torch has no oneDNN here")
    return request.param


def test_a_trained_networks_twin_gives_its_answers(bundled_model, photographs, prepared, packed):
    x, network = prepared(bundled_model, photographs), bundled_model.module
    found, expected = answers(folded(network), x), answers(network, x)
    assert list(found) == list(expected), "the same gates in the same order"
    assert max((found[block] - expected[block]).abs().max().item() for block in gates_of(network)) < 5e-6
    assert largest_difference(found, expected) < 1e-4
    assert [value.shape for value in found.values()] == [value.shape for value in expected.values()]


def test_folding_is_exact_up_to_rounding(lively_model, photographs, prepared, monkeypatch):
    """Weights are rounded to single precision once: in double precision nothing else differs."""
    monkeypatch.setattr(folded_file, "_has_one_dnn", lambda _weight: False)
    network = copy.deepcopy(lively_model.module).requires_grad_(False)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:  # powers of two: then folding them rounds nothing
        norm.eps = 2.0**-10  # PyTorch 2.11 takes no 0
        norm.running_var.copy_(4.0 ** norm.running_var.log2().div(2).round().clamp(-4, 6) - norm.eps)
        norm.weight.copy_(2.0 ** norm.weight.log2().round())
        norm.bias.zero_()
        norm.running_mean.zero_()
    x = prepared(lively_model, photographs).double()
    assert largest_difference(answers(folded(network).double(), x), answers(network.double(), x)) < 1e-10


def test_the_twin_is_as_near_to_the_truth_as_the_network(each_model, photographs, prepared, packed):
    """The truth is the network in double precision; lively networks amplify the rounding of single precision."""
    x, network = prepared(each_model, photographs), each_model.module
    truth = answers(copy.deepcopy(network).double(), x.double())
    twin, own = (largest_difference(answers(each, x), truth) for each in (folded(network), network))
    assert 0 < twin < 3 * own


def test_one_picture_and_several_and_other_sizes(bundled_model, photographs, prepared, sample_batch, packed):
    twin, network = folded(bundled_model.module), bundled_model.module
    for x in (prepared(bundled_model, photographs[:1]), sample_batch(64)[:3], sample_batch(130)[1:]):
        assert largest_difference(answers(twin, x), answers(network, x)) < 1e-4


def test_the_network_and_the_pictures_stay_as_they_were(lively_model, photographs, prepared, count_hooks, packed):
    network, x = lively_model.module, prepared(lively_model, photographs)
    before, picture = {key: value.clone() for key, value in network.state_dict().items()}, x.clone()
    twin = folded(network)
    answers(twin, x)
    assert torch.equal(x, picture)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not set(map(id, twin.modules())) & set(map(id, network.modules()))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in twin.modules())
    assert count_hooks(twin) == count_hooks(network) == 0


def test_weights_that_folding_leaves_alone_are_shared(lively_model):
    twin = folded(lively_model.module)
    assert twin.classifier[-1].weight is lively_model.module.classifier[-1].weight
