"""One forward pass as explanations: classes, all SE gates, and where the network looked for its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet

from .gates import gates_of, watching
from .grad_cam import forward_from, grad_cam, grad_cam_at_last
from .predictions import by_group, predictions
from .results import Explanation, Gates, Heatmap


@dataclass(frozen=True)
class Request:
    """What an explanation says: the `top` classes, and their maps at a stage.

    `target`: one class to map instead. `mapped`: how many of the top classes get a map, by default all.
    """

    top: int
    stage: int
    target: int | None = None
    mapped: int | None = None


@dataclass(frozen=True)
class Names:
    """What a model calls its classes and their groups; None where it has no names for them."""

    labels: Sequence[str] | None
    groups: Sequence[str] | None


def explanations(network: EfficientNet, x: Tensor, request: Request, names: Names) -> list[Explanation]:
    """Of pictures (N, 3, R, R) on the network's device. Only a map before the last stage needs a gradient."""
    is_last = request.stage == len(network.features) - 1
    with torch.inference_mode(is_last), watching(gates_of(network)) as gates:
        activations, logits = forward_from(network, x, request.stage, differentiate=not is_last)
    answers = logits.detach().cpu()
    best = answers.topk(min(request.top, answers.shape[1])).indices
    targets = best[:, : request.mapped] if request.target is None else best.new_full((len(x), 1), request.target)
    if is_last:
        maps = grad_cam_at_last(activations, network.classifier[-1].weight, targets.to(x.device))
    else:
        maps = grad_cam(activations, logits, targets.to(x.device))
    rows, maps = {block: to_numpy(gate.flatten(1)) for block, gate in gates.items()}, to_numpy(maps)
    return [
        Explanation(
            predictions(answers[n], best[n].tolist(), names.labels, names.groups),
            tuple(Gates(block, values[n]) for block, values in rows.items()),
            tuple(
                Heatmap(f"features.{request.stage}", t, values)
                for t, values in zip(targets[n].tolist(), maps[n], strict=True)
            ),
            by_group(answers[n], names.groups),
        )
        for n in range(len(x))
    ]


def to_numpy(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
