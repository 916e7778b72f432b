"""Drills on MBConv and inverted residuals: what a block costs, what it keeps, what it sees."""

from __future__ import annotations

from random import Random

from ...architecture import RELEASES, STEM_KERNEL, STEM_STRIDE, released, strided
from ...cost import SE_ROLES, block_layers, total
from ...units import number, percent
from .kind import COUNTED_MACS, COUNTED_PARAMS, MEMBERS, Sized, Task, draw_block, kind, macs_line, params_line

STEPS = {"expand": ("expand",), "depthwise": ("depthwise",), "SE": SE_ROLES, "project": ("project",)}


@kind("mbconv", "parameters", 0.01)
def block_params(random: Random, level: int) -> Task:
    """Parameters of one MBConv."""
    drawn = draw_block(random, level)
    layers = block_layers(*drawn)
    return Task(
        f"{drawn}: how many parameters? {COUNTED_PARAMS}",
        total(layers).params,
        (*map(params_line, layers), f"together {total(layers).params:,}; the picture's size plays no part"),
        drawn.given,
    )


@kind("mbconv", "MACs", 0.01)
def block_macs(random: Random, level: int) -> Task:
    """Multiply-accumulates of one MBConv."""
    drawn = draw_block(random, level)
    layers = block_layers(*drawn)
    return Task(
        f"{drawn}: how many multiply-accumulates? {COUNTED_MACS}",
        total(layers).macs,
        (
            f"after stride {drawn.block.stride} the picture is {drawn.out_size} px wide",
            *map(macs_line, layers),
            f"together {total(layers).macs:,}",
        ),
        drawn.given,
    )


@kind("mbconv", "%", 0.02)
def step_share(random: Random, level: int) -> Task:
    """Share of a block's multiply-accumulates in one of its steps."""
    drawn = draw_block(random, level, wide=True)
    step = random.choice(("expand", "depthwise", "project"))
    layers = block_layers(*drawn)
    part, whole = total([layer for layer in layers if layer.role in STEPS[step]]).macs, total(layers).macs
    return Task(
        f"{drawn}: what share of its multiply-accumulates is in the {step} step?",
        100 * part / whole,
        (*map(macs_line, layers), f"{part:,} of {whole:,} = {percent(part / whole)}"),
        drawn.given | {"step": step},
    )


@kind("mbconv")
def costliest_step(random: Random, level: int) -> Task:
    """Which step of a block costs most."""
    what, amounts = random.choice(("params", "macs")), {}
    while len(set(amounts.values())) < len(STEPS):  # until none are alike
        drawn = draw_block(random, level, wide=True)
        amounts = _by_step(drawn, what)
    words = {"params": "parameters", "macs": "multiply-accumulates"}[what]
    return Task(
        f"{drawn}: which of its steps has the most {words}?",
        max(amounts, key=amounts.get),
        tuple(f"{step}: {amount:,}" for step, amount in sorted(amounts.items(), key=lambda pair: -pair[1])),
        drawn.given | {"what": what, "choices": list(STEPS)},
    )


def _by_step(drawn: Sized, what: str) -> dict[str, int]:
    """Parameters or MACs of each step of a block."""
    layers = block_layers(*drawn)
    return {
        step: getattr(total([layer for layer in layers if layer.role in roles]), what) for step, roles in STEPS.items()
    }


@kind("mbconv", "values", 0.01)
def widest_tensor(random: Random, level: int) -> Task:
    """Values of the largest tensor inside a block, which sets its peak memory."""
    drawn = draw_block(random, level)
    block = drawn.block
    inside = {
        "input": block.in_channels * drawn.size**2,
        "after depthwise": block.expanded_channels * drawn.out_size**2,
        "output": block.out_channels * drawn.out_size**2,
    }
    if block.expansion > 1:
        inside["after expand"] = block.expanded_channels * drawn.size**2
    return Task(
        f"{drawn}: how many values does the largest tensor between its steps have, input and output included, for one "
        "picture?",
        max(inside.values()),
        tuple(f"{where}: {values:,}" for where, values in inside.items()),
        drawn.given,
    )


@kind("mbconv")
def adds_its_input(random: Random, level: int) -> Task:
    """Whether a block has a shortcut, and why not."""
    drawn = draw_block(random, level)
    block = drawn.block
    strided, widened = block.stride > 1, block.in_channels != block.out_channels
    choices = {
        (False, False): "yes",
        (True, False): "no: its stride shrinks the picture",
        (False, True): "no: its output and its input have different numbers of channels",
        (True, True): "no: both the picture's size and the channels change",
    }
    return Task(
        f"{drawn}: is the block's input added to its output?",
        choices[strided, widened],
        (
            "a block adds its input where stride is 1 and channels in equal channels out: only then do shapes match",
            f"stride {block.stride}, {block.in_channels} channels in, {block.out_channels} out",
        ),
        drawn.given | {"choices": list(choices.values())},
    )


