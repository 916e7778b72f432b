"""Drills on efficiency in practice: memory, resolution, folding, fine-tuning, what a pass costs."""

from __future__ import annotations

import math
from random import Random

from ...architecture import STEM_STRIDE, released
from ...published import tables
from ...units import number, percent
from .kind import MEMBERS, Sized, Task, draw_block, kind, network_cost, network_layers

BYTES = {"float32": 4, "float16": 2, "int8": 1}
MEGA = 1_000_000
OPTIMISERS = {"plain SGD": 2, "SGD with momentum": 3, "Adam": 4}  # numbers a parameter: itself, its gradient, state


@kind("practice", "MB", factor=2)
def weight_memory(random: Random, level: int) -> Task:
    """About how much memory a network's weights take, at rest and in training, in the head."""
    member = random.choice(MEMBERS)
    form = random.choice(("float16", "int8")) if level == 2 else "float32"
    optimiser, copies = random.choice(list(OPTIMISERS.items())) if level == 3 else ("", 1)
    params = network_cost(member).params
    asked = (
        f"do the parameters take, with their gradients and the state of {optimiser}"
        if level == 3
        else "does a file of its weights have"
    )
    return Task(
        f"EfficientNet-{member.upper()} in {form}: about how many megabytes (10^6 bytes) {asked}?",
        copies * params * BYTES[form] / MEGA,
        (
            f"{number(params / MEGA)} M parameters, which is worth knowing; {form}: {BYTES[form]} byte(s) a number",
            *([f"{optimiser}: {copies} numbers a parameter, its gradient included"] if level == 3 else []),
            f"{copies} · {params:,} · {BYTES[form]} = {copies * params * BYTES[form]:,} bytes",
        ),
        {"member": member, "format": form, "copies": copies} | ({"optimiser": optimiser} if level == 3 else {}),
    )


@kind("practice", "MB", 0.01)
def activation_memory(random: Random, level: int) -> Task:
    """Memory of a block's expanded feature map for a batch, or the batch that fits."""
    drawn = draw_block(random, level, wide=True)
    batch, form = random.choice((1, 8, 16, 32, 64)), random.choice(("float32", "float16")) if level > 1 else "float32"
    channels, side = drawn.block.expanded_channels, drawn.size
    size = batch * channels * side**2 * BYTES[form]
    if level == 3:
        return _batch_that_fits(random, drawn, form)
    return Task(
        f"{drawn}. How many megabytes (10^6 bytes) does the output of its expand step take for a batch of {batch} in "
        f"{form}?",
        size / MEGA,
        (
            f"{drawn.block.in_channels} · {drawn.block.expansion} = {channels} channels of {side} x {side} values",
            f"{batch} · {channels} · {side}² · {BYTES[form]} bytes = {size:,} bytes",
        ),
        drawn.given | {"batch": batch, "format": form},
    )


def _batch_that_fits(random: Random, drawn: Sized, form: str) -> Task:
    """Training keeps what each layer was given: the output of expand, and that of depthwise."""
    one = drawn.block.expanded_channels * (drawn.size**2 + drawn.out_size**2) * BYTES[form]
    limit = random.choice((64, 128, 256, 512)) * MEGA
    return Task(
        f"{drawn}. Training keeps the outputs of its expand and of its depthwise convolution, in {form}. For how many "
        f"pictures do these two fit into {limit // MEGA} MB (10^6 bytes each)?",
        limit // one,
        (
            f"{drawn.block.expanded_channels} channels, {drawn.size}² positions before the stride and "
            f"{drawn.out_size}² behind it",
            f"{drawn.block.expanded_channels} · ({drawn.size}² + {drawn.out_size}²) · {BYTES[form]} = {one:,} bytes a "
            "picture",
            f"{limit:,} / {one:,} = {number(limit / one)}, whole part",
        ),
        drawn.given | {"format": form, "limit": limit},
        "pictures",
        0.0,
    )


@kind("practice", "×", 0.05)
def other_resolution(random: Random, level: int) -> Task:
    """What feeding a network another resolution does to its multiply-accumulates, by the rule, and back."""
    member = "b0" if level == 1 else random.choice(MEMBERS[:4])
    own = released(member)
    if level == 3:
        return _resolution_for(random, member)
    pixels = random.choice((128, 160, 256, 320, 448))
    rule, counted = (pixels / own.resolution) ** 2, network_cost(member, pixels).macs / network_cost(member).macs
    return Task(
        f"EfficientNet-{member.upper()} gets pictures of {pixels} px instead of {own.resolution} px. By the rule "
        "that compute goes with the pixels, by what factor do its multiply-accumulates change?",
        rule,
        (
            f"nearly all layers cost pixels: ({pixels} / {own.resolution})² = {number(rule)}",
            f"classifier and SE do not, and maps are rounded up to whole positions: counted, {number(counted)}",
            "parameters stay as they are",
        ),
        {"member": member, "resolution": pixels},
    )


