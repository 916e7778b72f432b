"""Drills on compound scaling: φ, α, β, γ, their rounding, and what they cost."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from random import Random

from ...architecture import (
    ALPHA,
    B0_STAGES,
    BETA,
    GAMMA,
    RELEASES,
    compound,
    growth,
    round_channels,
    round_depth,
    round_resolution,
)
from ...cost import cost_of
from ...units import number
from .kind import MEMBERS, Task, kind, network_cost

BASE_PX = RELEASES["b0"].resolution
PUBLISHED = {"α": ALPHA, "β": BETA, "γ": GAMMA}
DIMENSIONS = ("depth", "width", "resolution")
POWERS = {"α": 1, "β": 2, "γ": 2}  # in compute, Eq. 3


def _phi(random: Random, level: int) -> float:
    return random.randint(1, 6) if level == 1 else random.randint(-4, 14) / 2 or 0.5


@kind("scaling", "px", 0.01)
def scaled_resolution(random: Random, level: int) -> Task:
    """Resolution that the formula gives for a φ, or the γ that leads to a resolution."""
    if level == 3:
        return _gamma_for(random)
    phi = _phi(random, level)
    gamma = GAMMA if level == 1 else random.randint(102, 125) / 100
    exact = BASE_PX * gamma**phi
    return Task(
        f"B0 takes {BASE_PX} px. What resolution does the formula give for φ = {phi:g} with γ = {gamma:g}, "
        "rounded to whole pixels?",
        round_resolution(exact),
        (f"γ^φ = {gamma:g}^{phi:g} = {number(gamma**phi)}", f"{BASE_PX} · {number(gamma**phi)} = {number(exact)} px"),
        {"phi": phi, "gamma": gamma, "base": BASE_PX},
    )


def _gamma_for(random: Random) -> Task:
    phi, pixels = random.randint(2, 7), random.randint(240, 800)
    return Task(
        f"B0 takes {BASE_PX} px. With which γ does the formula give {pixels} px at φ = {phi}, before it is rounded?",
        (pixels / BASE_PX) ** (1 / phi),
        (
            f"γ^{phi} = {pixels} / {BASE_PX} = {number(pixels / BASE_PX)}",
            f"γ = {number(pixels / BASE_PX)}^(1/{phi}) = {number((pixels / BASE_PX) ** (1 / phi))}",
        ),
        {"phi": phi, "pixels": pixels, "base": BASE_PX},
        "",
        0.005,
    )


@kind("scaling", "channels")
def scaled_channels(random: Random, level: int) -> Task:
    """Channels of a stage after width scaling and rounding, or the width from which it has so many."""
    if level == 3:
        return _width_from_which(random)
    width = RELEASES[random.choice(MEMBERS[2:])].width if level == 1 else random.randint(70, 230) / 100
    channels = random.choice([stage.out_channels for stage in B0_STAGES]) if level == 1 else random.randint(9, 400)
    exact, rounded = channels * width, round_channels(channels * width)
    up = max(8, int(exact + 4) // 8 * 8)
    return Task(
        f"A stage has {channels} channels. How many does it have at width × {width:g}, after EfficientNet's rounding?",
        rounded,
        (
            f"{channels} · {width:g} = {number(exact)}",
            f"the nearest multiple of 8 is {up}",
            f"at least 90 % of {number(exact)}, so it stays"
            if up == rounded
            else f"below 90 % of {number(exact)}, so one step of 8 up: {rounded}",
        ),
        {"channels": channels, "width": width},
    )


def _width_from_which(random: Random) -> Task:
    channels = random.choice([stage.out_channels for stage in B0_STAGES])
    wanted = round_channels(channels * random.uniform(1.1, 2.2))
    half, ninety = wanted - 4, (wanted - 8) / 0.9  # rounding to the nearest; one step up where too much was lost
    return Task(
        f"A stage has {channels} channels. From which width multiplier on does it have {wanted}, after EfficientNet's "
        "rounding (to multiples of 8, never under 90 %)?",
        min(half, ninety) / channels,
        (
            f"the nearest multiple of 8 is {wanted} from {half} on: {half} / {channels} = {number(half / channels)}",
            f"{wanted - 8} is under 90 % from {wanted - 8} / 0.9 = {number(ninety)} on: "
            f"{number(ninety)} / {channels} = {number(ninety / channels)}",
            f"whichever comes first: {number(min(half, ninety) / channels)}",
        ),
        {"channels": channels, "wanted": wanted},
        "",
        0.005,
    )


@kind("scaling", "blocks")
def scaled_depth(random: Random, level: int) -> Task:
    """MBConv blocks after depth scaling and rounding stage by stage, or the depth that keeps to a number of them."""
    if level == 3:
        return _depth_that_keeps_to(random)
    depth = RELEASES[random.choice(MEMBERS[1:])].depth if level == 1 else random.randint(105, 350) / 100
    table = [stage.layers for stage in B0_STAGES]
    layers = random.sample(table, 3) if level == 1 else table
    scaled = [round_depth(depth * count) for count in layers]
    return Task(
        f"Stages of {', '.join(map(str, layers))} blocks are scaled to depth × {depth:g}. "
        "How many blocks are there then, after EfficientNet's rounding?",
        sum(scaled),
        (
            "each stage separately, rounded up: "
            + ", ".join(f"{count} · {depth:g} -> {new}" for count, new in zip(layers, scaled, strict=True)),
            f"{' + '.join(map(str, scaled))} = {sum(scaled)}; rounding the sum alone would give less or the same",
        ),
        {"depth": depth, "layers": layers},
    )


def _depth_that_keeps_to(random: Random) -> Task:
    layers = random.sample([stage.layers for stage in B0_STAGES], 3)
    most = sum(layers) + random.randint(2, 9)
    steps = sorted({Fraction(blocks, count) for count in set(layers) for blocks in range(1, 20)})
    depth = max(step for step in steps if sum(math.ceil(step * count) for count in layers) <= most)
    scaled = [math.ceil(depth * count) for count in layers]
    return Task(
        f"Stages of {', '.join(map(str, layers))} blocks may have {most} blocks together after EfficientNet's "
        "rounding. What is the largest depth multiplier?",
        float(depth),
        (
            "each stage is rounded up by itself, so a block comes in wherever depth · blocks passes a whole number",
            f"at {number(float(depth))} they have {' + '.join(map(str, scaled))} = {sum(scaled)}; a little more, and "
            f"{' and '.join(sorted({str(count) for count in layers if (depth * count).denominator == 1}))} would have "
            "one more each",
        ),
        {"layers": layers, "most": most},
        "",
        0.005,
    )


@kind("scaling", "×", 0.01)
def compute_growth(random: Random, level: int) -> Task:
    """What φ steps multiply compute by, before rounding, or the φ that a budget allows."""
    phi = random.randint(1, 7)
    chosen = PUBLISHED if level == 1 else {name: random.randint(102, 140) / 100 for name in PUBLISHED}
    alpha, beta, gamma = chosen.values()
    step = growth(alpha, beta, gamma)
    if level == 3:
        return _phi_for(random, alpha, beta, gamma)
    return Task(
        f"α = {alpha:g}, β = {beta:g}, γ = {gamma:g}. By what factor does compute grow at φ = {phi:g}, "
        "before anything is rounded?",
        step**phi,
        (f"α · β² · γ² = {alpha:g} · {beta:g}² · {gamma:g}² = {number(step)}", f"{number(step)}^{phi:g}"),
        {"alpha": alpha, "beta": beta, "gamma": gamma, "phi": phi},
    )


def _phi_for(random: Random, alpha: float, beta: float, gamma: float) -> Task:
    times, step = random.choice((3, 5, 10, 20, 50, 100)), growth(alpha, beta, gamma)
    return Task(
        f"α = {alpha:g}, β = {beta:g}, γ = {gamma:g}. You may spend {times} times B0's compute. Which φ spends it, "
        "before anything is rounded?",
        math.log(times) / math.log(step),
        (
            f"α · β² · γ² = {number(step)}",
            f"{number(step)}^φ = {times}, so φ = ln {times} / ln {number(step)} = "
            f"{number(math.log(times) / math.log(step))}",
        ),
        {"alpha": alpha, "beta": beta, "gamma": gamma, "times": times},
        "",
        0.01,
    )


@kind("scaling", "", 0.005)
def missing_coefficient(random: Random, level: int) -> Task:
    """The coefficient that keeps a step of φ at a given growth, or two that are to be alike."""
    if level == 3:
        return _alike_coefficients(random)
    chosen = PUBLISHED if level == 1 else {letter: random.randint(102, 120) / 100 for letter in PUBLISHED}
    target = 2 if level == 1 else random.randint(18, 30) / 10
    missing = random.choice(list(chosen))
    known = {letter: value for letter, value in chosen.items() if letter != missing}
    rest = math.prod(value ** POWERS[letter] for letter, value in known.items())
    answer = (target / rest) ** (1 / POWERS[missing])
    factors = " · ".join(f"{value:g}{'²' * (POWERS[letter] == 2)}" for letter, value in known.items())
    return Task(
        f"{' and '.join(f'{letter} = {value:g}' for letter, value in known.items())}. Which {missing} makes one step "
        f"of φ multiply compute by exactly {target:g}?",
        answer,
        (
            f"α · β² · γ² = {target:g}",
            f"{factors} = {number(rest)}, so {missing}{'²' * (POWERS[missing] == 2)} = {target:g} / {number(rest)} = "
            f"{number(target / rest)}",
            f"{missing} = {number(answer)}",
        ),
        {"known": known, "missing": missing, "target": target},
    )


def _alike_coefficients(random: Random) -> Task:
    given, target = random.choice(list(POWERS)), random.randint(16, 30) / 10
    value, alike = random.randint(100, 115) / 100, [letter for letter in POWERS if letter != given]
    power = sum(POWERS[letter] for letter in alike)
    rest = target / value ** POWERS[given]
    return Task(
        f"{given} = {value:g}, and {' and '.join(alike)} are to be equal. Which value of the two makes one step of φ "
        f"multiply compute by exactly {target:g}?",
        rest ** (1 / power),
        (
            f"α · β² · γ² = {target:g}; with both equal to x that is {given}{'²' * (POWERS[given] == 2)} · x^{power}",
            f"x^{power} = {number(rest)}, so x = {number(rest ** (1 / power))}",
        ),
        {"known": {given: value}, "missing": alike, "target": target},
    )


@kind("scaling", "", 0.01)
def implied_phi(random: Random, level: int) -> Task:
    """The φ that a released network's coefficient implies, or its compute."""
    if level == 3:
        return _phi_of_compute(random.choice(MEMBERS[1:]))
    letter, what = random.choice((("α", "depth"), ("β", "width"), ("γ", "resolution")))
    member = random.choice([name for name in MEMBERS[1:] if what != "width" or RELEASES[name].width > 1])
    release, base = RELEASES[member], PUBLISHED[letter]
    ratio = release.resolution / BASE_PX if what == "resolution" else getattr(release, what)
    premise = f"{member.upper()} has {what} × {number(ratio)}"
    return Task(
        f"{premise} against B0. Which φ would the formula need for that, with {letter} = {base:g}?",
        math.log(ratio) / math.log(base),
        (
            f"{base:g}^φ = {number(ratio)}",
            f"φ = ln {number(ratio)} / ln {base:g} = {number(math.log(ratio))} / {number(math.log(base))}",
            "each of a released network's three coefficients implies a different φ: they were picked by hand",
        ),
        {"ratio": ratio, "base": base},
    )


