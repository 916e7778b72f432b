"""What a block does step by step, with formulas of parameters and compute for each step."""

from __future__ import annotations

from typing import NamedTuple

from ..architecture import Block, strided
from ..cost import Cost, Layer, block_layers, total


class Step(NamedTuple):
    """One step of an MBConv: its name in BlockTrace.steps, the layers it runs, and the maps that it leaves."""

    name: str
    title: str
    role: str
    layers: tuple[Layer, ...]
    channels: int
    size: int
    missing: str = ""  # why this block does not have this step

    @property
    def elements(self) -> int:
        return self.channels * self.size**2

    @property
    def cost(self) -> Cost:
        return total(list(self.layers)) if self.layers else Cost(0, 0, 0)


def steps_of(block: Block, size: int) -> tuple[Step, ...]:
    """Input, expand, depthwise, squeeze-and-excite, project and residual; a step that is missing says why."""
    rows = {row.role: row for row in block_layers(block, size)}
    wide, out, after, kernel = block.expanded_channels, block.out_channels, strided(size, block.stride), block.kernel
    no_expand = "" if "expand" in rows else "No expand: expansion is 1, so depthwise works on the input itself."
    expand = () if no_expand else (rows["expand"],)
    return (
        Step("input", "Input", "stem", (), block.in_channels, size),
        Step("expand", "Expand 1×1", "expand", expand, wide, size, no_expand),
        Step("depthwise", f"Depthwise {kernel}×{kernel}", "depthwise", (rows["depthwise"],), wide, after),
        Step("gated", "Squeeze, excite", "squeeze", (rows["squeeze"], rows["excite"]), wide, after),
        Step("project", "Project 1×1", "project", (rows["project"],), out, after),
        Step("output", "Residual", "residual", (), out, after, _no_residual(block)),
    )


def _no_residual(block: Block) -> str:
    if block.has_residual:
        return ""
    reasons = [f"{block.in_channels} channels come in, {block.out_channels} go out"] * (
        block.in_channels != block.out_channels
    ) + [f"stride {block.stride} shrinks the map"] * (block.stride > 1)
    return f"No residual: {' and '.join(reasons)}, so input and output can't be added."


def params_formula(layer: Layer) -> str:
    """Where the parameters come from, with this layer's numbers: "24 × 144 + 2 × 144 = 3,744"."""
    added = f"2 × {layer.batch_norm // 2}" if layer.batch_norm else f"{layer.biases}"
    return f"{_product(layer)} + {added} = {layer.params:,}"


def compute_formula(layer: Layer, factor: int = 1) -> str:
    """The same for multiply-accumulates, or with factor 2 for FLOPs: the weights, once for each output position."""
    positions = f" × {layer.size} × {layer.size}" if layer.size > 1 else ""
    return f"{'2 × ' * (factor == 2)}{_product(layer)}{positions} = {factor * layer.macs:,}"


def _product(layer: Layer) -> str:
    sides = [layer.kernel] * 2 if layer.kernel > 1 else []
    channels = [layer.out_channels] if layer.groups > 1 else [layer.in_channels, layer.out_channels]
    return " × ".join(str(number) for number in [*sides, *channels])