def _resolution_for(random: Random, member: str) -> Task:
    own, share = released(member).resolution, random.choice((10, 20, 25, 40, 50, 75, 150, 200))
    pixels = own * math.sqrt(share / 100)
    counted = network_cost(member, round(pixels)).macs / network_cost(member).macs
    return Task(
        f"EfficientNet-{member.upper()} was trained at {own} px and is to take {share} % of its multiply-accumulates. "
        "By the rule that compute goes with the pixels, how wide may its pictures be?",
        pixels,
        (
            f"a side goes with the square root: {own} · √{share / 100:g} = {number(pixels)}",
            f"at {round(pixels)} px, counted, it is {percent(counted)}: maps are rounded up to whole positions",
            "the network was not trained for that size: accuracy must be measured",
        ),
        {"member": member, "share": share},
        "px",
        0.02,
    )


@kind("practice", "parameters", 0.01)
def new_classifier(random: Random, level: int) -> Task:
    """Parameters of a network, or those that are trained, after its classifier was replaced."""
    member = random.choice(MEMBERS)
    classes = random.choice((2, 5, 10, 37, 100, 102, 200))
    frozen = level != 2
    own = released(member)
    head = next(layer for layer in network_layers(member, classes=classes) if layer.role == "classifier")
    old = next(layer for layer in network_layers(member) if layer.role == "classifier")
    before = network_cost(member).params
    wanted = "are trained if the rest is frozen" if frozen else "does the network have then"
    if level == 3:
        after = before - old.params + head.params
        return Task(
            f"EfficientNet-{member.upper()} has {before:,} parameters with {own.classes:,} classes, and its head has "
            f"{own.head_channels:,} channels. Its classifier is replaced by one for {classes} classes, the rest is "
            "frozen. What share of its parameters is trained?",
            100 * head.params / after,
            (
                f"new classifier: {own.head_channels:,} · {classes} + {classes} = {head.params:,}",
                f"the network then has {before:,} - {old.params:,} + {head.params:,} = {after:,}",
                f"{percent(head.params / after)}; batch norm's averages move all the same unless it is set to eval()",
            ),
            {"member": member, "classes": classes, "frozen": True, "share": True},
            "%",
            0.02,
        )
    return Task(
        f"EfficientNet-{member.upper()} has {before:,} parameters with {own.classes:,} classes, and its head has "
        f"{own.head_channels:,} channels. Its classifier is replaced by one for {classes} classes. How many parameters "
        f"{wanted}?",
        head.params if frozen else before - old.params + head.params,
        (
            f"new classifier: {own.head_channels:,} · {classes} + {classes} = {head.params:,}",
            f"old one: {own.head_channels:,} · {own.classes:,} + {own.classes:,} = {old.params:,}",
            f"{before:,} - {old.params:,} + {head.params:,} = {before - old.params + head.params:,}",
        ),
        {"member": member, "classes": classes, "frozen": frozen},
    )


@kind("practice", "", 0.01)
def folded_batch_norm(random: Random, level: int) -> Task:
    """A weight or bias after batch norm was folded into its convolution."""
    weight, scale = random.randint(1, 40) / 20, random.randint(2, 30) / 10
    variance, mean, shift = random.randint(1, 40) / 10, random.randint(-20, 20) / 10, random.randint(-10, 10) / 10
    if level == 1:
        variance = random.choice((0.25, 1.0, 4.0, 9.0))
    eps, own = (0.0, 0.0) if level < 3 else (1e-3, random.randint(1, 20) / 10)
    factor = scale / math.sqrt(variance + eps)
    moved = shift + (own - mean) * factor
    bias = level > 1 and abs(moved) > 0.1
    answer = moved if bias else weight * factor
    told = f"has the weight {weight:g} and the bias {own:g}" if own else f"without bias has the weight {weight:g}"
    return Task(
        f"A convolution {told}; the batch norm behind it has mean {mean:g}, variance {variance:g}, scale {scale:g}, "
        f"shift {shift:g}, eps {eps:g}. What is the {'bias' if bias else 'weight'} of the one convolution that does "
        "both?",
        answer,
        (
            f"factor = scale / √(variance + eps) = {number(factor)}",
            f"weight · factor = {number(weight * factor)}",
            f"shift + ({own:g} - mean) · factor = {number(moved)}"
            if own
            else f"shift - mean · factor = {number(moved)}",
        ),
        {
            "weight": weight,
            "mean": mean,
            "variance": variance,
            "scale": scale,
            "shift": shift,
            "eps": eps,
            "own_bias": own,
            "wanted": "bias" if bias else "weight",
        },
    )


