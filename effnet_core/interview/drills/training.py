"""Drills on training and regularisation: schedules, stochastic depth, losses, activations."""

from __future__ import annotations

import math
from random import Random

from ...architecture import released
from ...published import tables
from ...units import number, percent
from .kind import MEMBERS, Task, kind

FACTS = {row["fact"]: row["value"] for row in tables.table("effnet_training")}
LEAST_SURVIVAL = FACTS["survival probability"]


@kind("training", "%", 0.01)
def drop_probability(random: Random, level: int) -> Task:
    """How often stochastic depth drops a given block, or spares a whole stage."""
    member = "b0" if level == 1 else random.choice(MEMBERS[1:])
    blocks = len(released(member).blocks)
    droppable = [index for index, block in enumerate(released(member).blocks) if block.has_residual]
    index, rate = random.choice(droppable), 1 - LEAST_SURVIVAL
    share = rate * index / blocks
    if level == 3:
        return _stage_as_a_whole(member, released(member).blocks[index].stage, rate)
    return Task(
        f"EfficientNet-{member.upper()} has {blocks} blocks and a drop rate of {number(rate)}. Counted from 0, block i "
        f"of n is dropped with probability rate · i / n where it has a shortcut, as block {index} has. How often is it "
        "dropped in training?",
        100 * share,
        (
            f"{number(rate)} · {index} / {blocks} = {percent(share)}",
            "later blocks are dropped more often; those without a shortcut, such as the first of each stage, never",
        ),
        {"member": member, "blocks": blocks, "index": index, "rate": round(rate, 10)},
    )


def _stage_as_a_whole(member: str, stage: int, rate: float) -> Task:
    """The chance that none of a stage's blocks is dropped."""
    blocks = released(member).blocks
    drawn = [index for index, block in enumerate(blocks) if block.stage == stage and block.has_residual]
    kept = [1 - rate * index / len(blocks) for index in drawn]
    numbers = f"block {drawn[0]}" if len(drawn) == 1 else f"blocks {drawn[0]} to {drawn[-1]}"
    return Task(
        f"EfficientNet-{member.upper()} has {len(blocks)} blocks and a drop rate of {number(rate)}. Counted from 0, "
        f"block i of n is dropped with probability rate · i / n where it has a shortcut. In stage {stage} of Table 1 "
        f"that is {numbers}. How often is none of them dropped in a training pass?",
        100 * math.prod(kept),
        (
            f"each is kept with probability 1 - rate · i / n: {', '.join(map(percent, kept))}",
            f"they are drawn independently, so multiplied: {percent(math.prod(kept))}",
        ),
        {"member": member, "stage": stage, "index": drawn[0], "rate": round(rate, 10)},
    )


@kind("training", "blocks", 0.01)
def expected_blocks(random: Random, level: int) -> Task:
    """How many residual branches of a network run on average in training, or the rate that leaves so many."""
    member = "b0" if level == 1 else random.choice(MEMBERS[1:])
    blocks, rate = released(member).blocks, round(1 - LEAST_SURVIVAL, 10)
    if level == 1:
        rate = random.choice((0.1, 0.2, 0.3, 0.4))
    if level == 3:
        return _rate_that_leaves(random, member)
    dropped = [rate * index / len(blocks) for index, block in enumerate(blocks) if block.has_residual]
    return Task(
        f"EfficientNet-{member.upper()} has {len(blocks)} blocks in stages of {_stage_sizes(member)}. Counted from 0, "
        f"block i of n is dropped with probability {rate:g} · i / n if it has a shortcut, and never otherwise. How "
        "many blocks run on average in one training pass?",
        len(blocks) - sum(dropped),
        (
            "the first block of each stage changes channels or size: it has no shortcut and always runs",
            f"the other {len(dropped)} blocks are dropped {number(sum(dropped))} times together on average",
            f"{len(blocks)} - {number(sum(dropped))} = {number(len(blocks) - sum(dropped))}",
        ),
        {"member": member, "rate": rate},
    )


def _rate_that_leaves(random: Random, member: str) -> Task:
    blocks = released(member).blocks
    shares = sum(index / len(blocks) for index, block in enumerate(blocks) if block.has_residual)
    away = random.randint(2, max(2, int(shares / 2)))
    return Task(
        f"EfficientNet-{member.upper()} has {len(blocks)} blocks in stages of {_stage_sizes(member)}. Counted from 0, "
        "block i of n is dropped with probability rate · i / n if it has a shortcut, and never otherwise. Which rate "
        f"makes {len(blocks) - away} blocks run on average in a training pass?",
        away / shares,
        (
            f"the first block of each stage has no shortcut; i / n of the others adds up to {number(shares)}",
            f"{away} blocks are to be dropped: {away} / {number(shares)} = {number(away / shares)}",
        ),
        {"member": member, "running": len(blocks) - away},
        "",
        0.01,
    )


