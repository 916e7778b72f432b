"""The networks that the paper compares EfficientNet with, and its claims about them. Pure Python.

Published values are read from the facts tables, counts from the rows that `python -m effnet_core networks --write`
wrote; how long a network takes is measured elsewhere, on the reader's machine. MACs are what the paper prints as FLOPs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ..architecture import RELEASES
from . import tables

TABLE2, TABLE4 = "effnet_table2_imagenet", "effnet_table4_latency"


class Compared(NamedTuple):
    """The size (px) at which a network is compared, and the table and name under which its cost is published."""

    resolution: int
    table: str | None = None
    model: str | None = None


COMPARED = {
    f"efficientnet_{k}": Compared(size.resolution, TABLE2, f"EfficientNet-{k.upper()}") for k, size in RELEASES.items()
}
COMPARED |= {
    "amoebanet_a": Compared(331, TABLE2, "AmoebaNet-A"),
    "amoebanet_b": Compared(480, TABLE2, "GPipe"),
    "amoebanet_c": Compared(331, TABLE2, "AmoebaNet-C"),
    "amoebanet_d": Compared(224),
    "densenet169": Compared(224, TABLE2, "DenseNet-169"),
    "inception_v3": Compared(299, TABLE2, "Inception-v3"),
    "mobilenet_v2": Compared(224, "mobilenetv2_imagenet", "MobileNetV2"),
    "resnet50": Compared(224, TABLE2, "ResNet-50"),
    "resnet152": Compared(224, TABLE2, "ResNet-152"),
    "resnext101_64x4d": Compared(320, TABLE2, "ResNeXt-101"),
    "wide_resnet50_2": Compared(224, "wrn_imagenet", "WRN-50-2-bottleneck"),
    "wide_resnet101_2": Compared(224, "torchvision_weights", "wide_resnet101_2"),
}
NAMES = {compared.model: name for name, compared in COMPARED.items() if compared.table == TABLE2}  # as Table 2 has them


class Columns(NamedTuple):
    """The columns of a table that hold a network's name and cost, and the size of their units."""

    model: str
    params: str
    params_unit: int
    macs: str | None = None
    macs_unit: int = 1


COLUMNS = {
    TABLE2: Columns("model", "params_M", 10**6, "flops_B_multiply_adds", 10**9),
    "mobilenetv2_imagenet": Columns("network", "params_M", 10**6, "madds_M", 10**6),
    "wrn_imagenet": Columns("model", "params_M", 10**6),
    "torchvision_weights": Columns("model", "num_params", 1, "gflops_ops", 10**9),
}


class Published(NamedTuple):
    """The printed cost of a network, rounded as in print; None where nothing is printed."""

    params: int | None = None
    macs: int | None = None
    source: str | None = None


def published(name: str) -> Published:
    """What the table that the network is compared under prints."""
    compared = COMPARED[name]
    if compared.table is None:
        return Published()
    columns = COLUMNS[compared.table]
    rows = newest() if compared.table == TABLE2 else tables.table(compared.table)
    row = next(row for row in rows if row[columns.model] == compared.model)
    macs = row[columns.macs] if columns.macs else None
    return Published(
        round(row[columns.params] * columns.params_unit),
        None if macs is None else round(macs * columns.macs_unit),
        row["source"],
    )


class Kind(NamedTuple):
    """A kind of claim: its sentence, the unit of the two values that it compares, and what is counted for it here."""

    sentence: str
    unit: str
    counted: str | None = None


