"""Budgets: no neighbouring step is nearer, limits are named, and memory is what PyTorch's autograd really keeps."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from effnet_core.architecture import Architecture, compound, released, scaled
from effnet_core.cost import cost_of, layers_of
from effnet_core.scaling import equal_compute, memory

B3 = cost_of(released("b3")).macs
B7 = cost_of(released("b7")).macs


def test_the_reference_networks_at_b3s_budget():
    deep, wide, sharp = scaled("", depth=4.33), scaled("", width=2.23), scaled("", resolution=480)
    assert len(deep.blocks) == 72 and f"{cost_of(deep).params / 1e6:.1f}" == "23.2"
    assert f"{cost_of(scaled('', width=2.229)).params / 1e6:.1f}" == "21.8"
    assert f"{cost_of(sharp).params / 1e6:.2f}" == "5.29"
    for network in (deep, wide, sharp):
        assert cost_of(network).macs == pytest.approx(B3, rel=0.04)


def test_b3s_budget_four_ways():
    found = {way: equal_compute.solve(way, B3) for way in equal_compute.WAYS}
    blocks = {way: len(one.architecture.blocks) for way, one in found.items()}
    assert blocks == {"depth": 74, "width": 16, "resolution": 16, "compound": 26}
    assert [equal_compute.setting(one) for one in found.values()] == [
        "depth × 4.4",
        "width × 2.229",
        "480 px",
        "φ = 2.02",
    ]
    assert [one.is_exact for one in found.values()] == [True, True, False, True]
    assert found["compound"].architecture.blocks == released("b3").blocks


def test_b0s_budget_is_b0_in_plain_numbers():
    found = [equal_compute.solve(way, cost_of(released("b0")).macs) for way in equal_compute.WAYS]
    assert [equal_compute.setting(one) for one in found] == ["depth × 1", "width × 1", "224 px", "φ = 0"]
    assert all(one.architecture.blocks == released("b0").blocks and one.off == 0 for one in found)


def test_b7s_budget_by_resolution_alone_takes_over_2200_px():
    found = equal_compute.solve("resolution", B7)
    assert found.architecture.resolution > 2200 and found.is_exact and found.limit is None


@given(some.sampled_from(list(equal_compute.WAYS)), some.floats(0.15, 8))
@example("resolution", 44.0)
@example("compound", 5.0)
@settings(max_examples=30, deadline=None)
def test_no_neighbouring_step_is_nearer(way, giga):
    """The oracle walks a fine grid of factors around the solution."""
    wanted = round(giga * 1e9)
    found = equal_compute.solve(way, wanted)
    assert found.macs == cost_of(found.architecture).macs
    assert found.off == pytest.approx(found.macs / wanted - 1)
    if found.is_exact and found.limit is None:
        return
    if way == "resolution":
        near = [found.factor + step for step in range(-70, 71)]
    else:
        near = [found.factor + step / 400 for step in range(-150, 151)]
    low, high = equal_compute.WAYS[way].limits
    built = [equal_compute.WAYS[way].build(factor) for factor in near if low <= factor <= high]
    distinct = {(one.blocks, one.stem_channels, one.head_channels, one.resolution): one for one in built}
    costs = {cost_of(network).macs for network in distinct.values()}  # most steps are rounded to the same network
    assert min(abs(macs - wanted) for macs in costs) >= abs(found.macs - wanted)


@given(some.sampled_from(list(equal_compute.WAYS)), some.floats(0.05, 60))
@settings(max_examples=12, deadline=None)
def test_the_factor_shown_gives_the_network(way, giga):
    found = equal_compute.solve(way, round(giga * 1e9))
    again = equal_compute.WAYS[way].build(found.factor)
    assert (again.blocks, again.resolution) == (found.architecture.blocks, found.architecture.resolution)


@pytest.mark.parametrize(
    ("way", "giga", "limit"),
    [
        ("resolution", 60, "2400 px is the most that the app builds"),
        ("depth", 0.05, "depth × 0.1 is the least that the app builds"),
        ("compound", 0.05, "φ = -3 is the least that the app builds"),
    ],
)
def test_a_limit_that_stops_a_solution_is_named(way, giga, limit):
    found = equal_compute.solve(way, round(giga * 1e9))
    assert found.limit == limit and not found.is_exact


@pytest.mark.parametrize("member", ["b2", "b3", "b4", "b5", "b6", "b7"])
def test_all_three_together_stay_between_the_extremes(member):
    """What the page says of budgets above B1's."""
    found = {way: equal_compute.solve(way, cost_of(released(member)).macs).architecture for way in equal_compute.WAYS}
    needs = {way: memory.needs(network, batch=32) for way, network in found.items()}
    for count in ("blocks", "params", "activation_bytes", "training_bytes"):
        alone = [getattr(needs[way], count) for way in ("depth", "width", "resolution")]
        assert min(alone) < getattr(needs["compound"], count) < max(alone)
    assert needs["resolution"].params == cost_of(released("b0")).params
    assert needs["resolution"].activation_bytes == max(need.activation_bytes for need in needs.values())


def kept_by_autograd(architecture: Architecture, batch: int) -> int:
    """Numbers that PyTorch keeps for the backward pass, beside weights and batch norm's vectors."""
    import torch

    from effnet_core.networks.builder import build

    with torch.device("meta"):
        network = build(architecture, stochastic_depth=0.0, dropout=0.0).train()
        pictures = torch.zeros(batch, 3, architecture.resolution, architecture.resolution)
    kept = {}

    def pack(tensor):
        if tensor.dim() and tensor.shape[0] == batch:  # weights have other first sides
            kept[tensor.untyped_storage()._cdata] = tensor  # held, so that no address is used twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(pictures)
    return sum(tensor.numel() for tensor in kept.values())


@pytest.mark.parametrize(
    "architecture",
    [
        released("b0"),
        compound(-2.5),
        compound(1.3),
        scaled("deep", depth=2.6),
        scaled("wide", width=1.7, resolution=97),
    ],
    ids=lambda architecture: architecture.name,
)
def test_training_keeps_what_autograd_keeps(architecture):
    batch = 3  # no layer has three outputs
    ours = memory.kept_for_backward(architecture, layers_of(architecture))
    assert batch * ours == kept_by_autograd(architecture, batch)


def test_training_memory_by_hand():
    b0 = released("b0")
    one, two = (memory.needs(b0, batch=batch).training_bytes for batch in (1, 2))
    assert two - one == 4 * memory.kept_for_backward(b0, layers_of(b0))
    assert 2 * one - two == 16 * cost_of(b0).params


def test_the_worst_moment_by_hand():
    """B0's first expansion: the picture, the block's 16 channels at 112 px, 96 before batch norm and 96 after it."""
    held = 3 * 224**2 + (16 + 96 + 96) * 112**2
    assert memory.needs(released("b0"), batch=1).activation_bytes == 4 * held


def test_shares_are_those_counted_elsewhere():
    need = memory.needs(released("b0"), batch=1)
    assert (need.blocks, need.params, need.macs) == (16, 5_288_548, 385_814_752)
    assert f"{need.depthwise_of_macs:.1%}" == "9.0%"
    assert f"{need.se_of_params:.1%}" == "12.0%" and f"{need.se_of_macs:.2%}" == "0.16%"


@pytest.mark.parametrize("batch", [0, -1, 4097])
def test_an_impossible_batch_is_refused(batch):
    with pytest.raises(ValueError, match=f"the batch is {batch}; allowed is 1 to 4096"):
        memory.needs(released("b0"), batch=batch)
