"""torchvision's module tree of a network beside the stage names of the paper's Table 1. Pure Python."""

from __future__ import annotations

from typing import NamedTuple

from ..architecture import Architecture, Block
from ..cost import Layer, block_layers, layers_of, total


class Module(NamedTuple):
    """One module of torchvision's network. `shape`: of its output without the batch; `block`: it is an MBConv."""

    path: str
    kind: str
    stage: int
    operator: str
    shape: tuple[int, ...]
    params: int
    macs: int
    block: bool = False


def modules_of(architecture: Architecture) -> list[Module]:
    """Stem, every MBConv, head, pooling and classifier, in the order in which they run."""
    layers = layers_of(architecture)
    stem, head, classifier = layers[0], layers[-2], layers[-1]
    return [
        _module("features.0", "Conv2dNormActivation", f"Conv{stem.kernel}x{stem.kernel}", [stem]),
        *(_mbconv(block, layers) for block in architecture.blocks),
        _module(head.name.removesuffix(".0"), "Conv2dNormActivation", f"Conv{head.kernel}x{head.kernel}", [head]),
        Module("avgpool", "AdaptiveAvgPool2d", classifier.stage, "Pooling", (head.out_channels, 1, 1), 0, 0),
        _module("classifier", "Sequential", "FC", [classifier])._replace(shape=(classifier.out_channels,)),
    ]


def inside(block: Block, size: int) -> list[Module]:
    """The parts of an MBConv: torchvision numbers its parts, with or without expand, and counts SE as one."""
    *wide, squeeze, excite, project = block_layers(block, size)
    *_, depthwise = units = [_unit(layer) for layer in wide]
    se = _module(squeeze.name.rpartition(".")[0], "SqueezeExcitation", "SE", [squeeze, excite])
    return [*units, se._replace(shape=depthwise.shape), _unit(project)]


def _unit(layer: Layer) -> Module:
    operator = f"{layer.role} {layer.kernel}x{layer.kernel}"
    return _module(layer.name.removesuffix(".0"), "Conv2dNormActivation", operator, [layer])


def _mbconv(block: Block, layers: list[Layer]) -> Module:
    own = [layer for layer in layers if layer.name.startswith(f"{block.name}.")]
    operator = f"MBConv{block.expansion}, k{block.kernel}x{block.kernel}"
    return _module(block.name, "MBConv", operator, own)._replace(block=True)


def _module(path: str, kind: str, operator: str, layers: list[Layer]) -> Module:
    last, cost = layers[-1], total(layers)
    shape = (last.out_channels, last.size, last.size)
    return Module(path, kind, last.stage, operator, shape, cost.params, cost.macs)
