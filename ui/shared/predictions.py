"""The network's answer: its sentence, bars and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from effnet_core import units
from effnet_core.figures import inside
from effnet_core.scaling.export import csv_text

from ..session import answer_cache
from ..session import pictures as session_pictures
from . import widgets

if TYPE_CHECKING:
    from effnet_core.explain.engine import Engine
    from effnet_core.explain.results import Explanation, Prediction


TOP = 5
SURE = 0.5  # less than that for the first answer: the others together are likelier


def explained(engine: Engine, pictures: Sequence[session_pictures.Picture]) -> list[Explanation]:
    """The network's answer to each picture; with several, a bar shows the progress."""
    if len(pictures) == 1:
        return [answer_cache.explain(engine, pictures[0], top=top_of(engine))]
    bar, explanations = st.progress(0.0), []
    for number, picture in enumerate(pictures):
        bar.progress(number / len(pictures), text=f"{number} of {len(pictures)}: {picture.name}")
        explanations.append(answer_cache.explain(engine, picture, top=top_of(engine)))
    bar.empty()
    return explanations


def top_of(engine: Engine) -> int:
    return min(TOP, engine.architecture.classes)


def class_name(prediction: Prediction) -> str:
    return prediction.label or f"class {prediction.index}"


def sentence(answer: Explanation) -> str:
    """The first answer in words; that it is a guess, where the network gives it less than half."""
    best = answer.top[0]
    guess = "perhaps " * (best.probability < SURE)
    return f"{guess}{class_name(best)}, {units.probability(best.probability)}" + ", not sure" * bool(guess)


def show_bars(answer: Explanation, *, key: str) -> None:
    """The best answers."""
    rows = [(class_name(prediction), prediction.probability) for prediction in answer.top]
    st.plotly_chart(
        inside.answer_bars(rows),
        key=f"{key}.bars",
        alt=f"The network's {len(rows)} best answers; first: {sentence(answer)}",
        config=widgets.STILL,
    )


def show_groups(answer: Explanation) -> None:
    """The groups of classes that the model has: those that the answer is most of."""
    if answer.groups:
        groups = ", ".join(f"{group} {units.probability(share)}" for group, share in answer.groups[:3])
        st.markdown(f"**Summed over groups of classes:** {groups}")


def show_table(
    engine: Engine, pictures: Sequence[session_pictures.Picture], answers: Sequence[Explanation], *, key: str
) -> None:
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
        rows.append(row | {"network": engine.name, "weights": str(engine.weights)})
    return rows