@kind("mbconv", "values", 0.01)
def thin_shortcut(random: Random, level: int) -> Task:
    """How many values more a shortcut between wide tensors would keep until it is added."""
    drawn = draw_block(random, level, wide=True)
    block, positions = drawn.block, drawn.size**2
    thin, wide = block.in_channels * positions, block.expanded_channels * positions
    return Task(
        f"{drawn}. The shortcut of an inverted residual keeps the thin input until it is added. How many values more "
        "would it keep if it began at the wide tensor behind the expand step?",
        wide - thin,
        (
            f"thin: {block.in_channels} · {drawn.size}² = {thin:,}",
            f"wide: {block.expanded_channels} · {drawn.size}² = {wide:,}, {number(wide / thin)} times as many: "
            "a shortcut keeps one tensor, so its size grows by the expansion",
            f"{wide:,} - {thin:,} = {wide - thin:,}",
        ),
        drawn.given,
    )


@kind("mbconv", "px")
def receptive_field(random: Random, level: int) -> Task:
    """Side of the region that one output value of a stack of convolutions looks at."""
    count = {1: 2, 2: 3, 3: 5}[level]
    stack = [(STEM_KERNEL, STEM_STRIDE)] if level > 1 else []
    stack += [(random.choice((3, 5)), random.choice((1, 2))) for _ in range(count - len(stack))]
    field, jump, lines = 1, 1, []
    for kernel, stride in stack:
        lines.append(
            f"{kernel}x{kernel}, stride {stride}: {field} + ({kernel} - 1) · {jump} = {field + (kernel - 1) * jump}"
        )
        field, jump = field + (kernel - 1) * jump, jump * stride
    listed = ", then ".join(f"{kernel}x{kernel} with stride {stride}" for kernel, stride in stack)
    return Task(
        f"Convolutions one after the other: {listed}. How many pixels wide is the region of the input that one output "
        "value depends on? (1x1 convolutions between them change nothing.)",
        field,
        (*lines, "each layer adds (kernel - 1) times the strides before it"),
        {"stack": [list(pair) for pair in stack]},
    )


@kind("mbconv", "px")
def map_side(random: Random, level: int) -> Task:
    """Side of the feature map after a stage."""
    member = "b0" if level < 3 else random.choice(MEMBERS)
    pixels = random.choice(
        ([release.resolution for release in RELEASES.values()], range(96, 512, 32), range(97, 700))[level - 1]
    )
    stage = random.randint(2, 8)
    strides = [STEM_STRIDE] + [block.stride for block in released(member).blocks if block.stage <= stage]
    sides = [pixels]
    for stride in (stride for stride in strides if stride > 1):
        sides.append(strided(sides[-1], stride))
    return Task(
        f"A picture of {pixels} x {pixels} px goes through EfficientNet-{member.upper()}. How many positions wide is "
        f"the feature map after stage {stage} of the paper's Table 1 (the stem is stage 1)?",
        sides[-1],
        (
            f"{len(sides) - 1} steps of stride 2 up to there, the stem's included: {' -> '.join(map(str, sides))}",
            "padding of half a kernel: an odd side is halved and rounded up",
        ),
        {"member": member, "resolution": pixels, "stage": stage},
    )


@kind("mbconv", "%", 0.01)
def survives_relu(random: Random, level: int) -> Task:
    """Probability that a value survives ReLU in at least one of its expanded copies."""
    copies = random.randint(1, 3) if level == 1 else random.randint(2, 8)
    zeroed = 0.5 if level < 3 else random.randint(2, 9) / 10
    lost = zeroed**copies
    return Task(
        f"Take a value that an expansion copies into {copies} channels with weights of random sign. ReLU sets each "
        f"copy to zero with probability {zeroed:g}, independently. What is the probability that at least one survives?",
        100 * (1 - lost),
        (
            f"all are lost with probability {zeroed:g}^{copies} = {number(lost)}",
            f"1 - {number(lost)} = {percent(1 - lost)}: in the wide space copies survive, in a thin one they do not, "
            "so the projection has no activation",
        ),
        {"copies": copies, "zeroed": zeroed},
    )
