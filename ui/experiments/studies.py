"""A study on the screen: its question, what it found, its figures, its runs; its plan while it has not been run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path

import streamlit as st

from effnet_core.cost import layers_of
from effnet_core.figures import evidence as published_figures
from effnet_core.figures import studies as figures
from effnet_core.figures.sketch import Sketch
from effnet_core.figures.studies import Gap, Point
from effnet_core.published import scaling_curves
from effnet_core.training import study as plans
from effnet_core.training import study_findings, study_results
from effnet_core.training.study import BASE, Arm, Study
from effnet_core.training.study_findings import Difference, Measured
from effnet_core.training.study_results import Results
from effnet_core.units import mega, percent, up_to_three_digits

from ..session import kept_values
from ..shared import costs, widgets
from ..shared.plain import plain
from . import study_texts as texts

PUBLISHED_PX = 386  # as tall as the differences beside it


@cache
def study(name: str, epochs: int | None = None) -> Study:
    return plans.read(name, epochs=epochs)


def show(name: str) -> None:
    """One of study.NAMES."""
    epochs = _pick_epochs(name)
    asked = study(name, epochs)
    st.header(asked.question, anchor=False)
    results = _read(asked, study_results.path_of(name, study_results.FOLDER, epochs=epochs))
    if results.runs:
        place = st.container()
        widgets.pick_chart_file()  # before the charts, which read it
        with place:
            _show_results(results)
    else:
        _say_failed(results)
        _show_plan(results)


def _read(asked: Study, path: Path) -> Results:
    """The runs so far; where there are none, it is said why."""
    try:
        results = study_results.read(asked, path)
    except (OSError, ValueError) as problem:
        said = str(problem).replace(str(path), path.name)  # where it lies concerns no visitor
        st.error(f"The results of this study can't be shown. {plain(said)}.")
        return Results(asked)
    if not results.runs:
        st.info(
            "This study has not been run in this project yet: there is nothing measured to show. Below is what it "
            "would train, and the command that does it."
        )
    return results


def smallest_maps(name: str) -> tuple[int, int]:
    """Pixels a side of the base's pictures, and of its last maps."""
    base = study(name).arms[0]
    layers = layers_of(base.architecture(study(name).classes))
    return base.pixels, next(layer.size for layer in layers if layer.role == "head")


def _pick_epochs(name: str) -> int | None:
    """Where the study was also run with another number of epochs; None: as it is written."""
    others = study_results.other_epochs(name, study_results.FOLDER)
    if not others:
        return None
    options = {"": f"{study(name).epochs}", **{f"{epochs}": f"{epochs}" for epochs in others}}
    picked = widgets.choice("Epochs of each run", options, key=f"experiments.epochs_{name}")
    return int(picked) if picked else None


def _show_plan(results: Results) -> None:
    asked = results.study
    seeds = len(asked.seeds)
    st.markdown(
        f"**The plan: {results.planned} runs.** {len(asked.arms)} networks with {seeds} seeds each, on pictures of "
        f"{asked.classes} classes for {asked.epochs} epochs, all by the same recipe."
    )
    widgets.whole_table([_planned(asked, arm) for arm in asked.arms], key=f"experiments.plan_{asked.name}")
    st.code(f"python -m effnet_core study {asked.name} DATA", language=None, wrap_lines=True)
    inside = plain("train/<class>/* and val/<class>/*")
    st.caption(
        f"DATA is a folder of zip files with pictures of {plans.NATIVE_PX} px: {inside}. With {plain('--plan')} "
        "behind it the command says how long it takes and stops; a study that was stopped goes on with the same "
        "command. This page shows each run as soon as it is over."
    )


def _planned(asked: Study, arm: Arm) -> dict[str, str]:
    return {
        "network": texts.label(arm),
        **_sizes(round(arm.depth, 4), round(arm.width, 4), arm.pixels, asked.macs(arm)),
        "runs": f"{len(asked.seeds)}",
    }