def _stage_sizes(member: str) -> str:
    stages = [block.stage for block in released(member).blocks]
    return ", ".join(str(stages.count(stage)) for stage in sorted(set(stages)))


@kind("training", "", 0.01)
def scaled_learning_rate(random: Random, level: int) -> Task:
    """Learning rate by the linear rule: for a batch, for several devices, in the warm-up."""
    base, images = FACTS["base learning rate"], FACTS["images per base learning rate"]
    devices, each, steps = 1, 2 ** random.randint(5, 13), 1
    told = f"a batch of {each:,}"
    if level > 1:
        devices, each, steps = random.choice((2, 4, 8)), random.choice((16, 32, 48, 64)), random.choice((1, 2, 4))
        added = f", gradients added up over {steps} steps" if steps > 1 else ""
        told = f"{devices} devices with {each} pictures each{added},"
    batch = devices * each * steps
    rate, warm, epoch = base * batch / images, FACTS["warm-up"], None
    working = [f"{base:g} · {batch:,} / {images} = {number(rate)}"]
    if level > 1:
        working.insert(0, f"one update sees {devices} · {each} · {steps} = {batch:,} pictures")
    if level == 3:
        epoch = random.choice((1, 2, 3, 4))
        rate *= epoch / warm
        working.append(f"after {epoch} of {warm:g} epochs of warm-up: · {epoch} / {warm:g} = {number(rate)}")
    asked = f" after {epoch} of {warm:g} epochs in which it rises linearly from zero" if level == 3 else ""
    return Task(
        f"The rule is {base:g} for each {images} pictures that one update sees. What is the learning rate for "
        f"{told.removesuffix(',') if level < 3 else told}{asked}?",
        rate,
        tuple(working),
        {"base": base, "images": images, "devices": devices, "each": each, "steps": steps}
        | ({"epoch": epoch, "warm_up": warm} if level == 3 else {}),
    )


@kind("training", "", 0.01)
def decayed_learning_rate(random: Random, level: int) -> Task:
    """Learning rate after some epochs of exponential decay in steps, or when it has fallen so far."""
    start, decay, every = FACTS["initial learning rate"], FACTS["learning rate decay"], FACTS["epochs per decay"]
    if level == 3:
        return _epochs_of_decay(random, start, decay, every)
    epoch = random.choice((12, 24, 60, 120, 240)) if level == 1 else random.randint(3, 350)
    steps = math.floor(round(epoch / every, 9))
    rate = start * decay**steps
    return Task(
        f"The learning rate starts at {start:g} and is multiplied by {decay:g} every {every:g} epochs, in steps. What "
        f"is it after {epoch} epochs?",
        rate,
        (
            f"{epoch} / {every:g} = {number(epoch / every)}: {steps} whole steps",
            f"{start:g} · {decay:g}^{steps} = {number(rate)}",
        ),
        {"start": start, "decay": decay, "every": every, "epochs": epoch},
    )


def _epochs_of_decay(random: Random, start: float, decay: float, every: float) -> Task:
    part = random.choice((2, 3, 5, 10, 20, 50, 100))
    steps = math.ceil(math.log(part) / -math.log(decay))
    return Task(
        f"The learning rate starts at {start:g} and is multiplied by {decay:g} every {every:g} epochs, in steps. After "
        f"how many epochs is it under 1/{part} of that for the first time?",
        steps * every,
        (
            f"{decay:g}^n < 1/{part}, so n > ln {part} / -ln {decay:g} = {number(math.log(part) / -math.log(decay))}",
            f"{steps} whole steps of {every:g} epochs: {number(steps * every)}",
        ),
        {"start": start, "decay": decay, "every": every, "part": part},
        "epochs",
        0.005,
    )


