"""The compound rule, its rounding and its limits, against published numbers."""

import math

import pytest

from effnet_core.architecture import (
    B0_STAGES,
    RELEASES,
    coefficient_for,
    compound,
    growth,
    released,
    round_channels,
    tiny,
)


@pytest.mark.parametrize(
    ("channels", "expected"), [(35.2, 32), (32 * 1.4, 48), (8.7, 8), (9, 16), (1, 8), (44, 48), (1280 * 1.1, 1408)]
)
def test_channels_round_to_eight_but_lose_at_most_ten_percent(channels, expected):
    assert round_channels(channels) == expected
    assert round_channels(channels) % 8 == 0


def test_channel_rounding_is_torchvisions():
    from torchvision.models._utils import _make_divisible

    values = [step / 7 for step in range(1, 20_000)]
    assert [round_channels(value) for value in values] == [_make_divisible(value, 8) for value in values]


def test_phi_zero_is_b0():
    base, b0 = compound(0), released("b0")
    assert (base.blocks, base.resolution, base.head_channels) == (b0.blocks, b0.resolution, b0.head_channels)


@pytest.mark.parametrize(("phi", "resolution", "blocks"), [(1, 258, 23), (2, 296, 26), (3, 341, 31), (7, 596, 61)])
def test_formula_gives_these_sizes(phi, resolution, blocks):
    scaled = compound(phi)
    assert (scaled.resolution, len(scaled.blocks)) == (resolution, blocks)
    assert scaled.depth == 1.2**phi and scaled.width == 1.1**phi


@pytest.mark.parametrize(("member", "blocks"), list(zip(RELEASES, (16, 23, 23, 26, 32, 39, 45, 55), strict=True)))
def test_released_members_have_their_published_depth(member, blocks):
    assert len(released(member).blocks) == blocks
    assert released(f"efficientnet_{member}") == released(member)


def test_released_b1_is_not_phi_one():
    b1, formula = released("b1"), compound(1)
    assert (b1.resolution, b1.block("features.3.0").out_channels) == (240, 40)
    assert (formula.resolution, formula.block("features.3.0").out_channels) == (258, 48)


def test_blocks_chain_and_follow_their_stage():
    for architecture in (released("b3"), compound(-3), tiny()):
        for before, after in zip(architecture.blocks, architecture.blocks[1:], strict=False):
            assert before.out_channels == after.in_channels
            assert after.stride == 1 or before.stage < after.stage
        assert {block.stage for block in architecture.blocks} == set(range(2, 2 + len(B0_STAGES)))


def test_residual_wherever_the_shape_allows_it():
    b0 = released("b0")
    assert not b0.block("features.2.0").has_residual and b0.block("features.2.1").has_residual
    assert not b0.block("features.1.0").has_residual  # 32 -> 16 channels
    with pytest.raises(ValueError, match=r"no block 'features\.9\.0'; it has features\.1\.0"):
        b0.block("features.9.0")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -3.01, 8.01])
def test_phi_outside_its_range_is_refused(value):
    with pytest.raises(ValueError, match=r"φ is .*; allowed is -3 to 8"):
        compound(value)


@pytest.mark.parametrize("letter", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 0.99, 2.01, -1])
def test_coefficients_outside_their_range_are_refused(letter, value):
    with pytest.raises(ValueError, match="allowed is 1 to 2"):
        compound(1, **{letter: value})


def test_resolutions_and_classes_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="allowed is 32 to 2400"):
        compound(8, gamma=1.4)
    with pytest.raises(ValueError, match="allowed is 32 to 2400"):
        compound(-3, gamma=2)
    for resolution in (31, 2401, math.nan):
        with pytest.raises(ValueError, match="allowed is 32 to 2400"):
            released("b0").at(resolution=resolution)
    with pytest.raises(ValueError, match="number of classes is 0; allowed is 1 to"):
        released("b0", classes=0)
    with pytest.raises(ValueError, match="no released EfficientNet is called 'b8'; there are b0"):
        released("b8")


@pytest.mark.parametrize("missing", ["alpha", "beta", "gamma"])
@pytest.mark.parametrize("target", [1.9, 2, 2.3])
def test_the_coefficient_that_is_not_given_holds_the_product(missing, target):
    given = {"alpha": 1.2, "beta": 1.1, "gamma": 1.15}
    del given[missing]
    assert growth(**given, **{missing: coefficient_for(target, **given)}) == pytest.approx(target)


def test_a_product_that_no_coefficient_gives_is_refused_with_its_reach():
    with pytest.raises(
        ValueError, match=r"no β from 1 to 2 makes α·β²·γ² 2: with α = 2, γ = 1.5 it lies between 4.5 and 18"
    ):
        coefficient_for(2, alpha=2, gamma=1.5)
    assert coefficient_for(4.5, alpha=2, gamma=1.5) == 1
    assert coefficient_for(1 - 1e-12, alpha=1, beta=1) == 1, "off by rounding alone"
