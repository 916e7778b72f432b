"""Two networks that learn side by side: drawn pictures, the race itself, and the queue of a server."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest

from effnet_core.training import race_orders, racing
from effnet_core.training.drawn_pictures import CLASSES, PERIODS, draw, scenes
from effnet_core.training.race import race
from effnet_core.training.race_orders import Lap, Orders, compare

PATIENCE_S = 300
ORDERS = Orders(("depth", "resolution"), 2, "coarse", 0, 2, pictures=64, test_pictures=40)


@pytest.mark.parametrize("texture", PERIODS)
def test_the_same_seed_draws_the_same_pictures_and_another_others(texture):
    first, again, other = (draw(scenes(16, seed, texture), 32) for seed in (3, 3, 4))
    assert first.shape == (16, 3, 32, 32) and first.dtype == np.uint8
    assert (first == again).all() and (first != other).any(axis=(1, 2, 3)).all()


def test_all_classes_are_equally_frequent():
    assert np.bincount(scenes(80, 1, "fine").targets).tolist() == [10] * len(CLASSES)


def test_a_scene_is_the_same_at_any_size():
    """A large drawing made small is nearly the small drawing, up to noise."""
    drawn = scenes(16, 5, "coarse")
    small, large = draw(drawn, 32).astype(float), draw(drawn, 64).astype(float)
    means = large.reshape(16, 3, 32, 2, 32, 2).mean((3, 5))
    assert np.abs(means - small).mean() < 0.06 * 255


def test_fine_textures_are_lost_in_few_pixels_and_coarse_ones_are_not():
    def kept(texture: str) -> float:
        """Contrast inside the shapes that is left at 16 px, as a share of that at 128 px."""
        drawn = scenes(48, 2, texture)
        return draw(drawn, 16).std() / draw(drawn, 128).std()

    assert kept("fine") < kept("coarse")


def test_picked_scenes_are_drawn_as_among_all():
    drawn = scenes(24, 7, "fine")
    assert (draw(drawn.picked([3, 20]), 32) == draw(drawn, 32)[[3, 20]]).all()


@pytest.mark.parametrize("texture", PERIODS)
def test_every_class_looks_different(texture):
    """The same scene in each class: no two drawings are alike."""
    one = scenes(1, 0, texture)
    drawn = [draw(one._replace(targets=np.array([target])), 48) for target in range(len(CLASSES))]
    for number, picture in enumerate(drawn):
        assert all((picture != other).mean() > 0.01 for other in drawn[:number])


def test_the_networks_of_a_race_cost_about_the_same():
    study = race_orders.study()
    for times in (2, 3):
        macs = [study.macs(arm) for arm in study.arms if arm.times == times]
        assert len(macs) == 4 and max(macs) / min(macs) < 1.1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ways": ("depth", "sideways")}, "there is no network sideways × 2 to race; there are base × 1, "),
        ({"times": 7.0}, "there is no network depth × 7"),
        ({"texture": "silk"}, "no texture is 'silk'; there are coarse, fine"),
        ({"seed": -1}, "the seed is -1; allowed is 0 to 9999"),
        ({"epochs": 0}, "0 epochs are asked for"),
    ],
)
def test_what_does_not_exist_is_refused(changed, sentence):
    with pytest.raises(ValueError, match=sentence):
        Orders(**asdict(ORDERS) | changed)


def test_an_unknown_texture_is_refused():
    with pytest.raises(ValueError, match="no texture is called 'silk'; there are coarse, fine"):
        scenes(1, 0, "silk")


def test_a_race_reports_every_epoch_and_is_the_same_again():
    first, again = (list(race(ORDERS)) for _ in range(2))
    assert first == again
    assert [(lap.way, lap.epoch) for lap in first] == [(way, epoch) for epoch in (1, 2) for way in ORDERS.ways]
    for lap in first:
        assert lap.right + len(lap.wrong) == lap.tested == 40 and len(lap.guesses) == len(lap.wrong)
        assert all(
            CLASSES[guess] != CLASSES[number % len(CLASSES)]
            for number, guess in zip(lap.wrong, lap.guesses, strict=False)
        )
        assert np.shape(lap.filters)[1:] == (3, 3, 3)
    assert first[0].filters != first[2].filters, "it has learnt"


def lap(wrong: set[int], way: str = "depth", epoch: int = 1) -> Lap:
    return Lap(way, epoch, 1.0, 40 - len(wrong), 40, sorted(wrong), [0] * len(wrong), [[[[0.0]]] * 3])


@pytest.mark.parametrize(
    ("first", "second", "chance"),
    [(set(range(8)), {30, 31}, 0.109375), ({1, 2, 3}, {1, 2, 3}, 1.0), (set(), set(range(10)), 2 / 1024)],
)
def test_a_split_is_judged_by_the_sign_test(first, second, chance):
    """By counting all ways in which coins could have fallen."""
    split = compare(lap(first), lap(second))
    assert (split.first_only, split.second_only) == (len(second - first), len(first - second))
    assert split.chance == pytest.approx(chance)
    assert compare(lap(second), lap(first)).chance == pytest.approx(chance)


def runs(*lines: str) -> tuple[str, ...]:
    """A program in the place of the race, which has read its orders."""
    return (
        sys.executable,
        "-c",
        "\n".join(("import json, sys, time", "orders = json.loads(sys.stdin.readline())", *lines)),
    )


ROWS = [asdict(lap({number}, way, epoch)) for epoch in (1, 2) for number, way in enumerate(ORDERS.ways)]
LAPS = f"laps = {json.dumps(ROWS)}"
WHOLE = runs(LAPS, "[print(json.dumps(lap), flush=True) for lap in laps]")
SLOW = runs(LAPS, "print(json.dumps(laps[0]), flush=True)", "time.sleep(600)")


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_race_runs_in_a_process_of_its_own_to_its_end():
    ticket = racing.Races(WHOLE).enter(ORDERS)
    until(lambda: not ticket.is_open)
    assert ticket.state == racing.FINISHED and not ticket.problem
    assert [lap.epoch for lap in ticket.laps_of("resolution")] == [1, 2]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="Windows has no niceness")
def test_a_race_comes_last_from_its_start():
    races = racing.Races(runs("time.sleep(600)"))
    ticket = races.enter(ORDERS)
    until(lambda: ticket.state == racing.RUNNING and races._child)
    assert os.getpriority(os.PRIO_PROCESS, races._child.pid) == racing.LOWEST
    races.stop(ticket)


def test_others_wait_and_a_stop_lets_them_go_on():
    races = racing.Races(SLOW)
    first, second, third = (races.enter(ORDERS) for _ in range(3))
    until(lambda: first.laps)
    assert (first.state, second.state) == (racing.RUNNING, racing.WAITING) and races.before(third) == 1
    races.stop(second)
    races.stop(first)
    until(lambda: third.state == racing.RUNNING)
    assert (first.state, second.state) == (racing.STOPPED, racing.STOPPED)
    assert len(first.laps) == 1, "what it had found stays"
    races.stop(third)


def test_two_processes_of_a_server_race_one_at_a_time():
    """Each process has a queue of its own; they share the lock of their parent."""
    first, second = racing.Races(SLOW), racing.Races(WHOLE)
    running = first.enter(ORDERS)
    until(lambda: running.laps)
    waiting = second.enter(ORDERS)
    time.sleep(3 * racing.POLL_SECONDS)
    assert waiting.state == racing.WAITING
    first.stop(running)
    until(lambda: waiting.state == racing.FINISHED)


def test_a_race_that_nobody_looks_at_ends(monkeypatch):
    monkeypatch.setattr(racing, "GONE_SECONDS", 0.5)
    races = racing.Races(SLOW)
    gone = races.enter(ORDERS)
    never_begun = races.enter(ORDERS)
    until(lambda: not (gone.is_open or never_begun.is_open))
    assert gone.state == never_begun.state == racing.STOPPED


def test_a_race_has_an_end(monkeypatch):
    monkeypatch.setattr(racing, "MOST_SECONDS", 0.5)
    ticket = racing.Races(SLOW).enter(ORDERS)
    until(lambda: not ticket.is_open)
    assert (ticket.state, ticket.problem) == (racing.FAILED, racing.TOO_LONG)


@pytest.mark.parametrize(
    "command",
    [runs("sys.exit(3)"), runs(LAPS, "print(json.dumps(laps[0]))"), runs("print('no lap')"), ("/no/such/file",)],
)
def test_a_race_that_breaks_off_says_so_and_the_next_one_runs(command):
    races = racing.Races(command)
    for ticket in (races.enter(ORDERS), races.enter(ORDERS)):
        until(lambda ticket=ticket: not ticket.is_open)
        assert ticket.state == racing.FAILED and "Try again" in ticket.problem


def test_a_full_queue_is_refused(monkeypatch):
    monkeypatch.setattr(racing, "MOST_WAITING", 2)
    races = racing.Races(SLOW)
    running = races.enter(ORDERS)
    until(lambda: running.state == racing.RUNNING)
    waiting = [races.enter(ORDERS) for _ in range(2)]
    with pytest.raises(ValueError, match="2 races are waiting already; try again in a few minutes"):
        races.enter(ORDERS)
    for ticket in (*waiting, running):
        races.stop(ticket)
