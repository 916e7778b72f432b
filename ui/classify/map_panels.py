"""The panels "Every stage" and "Two classes"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from ..session import pictures
from ..shared import map_pickers, widgets
from ..shared.plain import plain
from . import drawn_maps
from .drawn_maps import Drawn
from .heat_maps import MapChoice, ladder, map_of

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation


SECOND_ANSWER = -2  # as a class to map: whatever the network's second answer is


def show_ladder(engine: Engine, picture: pictures.Picture, target: int, *, key: str) -> None:
    """Grad-CAM at every stage, from one forward and one backward pass."""
    signs = widgets.choice("Shown", {"for": "What speaks for the class", "both": "For and against"}, key=f"{key}.signs")
    maps = []
    for number, heatmap in enumerate(ladder(engine, picture, target), start=1):
        heatmap = heatmap if signs == "both" else heatmap.rectified()
        rows, columns = heatmap.values.shape
        blank = ": no positive evidence" if heatmap.is_blank else ""
        caption = f"Stage {number}, {rows} × {columns}{blank}"
        maps.append(Drawn(engine.preparation, heatmap, caption, stage=number))
    drawn_maps.show(picture, maps, key=f"{key}.ladder")
    st.caption(
        f"Grad-CAM for {plain(map_pickers.class_names(engine)[target])} at every stage, from one forward and one "
        "backward pass. Each map is scaled to its own strongest value."
        + (" Blue speaks against the class." * (signs == "both"))
    )


def show_two_classes(
    engine: Engine, picture: pictures.Picture, answer: Explanation, choice: MapChoice, *, key: str
) -> None:
    """The map on the screen, the same for another class, to one scale, and their difference."""
    names = map_pickers.class_names(engine)
    if len(answer.top) < 2:
        st.info("This network has one class: there is no second one to compare with.")
        return
    texts = {SECOND_ANSWER: "its second answer"} | dict(enumerate(names))
    chosen = widgets.select("The other class", texts, key=f"{key}.other")
    other = answer.top[1].index if chosen == SECOND_ANSWER else chosen
    first = map_of(engine, picture, answer, choice, key=f"{key}.first_map")
    second = map_of(engine, picture, answer, choice._replace(target=other), key=f"{key}.second_map")
    if first is None or second is None:
        return
    from effnet_core.explain.results import Heatmap

    scale = max(drawn_maps.ceiling(first), drawn_maps.ceiling(second))
    difference = Heatmap(first.layer, first.target, first.values - second.values, first.method, signed=True)
    maps = []
    for title, heatmap in ((names[first.target], first), (names[other], second), ("The difference", difference)):
        blank = ": no positive evidence" * (heatmap.is_blank and heatmap is not difference)
        maps.append(Drawn(engine.preparation, heatmap, title + blank, f"Heat map: {title}", strongest=scale))
    drawn_maps.show(picture, maps, key=f"{key}.two_classes", least=drawn_maps.LARGE_PX)
    st.caption(
        "All three to one scale, so that they can be compared. In the difference, orange speaks more for "
        f"{plain(names[first.target])}, blue more for {plain(names[other])}."
    )
