"""The spiral through a ReLU: what must come back does, what is lost is counted."""

from __future__ import annotations

import numpy as np
import pytest

from effnet_core.explain.relu_embedding import DIMENSIONS, embed, losses, spiral, whole_from


@pytest.mark.parametrize("dimensions", [2, 3, 15, 30])
def test_a_linear_space_loses_nothing(dimensions):
    found = embed(dimensions, seed=5, rectify=False)
    np.testing.assert_allclose(found.back, spiral(), atol=1e-12)
    assert found.error < 1e-12
    assert found.shrinkage == pytest.approx(1)
    assert not found.collapsed.any()


@pytest.mark.parametrize("dimensions", [2, 3, 7, 30])
def test_what_comes_back_equals_least_squares(dimensions):
    """The pseudo-inverse brings back the point whose embedding is nearest to what ReLU left."""
    found = embed(dimensions, seed=3)
    matrix = np.random.default_rng(3).standard_normal((2, dimensions))
    left = np.maximum(spiral() @ matrix, 0)
    nearest = np.linalg.lstsq(matrix.T, left.T, rcond=None)[0].T
    np.testing.assert_allclose(found.back, nearest, atol=1e-9)
    np.testing.assert_array_equal(found.active, (left > 0).sum(1))


def test_collapsed_points_can_not_be_told_apart():
    """Points without any coordinate left all come to the origin; those with one and the same lie on one line."""
    found = embed(2, seed=0)
    gone = found.back[found.active == 0]
    assert len(gone) > 5
    np.testing.assert_allclose(gone, 0, atol=1e-12)
    one_left = found.back[found.active == 1]
    assert len(one_left) > 5
    directions = np.unique(np.round(one_left / np.linalg.norm(one_left, axis=1, keepdims=True), 6), axis=0)
    assert len(directions) == 2, "one line for each of the two coordinates"
    assert found.collapsed.sum() == len(gone) + len(one_left)


def test_the_factor_is_the_best_one():
    found = embed(4, seed=2)

    def distance(factor: float) -> float:
        return float(((factor * found.back - found.curve) ** 2).sum())

    assert all(distance(found.shrinkage) <= distance(found.shrinkage + step) for step in (-0.1, -1e-3, 1e-3, 0.1))
    assert found.error == pytest.approx((distance(found.shrinkage) / (found.curve**2).sum()) ** 0.5)


def test_more_dimensions_lose_less_on_the_whole():
    rows = losses()
    assert [row.dimensions for row in rows] == list(range(DIMENSIONS[0], DIMENSIONS[1] + 1))
    assert rows[0].error > 2 * rows[-1].error > 0
    assert rows[0].collapsed > 0.5
    assert rows[-1].collapsed == 0
    assert all(0 <= row.error <= 1 for row in rows)


def test_the_seed_decides():
    np.testing.assert_array_equal(embed(3, seed=1).back, embed(3, seed=1).back)
    assert not np.allclose(embed(3, seed=1).back, embed(3, seed=2).back)


@pytest.mark.parametrize("dimensions", [1, 31])
def test_other_dimensions_are_refused(dimensions):
    with pytest.raises(ValueError, match="allowed is 2 to 30"):
        embed(dimensions, seed=0)


def test_from_the_named_dimensions_on_no_point_collapses_and_just_before_some_do():
    first = whole_from(seed=0)
    lost = [embed(n, seed=0).collapsed.any() for n in range(first - 1, DIMENSIONS[1] + 1)]
    assert lost[0] and not any(lost[1:])
    medians = {row.dimensions: row.collapsed for row in losses()}
    typical = whole_from(seed=None)
    assert medians[typical - 1] > 0 and medians[typical] == 0
