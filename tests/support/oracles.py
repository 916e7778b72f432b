"""Answers of drills computed another way: networks built by torchvision and counted, torch's operations, simulation.

One function a kind of drill, from its `given` alone. Built networks and blocks are kept by their settings.
"""

from __future__ import annotations

import csv
import itertools
from functools import cache

import numpy as np
import torch
from support.inside import META, count, macs, outputs_of
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision import models
from torchvision.models import efficientnet, mobilenetv2, resnet
from torchvision.ops.misc import Conv2dNormActivation, SqueezeExcitation
from torchvision.ops.stochastic_depth import StochasticDepth

from effnet_core.published import tables

BASE = {"depth": 1.2, "width": 1.1, "resolution": 1.15}
B0_DEPTHS, STRIDES = (1, 2, 2, 3, 3, 4, 1), (2, 1, 2, 2, 2, 1, 2, 1)  # stem first


@cache
def network(member: str) -> nn.Module:
    with torch.device("meta"):
        return getattr(models, f"efficientnet_{member}")()


@cache
def network_macs(member: str, pixels: int) -> int:
    return macs(network(member), 3, pixels, pixels)


@cache
def se_macs(member: str) -> int:
    """Each SE's two 1x1 convolutions see one position."""
    parts = [part for part in network(member).modules() if isinstance(part, SqueezeExcitation)]
    return sum(part.fc1.weight.numel() + part.fc2.weight.numel() for part in parts)


def pixels_of(member: str) -> int:
    rows = tables.table("effnet_family_coefficients")
    return next(row["resolution"] for row in rows if row["model"] == f"efficientnet-{member}")


def mbconvs(member: str) -> list[nn.Module]:
    return [part for part in network(member).modules() if isinstance(part, efficientnet.MBConv)]


def network_ratio(g):
    """From the official table of coefficients, one factor after the other; in pixels, by trying sides."""
    if "pixels" in g:
        wanted = network_ratio({name: value for name, value in g.items() if name != "pixels"})
        return first_reaching(lambda side: (side / pixels_of(g["small"])) ** 2, wanted, 1, 1e5)
    rows = {row["model"].removeprefix("efficientnet-"): row for row in tables.table("effnet_family_coefficients")}
    small, large = rows[g["small"]], rows[g["large"]]
    squared = ["width_coefficient", *(["resolution"] if g["what"] == "macs" else [])]
    powers = ["depth_coefficient", *squared, *squared]
    return np.prod([large[name] / small[name] for name in powers])


def se_share(g):
    if "squeeze" in g:
        with torch.device("meta"):
            gate = SqueezeExcitation(block_of(g).block[1][0].in_channels, g["squeeze"])
        return 100 * count(gate) / (count(block_of(g)) - count(gate_of(block_of(g))) + count(gate))
    member = g["member"]
    if g["what"] == "macs":
        return 100 * se_macs(member) / network_macs(member, pixels_of(member))
    gates = [part for part in network(member).modules() if isinstance(part, SqueezeExcitation)]
    return 100 * sum(map(count, gates)) / count(network(member))


def other_resolution(g):
    """One convolution on a picture of each size; from a share, by trying sides."""
    if "share" in g:
        return first_reaching(lambda side: 100 * (side / pixels_of(g["member"])) ** 2, g["share"], 1, 1e4)
    layer = conv(3, 8, 1)
    return macs(layer, 3, *[g["resolution"]] * 2) / macs(layer, 3, *[pixels_of(g["member"])] * 2)


def wasted_padding(g):
    if "member" not in g:
        side = map_side(g | {"stage": 8})
        for _ in range(STRIDES.count(2)):
            side = 2 * side
        return 100 * (side**2 - g["resolution"] ** 2) / g["resolution"] ** 2
    per_pixel = [network_macs(g["member"], side) / side**2 for side in (g["lower"], g["resolution"])]
    return 100 * (per_pixel[1] - per_pixel[0]) / per_pixel[0]


def weight_memory(g):
    flat = META(count(network(g["member"])), dtype=getattr(torch, g["format"]))
    return g["copies"] * flat.nbytes / 1e6


def new_classifier(g):
    built, (_, old) = network(g["member"]), network(g["member"]).classifier
    new = nn.Linear(old.in_features, g["classes"], device="meta")
    if "share" in g:
        return 100 * count(new) / (count(built.features) + count(new))
    return count(new) if g["frozen"] else count(built.features) + count(new)


