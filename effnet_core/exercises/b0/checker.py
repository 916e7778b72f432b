"""EfficientNet against torchvision's, on the same weights: B0's count, and random tables."""

import torch

from ...architecture import B0_STAGES, HEAD_FACTOR, released
from ...cost import cost_of
from ..checking import Answer, count_of, same_count, same_shape, same_values, share_weights
from ..network_checks import StageRow, mistakes_of, random_stages, reference_of

ROUNDS = 3


@torch.no_grad()
def check(answer: Answer):
    table, b0 = [StageRow(*stage[:6]) for stage in B0_STAGES], released("b0")
    same_count(
        f"`EfficientNet` of B0's table with {b0.classes:,} classes",
        answer.network("EfficientNet", table, b0.classes),
        cost_of(b0).params,
        {
            "The stem is a convolution without bias.": cost_of(b0).params + b0.stem_channels,
            "The classifier has a bias.": cost_of(b0).params - b0.classes,
            "The head is missing.": cost_of(b0).params - _head(b0.head_channels, b0.classes),
        },
    )
    yield f"B0 has {cost_of(b0).params:,} parameters."
    for _ in range(ROUNDS):
        stages, classes = random_stages(answer.draw), answer.draw.randint(5, 20)
        mine, reference = answer.network("EfficientNet", stages, classes), reference_of(stages, classes)
        what = "`EfficientNet` of a random table"
        same_count(what, mine, count_of(reference), {"The head has 4 times the last stage's channels.": -1})
        share_weights(what, mine, reference)
        x = torch.randn(2, 3, *(32 * answer.draw.randint(1, 2) for _ in range(2)))
        given, right = mine(x.clone()), reference(x)
        same_shape("Its answer", given, right.shape)
        same_values("Its answer", given, right, mistakes_of(reference, x))
    yield f"{ROUNDS} networks of random tables answer like torchvision's."


def _head(channels: int, classes: int) -> int:
    """What the head brings to the parameters, and to the classifier's."""
    last = channels // HEAD_FACTOR
    return last * channels + 2 * channels + (channels - last) * classes
