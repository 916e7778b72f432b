"""Published accuracies against cost: Table 2 of the paper, and torchvision's weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from . import tables
from .claims import newest

FAMILIES = {  # family -> how the names of its networks begin, in Table 2 and in torchvision
    "EfficientNet": ("EfficientNet-B",),
    "ResNet family": ("ResNet", "ResNeXt", "Wide ResNet", "DenseNet", "SENet"),
    "Inception family": ("Inception", "Xception", "PolyNet"),
    "Found by search": ("NASNet", "AmoebaNet", "PNASNet", "GPipe"),
    "For phones": ("MobileNet", "MnasNet"),
    "EfficientNetV2": ("EfficientNetV2",),
}
PAPER, TORCHVISION = "paper", "torchvision"
RECIPES = {  # a word of torchvision's or our own note on a set of weights -> whose training recipe it comes from
    "rwightman": "timm's training, by rwightman",
    "lukemelas": "Google's checkpoints, ported by lukemelas",
    "new training recipe": "torchvision's newer recipe",
    "ported from": "ported from the authors' weights",
    "simple training recipe": "a simple recipe",
    "reproduce closely": "a simple recipe",
}


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
        for row in tables.table("torchvision_weights")
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


def recipe_of(row: tables.Row) -> str:
    """Whose training recipe a row of torchvision_weights uses; our notes override torchvision's docs."""
    text = f"{row['note']} {row['docs']}"
    return next(meaning for word, meaning in RECIPES.items() if word in text)


def released_accuracies(networks: Sequence[Network]) -> dict[str, Network]:
    """Of B0 to B7 the best published row each: "b0" -> Network."""
    rows = sorted((row for row in networks if row.family == "EfficientNet"), key=lambda row: row.top1)
    return {re.search(r"B\d", row.name)[0].lower(): row for row in rows}


def erratum(topic_id: str) -> tables.Row:
    """A printed value that disagrees with its own source, and what is right. Raises ValueError for an unknown id."""
    for row in tables.table("errata"):
        if row["id"] == topic_id:
            return row
    raise ValueError(f"no erratum is called {topic_id!r}")
