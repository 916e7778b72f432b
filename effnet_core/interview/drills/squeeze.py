"""Drills on squeeze-and-excitation: its width, its parameters, its share, its gate."""

from __future__ import annotations

import math
from random import Random

from ...cost import SE_ROLES, block_layers, total
from ...units import number, percent
from .kind import MEMBERS, SE_RATIO, Task, draw_block, kind, network_layers, params_line

SENET_REDUCTION = 16  # Hu et al. 2018, Sec. 6.1


@kind("se", "channels")
def squeeze_width(random: Random, level: int) -> Task:
    """Channels between the two layers of a block's SE, as in EfficientNet or as in SENet."""
    drawn = draw_block(random, level, wide=level == 3)
    block = drawn.block
    if level == 3:
        return Task(
            f"{drawn.without_se}. SENet's SE divides the channels that it gates by {SENET_REDUCTION}; EfficientNet's "
            f"takes {SE_RATIO:g} of the block's input. How many channels would the vector between SE's two layers have "
            "with SENet's rule?",
            block.expanded_channels // SENET_REDUCTION,
            (
                f"SE gates the expanded channels: {block.in_channels} · {block.expansion} = {block.expanded_channels}",
                f"{block.expanded_channels} / {SENET_REDUCTION}, whole part; EfficientNet's rule gives "
                f"{block.squeeze_channels}",
            ),
            drawn.given | {"reduction": SENET_REDUCTION},
        )
    return Task(
        f"{drawn}: how many channels does the vector between SE's two layers have?",
        block.squeeze_channels,
        (
            f"the ratio applies to the block's input, not to the {block.expanded_channels} channels that it gates",
            f"{block.in_channels} · {SE_RATIO:g} = {block.in_channels * SE_RATIO:g}, whole part, at least 1",
        ),
        drawn.given,
    )


@kind("se", "parameters")
def se_params(random: Random, level: int) -> Task:
    """Parameters of a block's SE, biases included, or the width that they imply."""
    drawn = draw_block(random, level)
    layers = [layer for layer in block_layers(*drawn) if layer.role in SE_ROLES]
    if level == 3:
        params, wide = total(layers).params, drawn.block.expanded_channels
        return Task(
            f"The squeeze-and-excitation of {wide} channels has {params:,} parameters, biases included. How many "
            "channels does the vector between its two layers have?",
            drawn.block.squeeze_channels,
            (
                f"with S inside: {wide} · S + S in the first layer, S · {wide} + {wide} in the second",
                f"S = ({params:,} - {wide}) / (2 · {wide} + 1) = {drawn.block.squeeze_channels}",
            ),
            {"channels": wide, "params": params},
            "channels",
            0.0,
        )
    return Task(
        f"{drawn}: how many parameters does its squeeze-and-excitation have, biases included?",
        total(layers).params,
        (*map(params_line, layers), f"together {total(layers).params:,}"),
        drawn.given,
    )


@kind("se", "%", factor=2)
def se_share(random: Random, level: int) -> Task:
    """About which share of a network or a block is squeeze-and-excitation, in the head."""
    if level == 1:
        member, what = random.choice(MEMBERS), random.choice(("params", "macs"))
        words = {"params": "parameters", "macs": "multiply-accumulates"}[what]
        layers, given = network_layers(member), {"member": member, "what": what}
        asked = f"About what percentage of EfficientNet-{member.upper()}'s {words} is in squeeze-and-excitation?"
        how = "its layers see one vector and not a map: expensive in parameters, almost free in compute"
    else:
        drawn, what = draw_block(random, 1, wide=True), "params"
        block, quarter = drawn.block, drawn.block.expanded_channels // 4
        given = drawn.given | {"squeeze": block.squeeze_channels if level == 2 else quarter}
        layers = block_layers(block._replace(squeeze_channels=given["squeeze"]), drawn.size)
        asks = "is in SE"
        if level == 3:
            asks = "would be in SE if it squeezed a quarter of the expanded channels and not of the input's"
        asked = f"{drawn}. About what percentage of its parameters {asks}?"
        how = f"SE: 2 · {block.expanded_channels} · {given['squeeze']}; the 1x1 convolutions: "
        how += f"{block.expanded_channels} · ({block.in_channels} + {block.out_channels})"
    part = getattr(total([layer for layer in layers if layer.role in SE_ROLES]), what)
    whole = getattr(total(list(layers)), what)
    return Task(asked, 100 * part / whole, (how, f"{part:,} of {whole:,} = {percent(part / whole)}"), given)


