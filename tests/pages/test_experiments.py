"""Experiments as a user meets it: two networks before the race, while it runs, and what it found."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

import pytest
from support.screen import captions, chart, numbers, opened, told

from effnet_core.cost import cost_of
from effnet_core.training import race_orders, racing
from effnet_core.training.drawn_pictures import CLASSES
from effnet_core.training.race_orders import Lap
from effnet_core.units import mega
from ui.experiments import race

pytestmark = pytest.mark.usefixtures("started_server")
PATIENCE_S = 120


@pytest.fixture
def quick(monkeypatch):
    """Races that report at once, of a program that trains nothing: all wrong in the last epoch but for `right`."""

    def made(right: dict[str, int]) -> None:
        def lap(way: str, epoch: int) -> Lap:
            wrong = list(range(right[way], 100))
            guesses = [(number + 1) % len(CLASSES) for number in wrong]
            return Lap(way, epoch, 1.0, right[way], 100, wrong, guesses, [[[[0.1, 0.2]] * 2] * 3] * 2)

        laps = [asdict(lap(way, epoch)) for epoch in range(1, race_orders.study().epochs + 1) for way in right]
        program = f"import sys; sys.stdin.readline(); print({chr(10).join(map(json.dumps, laps))!r})"
        queue = racing.Races((sys.executable, "-c", program))
        monkeypatch.setattr(race, "races", lambda: queue)

    return made


def raced(at):
    at.get_by_key("experiments.start").click().run()
    end = time.monotonic() + PATIENCE_S
    while "experiments.start" not in {button.key for button in at.button}:
        assert time.monotonic() < end
        time.sleep(0.1)
        at.run()
    assert not at.exception
    return at


def test_it_opens_with_two_networks_of_the_same_compute_and_their_pictures():
    at = opened("experiments")
    assert at.title[0].value == "Does it hold when you try it yourself?"
    for way in ("resolution", "width"):
        cost = cost_of(race_orders.arm_of(way, 2.0).architecture(len(CLASSES)))
        [line] = [block.value for block in at.markdown if block.value.startswith(f"**{way.capitalize()}**")]
        assert mega(cost.macs) in line


def test_a_race_shows_both_curves_and_whether_the_difference_is_more_than_chance(quick):
    quick({"resolution": 80, "width": 60})
    at = opened("experiments", **{"experiments.guess": "resolution"})
    at = raced(at)
    first, second = chart(at, "experiments.curves")["data"]
    assert (first["name"], second["name"]) == ("resolution", "width")
    assert [numbers(one["y"]).tolist() for one in (first, second)] == [[0.8] * 12, [0.6] * 12]
    assert at.subheader[0].value == "On these pictures resolution was the better way to spend the compute."
    said = " ".join(block.value for block in at.markdown)
    assert "20 were named right by resolution alone, 0 by width alone" in said and "under 0.1" in said
    assert "That is what you expected" in said
    under = [picture.caption for strip in at.get("image") for picture in strip.proto.imgs]
    assert f"{CLASSES[60 % 8]}, named {CLASSES[61 % 8]}" in under


def test_a_small_difference_is_no_result(quick):
    quick({"depth": 61, "compound": 60})
    at = raced(opened("experiments", **{"experiments.first": "depth", "experiments.second": "all three"}))
    assert at.subheader[0].value == "Depth or all three? This race does not tell."


def test_races_of_a_session_are_listed(quick):
    quick({"resolution": 80, "width": 60})
    at = raced(raced(opened("experiments")))
    [table] = at.table
    assert len(table.value) == 2


def test_the_same_way_twice_is_no_race():
    at = opened("experiments", **{"experiments.first": "width", "experiments.second": "width"})
    assert at.get_by_key("experiments.start").disabled
    assert "choose another for one of them" in captions(at)


@pytest.mark.parametrize(
    ("key", "value"),
    [("first", "sideways"), ("second", ""), ("times", "99"), ("texture", "<b>"), ("seed", "inf"), ("guess", "x")],
)
def test_a_link_with_what_does_not_exist_is_told(key, value):
    at = opened("experiments", **{f"experiments.{key}": value})
    assert not at.exception and f"The link sets experiments.{key} to" in told(at)
