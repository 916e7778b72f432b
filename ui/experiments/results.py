"""What a race has found: who is better and whether that is more than chance, what is still wrong, all races."""

from __future__ import annotations

import numpy as np
import streamlit as st

from effnet_core.figures import race as figures
from effnet_core.training import drawn_pictures, race_orders, racing
from effnet_core.training.race_orders import Lap
from effnet_core.training.racing import Ticket
from effnet_core.units import percent

from ..session import kept_values
from ..shared import widgets
from . import race

RACES = "experiments.races"
MOST_RACES = 20
SMALL = 0.05  # a split rarer than this is taken for a difference
TELLS_FROM, TELLS_TO = 0.001, 0.995
WRONG = 4  # pictures a network
PLACES = ("one", "the other")


def show(guess: str) -> None:
    """Of the last race, once it is over; and this session's races."""
    mine = race.ticket()
    if mine is None or mine.is_open or not all(mine.laps_of(way) for way in mine.orders.ways):
        return
    kept = kept_values.value(RACES, [])
    if mine.state == racing.FINISHED and mine not in kept:
        kept_values.keep(RACES, kept := [*kept, mine][-MOST_RACES:])
    first, second = (mine.laps_of(way)[-1] for way in mine.orders.ways)
    st.subheader(_headline(first, second), anchor=False)
    st.markdown(_verdict(first, second) + _on_guess(guess, first, second))
    for column, lap in zip(st.columns(2, gap="large"), (first, second), strict=True):
        with column:
            _show_inside(mine, lap)
    if len(kept) > 1:
        _show_races(kept)


def _headline(first: Lap, second: Lap) -> str:
    better, other = sorted((first, second), key=lambda lap: -lap.right)
    if race_orders.compare(first, second).chance >= SMALL:
        return f"{race.named(better.way).capitalize()} or {race.named(other.way)}? This race does not tell."
    return f"On these pictures {race.named(better.way)} was the better way to spend the compute."


def _verdict(first: Lap, second: Lap) -> str:
    shares = " and ".join(f"{percent(lap.accuracy, 1)} by {race.named(lap.way)}" for lap in (first, second))
    split = race_orders.compare(first, second)
    chance = f"under {percent(TELLS_FROM)}" if split.chance < TELLS_FROM else percent(split.chance, 1)
    if split.chance > TELLS_TO:
        chance = "nearly all"
    return (
        f"Named right of the same {first.tested} test pictures: {shares}. {split.first_only} were named right by "
        f"{race.named(first.way)} alone, {split.second_only} by {race.named(second.way)} alone. Between equally good "
        f"networks a split at least as uneven comes by chance in {chance} of races (sign test)."
    )


def _on_guess(guess: str, first: Lap, second: Lap) -> str:
    if not guess:
        return ""
    split = race_orders.compare(first, second)
    found = "none" if split.chance >= SMALL else "first" if first.right > second.right else "second"
    return " **That is what you expected.**" if guess == found else " **That is not what you expected.**"


def _show_inside(mine: Ticket, lap: Lap) -> None:
    st.markdown(f"**{race.named(lap.way).capitalize()}: still wrong on {len(lap.wrong)}**")
    pictures = _wrong(mine, lap)
    for column, picture, number, guess in zip(st.columns(WRONG), pictures, lap.wrong, lap.guesses, strict=False):
        truth = drawn_pictures.CLASSES[number % len(drawn_pictures.CLASSES)]
        caption = f"{truth}, named {drawn_pictures.CLASSES[guess]}"
        column.image(picture, caption=caption, width="stretch", output_format="PNG", alt=f"Drawn picture: {caption}")
    caption = f"The {len(lap.filters)} filters of its first layer: red, green and blue weights, each over its own range"
    st.image(figures.filter_mosaic(lap.filters), caption=caption, output_format="PNG", alt=caption)


def _wrong(mine: Ticket, lap: Lap) -> list[np.ndarray]:
    """The first test pictures that it names wrong, as it saw them."""
    arm = race_orders.arm_of(lap.way, mine.orders.times)
    scenes = race_orders.test_scenes(mine.orders).picked(lap.wrong[:WRONG])
    return [race.enlarged(one) for one in drawn_pictures.draw(scenes, arm.pixels)]


def _show_races(kept: list[Ticket]) -> None:
    rows = [
        {
            "textures": one.orders.texture,
            "compute": f"× {one.orders.times:g}",
            "seed": one.orders.seed,
            **{place: f"{race.named(lap.way)} {percent(lap.accuracy, 1)}" for place, lap in laps.items()},
            "by chance": percent(race_orders.compare(*laps.values()).chance, 1),
        }
        for one in kept
        for laps in [{place: one.laps_of(way)[-1] for place, way in zip(PLACES, one.orders.ways, strict=True)}]
    ]
    st.markdown("**Your races so far**")
    widgets.whole_table(rows, key="experiments.table")
