"""The φ question: rounding against torchvision's own, implied φ against the published fit, the grid against a count."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from support.facts import facts

from effnet_core.architecture import B0_STAGES, RELEASES, compound, growth, released
from effnet_core.cost import cost_of
from effnet_core.published import tables
from effnet_core.scaling import constraint, implied_phi, rounding
from effnet_core.scaling import growth as scaling_growth

FACTORS = some.floats(0.2, 6)


@pytest.mark.parametrize("member", [name for name in RELEASES if name != "b0"])
def test_implied_phis_are_the_published_fit(member):
    [row] = [row for row in tables.table("effnet_phi_fit") if row["model"] == f"efficientnet-{member}"]
    found = implied_phi.implied(member)
    for axis, value in found.axes.items():
        assert value == pytest.approx(row[f"phi_from_{axis}"], abs=0.001)
    assert found.compute == pytest.approx(row["phi_if_flops_grow_1p92"], abs=0.001)


def test_b1_does_not_widen_and_b7_lags_in_depth():
    assert implied_phi.implied("b1").width == 0
    b7 = implied_phi.implied("b7")
    assert [round(value, 2) for value in b7.axes.values()] == [6.21, 7.27, 7.05]
    assert b7.middle == pytest.approx((b7.depth + b7.width) / 2)
    assert implied_phi.comparison("b7").why == "its depth asks for φ = 6.21, its width for φ = 7.27"


@given(FACTORS)
@settings(deadline=None)
def test_channel_steps_are_torchvisions_rounding_and_the_blocks_of_the_network(width):
    make_divisible = pytest.importorskip("torchvision.models._utils")._make_divisible
    *stages, head = rounding.channel_steps(width)
    for step in stages:
        assert step.raw == step.base * width
        assert step.rounded == make_divisible(step.raw, 8)
    assert head.rounded == 4 * stages[-1].rounded == rounding.heads(width)[0]
    assert rounding.heads(width)[1] == make_divisible(1280 * width, 8)


@given(FACTORS)
@settings(deadline=None)
def test_depth_steps_are_the_blocks_of_each_stage(depth):
    for step, stage in zip(rounding.depth_steps(depth), B0_STAGES, strict=True):
        assert (step.base, step.raw) == (stage.layers, stage.layers * depth)
        assert step.rounded == -int(-step.raw // 1)


@pytest.mark.parametrize("value", [-3, -1.3, 0, 0.5, 1, 2.7, 8])
def test_steps_end_at_the_network_itself(value):
    network = compound(value)
    by_stage = [[block for block in network.blocks if block.stage == stage] for stage in range(2, 9)]
    channels = [step.rounded for step in rounding.channel_steps(network.width)]
    assert channels == [network.stem_channels, *(blocks[-1].out_channels for blocks in by_stage), network.head_channels]
    assert [step.rounded for step in rounding.depth_steps(network.depth)] == [len(blocks) for blocks in by_stage]
    assert rounding.resolution_step(1.15**value).rounded == network.resolution


@pytest.mark.parametrize(
    ("raw", "rounded", "why"),
    [
        (44.0, 48, "nearest, up"),
        (35.2, 32, "nearest, down"),
        (88.0, 88, "a multiple already"),
        (19.0, 24, "16 loses 15.8\N{NO-BREAK SPACE}%: one step up"),
        (3.0, 8, "8 is the least"),
    ],
)
def test_each_step_says_why(raw, rounded, why):
    assert rounding._channel_step("somewhere", 1, raw)[3:] == (rounded, why)


def test_heads_agree_for_every_release_and_not_between_them():
    assert all(len(set(rounding.heads(release.width))) == 1 for release in RELEASES.values())
    assert rounding.heads(1.1**2) == (1536, 1552)  # the official code at φ = 2
    assert rounding.channel_steps(1.1**2)[-1].why == "4 × stage 8; official: 1,552"


def test_comparisons_name_what_differs_and_nothing_else():
    assert (
        implied_phi.comparison("b0").differs == "nothing"
        and implied_phi.comparison("b0").why == "one φ gives all three"
    )
    assert implied_phi.comparison("b2").differs == "resolution 260 px (formula 258 px)"
    b1 = implied_phi.comparison("b1")
    assert b1.phi == 0.5 and "width × 1.00 (formula × 1.05)" in b1.differs and "blocks" not in b1.differs
    assert len(b1.released.blocks) == len(b1.formula.blocks)


def test_formula_counts_are_those_computed_elsewhere():
    """Where the two heads agree, the official code's counts are ours."""
    rule = facts("compound_rule_counts")
    same = [row for row in rule if len(set(rounding.heads(1.1 ** float(row["phi"])))) == 1]
    assert len(rule) >= 10 and same
    for row in same:
        cost = cost_of(compound(float(row["phi"])))
        assert cost.params == int(row["params"]) and cost.macs / 1e9 == pytest.approx(float(row["macs_B"]), abs=5e-5)