def _phi_of_compute(member: str) -> Task:
    ratio, step = network_cost(member).macs / network_cost("b0").macs, growth(ALPHA, BETA, GAMMA)
    return Task(
        f"Counted, {member.upper()} takes {number(ratio)} times B0's multiply-accumulates. Which φ would the formula "
        f"need for that, with α = {ALPHA:g}, β = {BETA:g} and γ = {GAMMA:g}, nothing rounded?",
        math.log(ratio) / math.log(step),
        (
            f"one step multiplies compute by α · β² · γ² = {number(step)}",
            f"φ = ln {number(ratio)} / ln {number(step)} = {number(math.log(ratio) / math.log(step))}",
        ),
        {"ratio": ratio, "base": step},
    )


@kind("scaling", "×", 0.01)
def one_axis(random: Random, level: int) -> Task:
    """What scaling one axis, or two against each other, does to MACs, parameters or activations of convolutions."""
    factor = random.choice((2, 3, 4)) if level == 1 else random.randint(2, 16) / 4 or 2
    axes = {"depth": (1, 1, 1), "width": (2, 2, 1), "resolution": (2, 0, 2)}  # powers: MACs, parameters, activations
    axis = random.choice(list(axes))
    index = random.randrange(3 if level > 1 else 2)
    what, power = ("MACs", "weights", "activations")[index], axes[axis][index]
    if level == 3:
        return _two_axes(random, axes)
    return Task(
        f"A stack of ordinary 3x3 convolutions, as many channels in as out, has its {axis} multiplied by {factor:g} "
        f"and nothing else. By what factor do its {what} grow?",
        factor**power,
        (
            "MACs = layers · channels in · channels out · 3² · pixels; weights have no pixels in them, "
            "activations = layers · channels out · pixels",
            f"{axis} enters {what} to the power of {power}: {factor:g}^{power}",
        ),
        {"axis": axis, "factor": factor, "what": what},
    )


