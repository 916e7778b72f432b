"""Drills on MBConv and inverted residuals: what a block costs, what it keeps, what it sees."""

from __future__ import annotations

from random import Random

from ...architecture import STEM_KERNEL, STEM_STRIDE, released, strided
from ...cost import SE_ROLES, Layer, block_layers, total
from ...units import number, percent
from .kind import COUNTED_MACS, COUNTED_PARAMS, MEMBERS, SE_RATIO, Sized, Task, draw_block, kind, macs_line, params_line

STEPS = {"expand": ("expand",), "depthwise": ("depthwise",), "SE": SE_ROLES, "project": ("project",)}


@kind("mbconv", "parameters", 0.01)
def block_params(random: Random, level: int) -> Task:
    """Parameters of one MBConv, or the kernel that they imply."""
    if level == 3:
        return _kernel_of(random)
    drawn = draw_block(random, level)
    layers = block_layers(*drawn)
    return Task(
        f"{drawn}: how many parameters? {COUNTED_PARAMS}",
        total(layers).params,
        (*map(params_line, layers), f"together {total(layers).params:,}; the picture's size plays no part"),
        drawn.given,
    )


def _kernel_of(random: Random) -> Task:
    drawn = draw_block(random, 3)
    block, layers = drawn.block, block_layers(*drawn)
    depthwise = next(layer for layer in layers if layer.role == "depthwise")
    others = total(layers).params - depthwise.params
    return Task(
        f"An MBConv{block.expansion}, {block.in_channels} -> {block.out_channels} channels, SE {SE_RATIO:g}, has "
        f"{total(layers).params:,} parameters. {COUNTED_PARAMS} How wide is its depthwise kernel?",
        block.kernel,
        (
            f"everything but the depthwise convolution: {others:,} parameters",
            f"what is left, without 2 · {block.expanded_channels} of batch norm, is "
            f"{block.expanded_channels} · {block.kernel}²",
        ),
        {name: value for name, value in drawn.given.items() if name != "kernel"} | {"params": total(layers).params},
        "px",
        0.0,
    )


@kind("mbconv", "MACs", 0.01)
def block_macs(random: Random, level: int) -> Task:
    """Multiply-accumulates of one MBConv, or what a stride saves of them."""
    if level == 3:
        return _saved_by_stride(random)
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


def _saved_by_stride(random: Random) -> Task:
    drawn = draw_block(random, 3, wide=True, stride=1)
    strided_block = drawn.block._replace(stride=2)
    before, after = (block_layers(block, drawn.size) for block in (drawn.block, strided_block))
    macs = [total(layers).macs for layers in (before, after)]
    return Task(
        f"{drawn}: its depthwise convolution gets stride 2. How many times fewer multiply-accumulates is that? "
        f"{COUNTED_MACS}",
        macs[0] / macs[1],
        (
            "the expand step still works at every position: only what comes after the stride has fewer",
            *(f"{macs_line(old)}; then {new.macs:,}" for old, new in zip(before, after, strict=True)),
            f"{macs[0]:,} / {macs[1]:,} = {number(macs[0] / macs[1])}",
        ),
        drawn.given | {"wanted": "saving"},
        "×",
        0.01,
    )


@kind("mbconv", "%", 0.02)
def step_share(random: Random, level: int) -> Task:
    """Share of a block in one of its steps, or from which width on one step costs more than another."""
    if level == 3:
        return _where_expand_overtakes(random)
    what, words, line = (
        ("macs", "multiply-accumulates", macs_line) if level == 1 else ("params", "parameters", params_line)
    )
    drawn = draw_block(random, level, wide=True)
    step = random.choice(("expand", "depthwise", "project"))
    layers = block_layers(*drawn)
    part, whole = (getattr(total(some), what) for some in (_of_step(layers, step), layers))
    return Task(
        f"{drawn}: what share of its {words} is in the {step} step? {COUNTED_PARAMS if level == 2 else COUNTED_MACS}",
        100 * part / whole,
        (*map(line, layers), f"{part:,} of {whole:,} = {percent(part / whole)}"),
        drawn.given | {"step": step, "what": what},
    )


def _of_step(layers: list[Layer], step: str) -> list[Layer]:
    return [layer for layer in layers if layer.role in STEPS[step]]


def _where_expand_overtakes(random: Random) -> Task:
    kernel, stride, size = random.choice((3, 5, 7)), random.choice((1, 2)), 2 * random.randint(4, 40)
    least = kernel**2 // stride**2 + 1
    return Task(
        f"An MBConv with a {kernel}x{kernel} kernel and stride {stride} works on maps of {size} x {size} px. From how "
        "many input channels on does its expand step take more multiply-accumulates than its depthwise step?",
        least,
        (
            f"for one expanded channel, expand costs C · {size}² with C input channels",
            f"depthwise costs {kernel}² · {size // stride}²",
            f"expand costs more where C > {kernel}²"
            + (f" / {stride}² = {number(kernel**2 / stride**2)}" if stride > 1 else "")
            + ": hardly any block of EfficientNet is thinner, so 1x1 convolutions dominate",
        ),
        {"kernel": kernel, "stride": stride, "size": size},
        "channels",
        0.0,
    )


