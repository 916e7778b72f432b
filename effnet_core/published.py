"""What others published about accuracy and cost, ready to draw and to compute with. Pure Python.

Conventions. `macs` are multiply-accumulates (the papers print them under the name FLOPs), top-1 is in percent of
ImageNet's validation pictures. A doubling of compute that lies between two published points is read off the straight
line between them over log2 of the compute, which is how the curves are drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from . import facts
from .claims import newest

DIMENSIONS = {"depth": "depth", "width": "width", "resolution": "resolution", "compound": "all three"}  # -> in words
READING = 0.01  # relative accuracy of points that were read from a figure's coordinates
SCALED_FIRST = {  # Fig. 4 scales width from four networks: what had been scaled before
    "d=1.0,r=1.0": ("width", "width alone"),
    "d=2.0,r=1.0": ("depth", "twice as deep first"),
    "d=1.0,r=1.3": ("resolution", "1.3 times as many pixels a side first"),
    "d=2.0,r=1.3": ("compound", "both first"),
}
FAMILIES = {  # family -> how the names of its networks begin, in Table 2 and in torchvision
    "EfficientNet": ("EfficientNet-B",),
    "ResNet and kin": ("ResNet", "ResNeXt", "Wide ResNet", "DenseNet", "SENet"),
    "Inception and kin": ("Inception", "Xception", "PolyNet"),
    "Found by search": ("NASNet", "AmoebaNet", "PNASNet", "GPipe"),
    "For phones": ("MobileNet", "MnasNet"),
    "EfficientNetV2": ("EfficientNetV2",),
}
PAPER, TORCHVISION = "paper", "torchvision"
RECIPES = {  # a word of torchvision's or our own note on a set of weights -> whose training stands behind it
    "rwightman": "timm's training, by rwightman",
    "lukemelas": "Google's checkpoints, ported by lukemelas",
    "new training recipe": "torchvision's newer recipe",
    "ported from": "ported from the authors' weights",
    "simple training recipe": "a simple recipe",
    "reproduce closely": "a simple recipe",
}


# Scaling one dimension, or all --------------------------------------------------------------------------------------


class Point(NamedTuple):
    label: str
    macs: float
    top1: float


class Curve(NamedTuple):
    """One line of a figure, cheapest point first; `dimension` is one of DIMENSIONS and gives its colour."""

    name: str
    dimension: str
    points: tuple[Point, ...]
    source: str


class Gain(NamedTuple):
    """What scaling one dimension bought: top-1 points, in a group of bars that are compared."""

    group: str
    dimension: str
    points: float
    top1: float
    macs: float
    source: str


def curves(figure: str) -> tuple[Curve, ...]:
    """The lines of "Fig3" (one dimension each), "Fig4" (width from four networks) or "Fig8" (one against all)."""
    rows = [row for row in facts.table("effnet_fig3_fig4_fig8_points") if row["figure"] == figure]
    if not rows:
        raise ValueError(f"no points of {figure!r} are stored; there are Fig3, Fig4, Fig8")
    found = [_curve(name, [row for row in rows if row["series"] == name]) for name in {row["series"] for row in rows}]
    return tuple(sorted(found, key=lambda curve: list(DIMENSIONS).index(curve.dimension)))


def _curve(series: str, rows: Sequence[facts.Row]) -> Curve:
    word = series.removeprefix("scale by ").removesuffix(" scaling")
    dimension, name = SCALED_FIRST.get(series, (word, DIMENSIONS.get(word)))
    points = sorted((Point(row["label"] or "", 1e9 * row["flops_B"], row["top1_pct"]) for row in rows), key=_cost)
    return Curve(name, dimension, tuple(points), rows[0]["source"])


def _cost(point: Point) -> float:
    return point.macs


def top1_at(curve: Curve, macs: float) -> float | None:
    """Top-1 at that compute, between the published points; None where the curve does not reach."""
    first, last = curve.points[0], curve.points[-1]
    if not first.macs <= macs <= last.macs * (1 + READING):
        return None
    for below, above in pairwise(curve.points):
        if macs <= above.macs:
            share = math.log2(macs / below.macs) / math.log2(above.macs / below.macs)
            return below.top1 + share * (above.top1 - below.top1)
    return last.top1


def doublings(curve: Curve) -> tuple[Gain, ...]:
    """Points of top-1 that each doubling of compute buys, from the curve's cheapest network on, while it reaches."""
    start, gains = curve.points[0], []
    while (top1 := top1_at(curve, macs := start.macs * 2 ** (len(gains) + 1))) is not None:
        before = gains[-1].top1 if gains else start.top1
        gains.append(Gain(_ordinal(len(gains) + 1), curve.dimension, top1 - before, top1, macs, curve.source))
    return tuple(gains)


def _ordinal(number: int) -> str:
    return f"{number}{('th', 'st', 'nd', 'rd')[number] if number < 4 else 'th'} doubling"


