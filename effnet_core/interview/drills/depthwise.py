"""Drills on depthwise and grouped convolutions."""

from __future__ import annotations

import math
from random import Random

from ...cost import SE_ROLES, block_layers, total
from ...published import tables
from ...units import FLOAT32_BYTES, number, percent
from .kind import Task, draw_block, kind

CHANNELS = (16, 32, 64, 128, 256)


def _side(random: Random, level: int) -> int:
    return random.choice((7, 14, 28, 56, 112)) if level == 1 else random.randint(5, 60)


def _channels(random: Random, level: int) -> int:
    return random.choice(CHANNELS) if level < 3 else 8 * random.randint(2, 40)


@kind("depthwise", "×", 0.01)
def separable_saving(random: Random, level: int) -> Task:
    """How many times cheaper a depthwise separable convolution is than an ordinary one, or what it takes for that."""
    if level == 3:
        return _channels_for_a_saving(random)
    kernel = 3 if level == 1 else random.choice((3, 5, 7))
    channels, out, side = _channels(random, level), _channels(random, level), _side(random, level)
    ordinary = channels * out * kernel**2
    separable = channels * kernel**2 + channels * out
    return Task(
        f"An ordinary {kernel}x{kernel} convolution, {channels} -> {out} channels at {side} px, stride 1, is replaced "
        "by a depthwise one followed by a 1x1 convolution. How many times fewer multiply-accumulates is that?",
        ordinary / separable,
        (
            f"ordinary, for one position: {channels} · {out} · {kernel}² = {ordinary:,}",
            f"separable: {channels} · {kernel}² + {channels} · {out} = {separable:,}",
            f"the ratio is 1 / (1/{out} + 1/{kernel}²): positions cancel",
        ),
        {"in_channels": channels, "out_channels": out, "kernel": kernel, "size": side},
    )


