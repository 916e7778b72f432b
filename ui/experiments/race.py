"""The race: which two networks, the pictures that they learn from, and how they are doing. Opens without torch."""

from __future__ import annotations

import numpy as np
import streamlit as st

from effnet_core.cost import cost_of
from effnet_core.figures import race as figures
from effnet_core.training import drawn_pictures, race_orders, racing
from effnet_core.training.race_orders import Orders
from effnet_core.training.racing import Ticket
from effnet_core.training.study import Arm
from effnet_core.units import duration, mega, percent, short

from ..session import kept_values
from ..shared import widgets

WAYS = {"resolution": "resolution", "width": "width", "depth": "depth", "compound": "all three"}
TICKET = "experiments.ticket"
LOOK_EVERY_S = 1.0
SHOWN = 6  # pictures a network
SEED_OF_SHOWN = 1
SHARP_PX = 128  # a small picture's height on the screen, at least
LABELS = {"first": "One network grows in", "second": "The other in"}


@st.cache_resource(show_spinner=False)
def races() -> racing.Races:
    """The queue of this server."""
    return racing.Races()


def ticket() -> Ticket | None:
    return kept_values.value(TICKET)


def pick() -> Orders:
    """What the next race is about."""
    first = widgets.choice(LABELS["first"], WAYS, key="experiments.first", default="resolution", wrap=True)
    second = widgets.choice(LABELS["second"], WAYS, key="experiments.second", default="width", wrap=True)
    study = race_orders.study()
    factors = {f"{times:g}": f"{times:g} times the base's" for times in sorted({arm.times for arm in study.arms[1:]})}
    times = float(widgets.choice("Compute of each", factors, key="experiments.times"))
    texture = widgets.choice("Textures", {name: name for name in drawn_pictures.PERIODS}, key="experiments.texture")
    limits = (race_orders.SEEDS.start, race_orders.SEEDS.stop - 1)
    seed = widgets.whole_number(
        "Seed", key="experiments.seed", default=0, limits=limits, help="Of the first weights and of all pictures."
    )
    return Orders((first, second), times, texture, seed, study.epochs)


def pick_guess(orders: Orders) -> str:
    """What the visitor expects; "" before that."""
    if orders.ways[0] == orders.ways[1]:
        return ""
    names = {"": "no guess yet", "first": named(orders.ways[0]), "second": named(orders.ways[1]), "none": "neither"}
    return widgets.choice("Which will name more pictures right?", names, key="experiments.guess", wrap=True)


def named(way: str) -> str:
    return WAYS[way]


def show_start(orders: Orders) -> None:
    mine = ticket()
    if mine and mine.is_open:
        st.button("Stop", key="experiments.stop", on_click=races().stop, args=(mine,))
        return
    alike = orders.ways[0] == orders.ways[1]
    st.button(
        "Start the race", key="experiments.start", type="primary", disabled=alike, on_click=_enter, args=(orders,)
    )
    st.caption(
        "Both grow in the same way: choose another for one of them."
        if alike
        else "About a minute on two idle cores. It runs in a process of its own, one race at a time on this server, "
        f"for {racing.MOST_SECONDS // 60} minutes at most."
    )


def _enter(orders: Orders) -> None:
    try:
        kept_values.keep(TICKET, races().enter(orders))
    except ValueError as problem:
        kept_values.keep("experiments.problem", str(problem))


def show(orders: Orders) -> None:
    """The race that runs or was run last; the two networks and their pictures before the first."""
    if problem := kept_values.value("experiments.problem"):
        st.warning(f"{problem[0].upper()}{problem[1:]}.")
        kept_values.forget(["experiments.problem"])
    mine = ticket()
    if mine is None or (not mine.is_open and mine.orders != orders):
        _show_networks(orders)
    else:
        st.fragment(_follow, run_every=LOOK_EVERY_S if mine.is_open else None)(mine)


