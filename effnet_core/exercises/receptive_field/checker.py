"""receptive_field against a measurement: which input pixels have a gradient."""

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from ..checking import Answer, same_results

STACKS = 25
Layers = Sequence[tuple[int, int]]


def measured(layers: Layers) -> tuple[int, int]:
    """Two neighbouring values of a stack of ones, and the input pixels that change each."""
    needed = 2  # pixels for two values, from the last layer back to the first
    for kernel, stride in reversed(layers):
        needed = (needed - 1) * stride + kernel
    x = torch.ones(1, 1, needed, dtype=torch.float64, requires_grad=True)
    y = x
    for kernel, stride in layers:
        y = F.conv1d(y, torch.ones(1, 1, kernel, dtype=torch.float64), stride=stride)
    starts, fields = [], []
    for value in y.flatten():
        [gradient] = torch.autograd.grad(value, x, retain_graph=True)
        seen = gradient.flatten().nonzero().flatten()
        starts.append(int(seen[0]))
        fields.append(int(seen[-1] - seen[0]) + 1)
    return fields[0], starts[1] - starts[0]


def walked(
    layers: Layers, *, own_stride: bool = False, whole_kernel: bool = False, strides: bool = True
) -> tuple[int, int]:
    """The rule itself, or with a mistake."""
    field, jump = 1, 1
    for kernel, stride in layers:
        step = jump * stride if own_stride else jump
        field += (kernel if whole_kernel else kernel - 1) * (step if strides else 1)
        jump *= stride
    return field, jump


MISTAKES = {
    "A layer's own stride acts on the layers after it: enlarge the field before the jump.": lambda layers: walked(
        layers, own_stride=True
    ),
    "A kernel of k adds k - 1 steps: one of its pixels was in the field already.": lambda layers: walked(
        layers, whole_kernel=True
    ),
    "Behind a stride, one step of a map is several input pixels: multiply by the jump.": lambda layers: walked(
        layers, strides=False
    ),
    "The layers are in the order in which they run, the first one first.": lambda layers: walked(layers[::-1]),
    "The jump is the product of all strides, not their sum.": lambda layers: (
        walked(layers)[0],
        1 + sum(stride for _, stride in layers),
    ),
}


def check(answer: Answer):
    choose, stacks = answer.draw.choice, [((),)]
    for length in range(1, STACKS):
        layers = [(choose((1, 3, 5, 7)), choose((1, 1, 2, 3))) for _ in range(1 + length % 6)]
        stacks.append((tuple((max(kernel, stride), stride) for kernel, stride in layers),))
    mine = answer.get("receptive_field")
    same_results("receptive_field", mine, measured, stacks, MISTAKES, parts=("a receptive field of", "a jump of"))
    yield f"`receptive_field` agrees with gradients on {STACKS} random stacks."
