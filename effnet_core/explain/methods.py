"""Attribution methods: a table of name -> method, with everything the screen says about each.

Conventions. The target is a logit. A map is (H, W): on a stage's own grid, or one value a pixel of the crop, its
three colour channels put together. Pixels are removed by giving them the mean colour that the input is centred on.
Guided backpropagation is not here: it changes nothing but the gradient of ReLU, and EfficientNet has none.

Sources: Simonyan et al., 2014, arXiv:1312.6034 (saliency); Shrikumar et al., 2016, arXiv:1605.01713 (input ×
gradient); Sundararajan et al., 2017, arXiv:1703.01365 (integrated gradients); Zeiler and Fergus, 2014,
arXiv:1311.2901 (occlusion). All but Grad-CAM run through captum. The table itself is read without torch.

>>> METHODS["gradcam"].title
'Grad-CAM'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..progress import Cancelled, Progress
from .results import Heatmap

if TYPE_CHECKING:
    from torch import Tensor
    from torchvision.models.efficientnet import EfficientNet

INPUT = "input"  # the `layer` of maps with one value per pixel


@dataclass(frozen=True)
class Parameter:
    """A number that a method takes, with its limits."""

    name: str
    title: str
    default: int
    low: int
    high: int
    step: int


@dataclass(frozen=True)
class Question:
    """What a method is asked: one picture (1, 3, R, R), a class, a stage; `batch_size` pictures go into one pass.

    `signed`: Grad-CAM keeps what speaks against the class.
    """

    network: EfficientNet
    x: Tensor
    target: int
    stage: int
    batch_size: int
    progress: Progress | None = None
    signed: bool = False

    def reporting(self, total: int) -> Callable[[Tensor], Tensor]:
        """The network, reporting after each batch its share of `total` pictures. Raises Cancelled."""
        done = 0

        def forward(x: Tensor) -> Tensor:
            nonlocal done
            logits, done = self.network(x), done + len(x)
            if self.progress and not self.progress(min(1.0, done / total)):
                raise Cancelled
            return logits

        return forward


@dataclass(frozen=True)
class Method:
    """`run` gives the map (H, W); `passes` counts forward and backward passes for a crop of that many pixels."""

    title: str
    run: Callable[..., Tensor]
    shows: str
    cannot_tell: str
    passes: Callable[..., tuple[int, int]] = lambda side: (1, 1)
    signed: bool = False
    at_stage: bool = False
    parameters: tuple[Parameter, ...] = ()


def _grad_cam(ask: Question) -> Tensor:
    import torch

    from .grad_cam import forward_from, grad_cam

    activations, logits = forward_from(ask.network, ask.x, ask.stage, differentiate=True)
    targets = torch.tensor([[ask.target]], device=ask.x.device)
    return grad_cam(activations, logits, targets, signed=ask.signed)[0, 0]


def _integrated_gradients(ask: Question, *, steps: int) -> Tensor:
    from captum.attr import IntegratedGradients

    method = IntegratedGradients(ask.reporting(steps))
    [parts] = method.attribute(
        ask.x, baselines=0.0, target=ask.target, n_steps=steps, internal_batch_size=min(ask.batch_size, steps)
    )
    return parts.sum(0)


def _saliency(ask: Question) -> Tensor:
    from captum.attr import Saliency

    [slopes] = Saliency(ask.network).attribute(ask.x.clone().requires_grad_(), target=ask.target)
    return slopes.amax(0)


def _input_x_gradient(ask: Question) -> Tensor:
    from captum.attr import InputXGradient

    [parts] = InputXGradient(ask.network).attribute(ask.x.clone().requires_grad_(), target=ask.target)
    return parts.sum(0)


def _occlusion(ask: Question, *, window: int, stride: int) -> Tensor:
    from captum.attr import Occlusion

    side = ask.x.shape[-1]
    patch, step = _patch(side, window, stride)
    [drops] = Occlusion(ask.reporting(_occlusion_passes(side, window, stride)[0])).attribute(
        ask.x,
        sliding_window_shapes=(3, patch, patch),
        strides=(3, step, step),
        baselines=0.0,
        target=ask.target,
        perturbations_per_eval=ask.batch_size,
    )
    return drops[0]  # a patch hides all three colours at once: their drops are the same


def _patch(side: int, window: int, stride: int) -> tuple[int, int]:
    """Patch and step in pixels, from percentages of the crop and of the patch."""
    patch = max(1, round(side * window / 100))
    return patch, max(1, round(patch * stride / 100))


def _occlusion_passes(side: int, window: int, stride: int) -> tuple[int, int]:
    patch, step = _patch(side, window, stride)
    return 1 + (math.ceil((side - patch) / step) + 1) ** 2, 0  # 1: the picture with nothing covered


def _layer_activation(ask: Question) -> Tensor:
    import torch
    from captum.attr import LayerActivation

    with torch.no_grad():
        [channels] = LayerActivation(ask.network, ask.network.features[ask.stage]).attribute(ask.x)
    return channels.abs().mean(0)


METHODS = {
    "gradcam": Method(
        title="Grad-CAM",
        run=_grad_cam,
        shows="the stage's channels, each weighted by how much the score depends on it, summed, negative sums cut off",
        cannot_tell="anything finer than the stage's grid, or what speaks against the class",
        at_stage=True,
    ),
    "integrated_gradients": Method(
        title="Integrated gradients",
        run=_integrated_gradients,
        shows="how the difference in score between a picture of nothing but the mean colour and this one is shared "
        "out over the pixels: the map adds up to that difference",
        cannot_tell="what pixels of the mean colour do: where the picture has it, the share is zero by construction",
        passes=lambda side, steps: (steps, steps),
        signed=True,
        parameters=(Parameter("steps", "Steps from the mean colour to the picture", 32, 8, 256, 8),),
    ),
    "saliency": Method(
        title="Saliency",
        run=_saliency,
        shows="how fast the score changes with each pixel: the steepest of its three colours, without a sign",
        cannot_tell="whether a pixel speaks for or against the class, and what a change larger than tiny would do",
    ),
    "input_x_gradient": Method(
        title="Input × gradient",
        run=_input_x_gradient,
        shows="each pixel's distance from the mean colour times the slope of the score there",
        cannot_tell="what pixels of the mean colour do, and anything where the score has levelled off",
        signed=True,
    ),
    "occlusion": Method(
        title="Occlusion",
        run=_occlusion,
        shows="how far the score falls when a square of the mean colour covers a place; it asks the network alone, "
        "no gradient",
        cannot_tell="what two places do only together, and anything finer than the square; a square is itself a "
        "shape that the network may react to",
        passes=_occlusion_passes,
        signed=True,
        parameters=(
            Parameter("window", "Square, % of the crop's side", 16, 4, 50, 2),
            Parameter("stride", "Step, % of the square", 50, 25, 100, 25),
        ),
    ),
    "layer_activation": Method(
        title="Layer activation",
        run=_layer_activation,
        shows="how strongly the stage answers at each place: the mean magnitude of its channels",
        cannot_tell="anything of a class: it is the same map for all of them",
        passes=lambda side: (1, 0),
        at_stage=True,
    ),
}


@dataclass(frozen=True)
class Request:
    """What the user asks for; None means the default layer, or the top class. `parameters`: all the method has."""

    method: str
    layer: str | None
    target: int | None
    parameters: Mapping[str, int]
    signed: bool = False


def checked(
    name: str, layer: str | None, target: int | None, parameters: Mapping[str, int], *, signed: bool = False
) -> Request:
    """The request with the method's defaults filled in. Raises ValueError listing what is valid."""
    if name not in METHODS:
        raise ValueError(f"no method is called {name!r}; there are {', '.join(METHODS)}")
    method = METHODS[name]
    if layer is not None and not method.at_stage:
        raise ValueError(f"{name} asks the pixels, not a layer; leave out {layer!r}")
    known = {parameter.name: parameter for parameter in method.parameters}
    for key, value in parameters.items():
        if key not in known:
            raise ValueError(f"{name} has no parameter {key!r}; it has {', '.join(known) or 'none'}")
        low, high = known[key].low, known[key].high
        if not (isinstance(value, int) and low <= value <= high):
            raise ValueError(f"{key} is {value!r}; allowed is a whole number from {low} to {high}")
    whole = {key: parameters.get(key, parameter.default) for key, parameter in known.items()}
    return Request(name, layer, target, whole, METHODS[name].signed or signed)


def pictures(request: Request, side: int) -> int:
    """How many pictures a map of a crop of `side` pixels takes, in all."""
    return max(METHODS[request.method].passes(side, **request.parameters))


def answer(
    network: EfficientNet, x: Tensor, request: Request, batch_size: int, progress: Progress | None = None
) -> Heatmap:
    """The map of one picture (1, 3, R, R) on the network's device."""
    import torch

    method, target, stage = METHODS[request.method], request.target, len(network.features) - 1
    if target is None:
        with torch.no_grad():
            target = int(network(x).argmax())
    if request.layer:
        stage = int(request.layer.removeprefix("features."))
    question = Question(network, x, target, stage, batch_size, progress, request.signed)
    values = method.run(question, **request.parameters)
    layer = f"features.{stage}" if method.at_stage else INPUT
    return Heatmap(layer, target, values.detach().float().cpu().numpy(), request.method, request.signed)
