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
    """Parameters of a ResNet bottleneck block, or of the basic block that it replaced."""
    out = random.choice((256, 512, 1024, 2048))
    first = level > 1 and random.random() < 0.6
    channels, inner = out // 2 if first else out, out // SHRINK
    if level == 3:
        return _basic_block(out)
    parts = bottleneck_params(channels, inner, out, shortcut=first)
    return Task(
        f"A ResNet bottleneck, {channels} -> {out} channels, {inner} inside"
        f"{', with a 1x1 convolution on its shortcut' if first else ''}: how many parameters? Count batch norm's "
        "scale and shift.",
        sum(parts.values()),
        (*(f"{name}: {params:,}" for name, params in parts.items()), f"together {sum(parts.values()):,}"),
        {"in_channels": channels, "inner": inner, "out_channels": out, "shortcut": first},
    )


def _basic_block(out: int) -> Task:
    inner = out // SHRINK
    thin = sum(bottleneck_params(out, inner, out, shortcut=False).values())
    basic = 2 * (out * out * 3**2 + _norm(out))
    return Task(
        f"A ResNet bottleneck has {out} channels in and out and {inner} inside. A basic block of ResNet-34 is two 3x3 "
        f"convolutions. How many times the bottleneck's parameters does one of {out} channels have (batch norm "
        "counted)?",
        basic / thin,
        (
            f"basic: 2 · ({out} · {out} · 3² + 2 · {out}) = {basic:,}",
            f"bottleneck: {out} · {inner} + {inner} · {inner} · 3² + {inner} · {out}, and batch norm: {thin:,}",
            f"× {number(basic / thin)}: the 3x3 works on a quarter of the channels; MBConv goes the other way, wide "
            "inside, which a depthwise 3x3 makes affordable",
        ),
        {"channels": out, "inner": inner},
        "×",
        0.01,
    )


@kind("comparisons", "×", 0.01)
def wide_bottleneck(random: Random, level: int) -> Task:
    """How a bottleneck's parameters grow with its inner width alone, as in Wide ResNet, or how many blocks it pays."""
    out, factor = random.choice((256, 512, 1024, 2048)), 2 if level == 1 else random.choice((2, 3, 4))
    inner = out // SHRINK
    plain, wide = (
        sum(bottleneck_params(out, width, out, shortcut=False).values()) for width in (inner, factor * inner)
    )
    if level == 3:
        return _blocks_for_one_wide(out, inner, factor, plain, wide)
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


def _blocks_for_one_wide(out: int, inner: int, factor: int, plain: int, wide: int) -> Task:
    return Task(
        f"A ResNet bottleneck has {out} channels in and out and {inner} inside. Instead of making one {factor} times "
        "as wide inside, you stack plain ones. How many whole blocks do you get for the parameters of the wide one "
        "(batch norm counted)?",
        wide // plain,
        (
            f"plain: {plain:,}; wide: {wide:,}; {number(wide / plain)} times as many",
            f"the 3x3 grows by {factor}², both 1x1 by {factor}: width costs more than depth, but one wide layer runs "
            "at once where deep ones wait for each other",
        ),
        {"channels": out, "inner": inner, "factor": factor, "wanted": "blocks"},
        "blocks",
        0.0,
    )


@kind("comparisons", "parameters", 0.01)
def mobilenet_block(random: Random, level: int) -> Task:
    """Parameters of MobileNetV2's block of the same shape, which has no SE, or what SE adds to it."""
    drawn = draw_block(random, level, wide=True)
    layers = block_layers(*drawn)
    gate = total([layer for layer in layers if layer.role in SE_ROLES]).params
    whole = total(layers).params
    if level == 3:
        return Task(
            f"MobileNetV2's inverted residual of the shape {drawn.without_se}, gets the squeeze-and-excitation of "
            f"EfficientNet's MBConv. By what percentage do its parameters grow? {COUNTED_PARAMS}",
            100 * gate / (whole - gate),
            (
                f"SE's two layers between {drawn.block.expanded_channels} and {drawn.block.squeeze_channels} channels, "
                f"a quarter of the {drawn.block.in_channels} that come in: {gate:,}",
                f"{gate:,} / {whole - gate:,} = {percent(gate / (whole - gate))}",
            ),
            drawn.given | {"wanted": "growth"},
            "%",
            0.02,
        )
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
    if level == 3:
        return _fused_in_the_limit(random)
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


def _fused_in_the_limit(random: Random) -> Task:
    kernel, stride, size = random.choice((3, 5)), random.choice((1, 2)), 2 * random.randint(4, 40)
    return Task(
        f"EfficientNetV2's Fused-MBConv replaces expand and a {kernel}x{kernel} depthwise convolution of stride "
        f"{stride} with one ordinary {kernel}x{kernel} convolution of that stride, on maps of {size} x {size} px. "
        "Leave the projection out. Which factor do the multiply-accumulates of that part grow by when there are very "
        "many channels?",
        kernel**2 / stride**2,
        (
            f"expand and depthwise: C · E · {size}² + E · {kernel}² · {size // stride}²; with many channels only the "
            "first counts",
            f"fused: C · E · {kernel}² · {size // stride}²",
            f"the factor tends to {kernel}²"
            + (f" / {stride}²" if stride > 1 else "")
            + ": EfficientNetV2 fuses in its first, thin stages",
        ),
        {"kernel": kernel, "stride": stride, "size": size},
    )