@kind("practice", "%", 0.05)
def wasted_padding(random: Random, level: int) -> Task:
    """What a resolution that is no multiple of 32 spends beyond the pixels it adds."""
    if level == 3:
        return _behind_the_last_map(random)
    lower = random.choice((224, 256) if level == 1 else (320, 384))
    pixels = lower + random.choice((4, 8, 12) if level == 1 else (6, 13, 20, 26))
    member = "b0" if level == 1 else "b1"
    macs = {side: network_cost(member, side).macs for side in (lower, pixels)}
    growth, pixel_growth = macs[pixels] / macs[lower], (pixels / lower) ** 2
    return Task(
        f"EfficientNet-{member.upper()} costs {macs[lower]:,} multiply-accumulates at {lower} px and {macs[pixels]:,} "
        f"at {pixels} px. What percentage more does it cost per pixel at {pixels} px?",
        100 * (growth / pixel_growth - 1),
        (
            f"compute grows by {number(growth)}, pixels by ({pixels} / {lower})² = {number(pixel_growth)}",
            f"{number(growth)} / {number(pixel_growth)} - 1 = {percent(growth / pixel_growth - 1)}",
            "each stride of 2 rounds an odd side up: a size that is not a multiple of 32 computes on padding",
        ),
        {"member": member, "lower": lower, "resolution": pixels},
    )


def _behind_the_last_map(random: Random) -> Task:
    pixels = random.choice([side for side in range(150, 400) if side % 32])
    halvings = sum(stride > 1 for stride in (STEM_STRIDE, *(block.stride for block in released("b0").blocks)))
    side = -(-pixels // 2**halvings)
    covered = side * 2**halvings
    return Task(
        f"EfficientNet-B0 gets pictures of {pixels} x {pixels} px. Its {halvings} steps of stride 2 round odd sides "
        "up. The positions of its last map stand for an area that is larger than the picture: by what percentage?",
        100 * ((covered / pixels) ** 2 - 1),
        (
            f"{pixels} / {2**halvings} = {number(pixels / 2**halvings)}, so {side} positions a side, for {covered} px",
            f"({covered} / {pixels})² - 1 = {percent((covered / pixels) ** 2 - 1)}: computed on padding",
            "a multiple of 32 wastes none",
        ),
        {"resolution": pixels},
    )


@kind("practice", "FLOPs", 0.01)
def flops_of_training(random: Random, level: int) -> Task:
    """Floating point operations of training by the usual rule of thumb, or the hours that it takes."""
    member = random.choice(MEMBERS)
    macs = network_cost(member).macs
    pictures = random.choice((10_000, 50_000, 100_000, 1_000_000))
    passes = 1 if level == 1 else random.randint(2, 60)
    times = 1 if level == 1 else 3
    passes_made = "one forward pass over" if level == 1 else f"training for {passes} epochs on"
    rule = "" if level == 1 else " (a backward pass costs twice a forward pass)"
    if level == 3:
        return _hours_of_training(random, member)
    return Task(
        f"EfficientNet-{member.upper()} takes {macs:,} multiply-accumulates for a picture. How many floating point "
        f"operations does {passes_made} {pictures:,} pictures take{rule}?",
        2 * times * macs * passes * pictures,
        (
            "one multiply-accumulate is two operations",
            *(() if level == 1 else ("forward and backward together: 3 forward passes",)),
            f"2 · {times} · {macs:,} · {passes} · {pictures:,} = {2 * times * macs * passes * pictures:,}",
        ),
        {"member": member, "pictures": pictures, "epochs": passes, "backward": times == 3},
    )


def _hours_of_training(random: Random, member: str) -> Task:
    """At a share of what an accelerator can do: networks of depthwise layers reach a small one."""
    [card] = tables.table("accelerators")
    flops, epochs, used = 2 * network_cost(member).macs, random.choice((90, 100, 300, 350)), random.choice((10, 20, 30))
    pictures, cards = random.choice((100_000, 1_281_167)), random.choice((1, 4, 8))
    speed = card["fp32_tflops"] * 1e12 * used / 100 * cards
    hours = 3 * flops * epochs * pictures / speed / 3600
    accelerators = f"{cards} x {card['accelerator']}" if cards > 1 else f"an {card['accelerator']}"
    return Task(
        f"EfficientNet-{member.upper()} takes {flops / 2 / 1e9:.3g} G multiply-accumulates for a picture. About how "
        f"many hours does training for {epochs} epochs on {pictures:,} pictures take on {accelerators}, of whose "
        f"{card['fp32_tflops']:g} TFLOPS it uses {used} %? (A backward pass costs twice a forward pass.)",
        hours,
        (
            f"an update costs 3 · 2 · MACs a picture: {number(3 * flops / 1e9)} GFLOPs",
            f"{number(3 * flops / 1e9)} G · {epochs} · {pictures:,} = {number(3 * flops * epochs * pictures)} FLOPs",
            f"at {number(speed / 1e12)} TFLOPS: {number(hours)} hours",
        ),
        {"member": member, "epochs": epochs, "pictures": pictures, "used": used, "cards": cards},
        "hours",
        0.05,
    )