def flops_of_training(g):
    if "cards" in g:
        [card] = tables.table("accelerators")
        made = flops_of_training(
            {"member": g["member"], "pictures": g["pictures"], "epochs": g["epochs"], "backward": 1}
        )
        return made / (g["cards"] * card["fp32_tflops"] * 1e12 * g["used"] / 100) / 60 / 60
    passes = 3 if g["backward"] else 1
    return 2 * network_macs(g["member"], pixels_of(g["member"])) * passes * g["epochs"] * g["pictures"]


def map_side(g):
    if "side" in g:
        sides = (map_side({"resolution": pixels, "stage": g["stage"]}) for pixels in itertools.count(1))
        return 1 + next(place for place, side in enumerate(sides) if side == g["side"])
    side = np.arange(g["resolution"])
    for stride in STRIDES[: g["stage"]]:
        side = side[::stride]  # what a padded convolution keeps
    return len(side)


def drop_probability(g):
    if "stage" in g:
        config = [block for block in network(g["member"]).features[g["stage"] - 1] if block.use_res_connect]
        return 100 * float(np.prod([1 - block.stochastic_depth.p for block in config]))
    block = mbconvs(g["member"])[g["index"]]
    return 100 * block.stochastic_depth.p if block.use_res_connect else 0.0


def expected_blocks(g):
    """torchvision's own probabilities, at the drill's rate instead of its 0.2; the rate by halving."""
    if "running" in g:
        return first_reaching(lambda rate: -expected_blocks({"member": g["member"], "rate": rate}), -g["running"], 0, 5)
    blocks = mbconvs(g["member"])
    dropped = [
        part.p * g["rate"] / 0.2
        for block in blocks
        if block.use_res_connect
        for part in block.children()
        if isinstance(part, StochasticDepth)
    ]
    return len(blocks) - sum(dropped)


@cache
def built_block(expansion, kernel, stride, channels, out, kind="MBConv") -> nn.Module:
    config = getattr(efficientnet, f"{kind}Config")
    with torch.device("meta"):
        return getattr(efficientnet, kind)(config(expansion, kernel, stride, channels, out, 1), 0.0, nn.BatchNorm2d)


def block_of(g, **changed) -> nn.Module:
    g = g | changed
    return built_block(g["expansion"], g["kernel"], g["stride"], g["in_channels"], g["out_channels"])


@cache
def _step_macs(module: nn.Module, channels: int, size: int) -> dict[str, int]:
    """MACs of expand, depthwise, SE and project, from the shapes that a pass on meta tensors shows."""
    steps, parts = dict.fromkeys(("expand", "depthwise", "SE", "project"), 0), dict(module.named_modules())
    for path, output in outputs_of(module, META(1, channels, size, size)).items():
        conv = parts[path]
        if isinstance(conv, nn.Conv2d):
            name = "depthwise" if conv.groups > 1 else "SE" if conv.bias is not None else None
            name = name or ("expand" if conv is module.block[0][0] else "project")
            steps[name] += conv.weight.numel() * output.shape[2] * output.shape[3]
    return steps


def step_macs(g, **changed) -> dict[str, int]:
    return _step_macs(block_of(g, **changed), (g | changed)["in_channels"], (g | changed)["size"])


def gate_of(module: nn.Module) -> nn.Module:
    return next(part for part in module.modules() if isinstance(part, SqueezeExcitation))


def step_params(g) -> dict[str, int]:
    parts = block_of(g).block
    return dict(zip(("expand", "depthwise", "SE", "project"), map(count, parts), strict=True))


def first_reaching(amount, wanted, low, high):
    """Where a rising amount reaches what is wanted, by halving."""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if amount(middle) >= wanted else (middle, high)
    return high


def block_params(g):
    if "params" in g:
        return next(kernel for kernel in (3, 5, 7) if count(block_of(g, kernel=kernel, stride=1)) == g["params"])
    return count(block_of(g))


def block_macs(g):
    if g.get("wanted") == "saving":
        own = {name: value for name, value in g.items() if name != "wanted"}
        return block_macs(own | {"stride": 1}) / block_macs(own | {"stride": 2})
    return macs(block_of(g), g["in_channels"], g["size"], g["size"])


