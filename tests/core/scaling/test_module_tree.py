"""The module tree on the screen against torchvision's own network, and the lines of code against what they print."""

from __future__ import annotations

import contextlib
import io
from functools import partial

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import WeightsEnum

from effnet_core.architecture import Architecture, released, tiny
from effnet_core.cost import cost_of
from effnet_core.networks import weights
from effnet_core.networks.builder import build
from effnet_core.scaling import block_designs, module_tree


def remember(shapes: dict, path: str, _module, _inputs, out) -> None:
    shapes[path] = tuple(out.shape[1:])


@pytest.mark.parametrize("architecture", [tiny(), released("b0"), released("b4")], ids=lambda one: one.name)
def test_every_row_is_a_module_of_the_network(architecture: Architecture):
    rows = module_tree.modules_of(architecture)
    inner = [
        row
        for block in architecture.blocks
        for row in module_tree.inside(*block_designs.place(architecture, block.name))
    ]
    shapes = {}
    with torch.device("meta"):
        network = build(architecture).eval()
        for row in (*rows, *inner):
            network.get_submodule(row.path).register_forward_hook(partial(remember, shapes, row.path))
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, architecture.resolution, architecture.resolution))
    flops = {name.removeprefix("EfficientNet."): sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    for row in (*rows, *inner):
        module = network.get_submodule(row.path)
        assert type(module).__name__ == row.kind
        assert sum(parameter.numel() for parameter in module.parameters()) == row.params
        assert flops.get(row.path, 0) == 2 * row.macs
        assert shapes[row.path] == row.shape
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


def printed(code: str) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().splitlines()


def expected(architecture: Architecture, path: str) -> list[str]:
    rows = module_tree.modules_of(architecture)
    [row] = [row for row in rows if row.path == path]
    return [f"{row.kind} {row.params}", str(sum(one.params for one in rows))]


@pytest.mark.parametrize("path", ["features.1.0", "features.6.2", "features.8"])
def test_the_code_for_the_offline_model_prints_what_is_shown(path):
    model = weights.load("tiny")
    assert printed(module_tree.loading_code("tiny", model.weights, path)) == expected(model.architecture, path)


@pytest.mark.parametrize(
    ("said", "asked"),
    [("ImageNet (IMAGENET1K_V2, torchvision)", "IMAGENET1K_V2"), ("something else", "DEFAULT")],
)
def test_the_code_for_torchvisions_weights_prints_what_is_shown(monkeypatch, said, asked):
    """With random weights in the place of the file that torchvision would fetch."""
    wanted = []

    def random_weights(self, *_, **__):
        wanted.append(self)
        return build(released("b1")).state_dict()

    monkeypatch.setattr(WeightsEnum, "get_state_dict", random_weights)
    code = module_tree.loading_code("efficientnet_b1", said, "features.2.1")
    assert printed(code) == expected(released("b1"), "features.2.1")
    assert wanted == [getattr(type(wanted[0]), asked)]


def test_the_code_for_an_own_checkpoint_prints_what_is_shown(monkeypatch, tmp_path):
    from safetensors.torch import save_file

    architecture = released("b0", classes=3)
    save_file(build(architecture).state_dict(), tmp_path / "it's mine.safetensors")
    monkeypatch.chdir(tmp_path)
    code = module_tree.loading_code("efficientnet_b0", "own checkpoint it's mine.safetensors", "features.2.1")
    assert printed(code) == expected(architecture, "features.2.1")