def _two_axes(random: Random, axes: dict[str, tuple[int, int, int]]) -> Task:
    grown, shrunk = random.sample(list(axes), 2)
    up, down = random.choice(((2, 2), (4, 2), (2, 4), (4, 4)))
    index = random.randrange(3)
    what, powers = ("MACs", "weights", "activations")[index], (axes[grown][index], axes[shrunk][index])
    return Task(
        f"A stack of ordinary 3x3 convolutions, as many channels in as out, gets {up} times its {grown} and 1/{down} "
        f"of its {shrunk}. By what factor do its {what} change?",
        up ** powers[0] / down ** powers[1],
        (
            "MACs = layers · channels in · channels out · 3² · pixels; weights have no pixels in them, "
            "activations = layers · channels out · pixels",
            f"{grown} enters {what} to the power of {powers[0]}, {shrunk} to the power of {powers[1]}: "
            f"{up}^{powers[0]} / {down}^{powers[1]}",
        ),
        {"axis": grown, "factor": up, "other": shrunk, "part": down, "what": what},
    )


@kind("scaling", "×", 0.05)
def network_ratio(random: Random, level: int) -> Task:
    """How many times the compute or parameters of one released network another takes, by the formula, and back."""
    small, large = ("b0", random.choice(MEMBERS[1:])) if level == 1 else sorted(random.sample(MEMBERS, 2))
    what = "macs" if level == 1 else random.choice(("macs", "params"))
    costs = {name: network_cost(name) for name in (small, large)}
    amounts = {name: getattr(cost, what) for name, cost in costs.items()}
    sizes = {
        name: f"{name.upper()} has depth × {RELEASES[name].depth:g}, width × {RELEASES[name].width:g} and "
        f"{RELEASES[name].resolution} px"
        for name in (small, large)
    }
    words = {"macs": "MACs", "params": "parameters"}[what]
    rule = "depth · width²" + " · resolution²" * (what == "macs")
    d, w, r = (getattr(RELEASES[large], name) / getattr(RELEASES[small], name) for name in DIMENSIONS)
    factor = d * w**2 * (r**2 if what == "macs" else 1)
    squares = f"{number(d)} · {number(w)}²" + f" · {number(r)}²" * (what == "macs")
    counted = amounts[large] / amounts[small]
    if level == 3:
        return _pixels_instead(small, large, d * w**2 * r**2, sizes)
    return Task(
        f"{sizes[small]}, {sizes[large]}. By the formula {rule}, by what factor do {large.upper()}'s {words} exceed "
        f"{small.upper()}'s?",
        factor,
        (
            f"{large.upper()} over {small.upper()}: {squares} = {number(factor)}",
            f"counted, {amounts[large]:,} / {amounts[small]:,} = {number(counted)}: layers and channels are rounded, "
            "and depthwise layers, stem and head grow otherwise",
        ),
        {"small": small, "large": large, "what": what},
    )


