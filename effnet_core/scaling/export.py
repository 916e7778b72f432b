"""What leaves the app as text: tables as CSV, and a network as a script for torchvision. Pure Python."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import groupby

from ..architecture import RELEASES, Architecture
from ..cost import cost_of
from ..units import FLOAT32_BYTES

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
SCRIPT = '''"""EfficientNet. {title}: depth x {depth:.4g}, width x {width:.4g}.

{params:,} parameters, {macs:,} multiply-accumulates for a picture of {resolution} x {resolution} px.
"""

from functools import partial

from torch import nn
from torchvision.models.efficientnet import EfficientNet, MBConvConfig

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
)
{weights}
print(f"{{sum(weight.numel() for weight in network.parameters()):,}} parameters")
'''
WEIGHTS = """
# torchvision's ImageNet weights for it ({megabytes:.0f} MB from its server, once). Take the two lines in:
# from torchvision.models import {enum}
# network.load_state_dict({enum}.DEFAULT.get_state_dict(check_hash=True))
# In one line, torchvision builds the same: torchvision.models.efficientnet_{member}(weights="DEFAULT")
"""


def csv_text(rows: Sequence[dict[str, str | float]]) -> str:
    """The rows as CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows({column: _harmless(cell) for column, cell in row.items()} for row in rows)
    return buffer.getvalue()


def _harmless(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell


def script(architecture: Architecture, title: str) -> str:
    """A short Python script that builds exactly this network by torchvision's own classes and prints its parameters.

    All numbers stand in it as they are after rounding: torchvision rounds channels to 8 again, which changes none.
    """
    cost = cost_of(architecture)
    return SCRIPT.format(
        title=title,
        depth=architecture.depth,
        width=architecture.width,
        params=cost.params,
        macs=cost.macs,
        resolution=architecture.resolution,
        stages="\n".join(_stage_lines(architecture)),
        dropout=architecture.dropout,
        classes=architecture.classes,
        eps=architecture.norm_eps,
        momentum=architecture.norm_momentum,
        head=architecture.head_channels,
        weights=_weights_lines(architecture, cost.params),
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
