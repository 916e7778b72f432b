"""What leaves the app as text: tables as CSV, a network as a script for torchvision, notebooks. Pure Python."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from ..architecture import RELEASES, Architecture
from ..cost import cost_of
from ..units import FLOAT32_BYTES

FORMULA_STARTS = ("=", "+", "-", "@")
SCRIPT = '''"""EfficientNet. {title}: depth x {depth:.4g}, width x {width:.4g}.

{params:,} parameters, {macs:,} multiply-accumulates for a picture of {resolution} x {resolution} px.
"""

from functools import partial

from torch import nn
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

{network}
{weights}
print(f"{{sum(weight.numel() for weight in network.parameters()):,}} parameters")
'''
NETWORK = """\
stages = [  # expansion, kernel, stride, channels in, channels out, blocks
{stages}
]
network = EfficientNet(
    stages,
    dropout={dropout},
    stochastic_depth_prob=0.2,
    num_classes={classes},
    norm_layer=partial(nn.BatchNorm2d, eps={eps}, momentum={momentum}),
    last_channel={head},
)"""
WEIGHTS = """
# torchvision's ImageNet weights for it ({megabytes:.0f} MB from its server, once). Take the two lines in:
# from torchvision.models import {enum}
# network.load_state_dict({enum}.DEFAULT.get_state_dict(check_hash=True))
# In one line, torchvision builds the same: torchvision.models.efficientnet_{member}(weights="DEFAULT")
"""


def csv_text(rows: Sequence[dict[str, str | float]]) -> str:
    """The rows as CSV, `harmless`."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(harmless(rows))
    return buffer.getvalue()


def harmless(rows: Sequence[dict[str, str | float]]) -> list[dict[str, str | float]]:
    """Rows with an apostrophe before each text and title that a spreadsheet would run as a formula.

    Also for tables on the screen that show what others wrote: the browser saves those as they are.
    """
    return [{_quoted(column): _quoted(cell) for column, cell in row.items()} for row in rows]


def _quoted(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def _is_formula(text: str) -> bool:
    """By its first letter that is seen, which may be a wide or small form of a sign; or where it begins a new line."""
    letters = unicodedata.normalize("NFKC", text)
    seen = (letter for letter in letters if unicodedata.category(letter)[0] not in "CZ")
    return next(seen, "") in FORMULA_STARTS or text.startswith(("\t", "\r", "\n"))


def script(architecture: Architecture, title: str) -> str:
    """A short Python script that builds exactly this network by torchvision's own classes and prints its parameters."""
    cost = cost_of(architecture)
    return SCRIPT.format(
        title=title,
        depth=architecture.depth,
        width=architecture.width,
        params=cost.params,
        macs=cost.macs,
        resolution=architecture.resolution,
        network=network_code(architecture),
        weights=_weights_lines(architecture, cost.params),
    )


def network_code(architecture: Architecture) -> str:
    """Lines that build exactly this network, untrained, from EfficientNet, MBConvConfig, partial and nn.

    All numbers stand in them as they are after rounding: torchvision rounds channels to 8 again, which changes none.
    """
    return NETWORK.format(
        stages="\n".join(_stage_lines(architecture)),
        dropout=architecture.dropout,
        classes=architecture.classes,
        eps=architecture.norm_eps,
        momentum=architecture.norm_momentum,
        head=architecture.head_channels,
    )


def _stage_lines(architecture: Architecture) -> list[str]:
    lines = []
    for _, group in groupby(architecture.blocks, key=lambda block: block.stage):
        first, *others = group
        numbers = (first.expansion, first.kernel, first.stride, first.in_channels, first.out_channels, 1 + len(others))
        lines.append(f"    MBConvConfig({', '.join(map(str, numbers))}),")
    return lines


def _weights_lines(architecture: Architecture, params: int) -> str:
    """How to load trained weights, in comments; nothing if there are no published weights."""
    member = architecture.name.removeprefix("efficientnet_")
    if member not in RELEASES or architecture.classes != 1000:
        return ""
    megabytes = FLOAT32_BYTES * params / 1e6
    return WEIGHTS.format(megabytes=megabytes, enum=f"EfficientNet_{member.upper()}_Weights", member=member)


class Cell(NamedTuple):
    """One cell of a notebook: Markdown, or Python with what it prints."""

    source: str
    is_code: bool = False
    printed: str = ""


def notebook(cells: Iterable[Cell]) -> str:
    """The cells as a Jupyter notebook, in JSON of nbformat 4.5; what code prints stands in it before it is run."""
    rows = [_notebook_cell(number, cell) for number, cell in enumerate(cells, start=1)]
    python = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": python, "cells": rows}, indent=1) + "\n"


def _notebook_cell(number: int, cell: Cell) -> dict[str, object]:
    row = {"id": f"cell-{number}", "metadata": {}, "source": cell.source.splitlines(keepends=True)}
    if not cell.is_code:
        return row | {"cell_type": "markdown"}
    printed = {"output_type": "stream", "name": "stdout", "text": cell.printed.splitlines(keepends=True)}
    return row | {"cell_type": "code", "execution_count": None, "outputs": [printed] if cell.printed else []}
