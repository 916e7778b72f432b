"""SqueezeExcitation against torchvision's, on the same weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.ops import SqueezeExcitation

from ..checking import Answer, count_of, same_count, same_shape, same_values, share_weights

ROUNDS = 5


@torch.no_grad()
def check(answer: Answer):
    cases = [(8 * answer.draw.randint(1, 8), answer.draw.randint(2, 7)) for _ in range(ROUNDS)]
    networks = [answer.network("SqueezeExcitation", *case) for case in cases]
    references = [lively(SqueezeExcitation(*case, activation=nn.SiLU)) for case in cases]
    for (channels, squeezed), mine, reference in zip(cases, networks, references, strict=True):
        mistakes = {
            "Both layers have biases.": 2 * channels * squeezed,
            "The first layer goes to squeeze_channels, the second one back.": 2 * channels**2 + 2 * channels,
        }
        what = f"`SqueezeExcitation({channels}, {squeezed})`"
        same_count(what, mine, count_of(reference), mistakes)
        share_weights(what, mine, reference)
    yield "It has torchvision's layers, and as many parameters."
    for mine, reference in zip(networks, references, strict=True):
        x = torch.randn(3, reference.fc1.in_channels, answer.draw.randint(5, 9), answer.draw.randint(5, 9)) + 0.3
        given = mine(x.clone())
        same_shape("The output", given, x.shape, {"This is the gate: multiply the input by it.": (*x.shape[:2], 1, 1)})
        same_values("The output", given, reference(x), _mistakes(reference, x))
    yield f"It answers like torchvision's on {ROUNDS} random maps."


def lively(gate: SqueezeExcitation) -> SqueezeExcitation:
    """Weights that spread its gates: those of a fresh one all lie near 0.5."""
    for parameter in gate.parameters():
        nn.init.normal_(parameter, 0, 0.7)
    return gate


def _mistakes(gate: SqueezeExcitation, x: Tensor) -> dict[str, Tensor]:
    def gates(mean: Tensor, activation=F.silu) -> Tensor:
        return gate.fc2(activation(gate.fc1(mean)))

    mean = x.mean((2, 3), keepdim=True)
    raw, maximum = gates(mean), x.amax((2, 3), keepdim=True)
    return {
        "EfficientNet squeezes with SiLU; the ReLU is the original SE block's.": x * gates(mean, F.relu).sigmoid(),
        "The activation between the two layers is missing: SiLU.": x * gates(mean, lambda y: y).sigmoid(),
        "The sigmoid is missing: gates lie between 0 and 1.": x * raw,
        "A softmax makes channels compete; each gate has a sigmoid of its own.": x * raw.softmax(1),
        "The squeeze takes the mean of each channel, not its maximum.": x * gates(maximum).sigmoid(),
        "SE multiplies by the gate; it does not add the input again.": x + x * raw.sigmoid(),
        "The gate is multiplied by the input, not added to it.": x + raw.sigmoid(),
        "This is the gate, spread over the map: multiply the input by it.": raw.sigmoid().expand_as(x),
        "SE has no activation after its second layer but the sigmoid.": x * F.silu(raw).sigmoid(),
        "Multiply the map that came in, not its mean.": (mean * raw.sigmoid()).expand_as(x),
    }
