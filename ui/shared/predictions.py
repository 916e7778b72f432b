"""The network's answer: its sentence, bars and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.scaling.export import csv_text

from ..components import still_charts
from ..components.still_charts import Bar
from ..session import answer_cache, kept_values
from ..session import pictures as session_pictures
from . import widgets
from .plain import plain

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation, Prediction


TOP = 5
FIRST_ANSWER = -1  # as a class to map: whatever the network's first answer is
SURE = 0.5  # less than that for the first answer: the others together are likelier


def explained(engine: Engine, pictures: Sequence[session_pictures.Picture]) -> list[Explanation]:
    """The network's answer to each picture; with several, a bar shows the progress."""
    if len(pictures) == 1:
        return [answer_cache.explain(engine, pictures[0], top=top_of(engine))]
    bar, explanations = st.progress(0.0), []
    for number, picture in enumerate(pictures):
        bar.progress(number / len(pictures), text=f"{number} of {len(pictures)}: {plain(picture.name)}")
        explanations.append(answer_cache.explain(engine, picture, top=top_of(engine)))
    bar.empty()
    return explanations


def top_of(engine: Engine) -> int:
    return min(TOP, engine.architecture.classes)


def class_name(prediction: Prediction) -> str:
    return prediction.label or f"class {prediction.index}"


def sentence(answer: Explanation) -> str:
    """The first answer in words, not yet `plain`; that it is a guess, where the network gives it less than half."""
    best = answer.top[0]
    guess = "perhaps " * (best.probability < SURE)
    return f"{guess}{class_name(best)}, {units.probability(best.probability)}" + ", not sure" * bool(guess)


def show_bars(answer: Explanation, *, key: str) -> None:
    """The best answers; a click on one chooses its class for the heat map, the input `{key}.target`."""
    rows = [_bar(one, strong=one is answer.top[0]) for one in answer.top]
    classes = [FIRST_ANSWER, *(one.index for one in answer.top[1:])]
    target = kept_values.value(f"{key}.target", FIRST_ANSWER)
    target = FIRST_ANSWER if target == answer.top[0].index else target
    still_charts.bars_to_pick(
        rows,
        classes.index(target) if target in classes else None,
        key=f"{key}.bars",
        alt=f"The network's {len(rows)} best answers; first: {sentence(answer)}; a click shows where it looks",
        on_picked=lambda place: kept_values.keep(f"{key}.target", classes[place]),
    )


def _bar(prediction: Prediction, *, strong: bool) -> Bar:
    name, share = class_name(prediction), prediction.probability
    return Bar(name, share, units.probability(share), f"{name}: {units.percent(share)}", strong)


def _with_share(prediction: Prediction) -> str:
    return f"{class_name(prediction)} {units.percent(prediction.probability)}"


def show_groups(answer: Explanation) -> None:
    """The groups of classes that the model has: those that the answer is most of."""
    if answer.groups:
        groups = ", ".join(f"{plain(group)} {units.probability(share)}" for group, share in answer.groups[:3])
        st.markdown(f"**Summed over groups of classes:** {groups}")


def show_table(
    engine: Engine, pictures: Sequence[session_pictures.Picture], answers: Sequence[Explanation], *, key: str
) -> None:
    """One row a picture, and the same as a CSV file, which has more."""
    names = [picture.name for picture in pictures]
    widgets.whole_table(
        [
            {"picture": plain(name)}
            | {f"{rank}": plain(_with_share(one)) for rank, one in enumerate(answer.top, start=1)}
            for name, answer in zip(names, answers, strict=True)
        ],
        key=f"{key}.table",
    )
    rows = table(engine, names, answers)
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
        rows.append(row | {"network": engine.name, "weights": str(engine.weights)})
    return rows