def step_share(g):
    if "step" not in g:
        shape, strided = (g["size"], g["size"]), {"stride": g["stride"], "padding": g["kernel"] // 2}
        with torch.device("meta"):
            depthwise = macs(nn.Conv2d(1, 1, g["kernel"], bias=False, **strided), 1, *shape)
        return next(wide for wide in itertools.count(1) if macs(conv(wide, 1, 1), wide, *shape) > depthwise)
    steps = step_params(g) if g["what"] == "params" else step_macs(g)
    return 100 * steps[g["step"]] / sum(steps.values())


def costliest_step(g):
    if "changed" in g:
        before, after = step_macs(g), step_macs(g, **g["changed"])
        holds = {"fall": int.__lt__, "rise": int.__gt__, "stay the same": int.__eq__}[g["asked"]]
        [step] = [name for name in before if holds(after[name], before[name])]
        return step
    amounts = step_params(g) if g["what"] == "params" else step_macs(g)
    return max(amounts, key=amounts.get)


@cache
def _tensors(module: nn.Module, channels: int, size: int) -> tuple[int, ...]:
    """Values of the input and of each step's output; a gate does not change its tensor's size."""
    x, seen = META(1, channels, size, size), [channels * size * size]
    for part in module.block:
        x = part(x)
        seen.append(x.numel())
    return tuple(seen)


def tensors(g) -> tuple[int, ...]:
    return _tensors(block_of(g).eval(), g["in_channels"], g["size"])


def widest_tensor(g):
    if "limit" in g:
        blocks = (built_block(e, 3, 1, g["channels"], g["channels"]).eval() for e in itertools.count(1))
        widest = (max(_tensors(block, g["channels"], g["size"])) for block in blocks)
        return next(expansion for expansion, values in enumerate(widest) if values > g["limit"])
    return max(tensors(g))


def thin_shortcut(g):
    thin, expanded, filtered, _, out = tensors(g)
    if "parts" in g:
        return thin + (expanded + filtered) / g["parts"] + out
    return expanded - thin


def adds_its_input(g):
    if "member" in g:
        return sum(block.use_res_connect for block in mbconvs(g["member"]))
    if block_of(g).use_res_connect:
        return "yes"
    alone = {name: block_of(g, **{name: value}) for name, value in (("stride", 1), ("out_channels", g["in_channels"]))}
    mended = [name for name, block in alone.items() if block.use_res_connect]  # what, alone, would bring a shortcut
    texts = {"stride": g["choices"][1], "out_channels": g["choices"][2]}
    return texts[mended[0]] if mended else g["choices"][3]


def receptive_field(g):
    return _seen(tuple(map(tuple, g["stack"])))


@cache
def _seen(layers: tuple[tuple[int, int], ...]) -> int:
    """Width of the gradient of one output value, with all weights one."""
    x = torch.ones(1, 1, 241, requires_grad=True)
    y = x
    for kernel, stride in layers:
        y = F.conv1d(y, torch.ones(1, 1, kernel), stride=stride, padding=kernel // 2)
    y[0, 0, y.shape[2] // 2].backward()
    return int((x.grad != 0).sum())


def survives_relu(g):
    if "wanted" in g:
        one = {"zeroed": g["zeroed"]}
        return next(n for n in itertools.count(1) if survives_relu(one | {"copies": n}) >= 100 * g["wanted"] - 1e-9)
    chances = (g["zeroed"], 1 - g["zeroed"])
    patterns = itertools.product((0, 1), repeat=g["copies"])
    return 100 * sum(float(np.prod([chances[kept] for kept in pattern])) for pattern in patterns if any(pattern))


def larger_kernel(g):
    if "new_kernel" not in g:
        large, small = (step_macs(g, kernel=kernel) for kernel in (7, 3))
        return 100 * (large["depthwise"] - 3 * small["depthwise"]) / sum(large.values())
    before, after = (sum(step_macs(g, kernel=kernel).values()) for kernel in (g["kernel"], g["new_kernel"]))
    return 100 * (after - before) / before


def wider_block(g):
    wide = {name: g["factor"] * g[name] for name in ("in_channels", "out_channels")}
    steps = [step_macs(g), step_macs(g, **wide)]
    before, after = (sum(step.values()) - step["SE"] for step in steps)
    if g.get("wanted") == "side":
        return first_reaching(lambda side: after * (side / g["size"]) ** 2, before, 0, g["size"])
    return after / before


def squeeze_width(g):
    if "reduction" in g:
        return gate_of(block_of(g)).fc1.in_channels // g["reduction"]
    return gate_of(block_of(g)).fc1.out_channels


def se_params(g):
    if "params" in g:
        with torch.device("meta"):
            gates = (SqueezeExcitation(g["channels"], width) for width in itertools.count(1))
            return 1 + next(place for place, gate in enumerate(gates) if count(gate) == g["params"])
    return count(gate_of(block_of(g)))


def activation_memory(g):
    channels = block_of(g).block[0][0].out_channels
    if "limit" in g:
        _, expanded, filtered, *_ = tensors(g)
        kept = META(expanded + filtered, dtype=getattr(torch, g["format"])).nbytes
        return g["limit"] // kept
    return META(g["batch"], channels, g["size"], g["size"], dtype=getattr(torch, g["format"])).nbytes / 1e6


@cache
def inverted(channels, out, stride, expansion, kernel) -> nn.Module:
    """MobileNetV2's block; torchvision's has 3x3 kernels, so its depthwise step is exchanged for others."""
    with torch.device("meta"):
        block = mobilenetv2.InvertedResidual(channels, out, stride, expansion)
        wide = block.conv[1][0].in_channels
        block.conv[1][0] = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
    return block


def mobilenet_block(g):
    plain = count(inverted(g["in_channels"], g["out_channels"], g["stride"], g["expansion"], g["kernel"]))
    return 100 * (count(block_of(g)) - plain) / plain if g.get("wanted") == "growth" else plain


def fused_block(g):
    if "what" not in g:
        wide, shape = 2**20, (g["size"], g["size"])  # nothing is kept on the meta device
        with torch.device("meta"):
            strided = {"stride": g["stride"], "padding": g["kernel"] // 2, "bias": False}
            ordinary = nn.Conv2d(wide, 6, g["kernel"], **strided)
        return round(macs(ordinary, wide, *shape) / macs(conv(wide, 6, 1), wide, *shape), 9)
    fused = built_block(g["expansion"], g["kernel"], g["stride"], g["in_channels"], g["out_channels"], "FusedMBConv")
    if g["what"] == "params":
        return count(fused) / (count(block_of(g)) - count(gate_of(block_of(g))))
    steps = step_macs(g)
    return macs(fused, g["in_channels"], g["size"], g["size"]) / (sum(steps.values()) - steps["SE"])


@cache
def conv(channels, out, kernel, groups=1) -> nn.Module:
    with torch.device("meta"):
        return nn.Conv2d(channels, out, kernel, padding=kernel // 2, groups=groups, bias=False)


def separable_saving(g):
    if "saving" in g:
        at = {"in_channels": 1, "kernel": g["kernel"], "size": 1}
        return next(out for out in itertools.count(1) if separable_saving(at | {"out_channels": out}) >= g["saving"])
    channels, out, kernel, shape = g["in_channels"], g["out_channels"], g["kernel"], (g["size"], g["size"])
    parts = nn.Sequential(conv(channels, channels, kernel, channels), conv(channels, out, 1))
    return macs(conv(channels, out, kernel), channels, *shape) / macs(parts, channels, *shape)


def grouped_weights(g):
    if "weights" in g:
        shape = (g["in_channels"], g["out_channels"], g["kernel"])
        whole = [groups for groups in range(1, shape[0] + 1) if shape[0] % groups == 0 == shape[1] % groups]
        return next(groups for groups in whole if count(conv(*shape, groups)) == g["weights"])
    return count(conv(g["in_channels"], g["out_channels"], g["kernel"], g["groups"]))


def arithmetic_intensity(g):
    layer, shape = conv(g["in_channels"], g["out_channels"], g["kernel"], g["groups"]), (g["size"], g["size"])
    moved = META(1, g["in_channels"], *shape).numel() + layer(META(1, g["in_channels"], *shape)).numel()
    return macs(layer, g["in_channels"], *shape) / (moved + (0 if "batch" in g else count(layer)))


@cache
def stack(layers: int, channels: int) -> nn.Module:
    with torch.device("meta"):
        return nn.Sequential(*(nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(layers)))


def one_axis(g):
    """A stack of 4 layers, 8 channels, 16 px: a factor of quarters keeps each a whole number."""
    sizes = {"depth": 4, "width": 8, "resolution": 16}
    scaled = sizes | {g["axis"]: round(sizes[g["axis"]] * g["factor"])}

    def amount(layers, channels, pixels):
        built = stack(layers, channels)
        if g["what"] == "weights":
            return count(built)
        if g["what"] == "MACs":
            return macs(built, channels, pixels, pixels)
        return sum(part(META(1, channels, pixels, pixels)).numel() for part in built)

    if "other" in g:
        scaled |= {g["other"]: sizes[g["other"]] // g["part"]}
    return amount(*scaled.values()) / amount(*sizes.values())


@cache
def bottleneck_of(channels, out, shortcut, width) -> nn.Module:
    """torchvision's; its inner channels are planes · base_width / 64, its output 4 · planes."""
    with torch.device("meta"):
        side = nn.Sequential(nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out)) if shortcut else None
        return resnet.Bottleneck(channels, out // 4, downsample=side, base_width=width)


def bottleneck(g):
    if "channels" in g:
        with torch.device("meta"):
            basic = resnet.BasicBlock(g["channels"], g["channels"])
        return count(basic) / count(bottleneck_of(g["channels"], g["channels"], False, 64))
    width = 64 * g["inner"] // (g["out_channels"] // 4)
    return count(bottleneck_of(g["in_channels"], g["out_channels"], g["shortcut"], width))


def wide_bottleneck(g):
    plain, wide = (bottleneck_of(g["channels"], g["channels"], False, 64 * factor) for factor in (1, g["factor"]))
    return count(wide) // count(plain) if g.get("wanted") == "blocks" else count(wide) / count(plain)


def gate_value(g):
    squeezed = len(g["first"])
    gate = SqueezeExcitation(len(g["means"]), squeezed, activation=nn.SiLU).double()
    with torch.no_grad():
        gate.fc1.weight.copy_(torch.tensor(g["first"], dtype=torch.double)[:, :, None, None])
        gate.fc2.weight.copy_(torch.tensor(g["second"], dtype=torch.double)[:, :, None, None])
        gate.fc1.bias.zero_(), gate.fc2.bias.zero_()
        x = torch.tensor(g["means"], dtype=torch.double)[None, :, None, None].expand(1, -1, 2, 2)
        return float(gate._scale(x)[0, g["channel"], 0, 0])


def gated_mean(g):
    if "after" in g:
        return float(torch.logit(torch.tensor(g["after"], dtype=torch.double) / g["before"]))
    x = torch.tensor(g["values"], dtype=torch.double)
    return float((x * torch.tensor(g["logit"], dtype=torch.double).sigmoid()).mean())


def smoothed_loss(g):
    if "classes" in g:
        right = F.one_hot(torch.tensor(0), g["classes"]).double()
        targets = (1 - g["smoothing"]) * right + g["smoothing"] / g["classes"]
        return float(F.cross_entropy(targets.log()[None], targets[None]))
    return float(
        F.cross_entropy(
            torch.tensor([g["logits"]], dtype=torch.double),
            torch.tensor([g["right"]]),
            label_smoothing=g["smoothing"],
        )
    )


def swish(g):
    x = torch.tensor(g["x"], dtype=torch.double, requires_grad=True)
    y = F.silu(x)
    y.backward()
    return float(x.grad if g["wanted"] == "slope" else y.detach())


def folded_batch_norm(g):
    convolution, norm = nn.Conv2d(1, 1, 1).double(), nn.BatchNorm2d(1, eps=g["eps"]).double()
    with torch.no_grad():
        (
            convolution.weight.fill_(g["weight"]),
            convolution.bias.fill_(g["own_bias"]),
            norm.weight.fill_(g["scale"]),
            norm.bias.fill_(g["shift"]),
        )
        norm.running_mean.fill_(g["mean"]), norm.running_var.fill_(g["variance"])
    folded = fuse_conv_bn_eval(convolution.eval(), norm.eval())
    return float(getattr(folded, g["wanted"]).detach())


def scaled_resolution(g):
    if "pixels" in g:
        return first_reaching(lambda gamma: g["base"] * gamma ** g["phi"], g["pixels"], 1, 4)
    exact = np.float64(g["base"]) * np.exp(g["phi"] * np.log(g["gamma"]))
    return int(np.rint(exact))


def scaled_channels(g):
    if "wanted" in g:
        return first_reaching(lambda width: efficientnet._make_divisible(g["channels"] * width, 8), g["wanted"], 0.5, 4)
    return efficientnet._make_divisible(g["channels"] * g["width"], 8)


def scaled_depth(g):
    adjust = efficientnet.MBConvConfig.adjust_depth
    if "most" in g:  # one block too many comes in just behind the largest depth
        return first_reaching(lambda depth: sum(adjust(n, depth) for n in g["layers"]), g["most"] + 1, 0.1, 20)
    return sum(adjust(layers, g["depth"]) for layers in g["layers"])


def compute_growth(g):
    """Depth once, width and resolution twice, each to the power of φ."""
    axes = np.array([g["alpha"], g["beta"], g["beta"], g["gamma"], g["gamma"]])
    if "times" in g:
        return first_reaching(lambda phi: float(np.prod(axes**phi)), g["times"], 0, 100)
    return float(np.prod(axes ** g["phi"]))


def missing_coefficient(g):
    def step(value):
        a, b, c = (g["known"].get(letter, value) for letter in "αβγ")
        return a * b * b * c * c

    return first_reaching(step, g["target"], 0, 10)


def implied_phi(g):
    return first_reaching(lambda phi: g["base"] ** phi, g["ratio"], 0, 40)


def decayed_learning_rate(g):
    """Tenths of an epoch, one after the other; the rate falls whenever another period is full."""
    if "part" in g:
        periods = itertools.accumulate(itertools.repeat(g["decay"]), lambda rate, decay: rate * decay, initial=1.0)
        return next(number for number, rate in enumerate(periods) if rate < 1 / g["part"]) * g["every"]
    period, rate = round(10 * g["every"]), g["start"]
    for tenth in range(1, 10 * g["epochs"] + 1):
        if tenth % period == 0:
            rate *= g["decay"]
    return rate


def moving_average(g):
    """All steps at once: what is left of the start, and of each later weight."""
    if "left" in g:
        return first_reaching(lambda steps: -100 * g["decay"] ** steps, -g["left"], 0, 1e6)
    shares = (1 - g["decay"]) * g["decay"] ** np.arange(g["steps"])
    return g["old"] * (1 - shares.sum()) + g["new"] * shares.sum()


def pipeline_bubble(g):
    """The pipeline's timetable: micro-batch m is in partition k at step m + k."""
    if "most" in g:
        idle = ({"partitions": g["partitions"], "micro_batches": m, "wanted": "idle"} for m in itertools.count(1))
        return 1 + next(place for place, at in enumerate(idle) if pipeline_bubble(at) <= g["most"] + 1e-9)
    partitions, batches = g["partitions"], g["micro_batches"]
    table = np.zeros((partitions, partitions + batches - 1), bool)
    for batch in range(batches):
        table[np.arange(partitions), batch + np.arange(partitions)] = True
    return 100 * float(table.mean() if g["wanted"] == "busy" else 1 - table.mean())


@cache
def _table_2() -> list[dict[str, str]]:
    with (tables.FOLDER / "effnet_table2_imagenet.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scaled_learning_rate(g):
    """Pictures counted one by one; in the warm-up torch's own schedule."""
    pictures = sum(g["each"] for _ in range(g["devices"]) for _ in range(g["steps"]))
    rate = pictures / g["images"] * g["base"]
    if "epoch" not in g:
        return rate
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1e-12, total_iters=g["warm_up"])
    for _ in range(g["epoch"]):
        optimiser.step()
        schedule.step()
    return optimiser.param_groups[0]["lr"]


def estimated_macs(g):
    """torchvision's network, or its own blocks scaled by the formula."""
    if "member" in g:
        return network_macs(g["member"], pixels_of(g["member"]))
    return _formula_macs(g["phi"])


@cache
def _formula_macs(phi: int) -> int:
    depth, width, side = (BASE[name] ** phi for name in ("depth", "width", "resolution"))
    settings, last = efficientnet._efficientnet_conf("efficientnet_b0", width_mult=width, depth_mult=depth)
    with torch.device("meta"):
        built = efficientnet.EfficientNet(settings, 0.0, last_channel=last)
    pixels = int(np.rint(224 * side))
    return macs(built, 3, pixels, pixels)


@cache
def _grown(depth: float, width: float, resolution: float) -> dict[str, int]:
    """A stack of 16 layers, 8 channels, 16 px, grown: factors are such that each stays a whole number."""
    layers, channels, pixels = round(16 * depth), round(8 * width), round(16 * resolution)
    built = stack(layers, channels)
    values = sum(part(META(1, channels, pixels, pixels)).numel() for part in built)
    return {"parameters": count(built), "activations": values, "compute": macs(built, channels, pixels, pixels)}


def which_axis(g):
    grown, before = {name: _grown(*mix) for name, mix in g["mixes"].items()}, _grown(1, 1, 1)
    if "what" in g:
        return min(grown, key=lambda name: grown[name][g["what"]])
    [fits] = [
        name
        for name, after in grown.items()
        if all(after[what] / before[what] <= limit + 1e-9 for what, limit in g["limits"].items())
    ]
    return fits


def best_under_limits(g):
    """By sorting, and by comparing each with each."""
    rows = {
        row["model"]: (row["top1_pct"], row["params_M"], row["flops_B_multiply_adds"])
        for row in tables.table("effnet_table2_imagenet")
        if row["model"] in g["choices"] and row["version"] == g["version"]
    }
    if "most_params" not in g:
        pairs = itertools.permutations(rows, 2)
        [beaten] = {
            b for a, b in pairs if rows[a][0] > rows[b][0] and rows[a][1] < rows[b][1] and rows[a][2] < rows[b][2]
        }
        return beaten
    fitting = [name for name, (top1, params, _) in rows.items() if params <= g["most_params"]]
    if "least_top1" not in g:
        return max(fitting, key=lambda name: rows[name][0])
    return min((name for name in fitting if rows[name][0] >= g["least_top1"]), key=lambda name: rows[name][2])


def built_lines(g) -> list[nn.Module]:
    """The lines of code as they run."""
    names = {"nn": nn, "Conv2dNormActivation": Conv2dNormActivation, "SqueezeExcitation": SqueezeExcitation}
    with torch.device("meta"):
        return [eval(line, names) for line in g["code"]]


def line_macs(g):
    x = META(1, g["in_channels"], g["size"], g["size"])
    *before, asked = built_lines(g)[: g["line"] + 1]
    for part in before:
        x = part.eval()(x)
    return macs(asked, *x.shape[1:])


def line_params(g):
    return count(built_lines(g)[g["line"]])


def traced_shape(g):
    x = META(g["batch"], g["in_channels"], g["size"], g["size"])
    for part in built_lines(g)[: g["line"] + 1]:
        x = part.eval()(x)
    return str(tuple(x.shape))


def wrong_line(g):
    """The one that prints otherwise than the same step of torchvision's block."""
    own = [repr(part).replace("inplace=True", "") for part in built_lines(g)]
    theirs = [repr(part).replace("inplace=True", "") for part in block_of(g).block]
    [wrong] = [place for place, pair in enumerate(zip(own, theirs, strict=True), start=1) if pair[0] != pair[1]]
    return f"line {wrong}"


def cam_value(g):
    """By autograd: a logit that has these gradients, or a mean and a linear layer."""
    maps = torch.zeros(len(g["values"]), g.get("side", 2), g.get("side", 2), dtype=torch.double, requires_grad=True)
    if "weights" in g:
        logit = maps.mean((1, 2)) @ torch.tensor(g["weights"], dtype=torch.double)
    else:
        logit = (maps * torch.tensor(g["gradients"], dtype=torch.double)).sum()
    [gradient] = torch.autograd.grad(logit, maps)
    return float((gradient.mean((1, 2)) * torch.tensor(g["values"], dtype=torch.double)).sum().relu())


def cell_in_picture(g):
    cell = g["resolution"] / map_side(g)
    return cell if "column" not in g else (g["column"] * cell + (g["column"] + 1) * cell) / 2


def map_passes(g):
    """Counted one by one; where squares begin, each edge reached once."""
    if g["method"] == "gradcam":
        return 0 if g["last"] else len(range(g["classes"]))
    if g["method"] == "integrated gradients":
        return sum(1 for _ in range(g["steps"])) + sum(1 for _ in range(g["classes"]) for _ in range(g["steps"]))
    begins = [0]
    while begins[-1] + g["patch"] < g["pixels"]:
        begins.append(begins[-1] + g["step"])
    return 1 + len(begins) ** 2
