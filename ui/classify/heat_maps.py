"""Which heat map: the inputs for class, method and stage, and the map itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from ..session import answer_cache, pictures
from ..shared import map_pickers, progress_bar, widgets
from . import drawn_maps
from .computed_maps import on_demand

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation, Heatmap
    from effnet_core.progress import Progress


FEWER = "Choose fewer, larger steps, or a smaller network."
SLOW = 4  # passes through the network; what needs more waits for a button


class MapChoice(NamedTuple):
    """Which map is on the screen."""

    method: str
    target: int
    layer: str | None
    parameters: tuple[tuple[str, int], ...] = ()


def pick_map(engine: Engine, answer: Explanation, look: drawn_maps.Look, *, key: str) -> MapChoice:
    """Class, method, stage, parameters and opacity of the map, and what the method shows and can't tell."""
    from effnet_core.explain.methods import METHODS

    places = [*st.columns(2), *st.columns(2)]
    with places[0]:
        target = map_pickers.pick_class(engine, answer, key=f"{key}.target")
    with places[1]:
        name = widgets.select("Method", {name: method.title for name, method in METHODS.items()}, key=f"{key}.method")
    method, parameters = METHODS[name], {}
    with places[2]:
        layer = map_pickers.pick_stage(engine, key=f"{key}.stage") if method.at_stage else None
        for row in method.parameters:
            limits = {"limits": (float(row.low), float(row.high)), "step": float(row.step)}
            value = widgets.slider(row.title, key=f"{key}.{row.name}", default=float(row.default), **limits)
            parameters[row.name] = round(value)
    with places[3]:
        drawn_maps.pick_opacity(look, key=key)
    choice = MapChoice(name, target, layer, tuple(parameters.items()))
    st.markdown(f"**{method.title}** shows {method.shows}. **It can't tell** {method.cannot_tell}.")
    st.caption(f"Cost: {_cost(*passes_of(engine, choice))}.")
    return choice


def passes_of(engine: Engine, choice: MapChoice) -> tuple[int, int]:
    """Forward and backward passes of the map."""
    from effnet_core.explain.methods import METHODS

    if choice.method == "gradcam" and choice.layer == engine.layers[-1]:
        return 1, 0  # there the gradient is the classifier's weights, known without a backward pass
    return METHODS[choice.method].passes(engine.preparation.crop, **dict(choice.parameters))


def _cost(forward: int, backward: int) -> str:
    passes = f"{forward:,} forward pass" + "es" * (forward != 1)
    return f"{passes}, {backward:,} backward" if backward else passes


def map_of(
    engine: Engine, picture: pictures.Picture, answer: Explanation, choice: MapChoice, *, key: str
) -> Heatmap | None:
    """The chosen map; None while a slow one waits for its button."""
    if choice.method == "gradcam":
        return map_pickers.heatmap_of(engine, picture, answer, target=choice.target, layer=choice.layer)

    def work(progress: Progress | None = None) -> Heatmap:
        how = {"method": choice.method, "target": choice.target, "layer": choice.layer, "progress": progress}
        return engine.attribute(answer_cache.prepared(engine, picture), **how, **dict(choice.parameters))

    question, passes = answer_cache.question_key(engine, picture, *choice), passes_of(engine, choice)
    if sum(passes) <= SLOW:
        return answer_cache.answered(question, work)
    if progress_bar.refuses(engine, sum(passes), FEWER):
        return None
    return on_demand(question, f"Compute the map ({_cost(*passes)})", work, key=key)


def ladder(engine: Engine, picture: pictures.Picture, target: int) -> list[Heatmap]:
    """Signed Grad-CAM at every stage."""
    question = answer_cache.question_key(engine, picture, "ladder", target)
    return answer_cache.answered(
        question, lambda: engine.ladder(answer_cache.prepared(engine, picture), targets=[target])
    )
