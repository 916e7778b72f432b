"""Gates against a forward pass written by hand; hooks that clone and go."""

from __future__ import annotations

from statistics import median

import pytest
import torch

from effnet_core.explain.gates import gates_of, watching


def test_every_block_has_its_gate(each_model):
    assert list(gates_of(each_model.module)) == [block.name for block in each_model.architecture.blocks]


def test_gates_equal_a_forward_by_hand(each_model, photographs, prepared, by_hand):
    x = prepared(each_model, photographs)
    with torch.no_grad(), watching(gates_of(each_model.module)) as seen:
        each_model.module(x)
    expected = by_hand(each_model, x).gates
    assert list(seen) == list(expected)
    for block, gate in seen.items():
        assert gate.shape[1] == each_model.architecture.block(block).expanded_channels
        assert (gate.flatten(1) - expected[block]).abs().max() < 1e-5, block
        assert gate.std(1).min() > 0.02, f"{block}: the channels of a picture differ"
    assert median(gate.std(0).max().item() for gate in seen.values()) > 0.05, "the pictures differ"


def test_what_is_seen_is_a_copy(lively_model, photographs, prepared, by_hand):
    """MBConv adds its input into the projection's own output: an uncloned capture would show the sum."""
    block = next(block for block in lively_model.architecture.blocks if block.has_residual)
    mbconv = lively_model.module.get_submodule(block.name)
    x = prepared(lively_model, photographs[:1])
    with torch.no_grad(), watching({"project": mbconv.block[-1], "output": mbconv}) as seen:
        lively_model.module(x)
    steps = by_hand(lively_model, x).steps[block.name]
    assert (steps["project"] - steps["output"]).abs().max() > 0.1
    for step, value in seen.items():
        assert value == pytest.approx(steps[step], abs=1e-4), step


def test_watching_under_gradients_keeps_no_graph(lively_model, photographs, prepared):
    with watching(gates_of(lively_model.module)) as seen:
        lively_model.module(prepared(lively_model, photographs[:1]).requires_grad_())
    assert seen and not any(gate.requires_grad for gate in seen.values())


def test_no_hook_stays_behind(lively_model, photographs, prepared, count_hooks):
    network, x = lively_model.module, prepared(lively_model, photographs[:1])
    before = count_hooks(network)
    with torch.no_grad(), watching(gates_of(network)):
        assert count_hooks(network) == before + len(lively_model.architecture.blocks)
        network(x)
    assert count_hooks(network) == before
    with pytest.raises(RuntimeError), watching(gates_of(network)):
        network(x[:, :1])  # one channel instead of three
    assert count_hooks(network) == before


def test_a_hook_that_cannot_be_placed_takes_the_others_with_it(lively_model, count_hooks):
    before = count_hooks(lively_model.module)
    with pytest.raises(AttributeError), watching({**gates_of(lively_model.module), "no module": None}):
        pass
    assert count_hooks(lively_model.module) == before