def _channels_for_a_saving(random: Random) -> Task:
    kernel = random.choice((3, 5))
    saving = random.randint(kernel**2 // 2, kernel**2 - 1)
    least = -(-saving * kernel**2 // (kernel**2 - saving))
    return Task(
        f"An ordinary {kernel}x{kernel} convolution is replaced by a depthwise one followed by a 1x1 convolution. How "
        f"many output channels must it have at least, so that this takes {saving} times fewer multiply-accumulates?",
        least,
        (
            f"the ratio is 1 / (1/N + 1/{kernel}²) with N output channels: input channels and positions cancel",
            f"1/N <= 1/{saving} - 1/{kernel}², so N >= {saving} · {kernel}² / ({kernel}² - {saving}) = "
            f"{number(saving * kernel**2 / (kernel**2 - saving))}",
            f"more than {kernel}² times is never saved",
        ),
        {"kernel": kernel, "saving": saving},
        "channels",
        0.0,
    )


@kind("depthwise", "weights")
def grouped_weights(random: Random, level: int) -> Task:
    """Weights of a convolution in groups, or the groups that a number of weights implies."""
    kernel, channels = random.choice((3, 5)), _channels(random, level)
    groups = channels if level == 1 else random.choice((1, 2, 4, 8, channels))
    out = channels if groups == channels else channels * random.choice((1, 2))
    each = channels // groups
    if level == 3:
        weights = out * each * kernel**2
        return Task(
            f"A {kernel}x{kernel} convolution without bias has {channels} channels in, {out} out and {weights:,} "
            "weights. How many groups has it?",
            groups,
            (
                f"ungrouped it would have {channels} · {out} · {kernel}² = {channels * out * kernel**2:,} weights",
                f"{groups} group{'s' * (groups > 1)} leave one weight of {groups}: each output channel sees {each} "
                f"input channel{'s' * (each > 1)}",
            ),
            {"in_channels": channels, "out_channels": out, "kernel": kernel, "weights": weights},
            "groups",
            0.0,
        )
    return Task(
        f"A {kernel}x{kernel} convolution without bias, {channels} -> {out} channels, in {groups} "
        f"group{'s' * (groups > 1)}: how many weights?",
        out * each * kernel**2,
        (
            f"each output channel sees {channels} / {groups} = {each} input channel{'s' * (each > 1)}",
            f"{out} · {each} · {kernel}² = {out * each * kernel**2:,}",
        ),
        {"in_channels": channels, "out_channels": out, "kernel": kernel, "groups": groups},
    )


@kind("depthwise", "%", 0.02)
def larger_kernel(random: Random, level: int) -> Task:
    """What a larger depthwise kernel adds to a block's multiply-accumulates, or three small ones save."""
    if level == 3:
        return _three_small_kernels(random)
    drawn = draw_block(random, level, wide=True)
    small, large = drawn.block._replace(kernel=3), drawn.block._replace(kernel=5 if level == 1 else 7)
    before, after = (total(block_layers(block, drawn.size)).macs for block in (small, large))
    depthwise = next(layer for layer in block_layers(small, drawn.size) if layer.role == "depthwise")
    return Task(
        f"{drawn._replace(block=small)}. By what percentage do its multiply-accumulates grow with a "
        f"{large.kernel}x{large.kernel} kernel instead?",
        100 * (after / before - 1),
        (
            f"3x3: {before:,} MACs, {depthwise.macs:,} of them depthwise",
            f"only the depthwise step grows, by {large.kernel}² / 3²: {after:,} MACs",
            f"{after:,} / {before:,} - 1 = {percent(after / before - 1)}",
        ),
        drawn.given | {"kernel": 3, "new_kernel": large.kernel},
    )


def _three_small_kernels(random: Random) -> Task:
    drawn = draw_block(random, 3, wide=True, stride=1, kernel=7)
    before = total(block_layers(*drawn)).macs
    small, large = (
        next(layer.macs for layer in block_layers(block, drawn.size) if layer.role == "depthwise")
        for block in (drawn.block._replace(kernel=3), drawn.block)
    )
    after = before - large + 3 * small
    return Task(
        f"{drawn}. Three 3x3 depthwise convolutions after one another see as far as its 7x7. By what percentage do its "
        "multiply-accumulates fall if they take its place?",
        100 * (1 - after / before),
        (
            f"depthwise: {large:,} before, 3 · {small:,} = {3 * small:,} after: 27 products a value instead of 49",
            f"the block: {before:,} before, {after:,} after",
            "little, since 1x1 convolutions dominate; each further layer must also write and read the wide tensor",
        ),
        drawn.given,
    )


@kind("depthwise", "×", 0.01)
def wider_block(random: Random, level: int) -> Task:
    """What multiplying a block's channels does to its convolutions: less than the square; what it costs in pixels."""
    drawn = draw_block(random, level, wide=True, **({"stride": 1} if level == 3 else {}))
    factor = 2 if level == 1 else random.choice((2, 3, 4))
    block = drawn.block
    wide = block._replace(
        in_channels=factor * block.in_channels,
        expanded_channels=factor * block.expanded_channels,
        out_channels=factor * block.out_channels,
    )
    old, new = (
        {layer.role: layer.macs for layer in block_layers(one, drawn.size) if layer.role not in SE_ROLES}
        for one in (block, wide)
    )
    if level == 3:
        growth = sum(new.values()) / sum(old.values())
        return Task(
            f"{drawn}: all its channels are multiplied by {factor}. How wide may its map be, unrounded, if its three "
            "convolutions are to cost as many multiply-accumulates as before (SE left out)?",
            drawn.size / math.sqrt(growth),
            (
                *(f"{role}: {old[role]:,} -> {new[role]:,}" for role in old),
                f"together × {number(growth)}, and positions are a side squared: {drawn.size} / √{number(growth)}",
                f"nearly {drawn.size} / {factor}: twice as wide costs about what twice the resolution does",
            ),
            drawn.given | {"factor": factor, "wanted": "side"},
            "px",
            0.01,
        )
    return Task(
        f"{drawn}: all its channels are multiplied by {factor}. By what factor do the multiply-accumulates of its "
        "three convolutions grow (SE left out)?",
        sum(new.values()) / sum(old.values()),
        (
            *(f"{role}: {old[role]:,} -> {new[role]:,}, × {number(new[role] / old[role])}" for role in old),
            f"1x1 convolutions grow with the square of width, the depthwise one with width: together "
            f"× {number(sum(new.values()) / sum(old.values()))}, under {factor}²",
        ),
        drawn.given | {"factor": factor},
    )


def _side_of_balance(intensity: float) -> str:
    """What sets the pace on a GPU that can do so many multiply-accumulates for each float32 value that it moves."""
    [card] = tables.table("accelerators")
    balance = card["fp32_tflops"] / 2 * 1e12 / (card["memory_gb_s"] * 1e9 / FLOAT32_BYTES)
    side = f"an {card['accelerator'].removeprefix('NVIDIA ')} balances at {number(balance)} in float32, so here "
    return side + ("arithmetic sets the pace" if intensity > balance else "memory sets the pace")


@kind("depthwise", "MACs per value", 0.02)
def arithmetic_intensity(random: Random, level: int) -> Task:
    """Arithmetic of a convolution for each value that it moves: why depthwise ones wait for memory."""
    depthwise = random.random() < 0.5
    kernel = random.choice((3, 5)) if depthwise else 1
    channels, side = _channels(random, level), _side(random, level)
    out = channels if depthwise or level == 1 else _channels(random, level)
    weights = channels * kernel**2 if depthwise else channels * out
    macs, moved = weights * side**2, (channels + out) * side**2 + weights
    convolution = f"A 1x1 convolution, {channels} -> {out} channels,"
    if depthwise:
        convolution = f"A {kernel}x{kernel} depthwise convolution of {channels} channels"
    given = {"in_channels": channels, "out_channels": out, "kernel": kernel, "size": side}
    given |= {"groups": channels if depthwise else 1}
    if level == 3:
        most = weights / (channels + out)
        return Task(
            f"{convolution} at {side} px, stride 1. Input and output of every picture are moved once, its weights once "
            "for the whole batch. Which number of multiply-accumulates a moved value does it come near as the batch "
            "grows?",
            most,
            (
                "weights no longer count, and positions and pictures cancel: weights / (channels in + channels out)",
                f"{weights:,} / ({channels} + {out}) = {number(most)}; {_side_of_balance(most)}",
                "a depthwise convolution stays at kernel² / 2 however large the batch",
            ),
            given | {"batch": "many"},
        )
    return Task(
        f"{convolution} at {side} px, stride 1, batch 1. How many multiply-accumulates does it do for each value that "
        "it reads or writes, if input, weights and output are each moved once?",
        macs / moved,
        (
            f"MACs: {weights:,} weights · {side}² positions = {macs:,}",
            f"values moved: {channels} · {side}² in + {out} · {side}² out + {weights:,} weights = {moved:,}",
            f"{number(macs / moved)} per value; {_side_of_balance(macs / moved)}",
        ),
        given,
    )
