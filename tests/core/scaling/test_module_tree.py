"""The module tree on the screen against torchvision's own network."""

from __future__ import annotations

import pytest
import torch
from support.inside import META, count, outputs_of
from torch.utils.flop_counter import FlopCounterMode

from effnet_core.architecture import Architecture, released, tiny
from effnet_core.cost import cost_of
from effnet_core.networks.builder import build
from effnet_core.scaling import block_designs, module_tree


@pytest.mark.parametrize("architecture", [tiny(), released("b0"), released("b4")], ids=lambda one: one.name)
def test_every_row_is_a_module_of_the_network(architecture: Architecture):
    rows = module_tree.modules_of(architecture)
    inner = [
        row
        for block in architecture.blocks
        for row in module_tree.inside(*block_designs.place(architecture, block.name))
    ]
    with torch.device("meta"):
        network = build(architecture)
    with FlopCounterMode(display=False) as counter:
        outputs = outputs_of(network, META(1, 3, architecture.resolution, architecture.resolution))
    flops = {name.removeprefix("EfficientNet."): sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    for row in (*rows, *inner):
        module = network.get_submodule(row.path)
        assert type(module).__name__ == row.kind
        assert count(module) == row.params
        assert flops.get(row.path, 0) == 2 * row.macs
        assert tuple(outputs[row.path].shape[1:]) == row.shape
    assert [row.path for row in rows if row.block] == [block.name for block in architecture.blocks]
    cost = cost_of(architecture)
    assert (sum(row.params for row in rows), sum(row.macs for row in rows)) == cost[:2]


def test_stages_are_the_papers():
    """Table 1: operators and numbers of layers, stage by stage (pooling and FC share the last row)."""
    rows = module_tree.modules_of(released("b0"))
    published = {
        1: ("Conv3x3", 1),
        2: ("MBConv1, k3x3", 1),
        3: ("MBConv6, k3x3", 2),
        4: ("MBConv6, k5x5", 2),
        5: ("MBConv6, k3x3", 3),
        6: ("MBConv6, k5x5", 3),
        7: ("MBConv6, k5x5", 4),
        8: ("MBConv6, k3x3", 1),
    }
    for stage, (operator, layers) in published.items():
        assert [row.operator for row in rows if row.stage == stage] == [operator] * layers
    assert [row.operator for row in rows if row.stage == 9] == ["Conv1x1", "Pooling", "FC"]
