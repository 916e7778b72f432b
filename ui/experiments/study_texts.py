"""What a study found, in sentences: only what its intervals support is told as a difference."""

from __future__ import annotations

from collections.abc import Sequence

from effnet_core.architecture import ALPHA, BETA, GAMMA
from effnet_core.figures.studies import points
from effnet_core.published import scaling_curves, tables
from effnet_core.training import study_findings
from effnet_core.training.intervals import Interval
from effnet_core.training.study import BASE, Arm
from effnet_core.training.study_findings import Difference, Family, Search
from effnet_core.training.study_results import Results, Row
from effnet_core.units import duration, percent, up_to_three_digits

WAYS = scaling_curves.DIMENSIONS  # -> in words
AGREES, DISAGREES, OPEN = "agrees", "**does not agree**", "does not tell"
TOO_EARLY = "No difference can be told yet: each network has to be trained with two seeds at least."
INTERVALS = (
    "Intervals hold in 95 % of experiments: over seeds by Student's t; of a network with one run yet, over its test "
    "pictures alone (Wilson)."
)
SENET, RESNET = "senet_table2_imagenet", "ResNet-50"


def label(arm: Arm) -> str:
    """What the screen calls a network of a study."""
    if arm.way == BASE:
        return "the base"
    return f"{WAYS[arm.way]} × {arm.times:g}" if arm.way in WAYS else shown(arm.name)


def shown(name: str) -> str:
    """The name of a part or a point with the sign for times."""
    return name.replace(" x ", " × ")


def listed(words: Sequence[str], joined_by: str = "and") -> str:
    *most, last = words
    return f"{', '.join(most)} {joined_by} {last}" if most else last


def gap(interval: Interval) -> str:
    """A difference with its interval, in points."""
    return f"{points(interval.middle)} points ({points(interval.low)} to {points(interval.high)})"


def share(interval: Interval) -> str:
    return f"{percent(interval.middle, 1)} ({100 * interval.low:.1f} to {percent(interval.high, 1)})"


def finding(results: Results) -> str:
    """The study's answer in one sentence."""
    told = {"scaling": _of_ways, "search": _of_search, "blocks": _of_parts}[results.study.name](results)
    return told or TOO_EARLY


def _of_ways(results: Results) -> str:
    told = [(times, family) for times, family in study_findings.by_ways(results).items() if family.differences]
    return of_budget(*told[-1], results) if told else ""


def of_budget(times: float, family: Family, results: Results) -> str:
    """What all three together are worth against each one alone, at that compute."""
    name = {arm.name: WAYS.get(arm.way) for arm in results.study.arms}
    better, worse, unclear = _sorted(family.differences)
    parts = []
    if better:
        parts.append(f"all three together are better than {listed([name[row.other] for row in better])} alone")
    if worse:
        verb = "is" if len(worse) == 1 else "are each"
        parts.append(f"{listed([name[row.other] for row in worse])} alone {verb} better than all three together")
    if unclear:
        names = listed([name[row.other] for row in unclear], "or")
        parts.append(f"this experiment does not tell whether all three together are better than {names} alone")
    return f"At {times:g} times the compute {'; '.join(parts)}."


def _sorted(rows: Sequence[Difference]) -> tuple[list[Difference], ...]:
    """Those that are more, those that are less, and those that can't be told."""
    told = [row for row in rows if row.tells]
    more = [row for row in told if row.interval.middle > 0]
    return more, [row for row in told if row not in more], [row for row in rows if not row.tells]


def _of_search(results: Results) -> str:
    found = study_findings.search(results)
    if not found or not found.others.differences:
        return ""
    best = f"The best of {len(found.others.differences) + 1} points is {found.best.name}"
    return f"{best}; {_like_best(found)}. {against_papers(found)}"


def _like_best(found: Search) -> str:
    count = len(found.not_told)
    if not count:
        return "every other point is worse by more than chance"
    return f"{count} other point{'s' * (count > 1)} can't be told from it"


def against_papers(found: Search) -> str:
    """The search's best point beside the one that is nearest to the paper's."""
    if found.nearest == found.best.name:
        return "It is the one nearest to the paper's α, β and γ."
    rows = [row for row in found.others.differences if row.arm == found.nearest]
    if not rows:
        return "The one nearest to the paper's α, β and γ has not been run."
    how = "more than chance" if rows[0].tells else "no more than chance"
    return f"The one nearest to the paper's, {found.nearest}, differs from it by {gap(rows[0].interval)}: {how}."


def _of_parts(results: Results) -> str:
    more, less, unclear = _sorted(study_findings.by_parts(results).differences)
    parts = []
    for named, rows in (("worse", less), ("better", more)):
        if rows:
            changed = listed([f"{shown(row.arm)} ({points(row.interval.middle)} points)" for row in rows])
            parts.append(f"{'this is' if len(rows) == 1 else 'these are'} {named} than the block as it is: {changed}")
    if unclear:
        parts.append(f"this experiment does not tell about {listed([shown(row.arm) for row in unclear])}")
    sentence = "; ".join(parts)
    return f"At equal compute {sentence}." if sentence else ""


