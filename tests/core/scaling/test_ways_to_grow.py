"""Ways to grow: counts against the built networks, gains and ends against the published points."""

from __future__ import annotations

import pytest

from effnet_core.architecture import released
from effnet_core.cost import cost_of
from effnet_core.published import scaling_curves, tables
from effnet_core.scaling import ways_to_grow

EACH = pytest.mark.parametrize("doublings", range(1, ways_to_grow.MOST_DOUBLINGS + 1))


@EACH
def test_each_way_costs_the_same_compute_and_what_its_network_counts(doublings):
    from torch import device

    from effnet_core.networks.builder import build

    rows = ways_to_grow.grown(doublings)
    assert [row.way for row in rows] == list(scaling_curves.DIMENSIONS)
    for row in rows:
        with device("meta"):
            network = build(row.solution.architecture)
        assert row.costs.params == sum(weight.numel() for weight in network.parameters())
        assert row.costs.macs == pytest.approx(2**doublings * cost_of(released("b0")).macs, rel=0.05)


@EACH
def test_gains_are_read_off_fig_8(doublings):
    for row, curve in zip(ways_to_grow.grown(doublings), scaling_curves.curves("Fig8"), strict=True):
        start = curve.points[0]
        wanted = scaling_curves.top1_at(curve, 2**doublings * start.macs) - start.top1
        assert row.way == curve.dimension and row.points == pytest.approx(wanted)


def test_each_way_pays_elsewhere():
    depth, width, resolution, _ = (row.costs.times(ways_to_grow.costs(released("b0"))) for row in ways_to_grow.grown(1))
    assert resolution.params == 1 and min(depth.params, width.params) > 1.4
    assert resolution.activation_bytes == pytest.approx(resolution.macs, rel=0.03), "both grow with the pixels"
    assert width.activation_bytes < depth.activation_bytes, "width alone multiplies compute by its square"


def test_ends_are_the_last_published_points():
    points = tables.table("effnet_fig3_fig4_fig8_points")
    for way in ("depth", "width", "resolution"):
        last = max(
            (row for row in points if (row["figure"], row["series"]) == ("Fig3", way)), key=lambda row: row["coef"]
        )
        end = ways_to_grow.end_of(way)
        assert (end.label, end.top1) == (last["label"], last["top1_pct"]) and 0 <= end.points < 0.5
    end = ways_to_grow.end_of("compound")
    assert (end.label, end.top1) == ("B4", 82.6) and end.points == pytest.approx(1.5)


def test_no_more_is_told_than_is_published():
    for doublings in (0, ways_to_grow.MOST_DOUBLINGS + 1):
        with pytest.raises(ValueError, match="the paper's curves tell of 1 to 3"):
            ways_to_grow.grown(doublings)
    assert min(len(scaling_curves.doublings(curve)) for curve in scaling_curves.curves("Fig8")) == 3


def test_the_example_has_the_printed_accuracies_and_counted_costs():
    example = ways_to_grow.enlarged()
    assert example.sizes == (380, 512) and [row["top1_pct"] for row in example.rows] == [84.6, 84.3]
    times = example.costs[1].times(example.costs[0])
    assert times.params == 1 and times.macs == pytest.approx((512 / 380) ** 2, rel=0.02)
