"""Heat maps on the screen: which method makes them and what it costs, all stages, two classes side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import streamlit as st

from effnet_core.images import Preparation
from effnet_core.overlay import seen

from . import answers, state, widgets

if TYPE_CHECKING:
    from PIL.Image import Image

    from effnet_core.engine import Engine
    from effnet_core.methods import Progress
    from effnet_core.results import Explanation, Heatmap

    from .answers import Look

Answer = TypeVar("Answer")

SLOW = 4  # passes through the network; what needs more waits for a button
SECOND_ANSWER = -2  # as a class to map: whatever the network's second answer is
CEILING = 99  # per cent of the pixels: a map of pixels has a few extreme ones, which would darken all others
MAP_PX = 165  # on the screen, of each of many: two in a row on a phone


class Asked(NamedTuple):
    """Which map is on the screen."""

    method: str
    target: int
    layer: str | None
    parameters: tuple[tuple[str, int], ...] = ()


def pick_map(engine: Engine, answer: Explanation, *, key: str) -> Asked:
    """Class, method, stage and parameters of the map, and in words what the method shows and can't tell."""
    from effnet_core.methods import METHODS

    target = answers.pick_class(engine, answer, key=f"{key}.target")
    name = widgets.select("Method", {name: method.title for name, method in METHODS.items()}, key=f"{key}.method")
    method = METHODS[name]
    layer = answers.pick_stage(engine, key=f"{key}.stage") if method.at_stage else None
    parameters = {}
    for row in method.parameters:
        limits = {"default": float(row.default), "limits": (float(row.low), float(row.high)), "step": float(row.step)}
        parameters[row.name] = round(widgets.slider(row.title, key=f"{key}.{row.name}", **limits))
    asked = Asked(name, target, layer, tuple(parameters.items()))
    st.markdown(f"**{method.title}** shows {method.shows}. **It can't tell** {method.cannot_tell}.")
    st.caption(f"Cost: {_cost(*_passes(engine, asked))}.")
    return asked


def _passes(engine: Engine, asked: Asked) -> tuple[int, int]:
    from effnet_core.methods import METHODS

    return METHODS[asked.method].passes(engine.preparation.crop, **dict(asked.parameters))


def _cost(forward: int, backward: int) -> str:
    passes = f"{forward:,} forward pass" + "es" * (forward != 1)
    return f"{passes}, {backward:,} backward" if backward else passes


def map_of(engine: Engine, picture: state.Picture, answer: Explanation, asked: Asked, *, key: str) -> Heatmap | None:
    """The map that was asked for; None while a slow one waits for its button."""
    if asked.method == "gradcam":
        return answers.heatmap_of(engine, picture, answer, target=asked.target, layer=asked.layer)

    def work(progress: Progress | None = None) -> Heatmap:
        how = {"method": asked.method, "target": asked.target, "layer": asked.layer, "progress": progress}
        return engine.attribute(picture.image, **how, **dict(asked.parameters))

    question, passes = state.asked(engine, picture, *asked), _passes(engine, asked)
    if sum(passes) <= SLOW:
        return at_once(question, work)
    return on_demand(question, f"Compute the map ({_cost(*passes)})", work, key=key)


def ladder(engine: Engine, picture: state.Picture, target: int) -> list[Heatmap]:
    """Signed Grad-CAM at every stage."""
    question = state.asked(engine, picture, "ladder", target)
    return at_once(question, lambda: engine.ladder(picture.image, targets=[target]))


# Computed once a session ------------------------------------------------------------------------------------------


def at_once(question: tuple, work: Callable[[], Answer]) -> Answer:
    """The answer to a quick question, kept for the next run."""
    found = state.remembered(question)
    if found is None:
        with st.spinner("The network looks at the picture …", show_time=True):
            found = work()
        state.remember(question, found)
    return found


def on_demand(question: tuple, label: str, work: Callable[[Progress], Answer], *, key: str) -> Answer | None:
    """The answer to a slow question if it is there, else a button that computes it; None until it was pressed.

    While it computes, a click anywhere starts the page anew, and the call that moves the bar ends this run: so
    stopping needs a button to click, and nothing behind it.
    """
    found = state.remembered(question)
    if found is not None:
        return found
    slot, start = st.empty(), time.monotonic()
    if not slot.button(label, key=key, type="primary"):
        return None
    with slot.container():
        bar = st.progress(0.0, text="Starting …")
        st.button("Stop", key=f"{key}.stop")

    def show(share: float) -> bool:
        bar.progress(min(share, 1.0), text=f"{share:.0%} after {time.monotonic() - start:.0f} s")
        return True

    found = work(show)
    slot.empty()
    state.remember(question, found)
    return found


# Drawn on the picture ---------------------------------------------------------------------------------------------


