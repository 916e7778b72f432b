"""What `explain` costs beside one plain forward pass, and beside three libraries for class activation maps.

Per network, as multiples of one eager forward pass of torchvision's network on a tensor that is ready:
the folded forward pass alone; `Engine.explain` of a picture of the network's size, which prepares it and gives five
classes, all SE gates and five maps; the same with one map, beside pytorch-grad-cam, captum's LayerGradCam and torchcam,
which prepare it with torchvision's transforms and give one map of the same convolution; and `explain` from the bytes
of a photograph of 12 megapixels, beside decoding with Pillow, torchvision's transforms and the forward pass.

Everything runs in turn, round by round, in one process, and the median of the rounds' ratios counts: other work on the
machine slows both sides of a ratio. CPU time is what the process spent, all its threads together: with
several threads on a busy machine it counts their waiting for each other. Weights are random,
batch norm's statistics are those of the sample photographs: times do not depend on weights, but such a network
answers through its folded twin as a trained one does. Writes benchmarks/engines.json: python benchmarks/engines.py
"""

from __future__ import annotations

import io
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from captum.attr import LayerGradCam
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from sessions import moves, servers
from torch import nn
from torchcam.methods import GradCAM as TorchcamGradCAM
from torchvision.models import get_model_weights
from torchvision.models.efficientnet import EfficientNet

from effnet_core.explain.engine import Engine
from effnet_core.images.reading import read_image
from effnet_core.images.samples import SAMPLES, load_sample
from effnet_core.networks import weights
from effnet_core.networks.builder import build
from effnet_core.networks.folded import folded

HERE = Path(__file__).parent
ROUNDS = {"efficientnet_b0": 15, "efficientnet_b4": 7}
THREADS = (1, 2)
TOLERANCE = 1e-4  # between our map and captum's, as a share of its largest value
PLAIN, PEERS = "plain forward", ("pytorch-grad-cam", "captum", "torchcam")
BESIDE = {"explain, 5 maps": PLAIN, "folded forward": PLAIN, "from JPEG": "from JPEG, plain"}
LIMITS = {"explain, 5 maps": 0.75, "from JPEG": 1.0}
FASTER_THAN_PEERS = 3.0

Work = Callable[[], object]


def calibrated(name: str) -> weights.Model:
    """The network with random weights, and batch norm's statistics from the sample photographs."""
    entry = weights.known(name)
    torch.manual_seed(0)
    network = build(entry.architecture).eval()
    x = np.stack([entry.preparation.tensor(load_sample(sample.name)) for sample in SAMPLES])
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momentum = norms[0].momentum
    for norm in norms:
        norm.train().momentum = 1.0
    with torch.no_grad():
        network(torch.from_numpy(x))
    for norm in norms:
        norm.eval().momentum = momentum
    return weights.Model(name, entry.weights, entry.architecture, network, entry.labels, entry.preparation)


def peers(network: EfficientNet, target: int) -> dict[str, Callable[[torch.Tensor], np.ndarray]]:
    """Library -> picture as a tensor (1, 3, R, R) to its map of the last convolution, before it is enlarged."""
    last = network.features[-1]
    captum = LayerGradCam(network, last)

    def by_pytorch_grad_cam(x: torch.Tensor) -> np.ndarray:
        with GradCAM(model=network, target_layers=[last]) as cam:
            return cam(input_tensor=x, targets=[ClassifierOutputTarget(target)])[0]

    def by_captum(x: torch.Tensor) -> np.ndarray:
        return captum.attribute(x, target=target, relu_attributions=True)[0, 0].detach().numpy()

    def by_torchcam(x: torch.Tensor) -> np.ndarray:
        with TorchcamGradCAM(network, last, input_shape=tuple(x.shape[1:])) as cam:
            return cam(target, network(x))[0].numpy()

    return dict(zip(PEERS, (by_pytorch_grad_cam, by_captum, by_torchcam), strict=True))