def _pixels_instead(small: str, large: str, factor: float, sizes: dict[str, str]) -> Task:
    own = RELEASES[small].resolution
    pixels = own * math.sqrt(factor)
    counted = network_cost(large).macs / network_cost(small, round(pixels)).macs
    return Task(
        f"{sizes[small]}, {sizes[large]}. By the formula depth · width² · resolution², how wide must {small.upper()}'s "
        f"pictures be until it takes as much compute as {large.upper()}?",
        pixels,
        (
            f"{large.upper()} takes {number(factor)} times as much by the formula",
            f"resolution alone grows by its root: {own} · √{number(factor)} = {number(pixels)} px",
            f"counted at {round(pixels)} px, {large.upper()} takes {number(counted)} times as much",
        ),
        {"small": small, "large": large, "what": "macs", "pixels": True},
        "px",
        0.05,
    )


@kind("scaling", "MACs", factor=2)
def estimated_macs(random: Random, level: int) -> Task:
    """About how many multiply-accumulates a scaled network has, in the head."""
    base = network_cost("b0").macs
    if level == 2:
        phi = random.randint(1, 7)
        counted, rule = cost_of(compound(phi)).macs, growth(ALPHA, BETA, GAMMA) ** phi
        asked, how = f"B0 is scaled by the formula to φ = {phi}", f"{number(growth(ALPHA, BETA, GAMMA))}^{phi}"
        given = {"phi": phi}
    else:
        member = random.choice(MEMBERS[1:])
        release, counted = RELEASES[member], network_cost(member).macs
        side = release.resolution / BASE_PX
        rule = release.depth * release.width**2 * side**2
        told = f" has depth × {release.depth:g}, width × {release.width:g} and {release.resolution} px"
        asked = f"EfficientNet-{member.upper()}{told if level == 1 else ' at its own resolution, without any table'}"
        how = f"{release.depth:g} · {release.width:g}² · {number(side)}²"
        given = {"member": member}
    return Task(
        f"{asked}. About how many multiply-accumulates does one picture take?",
        counted,
        (
            f"B0 takes {number(base / 1e9)} G, which is worth knowing",
            f"by the formula {how} = {number(rule)} times as many: {number(rule * base / 1e9)} G",
            f"counted {number(counted / 1e9)} G: rounding up adds something, most of all to small networks",
        ),
        given,
    )


