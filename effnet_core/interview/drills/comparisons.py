"""Drills that set EfficientNet beside ResNet, Wide ResNet, MobileNetV2, GPipe and EfficientNetV2."""

from __future__ import annotations

from random import Random

from ...cost import SE_ROLES, block_layers, total
from ...published.claims import newest
from ...units import number, percent
from .kind import COUNTED_PARAMS, Task, draw_block, kind

SHRINK = 4  # a ResNet bottleneck's inner width is a quarter of its output


def _norm(channels: int) -> int:
    """Batch norm's scale and shift."""
    return 2 * channels


def bottleneck_params(channels: int, inner: int, out: int, *, shortcut: bool) -> dict[str, int]:
    """Parameters of a ResNet bottleneck, convolution by convolution; `shortcut`: a 1x1 convolution on it."""
    parts = {
        "1x1": channels * inner + _norm(inner),
        "3x3": inner * inner * 3**2 + _norm(inner),
        "1x1 out": inner * out + _norm(out),
    }
    return parts | ({"1x1 on the shortcut": channels * out + _norm(out)} if shortcut else {})


@kind("comparisons", "parameters", 0.01)
def bottleneck(random: Random, level: int) -> Task:
    """Parameters of a ResNet bottleneck block."""
    out = random.choice((256, 512, 1024, 2048))
    first = level > 1 and random.random() < 0.6
    channels, inner = out // 2 if first else out, out // SHRINK
    if level == 3:
        inner *= 2
    parts = bottleneck_params(channels, inner, out, shortcut=first)
    return Task(
        f"A ResNet bottleneck, {channels} -> {out} channels, {inner} inside"
        f"{', with a 1x1 convolution on its shortcut' if first else ''}: how many parameters? Count batch norm's "
        "scale and shift.",
        sum(parts.values()),
        (*(f"{name}: {params:,}" for name, params in parts.items()), f"together {sum(parts.values()):,}"),
        {"in_channels": channels, "inner": inner, "out_channels": out, "shortcut": first},
    )


@kind("comparisons", "×", 0.01)
def wide_bottleneck(random: Random, level: int) -> Task:
    """How a bottleneck's parameters grow when only its inner width grows, as in Wide ResNet."""
    out, factor = random.choice((256, 512, 1024, 2048)), 2 if level == 1 else random.choice((2, 3, 4))
    if level == 3:
        out = 64 * random.randint(2, 32)
    inner = out // SHRINK
    plain, wide = (
        sum(bottleneck_params(out, width, out, shortcut=False).values()) for width in (inner, factor * inner)
    )
    return Task(
        f"A ResNet bottleneck has {out} channels in and out and {inner} inside. Wide ResNet multiplies the inside by "
        f"{factor} and leaves the outside unchanged. By what factor do the block's "
        "parameters grow (batch norm counted)?",
        wide / plain,
        (
            f"plain: {plain:,}; wide: {wide:,}",
            f"the 3x3 grows by {factor}², both 1x1 by {factor}: together × {number(wide / plain)}",
        ),
        {"channels": out, "inner": inner, "factor": factor},
    )


@kind("comparisons", "parameters", 0.01)
def mobilenet_block(random: Random, level: int) -> Task:
    """Parameters of MobileNetV2's block of the same shape, which has no SE."""
    drawn = draw_block(random, level, wide=True)
    layers = block_layers(*drawn)
    gate = total([layer for layer in layers if layer.role in SE_ROLES]).params
    whole = total(layers).params
    return Task(
        f"{drawn}, has {whole:,} parameters. How many does MobileNetV2's block of the same shape have? "
        f"{COUNTED_PARAMS}",
        whole - gate,
        (
            f"MobileNetV2's inverted residual has the same three convolutions, no SE (and ReLU6, which has no "
            f"parameters): {whole:,} - {gate:,}",
        ),
        drawn.given,
    )


@kind("comparisons", "×", 0.01)
def fused_block(random: Random, level: int) -> Task:
    """What fusing expand and depthwise into one ordinary convolution costs, as in EfficientNetV2."""
    drawn = draw_block(random, level, wide=True)
    block, what = drawn.block, random.choice(("macs", "params"))
    layers = [layer for layer in block_layers(*drawn) if layer.role not in SE_ROLES]
    project = layers[-1]
    weights = block.in_channels * block.expanded_channels * block.kernel**2
    fused = {
        "macs": weights * drawn.out_size**2 + project.macs,
        "params": weights + _norm(block.expanded_channels) + project.params,
    }[what]
    plain = getattr(total(layers), what)
    words = {"macs": "multiply-accumulates", "params": "parameters (batch norm counted)"}[what]
    return Task(
        f"{drawn.without_se}, without SE. EfficientNetV2's Fused-MBConv replaces expand and depthwise with one "
        f"ordinary {block.kernel}x{block.kernel} convolution. By what factor do the {words} grow?",
        fused / plain,
        (
            f"MBConv: {plain:,}",
            f"fused: {block.in_channels} · {block.expanded_channels} · {block.kernel}² weights, and project: {fused:,}",
            f"× {number(fused / plain)}; it may still be faster, since an ordinary convolution keeps a GPU busy",
        ),
        drawn.given | {"what": what},
    )


@kind("comparisons", "%", 0.01)
def pipeline_bubble(random: Random, level: int) -> Task:
    """Share of time that GPipe's accelerators idle."""
    partitions = random.choice((2, 4, 8)) if level < 3 else random.randint(2, 16)
    batches = random.choice((1, 4, 8, 16, 32)) if level < 3 else random.randint(1, 64)
    slots = batches + partitions - 1
    idle, wanted = (partitions - 1) / slots, "idle"
    if level > 1 and random.random() < 0.5:
        wanted = "busy"
    share = idle if wanted == "idle" else 1 - idle
    return Task(
        f"GPipe splits a network over {partitions} accelerators and a batch into {batches} micro-batch"
        f"{'es' * (batches > 1)}. All partitions take equally long. What share of the accelerators' time is {wanted}?",
        100 * share,
        (
            f"the first micro-batch needs {partitions} steps to come through, each other one step more: {slots} steps",
            f"each accelerator works in {batches} of them and idles in {partitions - 1}",
            f"{wanted}: {percent(share)}",
        ),
        {"partitions": partitions, "micro_batches": batches, "wanted": wanted},
    )


@kind("comparisons", "×", 0.03)
def published_ratio(random: Random, level: int) -> Task:
    """How many times smaller or cheaper a published network is than another of similar accuracy."""
    rows = newest()
    column = "params_M" if level == 1 else random.choice(("params_M", "flops_B_multiply_adds"))
    own = {row["group"]: row for row in rows if row["model"] == row["group"]}
    other = random.choice([row for row in rows if row["model"] != row["group"] and row[column]])
    base = own[other["group"]] if level < 3 else random.choice([row for row in own.values() if row[column]])
    words = {"params_M": ("parameters", "M"), "flops_B_multiply_adds": ("multiply-adds", "G")}[column]
    ratio = other[column] / base[column]
    return Task(
        f"The paper's Table 2 prints {other[column]:g} {words[1]} {words[0]} for {other['model']} (top-1 "
        f"{other['top1_pct']:g} %) and {base[column]:g} {words[1]} for {base['model']} ({base['top1_pct']:g} %). "
        f"How many times as many does {other['model']} have?",
        ratio,
        (f"{other[column]:g} / {base[column]:g} = {number(ratio)}", f"source: {other['source']}"),
        {"model": other["model"], "base": base["model"], "column": column, "version": other["version"]},
    )