@kind("training", "", 0.01)
def smoothed_loss(random: Random, level: int) -> Task:
    """Cross-entropy with label smoothing, for one example, or the least that it can be."""
    if level == 3:
        return _least_loss(random)
    classes = {1: 2, 2: 3}[level]
    logits = [random.randint(-20, 30) / 10 for _ in range(classes)]
    smoothing, right = FACTS["label smoothing"], 0
    norm = math.log(sum(map(math.exp, logits)))
    targets = [smoothing / classes + (1 - smoothing) * (index == right) for index in range(classes)]
    loss = sum(target * (norm - logit) for target, logit in zip(targets, logits, strict=True))
    return Task(
        f"{classes} classes, scores {', '.join(f'{logit:g}' for logit in logits)}; the first class is right. What is "
        f"the cross-entropy (natural logarithm) with label smoothing {smoothing:g} spread over all {classes} classes?",
        loss,
        (
            f"targets: {', '.join(map(number, targets))}",
            f"negative log probabilities: {', '.join(number(norm - logit) for logit in logits)}",
            f"their product, summed: {number(loss)}",
        ),
        {"logits": logits, "smoothing": smoothing, "right": right},
    )


def _least_loss(random: Random) -> Task:
    classes, smoothing = random.choice((2, 5, 10, 100, 1000)), random.choice((0.05, 0.1, 0.2, 0.3))
    low = smoothing / classes
    high = 1 - smoothing + low
    loss = -(classes - 1) * low * math.log(low) - high * math.log(high)
    return Task(
        f"A network is trained with label smoothing {smoothing:g}, spread over all {classes:,} classes. How small can "
        "the cross-entropy (natural logarithm) of an example become?",
        loss,
        (
            f"targets: {number(high)} for the right class, {number(low)} for each of the other {classes - 1}",
            "it is smallest where the network's probabilities equal the targets: their entropy, not zero",
            f"-{number(high)} · ln {number(high)} - {classes - 1} · {number(low)} · ln {number(low)} = {number(loss)}",
        ),
        {"classes": classes, "smoothing": smoothing},
    )


@kind("training", "", 0.01)
def swish(random: Random, level: int) -> Task:
    """SiLU (swish) of a number, or its slope."""
    value = random.choice((-2, -1, 1, 2, 3)) if level == 1 else random.randint(-50, 50) / 10 or 0.5
    gate = 1 / (1 + math.exp(-value))
    if level < 3:
        wanted, answer = "the value", value * gate
        steps = f"x · sigmoid(x) = {value:g} · {number(gate)} = {number(answer)}"
    else:
        wanted, answer = "the slope", gate * (1 + value * (1 - gate))
        steps = f"sigmoid(x) · (1 + x · (1 - sigmoid(x))) = {number(answer)}"
    return Task(
        f"What is {wanted} of SiLU (swish) at x = {value:g}?",
        answer,
        (f"sigmoid({value:g}) = {number(gate)}", steps),
        {"x": value, "wanted": wanted.removeprefix("the ")},
    )


@kind("training", "", 0.02)
def moving_average(random: Random, level: int) -> Task:
    """How long an average of weights remembers: what is left of an old value, or steps until a share is left."""
    if level == 3:
        return _steps_of_memory(random)
    decay = FACTS["moving average of weights"] if level == 1 else random.choice((0.9, 0.99, 0.999, 0.9999))
    steps = random.choice((1000, 5000, 10_000)) if level == 1 else max(1, round(random.uniform(0.2, 3) / (1 - decay)))
    old, new = (1, 0) if level == 1 else (random.randint(1, 9), random.randint(10, 19))
    answer = new + (old - new) * decay**steps
    return Task(
        f"A moving average, average <- {decay:g} · average + (1 - {decay:g}) · weight, is {old} now. From now on "
        f"the weight is {new}. What is the average after {steps:,} steps?",
        answer,
        (
            f"the distance to {new} shrinks by {decay:g} each step: {decay:g}^{steps:,} = {number(decay**steps)}",
            f"{new} + ({old} - {new}) · {number(decay**steps)} = {number(answer)}",
        ),
        {"decay": decay, "steps": steps, "old": old, "new": new},
    )


def _steps_of_memory(random: Random) -> Task:
    decay, left = random.choice((0.99, 0.999, 0.9999)), random.choice((50, 25, 10, 1))
    steps = math.log(left / 100) / math.log(decay)
    return Task(
        f"A moving average, average <- {decay:g} · average + (1 - {decay:g}) · weight. After how many steps do the "
        f"weights of today make up {left} % of it?",
        steps,
        (
            f"what is older is multiplied by {decay:g} each step: {decay:g}^n = {left / 100:g}",
            f"n = ln {left / 100:g} / ln {decay:g} = {number(steps)}, about {number(-math.log(left / 100))} / "
            f"(1 - {decay:g})",
        ),
        {"decay": decay, "left": left},
        "steps",
        0.02,
    )
