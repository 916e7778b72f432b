"""What the screen shows of a network's answers: bars, heat over the picture, the table and its files."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from effnet_core import figures_inside
from effnet_core.export import csv_text
from effnet_core.images import Preparation
from effnet_core.overlay import COLOUR_MAPS, overlay, placed_back, seen

from . import state, widgets

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from effnet_core.engine import Engine
    from effnet_core.results import Explanation, Heatmap, Prediction

TOP = 5
FIRST_BLOCK = "features.2.1"  # shown at first: all family members have it, and its maps still show the picture
FIRST_ANSWER = -1  # as a class to map: whatever the network's first answer is
SHOWN_PX = 1400  # of a picture's long side on the screen; the downloaded file has all pixels


def explained(engine: Engine, pictures: Sequence[state.Picture]) -> list[Explanation]:
    """The network's answer to each picture; with several, a bar tells how far it is."""
    if len(pictures) == 1:
        with st.spinner("The network looks at the picture …", show_time=True):
            return [state.explain(engine, pictures[0], top=top_of(engine))]
    bar, explanations = st.progress(0.0), []
    for number, picture in enumerate(pictures):
        bar.progress(number / len(pictures), text=f"{number} of {len(pictures)}: {picture.name}")
        explanations.append(state.explain(engine, picture, top=top_of(engine)))
    bar.empty()
    return explanations


def top_of(engine: Engine) -> int:
    return min(TOP, engine.architecture.classes)


def class_name(prediction: Prediction) -> str:
    return prediction.label or f"class {prediction.index}"


def sentence(answer: Explanation) -> str:
    """The first answer in words."""
    best = answer.top[0]
    return f"{class_name(best)}, {figures_inside.percent(best.probability)}"


def show_bars(answer: Explanation, *, key: str) -> None:
    """The best answers, and the groups above them where the model has groups."""
    rows = [(class_name(prediction), prediction.probability) for prediction in answer.top]
    st.plotly_chart(
        figures_inside.answer_bars(rows),
        key=f"{key}.bars",
        alt=f"The network's {len(rows)} best answers; first: {sentence(answer)}",
        config=widgets.STILL,
    )
    if answer.groups:
        groups = ", ".join(f"{group} {figures_inside.percent(share)}" for group, share in answer.groups[:3])
        st.markdown(f"**Summed over groups of classes:** {groups}")


# Class and stage to map -------------------------------------------------------------------------------------------


def pick_class(engine: Engine, answer: Explanation, *, key: str) -> int:
    """Index of the class to map: the first answer unless another is chosen; the best answers come first."""
    best = [prediction.index for prediction in answer.top]
    names = class_names(engine)
    others = sorted(set(range(len(names))) - set(best), key=lambda index: names[index].lower())
    texts = {FIRST_ANSWER: "its first answer"} | {index: names[index] for index in [*best, *others]}
    chosen = widgets.select("Class", texts, key=key)
    return best[0] if chosen == FIRST_ANSWER else chosen


def class_names(engine: Engine) -> list[str]:
    """One name for each class, no two alike: ImageNet has two classes called crane."""
    labels = engine.labels or [f"class {index}" for index in range(engine.architecture.classes)]
    seen = Counter(labels)
    return [label if seen[label] == 1 else f"{label} ({index})" for index, label in enumerate(labels)]


def pick_stage(engine: Engine, *, key: str) -> str:
    """The stage where Grad-CAM looks; the last unless another is chosen. Stages are counted as the paper does."""
    texts = {layer: f"stage {number} ({layer})" for number, layer in enumerate(engine.layers, start=1)}
    return widgets.select("Stage", dict(reversed(texts.items())), key=key)


def pick_block(engine: Engine, *, key: str) -> str:
    """One MBConv block, told by its place in the paper's table and what it is made of."""
    texts = {
        block.name: f"{block.name} · stage {block.stage} · {block.kernel}×{block.kernel} · "
        f"{block.expanded_channels} channels"
        for block in engine.architecture.blocks
    }
    return widgets.select("Block", texts, key=key, default=FIRST_BLOCK)


