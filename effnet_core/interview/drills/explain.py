"""Drills on heat maps: Grad-CAM by hand, what a cell stands for, how many passes a map takes."""

from __future__ import annotations

from random import Random

from ...architecture import STEM_STRIDE, released, strided
from ...units import number
from .kind import MEMBERS, Task, kind

SIDE = 2  # positions along a side of the maps that are worked by hand


@kind("explain", "", 0.01)
def cam_value(random: Random, level: int) -> Task:
    """Grad-CAM at one position, by hand."""
    channels = {1: 2, 2: 2, 3: 3}[level]
    values = [random.randint(0, 40) / 10 for _ in range(channels)]
    if level == 3:
        side = random.choice((7, 8, 12))
        weights = [random.randint(-20, 30) / 10 for _ in values]
        gradients = [[[weight / side**2]] for weight in weights]
        told = f"Behind the last stage, of {side} x {side} positions, come a global average and the classifier, whose "
        told += f"weights for the class are {_listed(weights)}."
        how = f"the gradient is weight / {side}² at every position"
    else:
        low = -30 if level == 2 else -10
        gradients = [[[random.randint(low, 30) / 10] * SIDE] * SIDE for _ in values]
        if level == 2:
            gradients = [[[random.randint(low, 30) / 10 for _ in range(SIDE)] for _ in range(SIDE)] for _ in values]
        shown = "; ".join(_listed([value for row in one for value in row]) for one in gradients)
        told = f"The logit's gradients at the {SIDE} x {SIDE} positions of the channels are {shown}."
        how = "a channel's weight is the mean of its gradient over all positions"
    alphas = [sum(map(sum, one)) / (len(one) * len(one[0])) for one in gradients]
    total = sum(alpha * value for alpha, value in zip(alphas, values, strict=True))
    return Task(
        f"A stage has {channels} channels. {told} At one position the channels are {_listed(values)}. What is "
        "Grad-CAM's value there?",
        max(0.0, total),
        (
            how,
            f"weights {_listed(alphas)}, so the sum is {number(total)}",
            "ReLU: what is negative becomes zero",
        ),
        {"values": values, "gradients": gradients}
        if level < 3
        else {"values": values, "weights": weights, "side": side},
    )


def _listed(values: list[float]) -> str:
    return f"({', '.join(number(value) for value in values)})"


@kind("explain", "px", 0.01)
def cell_in_picture(random: Random, level: int) -> Task:
    """What a cell of a heat map stands for in the picture: its side, or where its middle lies."""
    member = "b0" if level == 1 else random.choice(MEMBERS)
    network, stage = released(member), 8 if level == 1 else random.randint(2, 8)
    pixels = random.choice((160, 192, 224, 256, 320, 384)) if level == 1 else network.resolution
    sides = [strided(pixels, STEM_STRIDE)]
    for block in network.blocks:
        if block.stage <= stage and block.stride > 1:
            sides.append(strided(sides[-1], block.stride))
    cell, column = pixels / sides[-1], random.randrange(sides[-1])
    steps = (
        f"{pixels} -> {' -> '.join(map(str, sides))} positions, so a cell is {pixels} / {sides[-1]} = {number(cell)} px"
    )
    head = f"EfficientNet-{member.upper()} gets a picture of {pixels} x {pixels} px, and a heat map is drawn at stage "
    head += f"{stage} of the paper's Table 1 (the stem is stage 1)."
    if level < 3:
        question, answer = "How many pixels of the picture's side does one cell of the map stand for?", cell
        working = (steps, "the map is enlarged to the picture: nothing smaller than a cell can be told apart")
    else:
        question = f"Its strongest cell is in column {column}, counted from 0. At which pixel from the left does that "
        question += "cell's middle lie in the enlarged map?"
        answer = (column + 0.5) * cell
        working = (steps, f"({column} + ½) · {number(cell)} = {number(answer)} px")
    given = {"member": member, "resolution": pixels, "stage": stage}
    return Task(f"{head} {question}", answer, working, given | ({"column": column} if level == 3 else {}))


@kind("explain", "passes")
def map_passes(random: Random, level: int) -> Task:
    """How many passes through the network a heat map takes."""
    classes = random.randint(2, 5)
    if level == 1:
        last = random.random() < 0.5
        where = "the last stage" if last else "a stage in the middle"
        return Task(
            f"Grad-CAM at {where} of EfficientNet, for {classes} classes of one picture. How many backward passes are "
            "needed?",
            0 if last else classes,
            (
                "none: behind the last stage come a mean and a linear layer, whose weights are the gradient"
                if last
                else "one a class: each logit has a gradient of its own; one forward pass serves all",
            ),
            {"method": "gradcam", "last": last, "classes": classes},
        )
    if level == 2:
        steps = random.choice((16, 32, 50, 64, 128))
        return Task(
            f"Integrated gradients in {steps} steps, for {classes} classes of one picture. How many passes are that, "
            "forward and backward ones together?",
            steps * (1 + classes),
            (
                f"{steps} pictures between the baseline and this one, each forward once",
                f"and backward once for each of {classes} classes: {steps} · (1 + {classes})",
            ),
            {"method": "integrated gradients", "steps": steps, "classes": classes},
        )
    pixels, patch = random.choice((224, 240, 260, 300)), random.randint(16, 60)
    step = random.choice((patch, patch // 2))
    along = -(-(pixels - patch) // step) + 1
    return Task(
        f"Occlusion: a square of {patch} px moves over a picture of {pixels} x {pixels} px in steps of {step} px until "
        "it has reached the far edge in both directions; one more pass looks at the whole picture. How many forward "
        "passes are needed?",
        1 + along**2,
        (
            f"along a side: ({pixels} - {patch}) / {step}, rounded up, + 1 = {along}",
            f"{along}² + 1 = {1 + along**2}; no backward pass, and no more for other classes",
        ),
        {"method": "occlusion", "pixels": pixels, "patch": patch, "step": step},
    )
