"""Rank correlation against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from effnet_core.explain.rank_correlation import rank_correlation


@pytest.mark.parametrize("shape", [(40,), (6, 6)])
def test_it_is_spearmans_with_ties_too(shape):
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=shape), rng.integers(0, 5, shape)
    assert rank_correlation(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert rank_correlation(one, np.exp(one)) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)


def test_a_constant_has_none():
    assert rank_correlation([1, 2, 3], [3, 3, 3]) is None
    assert rank_correlation([1, 2, 3], [10, 20, 25]) == pytest.approx(1)