def test_ports_tell_crop_author_and_head():
    ports = implied_phi.ports()
    assert [port.member for port in ports] == ["b0", "b1", "b1", "b2", "b3", "b4", "b5", "b6", "b7"]
    assert [port.member for port in ports if port.crop != port.resolution] == ["b2"]
    b2 = ports[3]
    assert (b2.crop, b2.resolution) == (288, 260) and b2.macs_at_crop / 1e9 == pytest.approx(1.088, abs=5e-4)
    authors = {port.trained_by for port in ports}
    assert authors == {"ported from rwightman", "ported from lukemelas", "torchvision, newer recipe"}
    rows = {row["file"]: row for row in tables.table("torchvision_weights")}
    for port in ports:
        [row] = [
            row for row in rows.values() if row["model"] == f"efficientnet_{port.member}" and row["acc1"] == port.top1
        ]
        assert port.trained_by.split()[-1] in row["note"] if "ported" in port.trained_by else "V2" in port.weights


@pytest.mark.parametrize("member", RELEASES)
def test_a_release_is_its_own_nearest(member):
    assert implied_phi.nearest_release(cost_of(released(member)).macs) == member


def test_growth_over_phi_is_the_promise_and_the_count():
    rows = scaling_growth.growth_over([-3, 0, 7], alpha=1.2, beta=1.1, gamma=1.15)
    base = cost_of(released("b0")).macs
    for row in rows:
        assert row.doubling == base * 2**row.phi
        assert row.promised / base == pytest.approx(1.92027**row.phi, rel=1e-4)
        assert row.rounded == cost_of(compound(row.phi)).macs
    assert round(rows[-1].promised / base) == 96  # not 128
    assert scaling_growth.growth_over([8], alpha=1.2, beta=1.1, gamma=2)[0].rounded is None  # over the app's resolution


@pytest.mark.parametrize("tolerance", [0.02, 0.1, 0.3])
def test_the_grid_holds_all_points_within_the_tolerance_and_no_other(tolerance):
    grid = constraint.search_grid(tolerance)
    steps = range(100, 201, 5)  # in hundredths: whole numbers, so nothing is lost to rounding
    limit = round(tolerance * 10**10)
    wanted = {(a, b, c) for a in steps for b in steps for c in steps if abs(a * b * b * c * c - 2 * 10**10) <= limit}
    assert {tuple(round(100 * value) for value in row[:3]) for row in grid} == wanted and len(grid) == len(wanted)
    assert [abs(row.product - 2) for row in grid] == sorted(abs(row.product - 2) for row in grid)
    for row in grid[:5]:
        assert row.macs == cost_of(compound(1, alpha=row.alpha, beta=row.beta, gamma=row.gamma)).macs


def test_the_papers_point_needs_a_tolerance_of_eight_hundredths():
    def holds(tolerance: float) -> bool:
        return (1.2, 1.1, 1.15) in [row[:3] for row in constraint.search_grid(tolerance)]

    assert holds(0.08) and not holds(0.07)


@given(some.integers(1, 12), some.floats(1.2, 4))
@settings(deadline=None)
def test_the_surface_lies_on_the_constraint_from_corner_to_corner(steps, target):
    net = constraint.surface(steps, target=target)
    for alpha, beta, gamma in (point for row in net for point in row):
        assert growth(alpha, beta, gamma) == pytest.approx(target)
        assert min(alpha, beta, gamma) >= 1 - 1e-9
    corners = net[0][0], net[0][-1], net[-1][0]
    edges = (1, 1, math.sqrt(target)), (1, math.sqrt(target), 1), (target, 1, 1)
    for corner, edge in zip(corners, edges, strict=True):
        assert corner == pytest.approx(edge)