def on_crop(
    image: Image, preparation: Preparation, heatmap: Heatmap | None, look: Look, *, strongest: float | None = None
) -> Image:
    """The crop with a map over it, without one while there is none. `strongest`: a scale that several maps share."""
    if heatmap is None:
        return seen(image, preparation.crop_box(image.size))
    return answers.on_crop(image, preparation, heatmap.values, look, **_drawn(heatmap, strongest))


def on_whole(image: Image, preparation: Preparation, heatmap: Heatmap | None, look: Look) -> Image:
    """The same, back in its place on the whole picture."""
    if heatmap is None:
        return answers.on_whole(image, preparation, np.zeros((1, 1)), look)
    return answers.on_whole(image, preparation, heatmap.values, look, **_drawn(heatmap))


def _drawn(heatmap: Heatmap, strongest: float | None = None) -> dict[str, bool | float | None]:
    return {"signed": heatmap.signed, "strongest": strongest or ceiling(heatmap)}


def ceiling(heatmap: Heatmap) -> float:
    """What gets the strongest colour: the largest magnitude, of a map of pixels all above its 99th percentile."""
    magnitudes = np.abs(heatmap.values) if heatmap.signed else np.maximum(heatmap.values, 0)
    return float(np.percentile(magnitudes, CEILING) if heatmap.layer == "input" else magnitudes.max())


def legend(heatmap: Heatmap) -> str:
    """How to read the colours."""
    parts = ["Blue speaks against the class, orange for it"] if heatmap.signed else []
    parts += ["The strongest 1 % of the pixels share one colour"] if heatmap.layer == "input" else []
    return ". ".join(["", *parts])


def grid_of(heatmap: Heatmap | None) -> str:
    """How fine the map is, in a sentence."""
    if heatmap is None:
        return ""
    rows, columns = heatmap.values.shape
    return f"The map on the screen has {rows} × {columns} values; what lies between them is blended."


def show_maps(maps: Iterable[tuple[str, Image]]) -> None:
    """Many small pictures with their captions, as many in a row as fit."""
    with st.container(horizontal=True, gap="xsmall"):
        for caption, image in maps:
            st.image(image, width=MAP_PX, caption=caption, alt=caption)


# Panels -----------------------------------------------------------------------------------------------------------


def show_ladder(engine: Engine, picture: state.Picture, target: int, look: Look, *, key: str) -> None:
    """Grad-CAM at every stage, from one forward and one backward pass."""
    signs = widgets.choice("Shown", {"for": "What speaks for the class", "both": "For and against"}, key=f"{key}.signs")
    shown, maps = answers.for_screen(picture.image), []
    for number, heatmap in enumerate(ladder(engine, picture, target), start=1):
        heatmap = heatmap if signs == "both" else heatmap.rectified()
        rows, columns = heatmap.values.shape
        blank = ": no positive evidence" if heatmap.is_blank else ""
        title = f"Stage {number}, {rows} × {columns}{blank}"
        maps.append((title, on_crop(shown, engine.preparation, heatmap, look)))
    show_maps(maps)
    st.caption(
        f"Grad-CAM for {answers.class_names(engine)[target]} at every stage, from one forward and one backward pass. "
        "Each map is scaled to its own strongest value." + (" Blue speaks against the class." * (signs == "both"))
    )


def show_two_classes(
    engine: Engine, picture: state.Picture, answer: Explanation, asked: Asked, look: Look, *, key: str
) -> None:
    """The map on the screen, the same for another class, to one scale, and their difference."""
    names = answers.class_names(engine)
    if len(answer.top) < 2:
        st.info("This network has one class: there is no second one to compare with.")
        return
    texts = {SECOND_ANSWER: "its second answer"} | dict(enumerate(names))
    chosen = widgets.select("The other class", texts, key=f"{key}.other")
    other = answer.top[1].index if chosen == SECOND_ANSWER else chosen
    first = map_of(engine, picture, answer, asked, key=f"{key}.first_map")
    second = map_of(engine, picture, answer, asked._replace(target=other), key=f"{key}.second_map")
    if first is None or second is None:
        return
    from effnet_core.results import Heatmap

    scale = max(ceiling(first), ceiling(second))
    difference = Heatmap(first.layer, first.target, first.values - second.values, first.method, signed=True)
    shown, preparation = answers.for_screen(picture.image), engine.preparation
    columns = st.columns(3)
    titles = (names[first.target], names[other], "The difference")
    for column, title, heatmap in zip(columns, titles, (first, second, difference), strict=True):
        column.image(
            on_crop(shown, preparation, heatmap, look, strongest=scale),
            width="stretch",
            caption=f"{title}{': no positive evidence' * (heatmap.is_blank and heatmap is not difference)}",
            alt=f"Heat map: {title}",
        )
    st.caption(
        "All three to one scale, so that they can be compared. In the difference, orange speaks more for "
        f"{names[first.target]}, blue more for {names[other]}."
    )