def _show_results(results: Results) -> None:
    name, rows = results.study.name, study_findings.measured(results)
    st.subheader(texts.finding(results), anchor=False)
    with st.container(key=f"experiments.size_{name}"):
        widgets.cite(f"{plain(texts.size(results))}. Depth and width are multiples of B0's.")
    if len(results.runs) < results.planned:
        st.info(
            f"Only {len(results.runs)} of {results.planned} runs are there: what follows is of these alone, and may "
            "change when the others are done."
        )
    arm_key = f"experiments.arm_{name}"
    labels = {row.name: texts.label(row.arm) for row in rows}
    drawn, beside = st.columns([1.5, 1], gap="large")
    with beside:
        picked = widgets.select("Network", labels, key=arm_key)
        _show_runs(next(row for row in rows if row.name == picked), results)
    with drawn:
        {"scaling": _draw_ways, "search": _draw_search, "blocks": _draw_parts}[name](results, rows, picked)
    if name == "scaling":
        _compare_ways(results, picked)
    elif name == "search":
        _compare_points(results, picked)
    _show_agreement(results)
    _say_failed(results)
    with st.expander("Every network in numbers"):
        widgets.whole_table([_numbers(row) for row in rows], key=f"experiments.runs_{name}")
        widgets.cite(texts.INTERVALS)


def _show_runs(row: Measured, results: Results) -> None:
    """One network: what it is, and how each of its runs learnt."""
    text = texts.of_run(row.arm, row.runs, row.accuracy, _macs(row))
    st.markdown("  \n".join(plain(line) for line in text.split("<br>")))
    curves = [(run.seed, run.losses, run.validations) for run in row.runs]
    st.plotly_chart(
        figures.learning_curves(curves, colour=figures.colour_of(row.arm.way)),
        key=f"experiments.learning_{results.study.name}",
        alt=f"Pictures kept apart that {texts.label(row.arm)} names right, and its training loss, by epoch and seed",
        config=widgets.chart_config("learning"),
    )


def _draw_ways(results: Results, rows: Sequence[Measured], picked: str) -> None:
    asked, quantity = results.study, costs.quantity()
    base = next(((row.runs[0].macs, _point(row)) for row in rows if row.arm.way == BASE), None)
    ways = {
        way: (name, [(row.runs[0].macs, _point(row)) for row in rows if row.arm.way == way])
        for way, name in texts.WAYS.items()
    }
    ticks = [times * asked.macs(asked.arms[0]) for times in sorted({arm.times for arm in asked.arms})]
    figure = figures.accuracy_by_compute(base, ways, quantity, ticks=ticks, picked=picked)
    _chart(figure, "accuracy", asked, f"Accuracy over {quantity.name} by way. {texts.finding(results)}")
    widgets.cite(texts.INTERVALS)


def _compare_ways(results: Results, picked: str) -> None:
    """Each way against all three together, beside the paper's own figure."""
    arms = {arm.name: arm for arm in results.study.arms}
    families = study_findings.by_ways(results)
    rows = [row for family in families.values() for row in family.differences]
    compared, published = st.columns([1.5, 1], gap="large")
    with compared:
        if rows:
            st.markdown("**All three together minus each one alone, at equal compute**")
        gaps = [_gap(row, texts.label(arms[row.other]), row.other) for row in rows]
        _show_gaps(gaps, results.study, picked)
        for times, family in families.items():
            if family.differences:
                st.markdown(texts.of_budget(times, family, results))
    with published:
        _show_published()


def _show_published() -> None:
    curves = scaling_curves.curves("Fig8")
    st.markdown("**The paper's own figure: B0 grown in the same four ways, on ImageNet**")
    st.plotly_chart(
        published_figures.scaling_curves(curves, costs.quantity(), height=PUBLISHED_PX),
        key="experiments.published",
        alt="Published: top-1 on ImageNet over compute by depth, width, resolution and all three",
        config=widgets.STILL,
    )
    widgets.cite(f"{curves[0].source}. Values between its points are read off the lines drawn.")


def _draw_search(results: Results, rows: Sequence[Measured], picked: str) -> None:
    asked, found = results.study, study_findings.search(results)
    if found is None:
        return
    base = asked.arms[0]
    notes = {found.best.name: "best", **dict.fromkeys(found.not_told, "≈ best")}

    def place(arm: Arm) -> tuple[float, float]:
        return round(arm.depth / base.depth, 4), arm.pixels / base.pixels

    points = [(*place(row.arm), _point(row), notes.get(row.name, "")) for row in rows if row.arm is not base]
    nearest = next((row.arm for row in rows if row.name == found.nearest), None)
    figure = figures.search_surface(points, nearest=nearest and place(nearest), picked=picked)
    alt = f"Accuracy in percent by α and γ; β follows from both. {texts.finding(results)}"
    _chart(figure, "surface", asked, alt)
    widgets.cite(
        "Test pictures named right, in percent; ≈ best: can't be told from the best. β follows from "
        f"α · β² · γ² = {found.best.arm.times:g}; where β would be under 1 there is no point. The best was picked "
        "after the runs, so that its accuracy flatters it a little."
    )