@kind("se", "", 0.01)
def gate_value(random: Random, level: int) -> Task:
    """One gate, worked out from means and weights."""
    channels, squeezed = {1: (2, 1), 2: (3, 1), 3: (3, 2)}[level]
    means = [random.randint(-20, 40) / 10 for _ in range(channels)]
    first = [[random.randint(-10, 10) / 10 for _ in means] for _ in range(squeezed)]
    second = [[random.randint(-15, 15) / 10 for _ in range(squeezed)] for _ in means]
    hidden = [_silu(_dot(row, means)) for row in first]
    logit = _dot(second[0], hidden)
    return Task(
        f"SE without biases. The channels' means are {_listed(means)}; the first layer's weights are "
        f"{'; '.join(map(_listed, first))}, followed by SiLU; those of the second layer for the first channel are "
        f"{_listed(second[0])}. What is that channel's gate?",
        _sigmoid(logit),
        (
            f"first layer: {_listed([_dot(row, means) for row in first])}; SiLU: {_listed(hidden)}",
            f"second layer, first channel: {number(logit)}",
            f"sigmoid: 1 / (1 + e^({number(-logit)})) = {number(_sigmoid(logit))}",
        ),
        {"means": means, "first": first, "second": second, "activation": "silu", "channel": 0},
    )


@kind("se", "", 0.02)
def gated_mean(random: Random, level: int) -> Task:
    """Mean of a channel after its gate, from the logit that its gate comes from, or back."""
    logit = random.randint(-40, 40) / 10
    if level == 3:
        return _logit_of_a_gate(random)
    side = random.choice((2, 3))
    values = [[random.randint(0, 60) / (10 if level > 1 else 1) for _ in range(side)] for _ in range(side)]
    values[0][0] += 1
    mean = sum(map(sum, values)) / side**2
    return Task(
        f"A channel's map is {'; '.join(map(_listed, values))}, and SE's second layer gives it {logit:g} before the "
        "sigmoid. What is the map's mean after the gate?",
        mean * _sigmoid(logit),
        (
            f"the gate is sigmoid({logit:g}) = {number(_sigmoid(logit))}, the same at every position",
            f"so the mean, {number(mean)}, is multiplied by it: {number(mean * _sigmoid(logit))}",
        ),
        {"values": values, "logit": logit},
    )


def _logit_of_a_gate(random: Random) -> Task:
    before, gate = random.randint(10, 60) / 10, random.choice((0.1, 0.2, 0.25, 0.4, 0.6, 0.75, 0.8, 0.9))
    after = before * gate
    return Task(
        f"SE turns a channel with the mean {before:g} into one with the mean {after:g}. Which value did its second "
        "layer have for that channel before the sigmoid?",
        math.log(after / (before - after)),
        (
            f"the gate is {after:g} / {before:g} = {number(gate)}",
            f"the sigmoid's inverse: ln(g / (1 - g)) = ln {number(gate / (1 - gate))} = "
            f"{number(math.log(gate / (1 - gate)))}",
            "a gate lies between 0 and 1, so SE can only attenuate a channel",
        ),
        {"before": before, "after": after},
    )


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _silu(value: float) -> float:
    return value * _sigmoid(value)


def _listed(values: list[float]) -> str:
    return f"({', '.join(number(value) for value in values)})"
