"""AmoebaNet-A to -D, the evolved networks that EfficientNet is compared with; B is the one that GPipe trained.

Real et al., AAAI 2019, arXiv:1802.01548, built as the official code does (tensorflow/tpu, models/official/amoeba_net),
TensorFlow's padding included. A cell is data: rows of facts/amoebanet_cells.csv, each of which adds what two
operations make of two earlier states; state 0 is the cell before, state 1 the one before that. What only training
needs is left out: the auxiliary classifier and drop-path.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..architecture import strided
from ..published import tables

STEM_CHANNELS = 32
DROPOUT = 0.5
NORM = {"eps": 1e-3, "momentum": 3e-4}
KIND_OF_STRIDE = {1: "normal", 2: "reduction"}

Operation = Callable[[int, int, int], nn.Module]  # channels in, channels out, stride


def build(cell: str, *, layers: int = 18, filters: int = 512, classes: int = 1000) -> AmoebaNet:
    """AmoebaNet of cell a to d, freshly initialised, in training mode: (N, 3, R, R) -> (N, classes) logits.

    `layers` normal cells in three stacks, the first of `filters` channels (GPipe's L and D).
    Raises ValueError naming what is allowed.
    """
    kinds = {row["cell"] for row in tables.table("amoebanet_cells")}
    name = f"AmoebaNet-{cell.upper()}"
    if name not in kinds:
        raise ValueError(f"no network is called {name}; there are {', '.join(sorted(kinds))}")
    if layers < 3 or layers % 3:
        raise ValueError(f"{layers} cells don't make three equal stacks; allowed are 3, 6, 9, …")
    if filters < 16:
        raise ValueError(f"{filters} filters are too few; allowed are 16 or more")
    return AmoebaNet(name, layers, filters, classes)


class Convolution(nn.Conv2d):
    """Without bias and padded like TensorFlow's SAME: ceil(size / stride) pixels come out."""

    def __init__(
        self,
        channels: int,
        out: int,
        kernel: tuple[int, int] = (1, 1),
        stride: tuple[int, int] = (1, 1),
        groups: int = 1,
    ) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        windows = zip(x.shape[-2:], self.kernel_size, self.stride, strict=True)
        rows, columns = (same_padding(*window) for window in windows)
        if rows[0] == rows[1] and columns[0] == columns[1]:
            padding = (rows[0], columns[0])
        else:
            x, padding = F.pad(x, (*columns, *rows)), (0, 0)
        return F.conv2d(x, self.weight, None, self.stride, padding, groups=self.groups)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels before and after, so that ceil(size / stride) windows fit; an odd one comes after."""
    missing = max((strided(size, stride) - 1) * stride + kernel - size, 0)
    return missing // 2, missing - missing // 2


class Pool(nn.Module):
    """Largest or mean pixel of each window, padded like SAME; padding counts for neither.

    Ceil mode adds the odd pixel after: right for windows of 3 px, and at stride 2 for windows of 2 px.
    """

    def __init__(self, kind: str, size: int, stride: int) -> None:
        super().__init__()
        self.kind, self.size, self.stride = kind, size, stride

    def forward(self, x: Tensor) -> Tensor:
        padding = [same_padding(side, self.size, self.stride)[0] for side in x.shape[-2:]]
        if self.kind == "max":
            return F.max_pool2d(x, self.size, self.stride, padding, ceil_mode=True)
        return F.avg_pool2d(x, self.size, self.stride, padding, ceil_mode=True, count_include_pad=False)


class FactorizedReduction(nn.Module):
    """Half the size without losing pixels: one 1x1 convolution takes the even ones, one the odd ones.

    Each makes int(out / 2) channels, as in the official code, which refuses an odd `out`. The published A (190 filters)
    and C (228) have it near the stem: the channel that is missing there is zero.
    """

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.even, self.odd = (nn.Conv2d(channels, out // 2, 1, 2, bias=False) for _ in range(2))
        self.norm = nn.BatchNorm2d(out, **NORM)

    def forward(self, x: Tensor) -> Tensor:
        halves = torch.cat([self.even(x), self.odd(F.pad(x[..., 1:, 1:], (0, 1, 0, 1)))], dim=1)
        missing = self.norm.num_features - halves.shape[1]
        return self.norm(F.pad(halves, (0, 0, 0, 0, 0, missing)) if missing else halves)


def unit(
    channels: int, out: int, stride: int = 1, *, kernel: tuple[int, int] = (1, 1), depthwise: bool = False
) -> nn.Sequential:
    """ReLU, a convolution (or a depthwise and a pointwise one) and batch norm; 1x7 strides along its 7 alone."""
    strides = tuple(stride if side == max(kernel) else 1 for side in kernel)
    if depthwise:
        steps = [Convolution(channels, channels, kernel, strides, groups=channels), Convolution(channels, out)]
    else:
        steps = [Convolution(channels, out, kernel, strides)]
    return nn.Sequential(nn.ReLU(), *steps, nn.BatchNorm2d(out, **NORM))


def identity(channels: int, out: int, stride: int) -> nn.Module:
    return nn.Identity() if (channels, stride) == (out, 1) else unit(channels, out, stride)


def bottleneck(*kernels: tuple[int, int]) -> Operation:
    """With a quarter of the channels in the middle."""

    def make(channels: int, out: int, stride: int) -> nn.Module:
        narrow = out // 4
        middle = [unit(narrow, narrow, stride, kernel=kernel) for kernel in kernels]
        return nn.Sequential(unit(channels, narrow), *middle, unit(narrow, out))

    return make


def separable(side: int) -> Operation:
    """Two pairs of depthwise and pointwise; the first has the stride."""

    def make(channels: int, out: int, stride: int) -> nn.Module:
        shape = {"kernel": (side, side), "depthwise": True}
        return nn.Sequential(unit(channels, out, stride, **shape), unit(out, out, **shape))

    return make


def pool(kind: str, side: int) -> Operation:
    def make(channels: int, out: int, stride: int) -> nn.Module:
        pooled = Pool(kind, side, stride)
        if channels == out:
            return pooled
        return nn.Sequential(pooled, Convolution(channels, out), nn.BatchNorm2d(out, **NORM))

    return make


OPERATIONS: dict[str, Operation] = {
    "none": identity,
    "1x1": unit,
    "3x3": bottleneck((3, 3)),
    "1x7_7x1": bottleneck((1, 7), (7, 1)),
    "separable_3x3_2": separable(3),
    "separable_5x5_2": separable(5),
    "separable_7x7_2": separable(7),
    "dil_2_separable_5x5_2": separable(5),  # the official code reads the name without the dilation
    "avg_pool_3x3": pool("avg", 3),
    "max_pool_2x2": pool("max", 2),
    "max_pool_3x3": pool("max", 3),
}


class Addition(nn.Module):
    """One row of a cell: the sum of two operations' results on two earlier states."""

    def __init__(self, row: tables.Row, widths: list[int], filters: int, stride: int) -> None:
        super().__init__()
        self.inputs = (row["left_input"], row["right_input"])
        self.left, self.right = (
            OPERATIONS[row[f"{side}_op"]](widths[state], filters, stride if state < 2 else 1)
            for side, state in zip(("left", "right"), self.inputs, strict=True)
        )

    def forward(self, states: list[Tensor]) -> Tensor:
        left, right = (states[state] for state in self.inputs)
        return self.left(left) + self.right(right)


class Cell(nn.Module):
    """(last cell's output, that of the one before) -> its own states, concatenated. Stride 2: a reduction cell."""

    def __init__(
        self, rows: list[tables.Row], channels: int, filters: int, *, stride: int, before: int, before_is_larger: bool
    ) -> None:
        """`channels` of the last cell, `before` of the one before it: 0 where there is none, and the last serves."""
        super().__init__()
        self.fit, self.fit_before = unit(channels, filters), _fit_before(before, filters, before_is_larger)
        widths = [filters, filters if before else channels] + [filters] * len(rows)
        self.additions = nn.ModuleList(Addition(row, widths, filters, stride) for row in rows if row["left_op"])
        self.output = [row["state"] for row in rows if row["concatenated"]]
        self.out_channels = filters * len(self.output)
        self.shrink = nn.ModuleList(
            FactorizedReduction(widths[state], filters) if stride == 2 and state < 2 else nn.Identity()
            for state in self.output
        )

    def forward(self, last: Tensor, before: Tensor) -> Tensor:
        states = [self.fit(last), self.fit_before(before)]
        for addition in self.additions:
            states.append(addition(states))
        return torch.cat([shrink(states[k]) for shrink, k in zip(self.shrink, self.output, strict=True)], dim=1)


def _fit_before(channels: int, filters: int, is_larger: bool) -> nn.Module:
    if is_larger:
        return nn.Sequential(nn.ReLU(), FactorizedReduction(channels, filters))
    return unit(channels, filters) if channels not in (0, filters) else nn.Identity()


class AmoebaNet(nn.Module):
    """Stem, two reduction cells, three stacks of normal cells with a reduction cell between them, classifier."""

    def __init__(self, name: str, layers: int, filters: int, classes: int) -> None:
        super().__init__()
        rows = [row for row in tables.table("amoebanet_cells") if row["cell"] == name]
        kinds = {stride: [row for row in rows if row["kind"] == kind] for stride, kind in KIND_OF_STRIDE.items()}
        self.stem = nn.Sequential(nn.Conv2d(3, STEM_CHANNELS, 3, 2, bias=False), nn.BatchNorm2d(STEM_CHANNELS, **NORM))
        self.cells = nn.ModuleList()
        channels, before, halved = STEM_CHANNELS, 0, False
        for width, stride in _plan(layers, filters):
            cell = Cell(kinds[stride], channels, width, stride=stride, before=before, before_is_larger=halved)
            self.cells.append(cell)
            before, channels, halved = channels, cell.out_channels, stride == 2
        self.head = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(DROPOUT))
        self.classifier = nn.Linear(channels, classes)

    def features(self, x: Tensor) -> Tensor:
        """The last cell's output, a thirty-second of the picture's size."""
        before = last = self.stem(x)
        for cell in self.cells:
            before, last = last, cell(last, before)
        return last

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.head(self.features(x)))


def _plan(layers: int, filters: int) -> list[tuple[int, int]]:
    """(filters, stride) of every cell in the order in which they run."""
    stack = [1] * (layers // 3)
    stacks = ((filters, stack), (2 * filters, [2, *stack]), (4 * filters, [2, *stack]))
    return [(filters // 4, 2), (filters // 2, 2), *((width, stride) for width, strides in stacks for stride in strides)]
