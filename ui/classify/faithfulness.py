"""Can a heat map be trusted? Deletion and insertion curves, and maps while weights are randomised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core.figures import faithfulness
from effnet_core.units import percent

from ..session import answer_cache, pictures
from ..shared import map_pickers, progress_bar, widgets
from ..shared.plain import plain
from . import computed_maps, drawn_maps, heat_maps
from .drawn_maps import Drawn

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Curves, Faithfulness, Heatmap, Randomised

    from .heat_maps import MapChoice

HOW_TO_READ = {
    "deletion": "the sooner the probability falls, the more the map names what the class needs.",
    "insertion": "the sooner it rises, the more the map names what is enough for the class.",
}


def show(engine: Engine, picture: pictures.Picture, heatmap: Heatmap | None, choice: MapChoice, *, key: str) -> None:
    """Both checks of the map on the screen, each behind its button."""
    if heatmap is None:
        st.info("The map above is not computed yet: both checks need it.")
        return
    from effnet_core.explain.faithfulness import PASSES

    question = answer_cache.question_key(engine, picture, *choice)
    st.subheader("Do the places that it highlights matter?", anchor=False)
    judged = computed_maps.on_demand(
        ("faithfulness", *question),
        f"Take pixels away and put them in ({PASSES} forward passes)",
        lambda progress: engine.faithfulness(answer_cache.prepared(engine, picture), heatmap, progress=progress),
        key=f"{key}.faithfulness",
    )
    if judged:
        _show_curves(judged, map_pickers.class_names(engine)[judged.target], key=key)
    st.subheader("Does it depend on what the network has learnt?", anchor=False)
    if heatmap.method == "gradcam":  # with its signs: randomised weights often leave nothing but negative sums
        heatmap = heat_maps.ladder(engine, picture, heatmap.target)[engine.layers.index(heatmap.layer)]
    maps = 1 + len(engine.layers)  # after the classifier is randomised, and after each stage
    if progress_bar.refuses(engine, maps * sum(heat_maps.passes_of(engine, choice)), heat_maps.FEWER):
        return
    steps = computed_maps.on_demand(
        ("randomisation", *question),
        "Randomise the weights, from the top down",
        lambda progress: engine.randomisation(
            answer_cache.prepared(engine, picture), heatmap, progress=progress, **dict(choice.parameters)
        ),
        key=f"{key}.randomisation",
    )
    if steps:
        _show_strip(engine, picture, heatmap, steps, key=key)


def _show_curves(judged: Faithfulness, name: str, *, key: str) -> None:
    rivals = (("this map", judged.heatmap), ("random map", judged.random), ("centre blob", judged.centre))
    deletion, insertion = st.columns(2)
    for column, kind, axis in ((deletion, "deletion", "removed"), (insertion, "insertion", "put in")):
        column.markdown(f"**{kind.capitalize()}**: {HOW_TO_READ[kind]}")
        areas = ", ".join(f"{title} {getattr(curves, f'{kind}_area'):.2f}" for title, curves in rivals)
        column.plotly_chart(
            faithfulness.share_curves(
                judged.shares,
                [(title, getattr(curves, kind)) for title, curves in rivals],
                axis=f"pixels {axis}, the map's highest first",
            ),
            key=f"{key}.{kind}",
            alt=f"{kind.capitalize()}: probability of {name} over the share of pixels {axis}; areas: {areas}",
            config=widgets.STILL,
        )
    _show_areas(rivals, key=key)
    st.markdown(_verdict(judged))
    st.caption(
        f"Probability of {plain(name)}. Removed pixels get {judged.removed_to}; insertion starts from "
        f"{judged.inserted_from}. "
        "The confidence drop is the share of the probability that is lost when each pixel is kept only as far as the "
        f"map is strong there. The random map lies on the same grid (seed {judged.seed}). Such pictures are unlike any "
        "that the network was trained on: its answers to them are a comparison, not a measure of truth."
    )


def _show_areas(rivals: Iterable[tuple[str, Curves]], *, key: str) -> None:
    rows = [
        {
            "order of": title,
            "deletion area (low is good)": round(curves.deletion_area, 3),
            "insertion area (high is good)": round(curves.insertion_area, 3),
            "confidence drop (low is good)": percent(curves.confidence_drop, 0),
        }
        for title, curves in rivals
    ]
    st.dataframe(rows, hide_index=True, key=f"{key}.areas")


def _verdict(judged: Faithfulness) -> str:
    """Which of the two rivals the map beats, in words."""
    own, sentences = judged.heatmap, []
    for title, rival in (("a random map", judged.random), ("a blob in the centre", judged.centre)):
        won = [own.deletion_area < rival.deletion_area, own.insertion_area > rival.insertion_area]
        kinds = [kind for kind, better in zip(("deletion", "insertion"), won, strict=True) if better]
        sentence = f"better than {title} in {' and '.join(kinds)}" if kinds else f"no better than {title}"
        sentences.append(sentence)
    return f"For this picture and class the map is **{sentences[0]}**, and **{sentences[1]}**."


def _show_strip(
    engine: Engine, picture: pictures.Picture, heatmap: Heatmap, steps: list[Randomised], *, key: str
) -> None:
    maps = [Drawn(engine.preparation, heatmap, "As trained")]
    for step in steps:
        similarity = "blank" if step.similarity is None else f"{step.similarity:+.2f}"
        maps.append(Drawn(engine.preparation, step.heatmap, f"Down to {step.part}: {similarity}"))
    drawn_maps.show(picture, maps, key=f"{key}.strip")
    from effnet_core.explain.faithfulness import SEED

    st.caption(
        "Under each map: its rank correlation (Spearman) with the trained network's, from +1 (same order of places) "
        "through 0 (unrelated) to -1. The weights of a copy are randomised, each tensor with the mean and spread that "
        "it "
        f"had (seed {SEED}){drawn_maps.legend(heatmap)}. A map that stays similar shows the picture, not what the "
        "network has learnt of the class."
    )