def heatmap_of(engine: Engine, picture: state.Picture, answer: Explanation, *, target: int, layer: str) -> Heatmap:
    """Grad-CAM for one class at one stage; from the answer itself where it is already there."""
    for heatmap in answer.heatmaps:
        if (heatmap.target, heatmap.layer) == (target, layer):
            return heatmap
    with st.spinner("Grad-CAM …", show_time=True):
        return state.explain(engine, picture, top=top_of(engine), layer=layer, target=target).heatmaps[0]


# Heat over the picture --------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """How heat is laid over a picture."""

    opacity: float
    colours: str


def pick_look(*, key: str) -> Look:
    opacity = widgets.slider("Heat map's opacity, %", key=f"{key}.opacity", default=50, limits=(0, 100), step=5)
    colours = widgets.choice("Colours", {name: name for name in COLOUR_MAPS}, key=f"{key}.colours")
    return Look(opacity / 100, colours)


def on_crop(image: Image, preparation: Preparation, values: np.ndarray, look: Look, **drawn: bool | float) -> Image:
    """What the network saw of the picture, at the picture's own resolution, with the heat over it.

    `drawn`: overlay's `signed` and `strongest`.
    """
    crop = seen(image, preparation.crop_box(image.size))
    return overlay(crop, values, opacity=look.opacity, colours=look.colours, **drawn)


def on_whole(image: Image, preparation: Preparation, values: np.ndarray, look: Look, **drawn: bool | float) -> Image:
    """The same, back in its place on the whole picture."""
    crop = on_crop(image, preparation, values, look, **drawn)
    return placed_back(image, crop, preparation.crop_box(image.size))


def for_screen(image: Image) -> Image:
    """No larger than a screen shows it."""
    shown = image.copy()
    shown.thumbnail((SHOWN_PX, SHOWN_PX))
    return shown


def enlarged(view: Image, least: int = 384) -> Image:
    """The network's own view with its pixels kept as squares, by a whole factor, so that a person can see them."""
    factor = max(1, -(-least // view.width))
    return view.resize((view.width * factor, view.height * factor), resample=0)


def download_png(name: str, draw: Callable[[], Image], *, key: str) -> None:
    """A button that draws the picture in full resolution when it is pressed."""

    def png() -> bytes:
        buffer = io.BytesIO()
        draw().save(buffer, "PNG")
        return buffer.getvalue()

    st.download_button("Download PNG", png, file_name(name), "image/png", key=key, on_click="ignore")


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._") + ".png"


# The table --------------------------------------------------------------------------------------------------------


def show_table(engine: Engine, pictures: Sequence[state.Picture], answers: Sequence[Explanation], *, key: str) -> None:
    """One row a picture, and the same as a CSV file."""
    rows = table(engine, [picture.name for picture in pictures], answers)
    shares = [column for column in rows[0] if column.endswith("probability")]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={column: st.column_config.NumberColumn(format="percent") for column in shares},
        key=f"{key}.table",
    )
    st.download_button("Download CSV", csv_text(rows), "answers.csv", "text/csv", key=f"{key}.csv", on_click="ignore")


def table(engine: Engine, names: Sequence[str], answers: Sequence[Explanation]) -> list[dict[str, str | float]]:
    """Rows of picture, network, weights, group and its probability, answers 1 to 5 and their probabilities."""
    rows = []
    for name, answer in zip(names, answers, strict=True):
        row = {"picture": name}
        for rank, prediction in enumerate(answer.top, start=1):
            row |= {f"answer {rank}": class_name(prediction), f"answer {rank} probability": prediction.probability}
        if answer.groups:
            row |= {"group": answer.groups[0][0], "group probability": answer.groups[0][1]}
        rows.append(row | {"network": engine.name, "weights": engine.weights})
    return rows
