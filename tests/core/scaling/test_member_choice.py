"""Which B fits: the choice at its edges, and the memory against what PyTorch really holds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effnet_core import units
from effnet_core.architecture import RELEASES, compound, released, scaled, tiny
from effnet_core.scaling import member_choice
from effnet_core.scaling.member_choice import Choice, choose

COSTS = {"b0": 1.0, "b1": 2.0, "b2": 4.0}


@pytest.mark.parametrize(
    ("limit", "fits", "following"),
    [
        (0.9, None, "b0"),
        (1.0, "b0", "b1"),
        (3.9, "b1", "b2"),
        (4.0, "b2", None),
        (math.inf, "b2", None),
        (math.nan, None, "b0"),
    ],
)
def test_the_largest_that_fits_and_the_one_after_it(limit, fits, following):
    assert choose(COSTS, limit) == Choice(fits, following)


def test_nothing_fits_where_nothing_is_known():
    assert choose({}, 10) == Choice(None, None)


def test_a_measured_cost_that_falls_does_not_hide_a_larger_network():
    assert choose({"b0": 5.0, "b1": 4.0, "b2": 9.0}, 4.5) == Choice("b1", "b2")


@given(st.floats(0, 1e3))
def test_what_fits_costs_at_most_the_limit_and_the_next_costs_more(limit):
    costs = {member.name: member.macs / 1e9 for member in member_choice.members()}
    found = choose(costs, limit)
    assert found.fits is None or costs[found.fits] <= limit
    assert found.following is None or costs[found.following] > limit


def test_members_grow_in_everything():
    rows = member_choice.members()
    assert [row.name for row in rows] == list(RELEASES)
    for column in ("resolution", "params", "macs", "memory"):
        values = [getattr(row, column) for row in rows]
        assert values == sorted(values) and len(set(values)) == 8


ONE_AXIS = (scaled("deep", depth=4.4), scaled("wide", width=2.229), scaled("sharp", resolution=480))  # B3's budget
NETWORKS = (*map(released, ("b0", "b3", "b7")), compound(2, gamma=1.3), tiny(), *ONE_AXIS)


@pytest.mark.parametrize("architecture", NETWORKS, ids=lambda architecture: architecture.name)
def test_memory_is_what_pytorch_holds(architecture):
    """Followed through a forward pass on the meta device: every tensor from its birth to its end."""
    import torch

    from effnet_core.machine.latency import _LiveBytes
    from effnet_core.networks.builder import build

    live, side = _LiveBytes(), architecture.resolution
    with torch.device("meta"), torch.inference_mode():
        network, picture = build(architecture).eval(), torch.empty(1, 3, side, side)
        with live:
            network(picture)
    assert units.FLOAT32_BYTES * member_choice.peak_activations(architecture) == live.most + picture.nbytes
    counters = sum(buffer.nbytes for buffer in network.buffers() if not buffer.is_floating_point())  # batches seen
    weights = sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers())) - counters
    assert member_choice.inference_bytes(architecture) == weights + live.most + picture.nbytes