@kind("comparisons", "%", 0.01)
def pipeline_bubble(random: Random, level: int) -> Task:
    """Share of time that GPipe's accelerators idle, or the micro-batches that keep it small."""
    if level == 3:
        return _micro_batches_needed(random)
    partitions = random.choice((2, 4, 8)) if level == 1 else random.randint(2, 16)
    batches = random.choice((1, 4, 8, 16, 32)) if level == 1 else random.randint(2, 64)
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


def _micro_batches_needed(random: Random) -> Task:
    partitions, most = random.randint(2, 16), random.choice((5, 10, 15, 20, 25))
    waits = partitions - 1
    batches = -(-waits * (100 - most) // most)
    return Task(
        f"GPipe splits a network over {partitions} accelerators, all of which take equally long. Into how many "
        f"micro-batches must a batch be split at least, so that they idle for {most} % of the time or less?",
        batches,
        (
            f"of m + {waits} steps an accelerator idles in {waits}: {waits} / (m + {waits}) may be {most} % at most",
            f"m >= {waits} · (100 - {most}) / {most} = {number(waits * (100 - most) / most)}, so {batches}",
        ),
        {"partitions": partitions, "most": most},
        "micro-batches",
        0.0,
    )


@kind("comparisons")
def best_under_limits(random: Random, level: int) -> Task:
    """Which published network fits a limit, or is beaten in every respect."""
    rows = [row for row in newest() if row["params_M"] and row["flops_B_multiply_adds"]]
    fitting: list[dict] = []
    while len(fitting) != 1:
        drawn = random.sample(rows, 4)
        middle = sorted(drawn, key=lambda row: row["params_M"])[random.choice((1, 2))]
        given, asked, fitting = _wanted(level, drawn, middle)
    listed = "; ".join(
        f"{row['model']}: {percent(row['top1_pct'] / 100)}, {row['params_M']:g}\u00a0M, "
        f"{row['flops_B_multiply_adds']:g}\u00a0G"
        for row in drawn
    )
    return Task(
        f"Published top-1, parameters and multiply-adds. {listed}. {asked}",
        fitting[0]["model"],
        (_why(level, drawn, given, fitting[0]), f"source: {fitting[0]['source']}"),
        given | {"version": drawn[0]["version"], "choices": [row["model"] for row in drawn]},
    )


def _wanted(level: int, drawn: list[dict], middle: dict) -> tuple[dict, str, list[dict]]:
    """Limits, the question that they make, and the networks that answer it."""
    params, macs, top1 = "params_M", "flops_B_multiply_adds", "top1_pct"
    if level == 1:
        limit = middle[params]
        allowed = [row for row in drawn if row[params] <= limit]
        best = max(row[top1] for row in allowed)
        asked = f"Which is the most accurate with at most {limit:g} M parameters?"
        return {"most_params": limit}, asked, [row for row in allowed if row[top1] == best]
    if level == 2:
        least, limit = sorted(row[top1] for row in drawn)[1], middle[params]
        allowed = [row for row in drawn if row[top1] >= least and row[params] <= limit]
        fewest = min((row[macs] for row in allowed), default=0)
        asked = (
            f"At least {least:g} % and at most {limit:g} M parameters are needed: which takes the fewest multiply-adds?"
        )
        return {"least_top1": least, "most_params": limit}, asked, [row for row in allowed if row[macs] == fewest]
    beaten = [row for row in drawn if _better(row, drawn)]
    return {}, "Which one is beaten by another of these in all three respects?", beaten


def _better(row: dict, others: list[dict]) -> list[dict]:
    """Networks of higher accuracy, with fewer parameters and multiply-adds."""
    cheaper = ("params_M", "flops_B_multiply_adds")
    return [
        other
        for other in others
        if other["top1_pct"] > row["top1_pct"] and all(other[name] < row[name] for name in cheaper)
    ]


def _why(level: int, drawn: list[dict], limits: dict, answer: dict) -> str:
    """How one gets to the answer."""
    if level == 3:
        return (
            f"{', '.join(row['model'] for row in _better(answer, drawn))} beats {answer['model']} in each of the three"
        )
    within = [
        row["model"]
        for row in drawn
        if row["params_M"] <= limits["most_params"] and row["top1_pct"] >= limits.get("least_top1", 0)
    ]
    last = "the most accurate" if level == 1 else "the one with the fewest multiply-adds"
    return f"within the limits: {', '.join(within)}; {last} of these is {answer['model']}"