@kind("mbconv")
def costliest_step(random: Random, level: int) -> Task:
    """Which step of a block costs most, or which one a change makes dearer or cheaper."""
    if level == 3:
        return _step_that_changes(random)
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
    return {step: getattr(total(_of_step(layers, step)), what) for step in STEPS}


def _step_that_changes(random: Random) -> Task:
    """A change of a block that one step's multiply-accumulates answer otherwise than those of all others."""
    drawn = draw_block(random, 3, wide=True, stride=1, kernel=3)
    drawn = drawn._replace(size=2 * drawn.size)
    block = drawn.block
    twice = {name: 2 * getattr(block, name) for name in ("in_channels", "out_channels")}
    changed, told, asked, answer = random.choice(
        (
            (
                twice | {"size": drawn.size // 2},
                "All its channels double and its maps get half as wide",
                "fall",
                "depthwise",
            ),
            ({"size": 2 * drawn.size}, "Its maps get twice as wide", "stay the same", "SE"),
            ({"out_channels": twice["out_channels"]}, "Its output gets twice as many channels", "rise", "project"),
            ({"kernel": 5}, "Its kernel grows to 5x5", "rise", "depthwise"),
        )
    )
    return Task(
        f"{drawn}. {told}, the expansion stays. Of which of its steps do the multiply-accumulates {asked}?",
        answer,
        (
            "expand: C · E · positions; depthwise: E · kernel² · positions; SE: 2 · E · S; project: E · C' · positions",
            {
                "depthwise": "the depthwise step alone has a kernel, and grows with width, not with its square",
                "SE": "SE sees one vector of means: it does not know how large a map is",
                "project": "the projection alone makes the output's channels",
            }[answer],
        ),
        drawn.given | {"changed": changed, "asked": asked, "choices": list(STEPS)},
    )


@kind("mbconv", "values", 0.01)
def widest_tensor(random: Random, level: int) -> Task:
    """Values of the largest tensor inside a block, which sets its peak memory, or the expansion that a limit allows."""
    if level == 3:
        return _largest_expansion(random)
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


def _largest_expansion(random: Random) -> Task:
    channels, size, expansion = 8 * random.randint(2, 32), random.randint(7, 80), random.randint(2, 9)
    one = channels * size**2
    limit = round(one * (expansion + random.uniform(0.1, 0.9)))
    return Task(
        f"An MBConv with stride 1 has {channels} channels in and out, at {size} px. None of the tensors between its "
        f"steps may have more than {limit:,} values. What is the largest whole expansion?",
        expansion,
        (
            f"the input: {channels} · {size}² = {one:,}",
            "behind expand and behind depthwise there are expansion times as many",
            f"{limit:,} / {one:,} = {number(limit / one)}, whole part {expansion}",
        ),
        {"channels": channels, "size": size, "limit": limit},
        "",
        0.0,
    )


@kind("mbconv")
def adds_its_input(random: Random, level: int) -> Task:
    """Whether a block has a shortcut and why not, from its settings or from shapes; how many of a network have one."""
    if level == 2:
        return _shortcuts_of(random.choice(MEMBERS))
    drawn = draw_block(random, level)
    block = drawn.block
    told, asked = str(drawn), "is the block's input added to its output?"
    if level == 3:
        shapes = ((block.in_channels, drawn.size), (block.out_channels, drawn.out_size))
        into, out = (f"(1, {channels}, {side}, {side})" for channels, side in shapes)
        told, asked = f"An MBConv turns a tensor of shape {into} into one of shape {out}", asked.replace("is", "was", 1)
    strided, widened = block.stride > 1, block.in_channels != block.out_channels
    choices = {
        (False, False): "yes",
        (True, False): "no: its stride shrinks the picture",
        (False, True): "no: its output and its input have different numbers of channels",
        (True, True): "no: both the picture's size and the channels change",
    }
    return Task(
        f"{told}: {asked}",
        choices[strided, widened],
        (
            "a block adds its input where stride is 1 and channels in equal channels out: only then do shapes match",
            f"stride {block.stride}, {block.in_channels} channels in, {block.out_channels} out",
        ),
        drawn.given | {"choices": list(choices.values())},
    )


def _shortcuts_of(member: str) -> Task:
    blocks = released(member).blocks
    added, firsts = sum(block.has_residual for block in blocks), len({block.stage for block in blocks})
    return Task(
        f"EfficientNet-{member.upper()} has {len(blocks)} MBConv blocks in {firsts} stages. In how many of them is the "
        "input added to the output?",
        added,
        (
            "the first block of each stage changes the channels, the size, or both: it has no shortcut",
            f"{len(blocks)} - {firsts} = {added}",
        ),
        {"member": member},
        "blocks",
        0.0,
    )


@kind("mbconv", "values", 0.01)
def thin_shortcut(random: Random, level: int) -> Task:
    """How many values more a shortcut between wide tensors would keep, or what splitting the channels keeps."""
    if level == 3:
        return _kept_when_split(random)
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


def _kept_when_split(random: Random) -> Task:
    """MobileNetV2, Sec. 5.1: the wide tensor need never be there as a whole."""
    drawn, parts = draw_block(random, 3, wide=True), random.choice((2, 4, 8))
    block, positions, after = drawn.block, drawn.size**2, drawn.out_size**2
    wide = block.expanded_channels
    slices = wide // parts * (positions + after)
    ends = block.in_channels * positions + block.out_channels * after
    return Task(
        f"{drawn.without_se}, without SE. At inference its {wide} expanded channels are worked through in {parts} "
        "equal slices: each is expanded, filtered, projected and added to the sum that becomes the output. How many "
        "values are kept at once: the input, one slice before and behind the depthwise step, and the sum?",
        ends + slices,
        (
            f"input and sum: {block.in_channels} · {drawn.size}² + {block.out_channels} · {drawn.out_size}² = {ends:,}",
            f"one slice: {wide // parts} channels · ({drawn.size}² + {drawn.out_size}²) = {slices:,}",
            f"together {ends + slices:,}; unsplit {ends + parts * slices:,}",
            "it works because a depthwise convolution mixes no channels",
        ),
        drawn.given | {"parts": parts},
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
    """Side of the feature map after a stage, or the smallest picture that gives a map of a size."""
    if level == 3:
        return _smallest_picture(random)
    member = "b0" if level == 1 else random.choice(MEMBERS)
    pixels = random.choice(range(96, 512, 32) if level == 1 else range(97, 700))
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


def _smallest_picture(random: Random) -> Task:
    stage, side = random.randint(4, 8), random.randint(5, 20)
    blocks = [block for block in released("b0").blocks if block.stage <= stage]
    halvings = sum(stride > 1 for stride in (STEM_STRIDE, *(block.stride for block in blocks)))
    pixels = (side - 1) * 2**halvings + 1
    return Task(
        f"After stage {stage} of the paper's Table 1 (the stem is stage 1), EfficientNet-B0's feature map is to be "
        f"{side} positions wide. How wide is the smallest picture that gives it?",
        pixels,
        (
            f"{halvings} steps of stride 2 up to there, each of which halves a side and rounds up",
            f"{side} positions come from {(side - 1) * 2**halvings + 1} to {side * 2**halvings} px: "
            f"({side} - 1) · 2^{halvings} + 1",
        ),
        {"stage": stage, "side": side},
    )


@kind("mbconv", "%", 0.01)
def survives_relu(random: Random, level: int) -> Task:
    """Probability that a value survives ReLU in one of its expanded copies, or the copies that it takes."""
    if level == 3:
        return _copies_needed(random)
    copies = random.randint(1, 3) if level == 1 else random.randint(2, 8)
    zeroed = 0.5 if level == 1 else random.randint(2, 9) / 10
    lost = zeroed**copies
    return Task(
        f"Take a value that an expansion copies into {copies} channel{'s' * (copies > 1)} with weights of random "
        f"sign. ReLU sets each copy to zero with probability {zeroed:g}, independently. What is the probability that "
        "at least one survives?",
        100 * (1 - lost),
        (
            f"all are lost with probability {zeroed:g}^{copies} = {number(lost)}",
            f"1 - {number(lost)} = {percent(1 - lost)}: in the wide space copies survive, in a thin one they do not, "
            "so the projection has no activation",
        ),
        {"copies": copies, "zeroed": zeroed},
    )


def _copies_needed(random: Random) -> Task:
    zeroed, wanted, copies = random.choice((0.3, 0.4, 0.5, 0.6, 0.7, 0.8)), random.choice((0.9, 0.95, 0.98, 0.99)), 1
    while zeroed**copies > 1 - wanted:
        copies += 1
    return Task(
        "An expansion copies a value into several channels with weights of random sign. ReLU sets each copy to zero "
        f"with probability {zeroed:g}, independently. How many channels does it take until at least one copy survives "
        f"with a probability of {100 * wanted:g} % or more?",
        copies,
        (
            f"all of n copies are lost with probability {zeroed:g}^n, which may be {percent(1 - wanted)} at most",
            f"n = ln {number(1 - wanted)} / ln {zeroed:g}, rounded up: {copies}",
            "an expansion of 6 leaves a lot of room, and a thin projection none",
        ),
        {"zeroed": zeroed, "wanted": wanted},
        "channels",
        0.0,
    )
