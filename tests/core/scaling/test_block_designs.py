"""Blocks as designs, against torchvision's own blocks on the meta device, counted by torch."""

from __future__ import annotations

import re
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from support.inside import META, count, macs, outputs_of
from torch import nn
from torchvision.models.efficientnet import FusedMBConv, FusedMBConvConfig, MBConv, MBConvConfig
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import Bottleneck
from torchvision.ops.misc import SqueezeExcitation

from effnet_core.architecture import Block, released, tiny
from effnet_core.cost import block_layers, total
from effnet_core.networks.builder import make_block
from effnet_core.scaling import block_designs, block_steps, what_if
from effnet_core.scaling.block_designs import Design

NETWORKS = {"b0": released("b0"), "tiny": tiny()}


def distinct() -> list[tuple[str, str]]:
    """Network and block, one of each that has the same numbers."""
    found = {}
    for name, network in NETWORKS.items():
        for block in network.blocks:
            found.setdefault((name, block._replace(name="")), (name, block.name))
    return list(found.values())


PLACES = distinct()
EVERY_BLOCK = pytest.mark.parametrize(("network", "name"), PLACES, ids=lambda value: value.removeprefix("features."))


def placed(network: str, name: str) -> tuple[Block, int]:
    return block_designs.place(NETWORKS[network], name)


def counted(make, channels: int, size: int) -> tuple[int, int, int, tuple[int, ...]]:
    """Parameters, MACs, elements of all convolutions' outputs, and the block's output shape, as torch counts them."""
    with torch.device("meta"):
        block = make()
    outputs, parts = outputs_of(block, META(1, channels, size, size)), dict(block.named_modules())
    elements = sum(output.numel() for path, output in outputs.items() if isinstance(parts[path], nn.Conv2d))
    return count(block), macs(block, channels, size, size), elements, tuple(outputs[""].shape[1:])


