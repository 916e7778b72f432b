"""The learner's network with the bundled model's weights, against that model, on photographs."""

from itertools import groupby

import torch

from ...images.samples import load_sample
from ...networks.weights import load
from ..checking import Answer, Wrong, count_of, kind_of, same_count, same_shape, same_values
from ..network_checks import StageRow, mistakes_of

SAMPLES = ("coffee", "chelsea")


def check(answer: Answer):
    model = load("tiny")
    weights = {name: tensor.clone() for name, tensor in model.module.state_dict().items()}
    stages = []
    for _, blocks in groupby(model.architecture.blocks, key=lambda block: block.stage):
        first, *others = blocks
        out = first.out_channels
        stages.append(StageRow(first.expansion, first.kernel, first.stride, first.in_channels, out, 1 + len(others)))
    mine = answer.get("load")(stages, weights)
    if not isinstance(mine, torch.nn.Module):
        raise Wrong(f"`load(…)` is {kind_of(mine)}; it has to be a `torch.nn.Module`.")
    same_count("Your network", mine, count_of(model.module))
    yield f"It has the bundled model's {count_of(mine):,} parameters."
    x = torch.stack([torch.from_numpy(model.preparation.tensor(load_sample(name))) for name in SAMPLES])
    with torch.no_grad():
        right, given = model.module(x), mine(x.clone())
        same_shape("Its answer to two photographs", given, right.shape)
        mistakes = mistakes_of(model.module, x)
        if mine.training:
            hint = "The network is in training mode: call `.eval()` before you give it back."
            mistakes[hint] = given
        same_values("Its answer to two photographs", given, right, mistakes)
    best = model.labels[right[0].argmax()]
    yield f"It answers like the bundled model, to 1e-5: the first photograph is “{best}”."