def works(model: weights.Model, photograph: bytes) -> dict[str, Work]:
    """What is timed, by its name, after it was seen that ours gives captum's map through the twin."""
    network, size = model.module, model.preparation.crop
    picture = load_sample(SAMPLES[0].name).resize((size, size), Image.Resampling.BICUBIC)
    transforms, engine, twin = get_model_weights(model.name).DEFAULT.transforms(), Engine(model, "cpu"), folded(network)
    x = transforms(picture)[None]
    with torch.inference_mode():
        target = int(network(x).argmax())
    libraries = peers(network, target)
    ours, theirs = engine.explain([picture], target=target)[0].heatmaps[0].values, libraries["captum"](x)
    if np.abs(ours - theirs).max() > TOLERANCE * theirs.max() or engine._quick is engine._network:
        raise RuntimeError(f"{model.name}: the folded twin is not used or gives another map than captum")

    @torch.inference_mode()
    def forward(network: EfficientNet, x: torch.Tensor) -> torch.Tensor:
        return network(x)

    def from_jpeg_plain() -> torch.Tensor:
        with Image.open(io.BytesIO(photograph)) as image:
            return forward(network, transforms(image.convert("RGB"))[None])

    return {
        PLAIN: lambda: forward(network, x),
        "folded forward": lambda: forward(twin, x),
        "explain, 5 maps": lambda: engine.explain([picture]),
        "explain, 1 map": lambda: engine.explain([picture], target=target),
        **{name: lambda cam=cam: cam(transforms(picture)[None]) for name, cam in libraries.items()},
        "from JPEG": lambda: engine.explain([read_image(photograph)]),
        "from JPEG, plain": from_jpeg_plain,
    }


def timed(works: dict[str, Work], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Work -> clock -> its time in each round, in ms. The first round, which sets things up, does not count."""
    times = {name: {"cpu": [], "wall": []} for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            cpu, wall = time.process_time(), time.perf_counter()
            work()
            if number:
                times[name]["cpu"].append(1000 * (time.process_time() - cpu))
                times[name]["wall"].append(1000 * (time.perf_counter() - wall))
    return times


def summary(times: dict[str, dict[str, list[float]]]) -> dict[str, object]:
    """Median times in ms; ratios to what stands beside each work, and how much faster than the fastest library."""

    def ratio(ours: str, theirs: str, clock: str) -> float:
        pairs = zip(times[ours][clock], times[theirs][clock], strict=True)
        return round(statistics.median(one / other for one, other in pairs), 3)

    report: dict[str, object] = {}
    for clock in ("cpu", "wall"):
        in_forwards = {name: ratio(name, PLAIN, clock) for name in times}
        fastest = min(PEERS, key=in_forwards.__getitem__)
        report[clock] = {
            "median_ms": {name: round(statistics.median(row[clock]), 2) for name, row in times.items()},
            "in_plain_forwards": in_forwards,
            "ratios": {name: ratio(name, beside, clock) for name, beside in BESIDE.items()},
            "fastest_library": fastest,
            "faster_than_it": ratio(fastest, "explain, 1 map", clock),
            "faster_if_all_but_the_folded_forward_were_free": ratio(fastest, "folded forward", clock),
        }
    ratios = report["cpu"]["ratios"]
    report["reached"] = {name: ratios[name] <= limit for name, limit in LIMITS.items()}
    report["reached"]["explain, 1 map"] = report["cpu"]["faster_than_it"] >= FASTER_THAN_PEERS
    return report


def main() -> None:
    photograph = moves.photograph(0)
    conditions = servers.conditions(
        "explain beside a plain forward pass and libraries", "torchvision", "captum", "grad-cam", "torchcam", "pillow"
    )
    conditions |= {"torch_threads": list(THREADS), "rounds": ROUNDS, "photograph_mb": round(len(photograph) / 1e6, 1)}
    results = {}
    for name, rounds in ROUNDS.items():
        model = calibrated(name)
        results[name] = {"pixels": model.preparation.crop, "by_threads": {}}
        for threads in THREADS:
            torch.set_num_threads(threads)
            report = results[name]["by_threads"][threads] = summary(timed(works(model, photograph), rounds))
            print(name, f"torch threads: {threads}", json.dumps(report, indent=1))
    conditions["load_after"] = round(os.getloadavg()[0], 2)
    (HERE / "engines.json").write_text(json.dumps({"conditions": conditions, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