LIMITED = ("parameters", "activations")
MIXES = tuple(product((1, 1.5, 2), (1, 1.5, 2), (1, 1.25, 1.5)))  # depth, width, resolution


def _amounts(depth: float, width: float, resolution: float) -> dict[str, float]:
    """Growth of a stack of ordinary convolutions."""
    return {
        "compute": depth * width**2 * resolution**2,
        "parameters": depth * width**2,
        "activations": depth * width * resolution**2,
    }


@kind("scaling")
def which_axis(random: Random, level: int) -> Task:
    """Which way to grow fits a limit on parameters or activations."""
    if level == 1:
        budget, what = random.choice((2.25, 4, 9, 16)), random.choice(LIMITED)
        root = math.sqrt(budget)
        mixes = {"depth alone": (budget, 1, 1), "width alone": (1, root, 1), "resolution alone": (1, 1, root)}
        asked = f"Compute may grow to {budget:g} times, all of it in one dimension. Which one adds the fewest {what}?"
        limits, answer = {}, min(mixes, key=lambda name: _amounts(*mixes[name])[what])
        given = {"what": what}
    else:
        names, fitting = LIMITED if level == 3 else (random.choice(LIMITED),), []
        while len(fitting) != 1:
            drawn = random.sample(MIXES[1:], 3)
            limits = {name: _amounts(*drawn[0])[name] for name in names}
            fitting = [mix for mix in drawn if all(_amounts(*mix)[name] <= limits[name] for name in names)]
        mixes = {f"depth × {d:g}, width × {w:g}, resolution × {r:g}": (d, w, r) for d, w, r in sorted(drawn)}
        listed = " and ".join(f"{number(limit)} times the {name}" for name, limit in limits.items())
        asked = f"You can afford at most {listed}. Which of the three stays within that?"
        answer = next(name for name, mix in mixes.items() if mix == fitting[0])
        given = {"limits": limits}
    return Task(
        f"A stack of ordinary convolutions, as many channels in as out, is to grow. {asked}",
        answer,
        (
            "parameters go with depth · width², activations with depth · width · resolution²",
            *(
                f"{name}: {', '.join(f'{what} × {number(amount)}' for what, amount in _amounts(*mix).items())}"
                for name, mix in mixes.items()
            ),
        ),
        given | {"mixes": {name: list(mix) for name, mix in mixes.items()}, "choices": list(mixes)},
    )