def _compare_points(results: Results, picked: str) -> None:
    """Each point against the best one, the nearest first."""
    found = study_findings.search(results)
    if found and found.others.differences:
        st.markdown(f"**Each point minus the best, {found.best.name}**")
        rows = sorted(found.others.differences, key=lambda row: -row.interval.middle)
        _show_gaps([_gap(row, row.arm, row.arm) for row in rows], results.study, picked)


def _draw_parts(results: Results, rows: Sequence[Measured], picked: str) -> None:
    found = study_findings.by_parts(results).differences
    if found:
        st.markdown("**Each changed block minus the block as it is, at equal compute**")
    else:
        st.markdown("  \n".join(f"{texts.label(row.arm)}: {texts.share(row.accuracy)}" for row in rows))
    _show_gaps([_gap(row, texts.shown(row.arm), row.arm) for row in found], results.study, picked)


def _show_gaps(gaps: Sequence[Gap], asked: Study, picked: str) -> None:
    if not gaps:
        return
    said = "; ".join(f"{gap.label} {figures.points(gap.middle)}" for gap in gaps)
    figure = figures.paired_differences(gaps, picked=picked)
    _chart(figure, "gaps", asked, f"Differences in points with 95 % intervals. {said}")
    widgets.cite(
        "Differences of runs with the same seeds. How much chance moves them is estimated from all networks "
        "of equal compute together; their intervals hold together in 95 % of experiments. They speak of other seeds, "
        "not of other pictures or longer training."
    )


def _chart(figure: Sketch, kind: str, asked: Study, alt: str) -> None:
    """A figure in which a click picks a network."""
    key = f"experiments.{kind}_{asked.name}"
    st.plotly_chart(
        figure,
        key=key,
        alt=alt,
        config=widgets.chart_config(f"study_{asked.name}"),
        on_select=partial(_pick_clicked, key, f"experiments.arm_{asked.name}"),
        selection_mode="points",
    )


def _pick_clicked(chart_key: str, arm_key: str) -> None:
    clicked = kept_values.value(chart_key)["selection"]["points"]
    if clicked and (arm := clicked[0].get("customdata")):
        kept_values.keep(arm_key, arm)


def _show_agreement(results: Results) -> None:
    """What is published beside what was found."""
    if rows := texts.agreement(results):
        st.subheader("What agrees with what is published, and what does not", anchor=False)
        widgets.whole_table(rows, key=f"experiments.agreement_{results.study.name}")
        widgets.cite(texts.source(results.study.name))


def _say_failed(results: Results) -> None:
    if not results.failed:
        return
    count = len(results.failed)
    failed = "1 run failed**, and is not counted" if count == 1 else f"{count} runs failed**, and are not counted"
    st.markdown(f"**{failed} in any number of this page.")
    rows = [
        {
            "network": plain(row.arm),
            "seed": f"{row.seed}",
            "why": plain(row.problem),
            "date": row.date,
            "since then": "run again" if results.is_made_good(row) else "not run again",
        }
        for row in results.failed
    ]
    widgets.whole_table(rows, key=f"experiments.failed_{results.study.name}")


def _numbers(row: Measured) -> dict[str, str]:
    first = row.runs[0]
    return {
        "network": texts.label(row.arm),
        **_sizes(first.depth, first.width, first.pixels, first.macs),
        "named right": texts.share(row.accuracy),
        "by seed": ", ".join(percent(run.top1, 1) for run in row.runs),
    }


def _sizes(depth: float, width: float, pixels: int, macs: int) -> dict[str, str]:
    """Cells of a table; a number stays with its sign where a phone breaks the line."""
    cells = {
        "depth": f"× {up_to_three_digits(depth)}",
        "width": f"× {up_to_three_digits(width)}",
        "px": f"{pixels}",
        costs.unit(): mega(costs.quantity().factor * macs),
    }
    return {title: cell.replace(" ", "\N{NO-BREAK SPACE}") for title, cell in cells.items()}


def _macs(row: Measured) -> str:
    return f"{mega(costs.quantity().factor * row.runs[0].macs)} {costs.unit()}"


def _point(row: Measured) -> Point:
    return Point(row.name, *row.accuracy, texts.of_run(row.arm, row.runs, row.accuracy, _macs(row)))


def _gap(row: Difference, label: str, picks: str) -> Gap:
    return Gap(picks, label, *row.interval, row.tells)
