"""How quickly a GPU answers with each network, in float32 and half precision, beside what the card could do at most.

For each network and each way to run it: the time of one picture, from the card's memory and from the host's (pinned,
so that the copy need not wait); pictures a second at the batch that gives most, found by doubling; and the share of
the card's limit that this reaches. The limit is a roofline whose two sides are measured on the card in the same run:
weights read once, and activations written and read once, over the bandwidth of a copy in its memory; MACs over the
rate of a matrix product, both in the precision of the arithmetic. On a card whose cache holds a small network's
activations, the memory's side is too low. Weights are random and seeded, batch norm's statistics those of noise: times
do not depend on weights. TF32 is off, as in the engine.

Beside that, whether the answers hold: the offline model on photographs, each way against float32 on the CPU; the same
for ImageNet weights that are on this machine. `lead_lost`: by how much the first class led, at most, where another one
is first now. `engine_uses_twin`: whether the engine's own, stricter check takes the folded network there.

The engine answers in float32, and half precision is to be switched on nowhere until this file says that the answers of
all networks in use hold. Even then it is for the classes alone, through `prepared(network, way, "cuda")`: gates and
maps are shown as the network's own, to five digits where half precision has three, and the check in
effnet_core/explain/inference_twin.py refuses it. `host_copies_ms` says whether pinned copies would pay: PyTorch's guide
has pinning a tensor for one copy as slower than the plain copy, so the engine copies plainly.

Without a card it says so and writes nothing. `--device cpu --quick` tries the same code on a CPU, less what only a card
has, and writes only where `--file` says. Writes benchmarks/gpu.json after each network: python benchmarks/gpu.py
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor
from torch.optim.swa_utils import update_bn
from torchvision.models.efficientnet import EfficientNet

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from effnet_core.architecture import RELEASES, Architecture, released  # noqa: E402
from effnet_core.cost import cost_of  # noqa: E402
from effnet_core.explain.inference_twin import quickest  # noqa: E402
from effnet_core.images.reading import read_image  # noqa: E402
from effnet_core.images.samples import SAMPLES, load_sample  # noqa: E402
from effnet_core.machine import system  # noqa: E402
from effnet_core.networks import weights  # noqa: E402
from effnet_core.networks.builder import build  # noqa: E402
from effnet_core.networks.device import is_out_of_memory  # noqa: E402
from effnet_core.networks.folded import folded  # noqa: E402

PHOTOS = HERE.parents[1] / "shared/data/photos.zip"  # more photographs, where they are
TOLERANCE = 0.01  # between probabilities
GAIN = 1.05  # a doubled batch must give so many times the pictures a second to be doubled again

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Way:
    """How a network is run: its weights are cast to `dtype` once, or by autocast in each pass."""

    name: str
    dtype: torch.dtype = torch.float32
    autocast: bool = False
    channels_last: bool = True
    folded: bool = False
    graph: bool = False

    @property
    def needs_card(self) -> bool:
        """CUDA graphs do, and the folded network's half precision: on a CPU oneDNN keeps its weights in float32."""
        return self.graph or (self.folded and self.dtype != torch.float32)


BF16, FP16 = torch.bfloat16, torch.float16
WAYS = (
    Way("float32", channels_last=False),
    Way("float32, channels last"),
    Way("bfloat16 autocast", BF16, autocast=True),
    Way("float16 autocast", FP16, autocast=True),
    Way("folded float32", folded=True),
    Way("folded float32, CUDA graph", folded=True, graph=True),
    Way("folded bfloat16", BF16, folded=True),
    Way("folded float16", FP16, folded=True),
    Way("folded bfloat16, CUDA graph", BF16, folded=True, graph=True),
    Way("folded float16, CUDA graph", FP16, folded=True, graph=True),
)


@dataclass(frozen=True)
class Effort:
    """How long to measure, and on what: sizes of batches, of the matrices, of what is copied, of pictures."""

    passes: int = 200
    pass_s: float = 1.0
    burst_s: float = 0.2
    most_batch: int = 4096
    matrix: int = 8192
    copied: int = 1 << 28
    pixels: int | None = None  # each network's own


QUICK = Effort(passes=1, burst_s=0, most_batch=2, matrix=128, copied=1 << 20, pixels=32)


def prepared(network: EfficientNet, way: Way, device: str) -> Forward:
    """Pictures (N, 3, R, R) on the device, float32 -> logits. The network stays as it is, and where it is."""
    network = copy.deepcopy(network).to(device)
    network = folded(network) if way.folded else network
    layout = torch.channels_last if way.channels_last else torch.contiguous_format
    dtype = torch.float32 if way.autocast else way.dtype
    network.to(dtype=dtype, memory_format=layout)

    @torch.inference_mode()
    def forward(x: Tensor) -> Tensor:
        with torch.autocast(device, way.dtype) if way.autocast else nullcontext():
            return network(x.to(dtype=dtype, memory_format=layout))

    return forward


