"""The arithmetic behind one value of an MBConv (kernel, patch, sum, batch norm, SiLU) and behind one gate.

Everything here is computed in float64 from the block's weights and from what the network itself produced, step by
step; the network computes in float32, so the two agree to about six digits. Numpy alone: pages use this without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..architecture import Block
from .results import BlockTrace

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import BatchNorm2d
    from torchvision.models.efficientnet import MBConv


@dataclass(frozen=True)
class Norm:
    """Batch norm of one layer, a number a channel: scale · (x - mean) / sqrt(variance + eps) + shift."""

    mean: np.ndarray
    variance: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    eps: float


@dataclass(frozen=True)
class BlockWeights:
    """Weights of one MBConv. `kernels`: expand and project (out, in), depthwise (C, k, k), by the step's name.

    squeeze (S, C) and excite (C, S) are the two layers of squeeze-and-excitation, with their biases.
    """

    block: Block
    kernels: Mapping[str, np.ndarray]
    norms: Mapping[str, Norm]
    squeeze: np.ndarray
    squeeze_bias: np.ndarray
    excite: np.ndarray
    excite_bias: np.ndarray


@dataclass(frozen=True)
class Sum:
    """One value of one step. `weights` and `inputs` have one shape: (k, k) of a patch, or (channels in,).

    `top`, `left`: where the patch begins in the input, negative where it extends beyond the edge. `mean`, `variance`,
    `scale`, `shift`, `eps`: the channel's batch norm. `added`: what the residual adds, None where nothing is added.
    `seen`: the network's own value after batch norm and, where there is one, SiLU.
    """

    step: str
    channel: int
    row: int
    column: int
    top: int
    left: int
    weights: np.ndarray
    inputs: np.ndarray
    mean: float
    variance: float
    scale: float
    shift: float
    eps: float
    seen: float
    added: float | None = None

    @property
    def products(self) -> np.ndarray:
        return self.weights * self.inputs

    @property
    def total(self) -> float:
        """What the convolution gives."""
        return float(self.products.sum())

    @property
    def normed(self) -> float:
        return self.scale * (self.total - self.mean) / (self.variance + self.eps) ** 0.5 + self.shift

    @property
    def has_silu(self) -> bool:
        return self.step != "project"

    @property
    def value(self) -> float:
        """After batch norm and, where there is one, SiLU."""
        return float(silu(self.normed)) if self.has_silu else self.normed

    @property
    def folded(self) -> tuple[float, float]:
        """Factor and bias of an equivalent convolution, with batch norm folded into its weights."""
        factor = self.scale / (self.variance + self.eps) ** 0.5
        return factor, self.shift - factor * self.mean


@dataclass(frozen=True)
class GateSums:
    """Everything that leads to one channel's gate: the pooled vector (C,), squeeze (S,), SiLU (S,), excite, sigmoid.

    `excite`: the weights (S,) of this channel; `seen`: the network's own gate.
    """

    channel: int
    pooled: np.ndarray
    squeeze: np.ndarray
    squeeze_bias: np.ndarray
    excite: np.ndarray
    excite_bias: float
    seen: float

    def squeeze_products(self, unit: int) -> np.ndarray:
        """(C,) what each channel adds to one unit of the first layer."""
        return self.squeeze[unit] * self.pooled

    @property
    def squeezed(self) -> np.ndarray:
        """(S,) sums of the first layer, before SiLU."""
        return self.squeeze @ self.pooled + self.squeeze_bias

    @property
    def activated(self) -> np.ndarray:
        return silu(self.squeezed)

    @property
    def products(self) -> np.ndarray:
        return self.excite * self.activated

    @property
    def total(self) -> float:
        """The sum of the second layer, before the sigmoid."""
        return float(self.products.sum()) + self.excite_bias

    @property
    def gate(self) -> float:
        return float(sigmoid(self.total))


def read_weights(block: Block, module: MBConv) -> BlockWeights:
    """The weights of a torchvision MBConv, copied out of it."""
    *wide, gated, project = module.block
    units = dict(zip(("expand", "depthwise")[-len(wide) :], wide, strict=True)) | {"project": project}
    kernels = {name: _copied(unit[0].weight) for name, unit in units.items()}
    return BlockWeights(
        block,
        {name: kernel[:, 0] if name == "depthwise" else kernel[:, :, 0, 0] for name, kernel in kernels.items()},
        {name: _norm(unit[1]) for name, unit in units.items()},
        *(_copied(part) for part in (gated.fc1.weight.flatten(1), gated.fc1.bias)),
        *(_copied(part) for part in (gated.fc2.weight.flatten(1), gated.fc2.bias)),
    )


def _norm(layer: BatchNorm2d) -> Norm:
    return Norm(
        *(_copied(part) for part in (layer.running_mean, layer.running_var, layer.weight, layer.bias)), layer.eps
    )


def _copied(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy().copy()  # else it would be the network's own memory


def silu(x: np.ndarray | float) -> np.ndarray | float:
    return x * sigmoid(x)


def sigmoid(x: np.ndarray | float) -> np.ndarray | float:
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64)))  # no overflow, where exp has one


def block_sums(trace: BlockTrace, weights: BlockWeights, step: str, *, channel: int, row: int, column: int) -> Sum:
    """The sum behind one value of expand, depthwise or project. Raises ValueError outside the step's output."""
    steps, kernel = dict(trace.steps), weights.kernels.get(step)
    if kernel is None:
        raise ValueError(f"{trace.block.name} has no step {step!r}; it has {', '.join(weights.kernels)}")
    out = steps[step]
    _check(step, out.shape, (channel, row, column))
    entering = steps[_input_of(step, weights.block)]
    if step == "depthwise":
        top, left = (place * weights.block.stride - weights.block.kernel // 2 for place in (row, column))
        inputs = patch(entering[channel], top, left, weights.block.kernel)
    else:
        top, left, inputs = row, column, entering[:, row, column].astype(np.float64)
    norm, residual = weights.norms[step], step == "project" and weights.block.has_residual
    return Sum(
        step=step,
        channel=channel,
        row=row,
        column=column,
        top=top,
        left=left,
        weights=kernel[channel].astype(np.float64),
        inputs=inputs,
        mean=float(norm.mean[channel]),
        variance=float(norm.variance[channel]),
        scale=float(norm.scale[channel]),
        shift=float(norm.shift[channel]),
        eps=norm.eps,
        seen=float(out[channel, row, column]),
        added=float(steps["input"][channel, row, column]) if residual else None,
    )


def gate_sums(trace: BlockTrace, weights: BlockWeights, channel: int) -> GateSums:
    """What leads to one channel's gate. Raises ValueError for a channel that the block does not have."""
    steps = dict(trace.steps)
    _check("the gate", steps["gate"].shape, (channel,))
    return GateSums(
        channel=channel,
        pooled=steps["depthwise"].mean((1, 2), dtype=np.float64),
        squeeze=weights.squeeze.astype(np.float64),
        squeeze_bias=weights.squeeze_bias.astype(np.float64),
        excite=weights.excite[channel].astype(np.float64),
        excite_bias=float(weights.excite_bias[channel]),
        seen=float(steps["gate"][channel]),
    )


def ranked(values: np.ndarray, by: str) -> list[int]:
    """Channels of (C, ...) values, largest first, by "spread" (standard deviation) or "mean" (of the magnitude)."""
    flat = values.reshape(len(values), -1)
    scores = flat.std(1) if by == "spread" else np.abs(flat).mean(1)
    return np.argsort(-scores, kind="stable").tolist()


def patch(values: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """(side, side) float64 of one map from that corner; zero beyond the edge."""
    window = np.zeros((side, side))
    rows = range(max(top, 0), min(top + side, values.shape[0]))
    columns = range(max(left, 0), min(left + side, values.shape[1]))
    if rows and columns:
        window[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = values[
            rows.start : rows.stop, columns.start : columns.stop
        ]
    return window


def largest(products: np.ndarray, most: int) -> list[int]:
    """Places of the largest contributions to a sum, by magnitude, largest first."""
    return np.argsort(-np.abs(products), kind="stable")[:most].tolist()


def _input_of(step: str, block: Block) -> str:
    """Name of the trace's step that this one reads."""
    before_depthwise = "expand" if block.expanded_channels != block.in_channels else "input"
    return {"expand": "input", "depthwise": before_depthwise, "project": "gated"}[step]


def _check(what: str, shape: tuple[int, ...], place: tuple[int, ...]) -> None:
    for name, index, count in zip(("channel", "row", "column"), place, shape, strict=False):
        if not 0 <= index < count:
            raise ValueError(f"{name} is {index}; {what} has {count}, counted from 0")
