"""Commands on compound scaling: scale. No torch."""

from __future__ import annotations

import argparse
import json

from ..architecture import ALPHA, BETA, GAMMA, Architecture, compound, released
from ..cost import layers_of, total
from .tables import print_table

LAYER_KEYS = (
    *("name", "role", "in_channels", "out_channels", "kernel", "stride", "groups", "size"),
    *("params", "macs", "activations"),
)


def add_commands(command) -> None:
    scaling = command(scale)
    size = scaling.add_mutually_exclusive_group(required=True)
    size.add_argument("--phi", type=float, help="formula: compound coefficient, -3 to 8")
    size.add_argument("--released", metavar="b0..b7", help="a family member as published")
    for letter, value in (("alpha", ALPHA), ("beta", BETA), ("gamma", GAMMA)):
        scaling.add_argument(f"--{letter}", type=float, default=value, help=f"1 to 2 (default {value}, the paper's)")
    scaling.add_argument("--resolution", type=int, help="px, instead of the network's own")
    scaling.add_argument("--classes", type=int, default=1000)


def scale(options: argparse.Namespace) -> int:
    """Depth, width, resolution and cost of a scaled network, and each of its layers."""
    if options.released is not None:
        architecture = released(options.released)
    else:
        architecture = compound(options.phi, alpha=options.alpha, beta=options.beta, gamma=options.gamma)
    architecture = architecture.at(resolution=options.resolution, classes=options.classes)
    answer = scale_answer(architecture)
    if options.json:
        print(json.dumps(answer))
        return 0
    print(f"{architecture.name}: depth x{answer['depth']:.4g}, width x{answer['width']:.4g}, {answer['resolution']} px")
    print(f"{answer['blocks']} blocks, {answer['params']:,} parameters, {answer['macs']:,} MACs (FLOPs = 2 x MACs)\n")
    print_table(LAYER_KEYS, [[layer[key] for key in LAYER_KEYS] for layer in answer["layers"]])
    return 0


def scale_answer(architecture: Architecture) -> dict:
    layers = layers_of(architecture)
    cost = total(layers)
    return {
        "depth": architecture.depth,
        "width": architecture.width,
        "resolution": architecture.resolution,
        "blocks": len(architecture.blocks),
        "params": cost.params,
        "macs": cost.macs,
        "flops": cost.flops,
        "layers": [{key: getattr(layer, key) for key in LAYER_KEYS} for layer in layers],
    }
