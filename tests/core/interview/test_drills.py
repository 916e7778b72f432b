"""Every kind of drill: its answer computed another way, for many seeds; what it tells is enough to do so."""

from __future__ import annotations

import math
import re

import pytest
from support import oracles

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.interview.answers import is_right
from effnet_core.interview.drills import GROUPS, KINDS, LEVELS, deal, drill, kinds_of

SEEDS, SOAK_SEEDS = 60, 1000
EXACT = 1e-6  # of float arithmetic, and of rates that torchvision keeps


@pytest.mark.parametrize(
    "seeds",
    [range(SEEDS), pytest.param(range(SEEDS, SOAK_SEEDS), marks=pytest.mark.soak)],
    ids=lambda seeds: f"{seeds.start} to {seeds.stop - 1}",
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_right_for_each_seed(kind, seeds):
    oracle = getattr(oracles, kind)
    for seed in seeds:
        drawn = drill(kind, seed, seed % len(LEVELS) + 1)
        expected = oracle(drawn.given)
        if drawn.choices:
            assert drawn.answer == expected, (seed, drawn)
        else:
            assert math.isclose(drawn.answer, expected, rel_tol=EXACT, abs_tol=1e-12), (seed, expected, drawn)


def test_there_are_many_kinds_in_every_group():
    assert len(KINDS) >= 25
    assert all(len(kinds_of(group)) >= 3 for group in GROUPS)
    assert {name for group in GROUPS for name in kinds_of(group)} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_levels_and_seeds_differ_and_repeat(kind):
    for level in LEVELS:
        drawn = [drill(kind, seed, level) for seed in range(30)]
        assert drawn == [drill(kind, seed, level) for seed in range(30)]
        assert len({one.question for one in drawn}) >= 3
        assert all(one.level == level and one.kind == kind for one in drawn)


@pytest.mark.parametrize("kind", KINDS)
def test_a_drill_says_what_is_asked_and_how_it_is_done(kind):
    for seed in range(20):
        drawn = drill(kind, seed, seed % 3 + 1)
        assert drawn.working and all(drawn.working) and drawn.given
        if drawn.choices:
            assert drawn.answer in drawn.choices and len(set(drawn.choices)) == len(drawn.choices) >= 3
            assert drawn.tolerance == 0 and drawn.unit == ""
        else:
            assert math.isfinite(drawn.answer) and 0 <= drawn.tolerance <= 0.1
            precision = f"{100 * drawn.tolerance:g} %)" if drawn.tolerance else "exact)"
            if drawn.factor:
                assert drawn.tolerance == 0 and 1 < drawn.factor <= 3
                precision = f"within a factor of {drawn.factor:g})"
            assert drawn.question.endswith(precision)
            assert {"": "(", "×": "as a factor, "}.get(drawn.unit, f"in {drawn.unit}, ") in drawn.question


def test_whoever_estimates_by_the_formula_is_right_at_every_seed():
    """B0's multiply-accumulates times depth · width² · resolution² are within the factor that is asked for."""
    base = cost_of(released("b0")).macs
    for seed in range(300):
        asked = drill("estimated_macs", seed, seed % 3 + 1)
        if "member" in asked.given:
            release = RELEASES[asked.given["member"]]
            times = release.depth * release.width**2 * (release.resolution / RELEASES["b0"].resolution) ** 2
        else:
            times = 1.92 ** asked.given["phi"]
        assert is_right(asked, f"{base * times / 1e9:.2f} G"), (seed, asked)
        assert not is_right(asked, f"{base * times / 1e9 / 3:.2f} G") and not is_right(asked, f"{5 * base * times:.0f}")


def test_an_estimate_is_right_from_half_to_twice_the_answer():
    asked = drill("weight_memory", 1, 1)
    answer = asked.answer
    assert asked.factor == 2 and all(is_right(asked, f"{answer * times:.6f}") for times in (0.5001, 1, 1.9999))
    assert not any(is_right(asked, f"{answer * times:.6f}") for times in (0.499, 2.001))


def test_a_depthwise_layers_weights_are_one_kernel_a_channel():
    for seed in range(60):
        asked = drill("line_params", seed, 2)
        wide, kernel = asked.given["expansion"] * asked.given["in_channels"], asked.given["kernel"]
        assert asked.working[0].startswith(f"depthwise: {wide} · {kernel}² + 2 · {wide} of batch norm")


def test_code_stands_beside_its_question():
    asked = drill("wrong_line", 3, 2)
    assert asked.code.startswith("Conv2dNormActivation(") and asked.code.count("\n") == 3
    assert drill("swish", 1, 1).code == ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_hard_level_asks_for_another_thought(kind):
    """Not only other numbers: whatever is drawn, something is asked or worked out that the easy level never has."""

    def thoughts(level: int, seed: int) -> set[str]:
        drawn = drill(kind, seed, level)
        return {re.sub(r"[\d.,]+|B\d", "", line) for line in (*drawn.question.split(". "), *drawn.working)}

    easy = set().union(*(thoughts(1, seed) for seed in range(40)))
    assert all(thoughts(3, seed) - easy for seed in range(20))


def test_dealing_goes_through_all_kinds_before_one_comes_again():
    drawn = deal(7, 2 * len(KINDS))
    first, second = drawn[: len(KINDS)], drawn[len(KINDS) :]
    assert {one.kind for one in first} == {one.kind for one in second} == set(KINDS)
    assert drawn == deal(7, 2 * len(KINDS)) and drawn[:5] == deal(7, 5)
    assert drawn[:9] != deal(8, 9)


def test_dealing_of_a_group_a_kind_and_a_level():
    assert {KINDS[one.kind].group for one in deal(1, 20, group="se")} == {"se"}
    assert {(one.kind, one.level) for one in deal(1, 5, kind="se_params", level=3)} == {("se_params", 3)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kind": "nonsense"}, "no kind of drill is called 'nonsense'; there are "),
        ({"group": "nonsense"}, "no group of drills is called 'nonsense'; there are scaling"),
        ({"level": 4}, "the level is 4; allowed is 1 to 3"),
        ({"count": 0}, "the number of drills is 0; allowed is 1 to 100,000"),
    ],
)
def test_what_does_not_exist_is_refused(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        deal(**{"seed": 1, "count": 3} | wrong)