def recorded(forward: Forward, x: Tensor) -> Forward:
    """The pass recorded once as a CUDA graph for pictures of this shape: one call then starts all its kernels."""
    held, aside = x.clone(), torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # libraries set up in their first passes what can't be recorded
        for _ in range(3):
            forward(held)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = forward(held)

    def replay(x: Tensor) -> Tensor:
        held.copy_(x)
        graph.replay()
        return logits

    return replay


def ready(forward: Forward, way: Way, x: Tensor) -> Forward:
    return recorded(forward, x) if way.graph else forward


def synchronise(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(work: Callable[[], object], device: str, passes: int = 1) -> float:
    """From now until all these passes are done."""
    synchronise(device)
    begun = time.perf_counter()
    for _ in range(passes):
        work()
    synchronise(device)
    return time.perf_counter() - begun


def in_a_burst(work: Callable[[], object], device: str, effort: Effort) -> float:
    """Seconds a pass, of several that do not wait for each other."""
    once = min(seconds(work, device) for _ in range(3))
    passes = max(1, round(effort.burst_s / once))
    return seconds(work, device, passes) / passes


def spread(work: Callable[[], object], device: str, effort: Effort) -> dict[str, float]:
    """Median and 95th percentile in ms of single passes, each waited for."""
    warm = min(seconds(work, device) for _ in range(3))
    passes = min(effort.passes, max(3, round(effort.pass_s / warm)))
    times = [1000 * seconds(work, device) for _ in range(passes)]
    return {name: round(float(np.percentile(times, share)), 4) for name, share in (("p50", 50), ("p95", 95))}


def limits_of(device: str, effort: Effort) -> dict[str, float | dict[str, float]]:
    """Bytes a second that a copy reads and writes, and MACs a second of a matrix product in each precision."""
    source = torch.randn(effort.copied // 4, device=device)
    target = torch.empty_like(source)
    copied = 2 * source.nbytes / in_a_burst(lambda: target.copy_(source), device, effort)
    rates = {}
    for dtype in dict.fromkeys(way.dtype for way in WAYS):
        one, other = (torch.randn(effort.matrix, effort.matrix, device=device).to(dtype) for _ in range(2))
        rates[str(dtype)] = effort.matrix**3 / in_a_burst(partial(torch.matmul, one, other), device, effort)
    return {"bytes_per_s": copied, "macs_per_s": rates}


def least(architecture: Architecture, way: Way, batch: int, limits: dict) -> tuple[float, str]:
    """Seconds that a pass of so many pictures takes at least, and what sets them."""
    cost = cost_of(architecture)
    moved = way.dtype.itemsize * (cost.params + 2 * batch * cost.activations)
    sides = {
        "memory": moved / limits["bytes_per_s"],
        "arithmetic": batch * cost.macs / limits["macs_per_s"][str(way.dtype)],
    }
    side = max(sides, key=sides.__getitem__)
    return sides[side], side


def at_batch(forward: Forward, way: Way, shape: tuple[int, ...], device: str, effort: Effort) -> float:
    """Seconds a pass of a batch of this shape."""
    x = torch.randn(shape, device=device)
    run = ready(forward, way, x)
    return in_a_burst(lambda: run(x), device, effort)


def by_batch(forward: Forward, way: Way, pixels: int, device: str, effort: Effort) -> dict[int, float]:
    """Batch -> seconds a pass, doubled until that stops to gain or the memory ends."""
    times, batch = {}, 1
    while batch <= effort.most_batch:
        try:
            times[batch] = at_batch(forward, way, (batch, 3, pixels, pixels), device, effort)
        except RuntimeError as error:
            if batch == 1 or not is_out_of_memory(error):
                raise
            break
        if batch > 1 and times[batch // 2] * 2 < GAIN * times[batch]:
            break
        batch *= 2
    return times


def measured(
    network: EfficientNet, architecture: Architecture, way: Way, device: str, limits: dict, effort: Effort
) -> dict[str, object]:
    """A network run in one way."""
    pixels, forward = architecture.resolution, prepared(network, way, device)
    host = torch.randn(1, 3, pixels, pixels)
    host = host.pin_memory() if device == "cuda" else host
    x = host.to(device)
    run = ready(forward, way, x)
    one = spread(lambda: run(x), device, effort)
    from_host = spread(lambda: run(host.to(device, non_blocking=True)).cpu(), device, effort)
    times = by_batch(forward, way, pixels, device, effort)
    batch = min(times, key=lambda batch: times[batch] / batch)
    (first, first_side), (best, best_side) = (least(architecture, way, n, limits) for n in (1, batch))
    return {
        "one_picture_ms": one | {"share_of_limit": round(1000 * first / one["p50"], 4), "limit": first_side},
        "from_host_ms": from_host,
        "best_batch": batch,
        "pictures_per_s": round(batch / times[batch], 1),
        "share_of_limit": round(best / times[batch], 4),
        "limit": best_side,
        "pictures_per_s_by_batch": {size: round(size / time, 1) for size, time in times.items()},
    }


def or_failure(work: Callable[[], dict]) -> dict:
    """What it gives, or why it can't: one way that a card or a version does not know must not end the run."""
    try:
        return work()
    except RuntimeError as error:
        return {"failed": str(error).splitlines()[0]}
    finally:
        torch.cuda.empty_cache()


def random_network(architecture: Architecture, device: str) -> EfficientNet:
    torch.manual_seed(0)
    network = build(architecture, stochastic_depth=0.0, dropout=0.0).to(device)
    update_bn([torch.randn(2, 3, architecture.resolution, architecture.resolution, device=device)], network)
    return network.eval()


def photographs(effort: Effort) -> list[Image]:
    images = [load_sample(sample.name) for sample in SAMPLES]
    if PHOTOS.is_file() and effort is not QUICK:
        with zipfile.ZipFile(PHOTOS) as archive:
            images += [read_image(archive.read(name)) for name in archive.namelist() if name.endswith(".JPEG")]
    return images


def exactness(name: str, images: Sequence[Image], ways: Sequence[Way], device: str) -> dict[str, object]:
    """Each way's answers of trained weights beside float32 on the CPU."""
    model = weights.load(name)
    x = torch.from_numpy(np.stack([model.preparation.tensor(image) for image in images]))
    expected = torch.cat([*map(prepared(model.module, WAYS[0], "cpu"), x.split(1))]).softmax(1)
    lead = -expected.topk(2).values.diff().flatten()

    def compared(way: Way) -> dict:
        run = ready(prepared(model.module, way, device), way, x[:1].to(device))
        found = torch.cat([run(part.to(device)).float().cpu() for part in x.split(1)]).softmax(1)
        changed, apart = found.argmax(1) != expected.argmax(1), float((found - expected).abs().max())
        row = {"same_top1": int((~changed).sum()), "of": len(x), "largest_difference": round(apart, 6)}
        row["lead_lost"] = round(float(max(lead[changed], default=0.0)), 6)
        return row | {"holds": not changed.any().item() and apart <= TOLERANCE}

    network = copy.deepcopy(model.module).to(device)
    rows = {way.name: or_failure(partial(compared, way)) for way in ways}
    return {"engine_uses_twin": quickest(network, x[:1].to(device)) is not network, "ways": rows}


def host_copies(effort: Effort) -> dict[str, dict[str, float]]:
    """ms of three ways to bring pictures to the card: the last is what a tensor that is not pinned would need first."""
    rows = {}
    for count in (1, 32):
        loose = torch.randn(count, 3, 224, 224)
        pinned = loose.pin_memory()
        works = {
            "not pinned": partial(loose.to, "cuda"),
            "pinned before": partial(pinned.to, "cuda", non_blocking=True),
            "pinned for it": lambda loose=loose: loose.pin_memory().to("cuda", non_blocking=True),
        }
        rows[f"{count} × 224 px"] = {name: spread(work, "cuda", effort)["p50"] for name, work in works.items()}
    return rows


def conditions(device: str, effort: Effort) -> dict[str, object]:
    card = torch.cuda.get_device_properties(0) if device == "cuda" else None
    return {
        "what": "forward passes of EfficientNet in several precisions, random weights, TF32 off",
        "device": device,
        "device_name": card.name if card else system.processor(),
        "device_memory_gb": round(card.total_memory / 1e9, 1) if card else None,
        "processor": system.processor(),
        "cores": system.cores(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.machine()}, {platform.system()}",
        "versions": dict(system.versions()),
        "cuda": torch.version.cuda,
        "effort": asdict(effort),
        "date": date.today().isoformat(),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Networks on a GPU beside the card's limits.")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--networks", nargs="+", choices=tuple(RELEASES), default=tuple(RELEASES))
    parser.add_argument("--quick", action="store_true", help="one pass each, on small sizes: to try the code")
    parser.add_argument("--file", type=Path, help="what to write; by default benchmarks/gpu.json, on a card alone")
    asked = parser.parse_args(arguments)
    if asked.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA card on this machine: nothing was measured, and benchmarks/gpu.json stays as it is.")
        return
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    device, effort = asked.device, QUICK if asked.quick else Effort()
    file = asked.file or (HERE / "gpu.json" if device == "cuda" and not asked.quick else None)
    ways = [way for way in WAYS if device == "cuda" or not way.needs_card]
    report = {"conditions": conditions(device, effort), "limits": limits_of(device, effort)}
    report["host_copies_ms"] = host_copies(effort) if device == "cuda" else None
    images, trained = photographs(effort), [row.name for row in weights.statuses() if row.ready]
    report["exactness"] = {name: exactness(name, images, ways, device) for name in trained}
    print(json.dumps(report, indent=1))
    report["results"] = {}
    for member in asked.networks:
        architecture = released(member).at(resolution=effort.pixels or released(member).resolution)
        network, rows = random_network(architecture, device), {}
        report["results"][member] = {"pixels": architecture.resolution, "ways": rows}
        for way in ways:
            measure = partial(measured, network, architecture, way, device, report["limits"], effort)
            rows[way.name] = or_failure(measure)
            print(member, way.name, json.dumps(rows[way.name]), flush=True)
        if file:
            file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
