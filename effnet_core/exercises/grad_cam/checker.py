"""grad_cam against the app's own, on random networks."""

import random

import torch
from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet

from ...explain.grad_cam import forward_from
from ...explain.grad_cam import grad_cam as reference
from ..checking import Answer, Wrong, same_shape, same_values
from ..network_checks import random_stages, reference_of

ROUNDS, CLASSES = 3, 6


def check(answer: Answer):
    grad_cam = answer.get("grad_cam")
    for _ in range(ROUNDS):
        network, picture, stage, target = _case(answer.draw)
        right, mistakes = _right_and_mistakes(network, picture, stage, target)
        mine, what = (
            grad_cam(network, network.features[stage], picture.clone(), target),
            f"The map at `features[{stage}]`",
        )
        batched = {"Give the map of the one picture, without its batch dimension.": (1, *right.shape)}
        same_shape(what, mine, right.shape, batched)
        same_values(what, mine, right, mistakes)
        if _hooks(network):
            hint = "Call `remove()` of what registering it gave."
            raise Wrong("The map is right, but a hook is left on the network.", hint)
    yield f"{ROUNDS} maps at random stages of random networks are right, and no hook is left."


def _case(draw: random.Random) -> tuple[EfficientNet, Tensor, int, int]:
    """A network, a picture, a stage, and a class that is not the best and has evidence for and against it."""
    while True:
        network, picture = reference_of(random_stages(draw), CLASSES), torch.randn(1, 3, 64, 64)
        stage = draw.randrange(1, len(network.features))
        activations, logits = forward_from(network, picture, stage, differentiate=True)
        maps = reference(activations, logits, torch.arange(CLASSES)[None], signed=True)[0]
        fitting = [
            target for target, each in enumerate(maps) if each.min() < 0 < each.max() and target != logits.argmax()
        ]
        if fitting:
            return network, picture, stage, draw.choice(fitting)


def _right_and_mistakes(
    network: EfficientNet, picture: Tensor, stage: int, target: int
) -> tuple[Tensor, dict[str, Tensor]]:
    activations, logits = forward_from(network, picture, stage, differentiate=True)
    right = reference(activations, logits, torch.tensor([[target]]))[0, 0]
    [gradient] = torch.autograd.grad(logits[0, target], activations, retain_graph=True)
    [of_probability] = torch.autograd.grad(logits.softmax(1)[0, target], activations, retain_graph=True)
    [of_best] = torch.autograd.grad(logits.max(), activations)

    def weighted(weights: Tensor) -> Tensor:
        return (weights * activations.detach()).sum(1)[0]

    def mean(values: Tensor) -> Tensor:
        return values.mean((2, 3), keepdim=True)

    signed = weighted(mean(gradient))
    return right, {
        "The ReLU is missing.": signed,
        "The gradient is that of the logit, not of the probability: leave the softmax out.": weighted(
            mean(of_probability)
        ).relu(),
        "The gradient has to be that of the target's logit, not of the best one.": weighted(mean(of_best)).relu(),
        "A channel's weight is the mean of its gradient over the map, not the sum.": weighted(
            gradient.sum((2, 3), keepdim=True)
        ).relu(),
        "A channel has one weight, the mean of its gradient: this multiplies each pixel by its own.": weighted(
            gradient
        ).relu(),
        "The weights are of the gradient, not of its absolute value.": weighted(mean(gradient.abs())).relu(),
        "The map is not scaled: it keeps its magnitude.": right / right.max().clamp_min(1e-12),
        "The channels are summed, not averaged.": signed.relu() / activations.shape[1],
        "The absolute value of the map is not its ReLU.": signed.abs(),
    }


def _hooks(network: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in network.modules() for kind in kinds)
