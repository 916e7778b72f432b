"""Experiments as data: which small networks are trained alike, and what each costs. Pure but for YAML: no torch.

A study is a YAML file in studies/. All its arms share pictures, epochs, recipe and seeds; none is tuned by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from ..architecture import ALPHA, BETA, GAMMA, Architecture, coefficient_for, round_resolution, small
from ..cost import cost_of

FOLDER = Path(__file__).parent / "studies"
NAMES = ("scaling", "search", "blocks")  # of those that are run on a folder of pictures
RACE = "race"  # on pictures that are drawn, in a minute
BASE, COMPOUND = "base", "compound"
MOST_FACTOR = 16.0
HALVINGS = 40  # of an interval of factors, until one costs what it should
NATIVE_PX = 64  # of the pictures: beyond it resolution brings no detail


@dataclass(frozen=True)
class Arm:
    """One network of a study: factors on the base's depth and width, pixels, and what its blocks are made of."""

    name: str
    way: str  # base, depth, width, resolution, compound; search; or a part of the block
    times: float  # the base's MACs that it should cost
    depth: float
    width: float
    pixels: int
    expansion: int | None = None
    kernel: int | None = None
    squeeze: bool = True
    linear_end: bool = True

    def architecture(self, classes: int) -> Architecture:
        return small(
            self.name,
            depth=self.depth,
            width=self.width,
            resolution=self.pixels,
            classes=classes,
            expansion=self.expansion,
            kernel=self.kernel,
            squeeze=self.squeeze,
        )


@dataclass(frozen=True)
class Study:
    """Arms that are trained alike: on the same pictures of `classes` classes, for `epochs`, once for each seed."""

    name: str
    title: str
    question: str
    classes: int
    epochs: int
    seeds: tuple[int, ...]
    arms: tuple[Arm, ...]

    def macs(self, arm: Arm) -> int:
        return cost_of(arm.architecture(self.classes)).macs


def read(name: str, *, epochs: int | None = None) -> Study:
    """The study of that name, or the same with another number of epochs. Raises ValueError saying what is allowed."""
    if name not in (*NAMES, RACE):
        raise ValueError(f"there is no study {name!r}; there are {', '.join(NAMES)}")
    row = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    if epochs is not None and epochs < 1:
        raise ValueError(f"{epochs} epochs are asked for; allowed is 1 or more")
    row["epochs"] = epochs or row["epochs"]
    base = Arm(BASE, BASE, 1.0, **row["base"])
    settings = {key: row[key] for key in ("title", "question", "classes", "epochs")}
    study = Study(name, **settings, seeds=tuple(row["seeds"]), arms=(base,))
    arms = {"scaling": _ways, RACE: _ways, "search": _grid, "blocks": _parts}[name](study, row)
    return replace(study, arms=(base, *arms))


def _ways(study: Study, row: Mapping) -> list[Arm]:
    """The base with its compute multiplied in each way: by one dimension alone, or by all of them."""
    [base] = study.arms
    return [
        _costing(
            study, times, lambda factor, way=way, times=times: _grown(base, way, times, factor), least=way != COMPOUND
        )
        for times in row["times"]
        for way in row["ways"]
    ]


def _grown(base: Arm, way: str, times: float, factor: float) -> Arm:
    """`factor` on the dimension; for compound it is φ, with the paper's α, β and γ."""
    grows = {"depth": (factor, 1, 1), "width": (1, factor, 1), "resolution": (1, 1, factor)}
    depth, width, resolution = grows.get(way) or (ALPHA**factor, BETA**factor, GAMMA**factor)
    pixels = round_resolution(base.pixels * resolution)
    name = f"{way} × {times:g}"
    size = {"depth": base.depth * depth, "width": base.width * width, "pixels": pixels}
    return replace(base, name=name, way=way, times=times, **size)


def _grid(study: Study, row: Mapping) -> list[Arm]:
    """α and γ of a grid, with the β >= 1 that makes α·β²·γ² the product; none where there is no such β."""
    [base] = study.arms
    product = row["product"]
    pairs = [(alpha, gamma) for alpha in row["alpha"] for gamma in row["gamma"] if alpha * gamma**2 <= product]
    return [_searched(base, product, alpha, gamma) for alpha, gamma in pairs]


def _searched(base: Arm, product: float, alpha: float, gamma: float) -> Arm:
    beta = coefficient_for(product, alpha=alpha, gamma=gamma)
    size = {"depth": base.depth * alpha, "width": base.width * beta, "pixels": round_resolution(base.pixels * gamma)}
    return replace(base, name=f"α {alpha:g}, β {beta:.3g}, γ {gamma:g}", way="search", times=product, **size)


def _parts(study: Study, row: Mapping) -> list[Arm]:
    """The base with one part changed, and its width such that it costs the same again."""
    [base] = study.arms
    changed = [replace(base, way="part", **part) for part in row["parts"]]
    return [
        _costing(study, 1.0, lambda factor, arm=arm: replace(arm, width=base.width * factor), least=0.8)
        for arm in changed
    ]


def _costing(study: Study, times: float, arm_at: Callable[[float], Arm], *, least: float) -> Arm:
    """The arm whose MACs are nearest to `times` the base's: they grow with the factor, in steps."""
    wanted = times * study.macs(study.arms[0])

    def away(factor: float) -> float:
        return study.macs(arm_at(factor)) - wanted

    low, high = float(least), MOST_FACTOR
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if away(middle) < 0 else (low, middle)
    return arm_at(min((low, high), key=lambda factor: abs(away(factor))))