def other_networks() -> tuple[Gain, ...]:
    """Table 3: MobileNets and ResNet-50 scaled about four times; points over each one's own baseline."""
    gains, base = [], {}
    for row in facts.table("effnet_table3_scaling_other_nets"):
        name, top1 = row["base_model"], row["top1_pct"]
        base.setdefault(name, top1)  # the first row of each network is its baseline
        if row["method"] in DIMENSIONS:
            macs = 1e9 * row["flops_B_multiply_adds"]
            gains.append(Gain(name, row["method"], top1 - base[name], top1, macs, row["source"]))
    return tuple(gains)


def equal_budget() -> tuple[Gain, ...]:
    """Table 7: four ways from B0 to about 1.8 G MACs; accuracies of the first version, B0's too."""
    baseline, *ways = _table7()
    start = baseline.points[0].top1
    return tuple(
        Gain("EfficientNet-B0", way.dimension, point.top1 - start, point.top1, point.macs, way.source)
        for way in ways
        for point in way.points
    )


def _table7() -> list[Curve]:
    """Curves of one point each: the baseline, then the four ways, with the accuracies of the first version."""
    return [
        Curve(
            row["model"],
            row["model"].split()[0],
            (Point(row["model"], 1e9 * row["flops_B_multiply_adds"], row["top1_pct_first_version"]),),
            row["source"],
        )
        for row in facts.table("effnet_table7_cam_models")
    ]


def points_of(dimension: str) -> tuple[tuple[Point, str], ...]:
    """Each point of Fig. 3 (one dimension), Fig. 8 (all) and Table 7 that scales this dimension, with its source."""
    alone = "Fig8" if dimension == "compound" else "Fig3"  # Fig. 8 draws the single dimensions of Fig. 3 again
    found = [curve for curve in (*curves(alone), *_table7()) if curve.dimension == dimension]
    return tuple((point, curve.source) for curve in found for point in curve.points)


def nearest(dimension: str, macs: int) -> tuple[Point, str]:
    """The published point whose own compute is nearest, by ratio, and its source; never between two points."""
    return min(points_of(dimension), key=lambda found: abs(math.log(found[0].macs / macs)))


# Accuracy against cost ----------------------------------------------------------------------------------------------


class Network(NamedTuple):
    """One network with what its source says of it; macs is None where the source prints none."""

    name: str
    family: str
    top1: float
    params: float
    macs: float | None
    origin: str
    recipe: str
    source: str


def newest_version() -> str:
    """The newest arXiv version whose Table 2 is stored: "arXiv v5 (11 Sep 2020)"."""
    return newest()[0]["version"]


def table2() -> tuple[Network, ...]:
    """Every network of the paper's Table 2, as its newest version prints it."""
    return tuple(
        Network(
            row["model"],
            family_of(row["model"]),
            row["top1_pct"],
            1e6 * row["params_M"],
            row["flops_B_multiply_adds"] and 1e9 * row["flops_B_multiply_adds"],
            PAPER,
            row["cited_as"] or "this paper",
            row["source"],
        )
        for row in newest()
    )


def torchvision() -> tuple[Network, ...]:
    """Every set of ImageNet weights that torchvision publishes for networks of these families."""
    return tuple(
        Network(
            f"{title} {row['weights'].removeprefix('IMAGENET1K_')}",
            family_of(title),
            row["acc1"],
            row["num_params"],
            1e9 * row["gflops_ops"],
            TORCHVISION,
            recipe_of(row),
            row["source"],
        )
        for row in facts.table("torchvision_weights")
        for title in [title_of(row["model"])]
    )


def family_of(title: str) -> str:
    return next(family for family, begins in FAMILIES.items() if title.startswith(begins))


def title_of(model: str) -> str:
    """torchvision's name of a builder as papers write it: wide_resnet50_2 -> Wide ResNet-50-2."""
    words = {
        "efficientnet_v2_": "EfficientNetV2-",
        "efficientnet_": "EfficientNet-",
        "wide_resnet": "Wide ResNet-",
        "resnext": "ResNeXt-",
        "resnet": "ResNet-",
        "mobilenet_v": "MobileNetV",
        "mnasnet": "MnasNet ",
    }
    begin = next(begin for begin in words if model.startswith(begin))
    rest = model.removeprefix(begin)
    rest = rest.upper() if begin.startswith("efficientnet") else rest.replace("_", "-")
    return words[begin] + (rest.replace("-", ".") if begin == "mnasnet" else rest)


def recipe_of(row: facts.Row) -> str:
    """Whose training a row of torchvision_weights comes from; notes go before what torchvision's docs say."""
    text = f"{row['note']} {row['docs']}"
    return next(meaning for word, meaning in RECIPES.items() if word in text)


def released_accuracies(networks: Sequence[Network]) -> dict[str, Network]:
    """Of B0 to B7 the best published row each: "b0" -> Network."""
    rows = sorted((row for row in networks if row.family == "EfficientNet"), key=lambda row: row.top1)
    return {re.search(r"B\d", row.name)[0].lower(): row for row in rows}


def erratum(topic_id: str) -> facts.Row:
    """A printed value that disagrees with its own source, and what is right; ValueError for an unknown id."""
    for row in facts.table("errata"):
        if row["id"] == topic_id:
            return row
    raise ValueError(f"no erratum is called {topic_id!r}")
