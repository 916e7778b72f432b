"""Which of B0 to B7 fits a budget, and what the next one costs. Pure Python.

Memory is what inference in float32 takes for one picture: all weights and batch norm's running statistics, and the
tensors that PyTorch holds at the worst moment (peak_activations). Not counted: workspaces of the libraries that run
the convolutions, and PyTorch itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from ..architecture import RELEASES, Architecture, released
from ..cost import layers_of, total
from ..units import FLOAT32_BYTES


class Member(NamedTuple):
    """One released network and what it takes: counts at batch 1 and its own resolution, memory in bytes."""

    name: str
    resolution: int
    params: int
    macs: int
    memory: int


class Choice(NamedTuple):
    """The largest member that fits, None where none does; and the next larger one, None after B7."""

    fits: str | None
    following: str | None


@cache
def members() -> tuple[Member, ...]:
    """B0 to B7, smallest first."""
    return tuple(_member(name, released(name)) for name in RELEASES)


def _member(name: str, architecture: Architecture) -> Member:
    cost = total(layers_of(architecture))
    return Member(name, architecture.resolution, cost.params, cost.macs, inference_bytes(architecture))


def inference_bytes(architecture: Architecture) -> int:
    layers = layers_of(architecture)
    statistics = sum(layer.batch_norm for layer in layers)  # running mean and variance beside scale and shift
    return FLOAT32_BYTES * (total(layers).params + statistics + peak_activations(architecture))


def peak_activations(architecture: Architecture) -> int:
    """Elements of all tensors that are alive at the worst moment of one picture's forward pass.

    PyTorch holds what a caller still names: the picture, the input of the stage and of the block that run, the input
    of the layer; and of the layer's output two copies, since batch norm writes a new tensor.
    """
    outputs = [3 * architecture.resolution**2]  # of the layers so far; the picture first
    stage, block, of_stage, of_block, peak = 0, "", 0, 0, 0
    for layer in layers_of(architecture):
        if layer.size == 1:  # the gate's layers and the classifier take pooled vectors, which weigh nothing here
            continue
        last = len(outputs) - 1
        if layer.stage != stage:
            stage, of_stage = layer.stage, last
        if layer.block != block:
            block, of_block = layer.block, last
        held = sum(outputs[index] for index in {0, of_stage, of_block, last})
        peak = max(peak, held + 2 * layer.activations)
        outputs.append(layer.activations)
    return peak


def choose(costs: Mapping[str, float], limit: float) -> Choice:
    """The largest of these that costs at most the limit; `costs` are smallest network first, in the limit's unit."""
    names = list(costs)
    fitting = [name for name in names if costs[name] <= limit]
    if not fitting:
        return Choice(None, names[0] if names else None)
    after = names[names.index(fitting[-1]) + 1 :]
    return Choice(fitting[-1], after[0] if after else None)