def torchvisions(design: Design, block: Block):
    """The maker of torchvision's block that the design stands for. `block`: the settings that it was made of."""
    channels, out, stride = design.in_channels, design.out_channels, block.stride
    settings = (block.expansion, block.kernel, stride, channels, out, 1)
    if design.name == "ResNet bottleneck":
        projection = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        return partial(Bottleneck, channels, out // 4, stride, projection if design.shortcut else None)
    if design.name == "MobileNetV2 block":
        return partial(InvertedResidual, channels, out, stride, block.expansion)
    if design.name == "Fused MBConv":
        return partial(FusedMBConv, FusedMBConvConfig(*settings), 0.0, nn.BatchNorm2d)
    return partial(MBConv, MBConvConfig(*settings), 0.0, nn.BatchNorm2d)


@pytest.mark.parametrize("same_budget", [False, True], ids=["same ends", "same budget"])
@EVERY_BLOCK
def test_the_four_designs_cost_what_torchvisions_blocks_cost(network, name, same_budget):
    block, size = placed(network, name)
    for design in block_designs.side_by_side(block, size, same_budget=same_budget):
        with torch.device("meta"):
            make = torchvisions(design, block)
        last = design.path[-1]
        expected = counted(make, design.in_channels, size)
        assert expected == (*design.cost[:3], (last.out_channels, last.size, last.size)), design.name
        assert design.has_residual == bool(design.kept)
        ends = design.in_channels * size * size, last.activations
        assert design.kept == (ends[design.shortcut is not None] if design.has_residual else 0)


@EVERY_BLOCK
def test_the_same_ends_are_the_blocks_own(network, name):
    block, size = placed(network, name)
    found = block_designs.side_by_side(block, size)
    assert {(design.in_channels, design.out_channels) for design in found} == {(block.in_channels, block.out_channels)}
    assert [design.has_residual for design in found] == [True, *[block.has_residual] * 3]


@EVERY_BLOCK
def test_what_the_page_says_of_the_four_designs(network, name):
    """At the same ends the bottleneck is cheapest and fused dearest; at the same MACs the bottleneck keeps most."""
    block, size = placed(network, name)
    classic, mobile, own, fused = block_designs.side_by_side(block, size)
    assert mobile.cost.params < own.cost.params
    if block.expansion > 1:
        assert classic.cost.macs < own.cost.macs
        assert fused.cost.macs > own.cost.macs
        assert own.widths[1] > own.in_channels
        wide = block_designs.side_by_side(block, size, same_budget=True)[0]
        assert wide.in_channels > 1.5 * block.in_channels
        assert wide.kept > 2 * own.kept


@EVERY_BLOCK
def test_the_peaks_of_memory_are_those_of_the_tensors_that_are_alive(network, name):
    """Whole: each layer of torchvision's block in turn; split: MobileNetV2's own sum, with one channel at a time."""
    block, size = placed(network, name)
    design = block_designs.mbconv(block, size)
    with torch.device("meta"):
        built = make_block(block)
    x = META(1, block.in_channels, size, size)
    outputs = outputs_of(built, x)
    maps = [output for path, output in outputs.items() if re.fullmatch(r"block\.\d\.0", path)]  # the convolutions'
    pairs = list(zip([x, *maps], maps, strict=False))
    alive = [
        before.numel() + after.numel() + (x.numel() if before is not x and block.has_residual else 0)
        for before, after in pairs
    ]
    assert design.peak == max(alive)
    assert design.peak_split == x.numel() + maps[-1].numel() + sum(out[0, 0].numel() for out in maps[:-1])
    assert design.peak_split < design.peak


@EVERY_BLOCK
def test_no_other_width_comes_closer_to_the_budget(network, name):
    block, size = placed(network, name)
    macs = block_designs.mbconv(block, size).cost.macs
    for make in (block_designs.bottleneck, block_designs.mobilenet, block_designs.fused):
        found = block_designs.at_budget(make, block, size, macs)
        step = 8 if block.expansion == 1 and make is not block_designs.bottleneck else 4
        for channels in range(step, 2 * found.in_channels, step):
            out = max(1, round(channels * block.out_channels / block.in_channels / 4)) * 4
            ends = {"in_channels": channels, "out_channels": out, "expanded_channels": channels * block.expansion}
            other = make(block._replace(**ends), size)
            assert abs(other.cost.macs - macs) >= abs(found.cost.macs - macs)


@settings(max_examples=40, deadline=None)
@given(
    place=some.sampled_from(PLACES),
    kernel=some.sampled_from([3, 5, 7]),
    expansion=some.integers(1, 8),
    ratio=some.sampled_from([1 / 16, 1 / 8, 1 / 4, 1 / 2]),
    stride=some.sampled_from([1, 2]),
)
def test_other_settings_cost_what_the_built_block_costs(place, kernel, expansion, ratio, stride):
    block, size = placed(*place)
    changed = what_if.changed(block, kernel=kernel, expansion=expansion, se_ratio=ratio, stride=stride)
    design = block_designs.mbconv(changed, size)
    assert counted(partial(make_block, changed), block.in_channels, size)[:3] == design.cost[:3]
    assert design.has_residual == make_block(changed).use_res_connect
    assert not block_designs.mbconv(changed, size, residual=False).kept


@EVERY_BLOCK
def test_without_se_and_with_a_full_convolution(network, name):
    """Built by hand from the block: SE out, or the depthwise convolution without its groups."""
    block, size = placed(network, name)

    def without_se() -> MBConv:
        made = make_block(block)
        made.block = nn.Sequential(*(part for part in made.block if not isinstance(part, SqueezeExcitation)))
        return made

    def with_full_convolution() -> MBConv:
        made, wide = make_block(block), block.expanded_channels
        made.block[-3][0] = nn.Conv2d(wide, wide, block.kernel, block.stride, block.kernel // 2, bias=False)
        return made

    bare = block_designs.mbconv(what_if.changed(block, se_ratio=0), size)
    assert bare.cost[:3] == counted(without_se, block.in_channels, size)[:3]
    full = block_designs.mbconv(block, size, depthwise=False)
    assert full.cost[:3] == counted(with_full_convolution, block.in_channels, size)[:3]
    assert {layer.stride for layer in full.layers} == {1, block.stride}


@EVERY_BLOCK
def test_nothing_changed_is_the_block_itself(network, name):
    block, size = placed(network, name)
    assert what_if.changed(block) == block
    assert block_designs.mbconv(block, size).layers == tuple(block_layers(block, size))


@EVERY_BLOCK
def test_depthwise_saves_by_the_formula(network, name):
    block, size = placed(network, name)
    saved = what_if.separable(block, size)
    assert saved.separable / saved.full == pytest.approx(saved.ratio, rel=1e-12)
    kernel = (block.kernel, block.stride, block.kernel // 2)
    full = partial(nn.Conv2d, block.expanded_channels, block.out_channels, *kernel, bias=False)
    assert saved.full == counted(full, block.expanded_channels, size)[1]


@EVERY_BLOCK
def test_steps_add_up_to_the_block(network, name):
    block, size = placed(network, name)
    steps = {step.name: step for step in block_steps.steps_of(block, size)}
    assert list(steps) == ["input", "expand", "depthwise", "gated", "project", "output"]
    layers = [layer for step in steps.values() for layer in step.layers]
    assert layers == block_layers(block, size)
    assert sum(step.cost.params for step in steps.values()) == total(layers).params
    assert bool(steps["expand"].missing) == (block.expansion == 1)
    assert bool(steps["output"].missing) == (not block.has_residual)
    assert not any(steps[name].missing for name in ("input", "depthwise", "gated", "project"))
    assert steps["input"].elements == block.in_channels * size**2
    assert steps["output"].elements == layers[-1].activations


def test_a_missing_residual_says_which_of_the_two_reasons_holds():
    block, size = placed("b0", "features.2.1")
    reasons = {
        "shrinks the map": block._replace(stride=2),
        "go out": block._replace(out_channels=40),
    }
    for words, changed in reasons.items():
        said = block_steps.steps_of(changed, size)[-1].missing
        assert [other in said for other in reasons] == [other == words for other in reasons]


@EVERY_BLOCK
def test_formulas_are_right_as_they_are_written(network, name):
    for layer in block_layers(*placed(network, name)):
        for formula, expected in (
            (block_steps.params_formula(layer), layer.params),
            (block_steps.compute_formula(layer), layer.macs),
            (block_steps.compute_formula(layer, 2), 2 * layer.macs),
        ):
            left, _, right = formula.partition(" = ")
            assert eval(left.replace("×", "*")) == int(right.replace(",", "")) == expected


def test_an_unknown_block_is_refused():
    with pytest.raises(ValueError, match=r"features\.1\.0"):
        block_designs.place(NETWORKS["b0"], "features.0")