KINDS = {
    "params ratio": Kind("{ours} has {value:g}× fewer parameters than {theirs}", "M parameters", "params"),
    "flops ratio": Kind("{ours} needs {value:g}× fewer FLOPs than {theirs}", "G MACs", "macs"),
    "speedup": Kind("{ours} answers {value:g}× faster than {theirs}", "seconds a picture"),
    "accuracy": Kind("{ours} is {value:g} points more accurate than {theirs}, at similar FLOPs", "% top-1"),
}
UNPRINTED = {"flops ratio": "{ours} needs fewer FLOPs than {theirs}; the paper prints no number"}
HEADLINES = (("EfficientNet-B7", "GPipe"), ("EfficientNet-B1", "ResNet-152"), ("EfficientNet-B4", "ResNet-50"))
DISPUTED = {  # rows of errata.csv: what else to know about a printed value
    ("GPipe", "params ratio"): ("E25", "E27"),
    ("GPipe", "flops ratio"): ("E26",),
    ("GPipe", "speedup"): ("E27", "E07"),
    ("ResNet-152", "params ratio"): ("E28",),
    ("ResNet-152", "speedup"): ("E28", "E33"),
    ("ResNet-50", "accuracy"): ("E09", "E32"),
    ("PNASNet", "flops ratio"): ("E21",),
    ("PolyNet", "flops ratio"): ("E22",),
    ("ResNeXt-101", "flops ratio"): ("E22",),
    ("Inception-v4", "params ratio"): ("E24",),
    ("SENet", "params ratio"): ("E24",),
}


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper about two networks, and what this app counts for both.

    `ours` and `theirs` name networks that can be built here (None: this one can't), `*_label` is what the paper calls
    them. `published` is the printed ratio (for accuracy the difference in points), None where none is printed;
    `published_*` are the two values it comes from, in `unit`. `notes` say where printed values disagree.
    """

    kind: str
    ours: str
    theirs: str | None
    ours_label: str
    theirs_label: str
    published: float | None
    published_ours: float
    published_theirs: float | None
    source: str
    notes: tuple[str, ...]
    counted_ours: int | None = None
    counted_theirs: int | None = None

    @property
    def text(self) -> str:
        sentence = KINDS[self.kind].sentence if self.published is not None else UNPRINTED[self.kind]
        return sentence.format(ours=self.ours_label, theirs=self.theirs_label, value=self.published)

    @property
    def unit(self) -> str:
        return KINDS[self.kind].unit

    @property
    def counted(self) -> float | None:
        """The ratio of what was counted here, where both networks are built and something can be counted."""
        return self.counted_theirs / self.counted_ours if self.counted_ours and self.counted_theirs else None

    @property
    def is_headline(self) -> bool:
        return (self.ours_label, self.theirs_label) in HEADLINES

    @property
    def is_measured(self) -> bool:
        """Whether the reader's machine can answer it, by the time that both networks take."""
        return self.kind == "speedup" and self.theirs is not None


@cache
def claims() -> tuple[Claim, ...]:
    """Every claim of Tables 2 and 4 about EfficientNet and another network; the headlines first."""
    every_claim = [*_ratios(), *_latencies(), *_accuracies()]
    rank = {pair: place for place, pair in enumerate(HEADLINES)}
    return tuple(sorted(every_claim, key=lambda claim: rank.get((claim.ours_label, claim.theirs_label), len(rank))))


def resolution(name: str) -> int:
    """Side in pixels at which a claim's network is built. Raises ValueError listing the valid names."""
    if name not in COMPARED:
        raise ValueError(f"no network is called {name!r}; there are {', '.join(COMPARED)}")
    return COMPARED[name].resolution


def newest() -> list[tables.Row]:
    """Table 2 in the paper's newest stored version."""
    rows = tables.table(TABLE2)
    version = max(row["version"] for row in rows if row["version"].startswith("arXiv v"))
    return [row for row in rows if row["version"] == version]


def _ratios() -> list[Claim]:
    """Table 2 compares each network with the EfficientNet of its group."""
    rows = {row["model"]: row for row in newest()}
    ratios = []
    for row in rows.values():
        if row["model"] == row["group"]:
            continue
        for kind, column, ratio in (
            ("params ratio", "params_M", "params_ratio_to_effnet"),
            ("flops ratio", "flops_B_multiply_adds", "flops_ratio_to_effnet"),
        ):
            values = {
                "published": row[ratio],
                "published_ours": rows[row["group"]][column],
                "published_theirs": row[column],
            }
            ratios.append(_claim(kind, row["group"], row["model"], source=row["source"], **values))
    return ratios


def _latencies() -> list[Claim]:
    """Table 4 has pairs: the other network, then the EfficientNet with its printed speed-up."""
    rows = tables.table(TABLE4)
    ours = [row for row in rows if row["speedup_printed"]]
    speedups = []
    for row in ours:
        other = next(other for other in rows if other["pair"] == row["pair"] and other is not row)
        values = {"published_ours": row["latency_s"], "published_theirs": other["latency_s"]}
        source = f"{row['source']}; {row['machine']}"
        speedups.append(
            _claim("speedup", row["model"], other["model"], published=row["speedup_printed"], source=source, **values)
        )
    return speedups


def _accuracies() -> list[Claim]:
    """The introduction compares B4 with ResNet-50."""
    rows = {row["model"]: row for row in newest()}
    ours, theirs = rows["EfficientNet-B4"], rows["ResNet-50"]
    values = {"published_ours": ours["top1_pct"], "published_theirs": theirs["top1_pct"]}
    gain = round(ours["top1_pct"] - theirs["top1_pct"], 1)
    return [_claim("accuracy", ours["model"], theirs["model"], published=gain, source=ours["source"], **values)]


def _claim(kind: str, ours: str, theirs: str, **values) -> Claim:
    """Add the errata on the claim and the counts of this app."""
    errata = {row["id"]: row["correct_or_clarified"] for row in tables.table("errata")}
    counts = {row["name"]: row for row in tables.networks()}
    counted = KINDS[kind].counted
    names = NAMES[ours], NAMES.get(theirs)
    return Claim(
        kind=kind,
        ours=names[0],
        theirs=names[1],
        ours_label=ours,
        theirs_label=theirs,
        notes=tuple(errata[row] for row in DISPUTED.get((theirs, kind), ())),
        counted_ours=counts[names[0]][counted] if counted else None,
        counted_theirs=counts[names[1]][counted] if counted and names[1] else None,
        **values,
    )
