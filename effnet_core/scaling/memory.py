"""Memory that a network takes: in training and for one forward pass."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..architecture import Architecture
from ..cost import SE_ROLES, Layer, layers_of, total
from ..units import FLOAT32_BYTES
from .member_choice import peak_activations

PER_PARAMETER = 4  # the weight, its gradient, RMSProp's mean square and momentum
BATCH_RANGE = (1, 4096)


# Copies of a layer's output that autograd keeps: before batch norm, after it, after SiLU (which works in place and
# so costs a copy), and the depthwise output again once gated. The head's last one is averaged at once.
KEPT = {"stem": 3, "expand": 3, "depthwise": 4, "squeeze": 2, "excite": 2, "project": 2, "head": 2, "classifier": 0}


class Needs(NamedTuple):
    """What one of the networks takes: bytes of memory, shares of MACs and of parameters."""

    blocks: int
    params: int
    macs: int
    activation_bytes: int
    training_bytes: int
    depthwise_of_macs: float
    se_of_macs: float
    se_of_params: float


@lru_cache(maxsize=256)  # pages ask for the same ones on every rerun
def needs(architecture: Architecture, *, batch: int) -> Needs:
    """Memory and shares at that batch. Raises ValueError for a batch outside BATCH_RANGE."""
    low, high = BATCH_RANGE
    if not low <= batch <= high:
        raise ValueError(f"the batch is {batch}; allowed is {low} to {high}")
    layers = layers_of(architecture)
    cost = total(layers)
    depthwise = total([row for row in layers if row.role == "depthwise"])
    gates = total([row for row in layers if row.role in SE_ROLES])
    return Needs(
        len(architecture.blocks),
        cost.params,
        cost.macs,
        FLOAT32_BYTES * peak_activations(architecture),
        FLOAT32_BYTES * (batch * kept_for_backward(architecture, layers) + PER_PARAMETER * cost.params),
        depthwise.macs / cost.macs,
        gates.macs / cost.macs,
        gates.params / cost.params,
    )


def kept_for_backward(architecture: Architecture, layers: list[Layer]) -> int:
    """Numbers that autograd keeps for one picture: the picture, what KEPT says, and the classifier's input."""
    picture = layers[0].in_channels * architecture.resolution**2
    return picture + sum(KEPT[row.role] * row.activations for row in layers) + architecture.head_channels
