"""Intervals of means and of paired differences, against SciPy's and against a fit by least squares."""

import numpy as np
import pytest
from scipy import stats

from effnet_core.training.intervals import Interval, mean_interval, paired_differences, t_reach

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 12, 20, 101])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_reach_is_students(level, freedom):
    assert t_reach(level, freedom) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-9)


def test_a_mean_by_hand_and_by_scipy():
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5))
    values = RNG.normal(0.5, 0.02, 5).tolist()
    ends = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert mean_interval(values) == pytest.approx((np.mean(values), *ends))


def test_of_two_networks_it_is_the_paired_t_test():
    values = {"a": RNG.normal(0.5, 0.02, 4).tolist(), "b": RNG.normal(0.52, 0.02, 4).tolist()}
    [found] = paired_differences(values, [("a", "b")])
    ends = stats.ttest_rel(values["a"], values["b"]).confidence_interval(0.95)
    assert found == pytest.approx((np.mean(values["a"]) - np.mean(values["b"]), ends.low, ends.high))


def test_of_several_it_is_the_fit_of_networks_and_seeds():
    """Ordinary least squares on indicators of network and seed, and Bonferroni's level."""
    table = RNG.normal(0.5, 0.02, (4, 3)) + np.arange(3) * 0.1
    names, pairs = "abcd", [("d", "a"), ("d", "b"), ("d", "c")]
    found = paired_differences(dict(zip(names, table.tolist(), strict=True)), pairs)
    design = np.array([[*np.eye(4)[row], *np.eye(3)[column][1:]] for row in range(4) for column in range(3)])
    fitted, [squares], rank, _ = np.linalg.lstsq(design, table.ravel())
    freedom = 12 - rank
    error = np.linalg.inv(design.T @ design) * squares / freedom
    for interval, (first, other) in zip(found, pairs, strict=True):
        contrast = np.zeros(6)
        contrast[names.index(first)], contrast[names.index(other)] = 1, -1
        reach = stats.t.ppf(1 - 0.05 / 3 / 2, freedom) * np.sqrt(contrast @ error @ contrast)
        gap = contrast @ fitted
        assert interval == pytest.approx((gap, gap - reach, gap + reach))


def test_chance_alone_seldom_makes_a_difference_of_any():
    told = 0
    for _ in range(1000):
        values = {name: RNG.normal(0.5, 0.02, 3).tolist() for name in "abcd"}
        told += any(one.excludes_zero for one in paired_differences(values, [("d", name) for name in "abc"]))
    assert told <= 70, "5 % of experiments, and no more than that by three of its standard errors"


@pytest.mark.parametrize(("ends", "told"), [((0.01, 0.02), True), ((-0.02, -0.01), True), ((-0.01, 0.02), False)])
def test_an_interval_tells_where_it_leaves_zero_out(ends, told):
    assert Interval(sum(ends) / 2, *ends).excludes_zero == told