def agreement(results: Results) -> list[dict[str, str]]:
    """Rows of what the paper says, what was found here, and whether both agree."""
    return {"scaling": _ways_agree, "search": _search_agrees, "blocks": _parts_agree}[results.study.name](results)


def _ways_agree(results: Results) -> list[dict[str, str]]:
    name = {arm.name: arm.way for arm in results.study.arms}
    return [
        {
            "compared": f"× {times:g}: all three − {WAYS[name[row.other]]}",
            "published": f"{points(published / 100)} points",
            "here": gap(row.interval),
            "verdict": verdict(row, published),
        }
        for times, family in study_findings.by_ways(results).items()
        for row in family.differences
        if (published := published_gap(name[row.other], times)) is not None
    ]


def published_gap(way: str, times: float) -> float | None:
    """Points of top-1 by which all three together are ahead in Fig. 8, at so many times B0's compute."""
    curves = {curve.dimension: curve for curve in scaling_curves.curves("Fig8")}
    macs = times * curves["compound"].points[0].macs
    whole, alone = (scaling_curves.top1_at(curves[name], macs) for name in ("compound", way))
    return None if whole is None or alone is None else whole - alone


def verdict(row: Difference, published: float) -> str:
    if not row.tells:
        return OPEN
    return AGREES if row.interval.middle * published > 0 else DISAGREES


def _search_agrees(results: Results) -> list[dict[str, str]]:
    found = study_findings.search(results)
    if not found or not found.others.differences:
        return []
    [row, *_] = [row for row in found.others.differences if row.arm == found.nearest] or [None]
    is_best = found.nearest == found.best.name
    return [
        {
            "compared": f"{found.nearest} − {found.best.name}",
            "published": "the paper's point is the best",
            "here": "it is the best here, too" if is_best else gap(row.interval) if row else "it has not been run",
            "verdict": (AGREES if not found.not_told else OPEN)
            if is_best
            else DISAGREES
            if row and row.tells
            else OPEN,
        }
    ]


def _parts_agree(results: Results) -> list[dict[str, str]]:
    row = se_published()
    published = row["se_top1_err"] - row["reimpl_top1_err"]  # of errors: what is gained is lost without SE
    return [
        {
            "compared": f"{one.arm} − the block as it is",
            "published": f"{points(published / 100)} points, {RESNET} on ImageNet",
            "here": gap(one.interval),
            "verdict": verdict(one, published),
        }
        for one in study_findings.by_parts(results).differences
        if one.arm == "without SE"
    ]


def se_published() -> tables.Row:
    return next(row for row in tables.table(SENET) if row["model"] == RESNET)


def source(study: str) -> str:
    """Where the published side of the agreement comes from."""
    if study == "scaling":
        return f"Published: {scaling_curves.curves('Fig8')[0].source}, at the same multiple of B0's compute."
    if study == "search":
        paper = f"{ALPHA:g}, {BETA:g}, {GAMMA:g}"
        return f"Published: α, β, γ = {paper}, EfficientNet, arXiv:1905.11946, Sec. 4; no other point's accuracy is."
    return f"Published: {se_published()['source']}. For the other parts this project has no published number."


def size(results: Results) -> str:
    """How large the experiment is, and on what it was run."""
    rows = results.runs
    first = rows[0]
    seeds = [f"{seed}" for seed in sorted({row.seed for row in rows})]
    days = sorted({row.date for row in rows})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    on = "; ".join(sorted({row.device for row in rows}))
    versions = listed(sorted({row.torch for row in rows}))
    return (
        f"{len(rows)} of {results.planned} runs: {first.classes} classes, {first.train_pictures:,} training and "
        f"{first.test_pictures:,} test pictures, {first.epochs} epochs, "
        f"seed{'s' * (len(seeds) > 1)} {listed(seeds)}. {on}; PyTorch {versions}; "
        f"{when}; {duration(sum(row.seconds for row in rows))} of training in all"
    )


def of_run(arm: Arm, runs: Sequence[Row], accuracy: Interval, macs: str) -> str:
    """All about one network, for who points at it."""
    first = runs[0]
    seeds = listed([f"{100 * row.top1:.1f}" for row in runs])
    over = f"{len(runs)} seeds: {seeds} %" if len(runs) > 1 else f"one seed, {first.test_pictures:,} test pictures"
    return (
        f"{label(arm)}: {share(accuracy)}<br>depth × {up_to_three_digits(first.depth)}, width × "
        f"{up_to_three_digits(first.width)}, {first.pixels} px, {first.layers} blocks<br>{macs}, "
        f"{first.params:,} parameters<br>{over}"
    )