def _follow(mine: Ticket) -> None:
    was_open = kept_values.value("experiments.was_open")
    kept_values.keep("experiments.was_open", mine.is_open)
    mine.look()
    if was_open and not mine.is_open:
        st.rerun()
    st.markdown(f"**{_headline(mine)}**")
    runs = {way: [(lap.epoch, lap.right, lap.tested) for lap in mine.laps_of(way)] for way in mine.orders.ways}
    st.plotly_chart(
        figures.accuracy_by_epoch(runs, epochs=mine.orders.epochs, classes=len(drawn_pictures.CLASSES)),
        key="experiments.curves",
        alt="Share of the test pictures that each network names right, by epoch. " + _last(mine),
        config=widgets.chart_config("race"),
    )
    widgets.cite(
        f"Measured while you watch: {mine.orders.test_pictures} test pictures that neither has learnt from, whiskers "
        "are 95 % intervals. Each epoch brings "
        f"{mine.orders.pictures:,} newly drawn pictures. CPU, one thread each, float32, seed {mine.orders.seed}."
    )


def _headline(mine: Ticket) -> str:
    if mine.state == racing.WAITING:
        others = races().before(mine)
        ahead = f"{others} before yours" if others else "yours is next"
        return f"Another race is running on this server: {ahead}."
    if mine.problem:
        return mine.problem
    if mine.state == racing.RUNNING and not mine.laps:
        return "Starting PyTorch and drawing pictures …"
    last = _last(mine)
    if mine.state == racing.STOPPED:
        return f"Stopped. {last}" if last else "Stopped before the first epoch was over."
    left = mine.seconds_left() if mine.state == racing.RUNNING else None
    return last + (f" About {duration(left)} left." if left else "")


def _last(mine: Ticket) -> str:
    shares = [(way, laps[-1].accuracy) for way in mine.orders.ways if (laps := mine.laps_of(way))]
    return ", ".join(f"{named(way)} {percent(share, 0)}" for way, share in shares).capitalize() + "." if shares else ""


def _show_networks(orders: Orders) -> None:
    for place, way in enumerate(orders.ways):
        arm = race_orders.arm_of(way, orders.times)
        st.markdown(f"**{named(way).capitalize()}**: {_described(arm)}")
        strip, size = _samples(orders.texture, arm.pixels), f"{arm.pixels} × {arm.pixels} px"
        st.container(key=f"experiments.scenes.{place}").image(
            strip,
            caption=size,
            width="stretch",
            output_format="PNG",
            alt=f"{SHOWN} drawn pictures of {size}, every pixel a square",
        )
    widgets.cite(
        f"Eight classes: {', '.join(drawn_pictures.CLASSES)}. The same scenes for both networks, each at its own size; "
        "they are drawn here, by seed, and are not photographs."
    )


def _described(arm: Arm) -> str:
    classes = len(drawn_pictures.CLASSES)
    network = arm.architecture(classes)
    widest = max(block.out_channels for block in network.blocks)
    cost = cost_of(network)
    return (
        f"{len(network.blocks)} blocks, up to {widest} channels, {arm.pixels} px; {mega(cost.macs)} MACs and "
        f"{short(cost.params)} parameters, random to begin with"
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _samples(texture: str, pixels: int) -> np.ndarray:
    """A strip of pictures, every pixel seen."""
    drawn = drawn_pictures.draw(drawn_pictures.scenes(SHOWN, SEED_OF_SHOWN, texture), pixels)
    strip = np.concatenate([np.pad(one, ((0, 0), (1, 1), (1, 1)), constant_values=255) for one in drawn], axis=2)
    return enlarged(strip)


def enlarged(picture: np.ndarray) -> np.ndarray:
    """(3, height, width) -> (larger, larger, 3): every pixel is a square, since browsers would blur them."""
    times = -(-SHARP_PX // picture.shape[1])
    return picture.transpose(1, 2, 0).repeat(times, 0).repeat(times, 1)
