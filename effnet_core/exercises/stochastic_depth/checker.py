"""drop_path and drop_rates: the rates are torchvision's, and what is random is judged by its statistics."""

import torch
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet, MBConv, MBConvConfig
from torchvision.ops import StochasticDepth

from ..checking import Answer, Wrong, same_shape, same_values

ROWS = 2000
DEVIATIONS = 6  # of a share among so many rows: a right answer is refused about once in a billion checks
STEPS = {
    "The last block has a little less than `last`: divide by the number of blocks.": lambda blocks, last: [
        last * index / max(1, blocks - 1) for index in range(blocks)
    ],
    "The first block has the rate 0.": lambda blocks, last: [last * (index + 1) / blocks for index in range(blocks)],
    "The rate grows with depth.": lambda blocks, last: [last] * blocks,
    "The rate grows with depth, not falls.": lambda blocks, last: rates(blocks, last)[::-1],
}


def rates(blocks: int, last: float) -> list[float]:
    """Those of torchvision's EfficientNet of so many blocks."""
    config = MBConvConfig(1, 3, 1, 8, 8, blocks)
    network = EfficientNet([config], dropout=0, stochastic_depth_prob=last, num_classes=1)
    return [block.stochastic_depth.p for block in network.features[1] if isinstance(block, MBConv)]


@torch.no_grad()
def check(answer: Answer):
    drop_path = answer.get("drop_path")
    x, rate = torch.rand(4, 3, 2, 2) + 0.5, answer.draw.uniform(0.15, 0.4)
    same_values("`drop_path` outside of training", drop_path(x.clone(), rate, False), x)
    same_values("`drop_path` with a rate of 0", drop_path(x.clone(), 0.0, True), x)
    yield "Outside of training, and with a rate of 0, nothing changes."
    x = torch.rand(ROWS, 3, 2, 2) + 0.5
    mine = drop_path(x.clone(), rate, True)
    same_shape("`drop_path`", mine, x.shape)
    _check_rows(mine / x, rate)
    yield f"In training, whole rows are dropped with the probability {rate:.2f}, and the others scaled."
    drop_rates = answer.get("drop_rates")
    for blocks, last in ((answer.draw.randint(2, 20), answer.draw.uniform(0.1, 0.5)) for _ in range(5)):
        given = drop_rates(blocks, last)
        if not isinstance(given, (list, tuple)) or len(given) != blocks:
            raise Wrong(f"`drop_rates({blocks}, {last:.3f})` has to give a list of {blocks} rates.")
        mistakes = {hint: torch.tensor(step(blocks, last)) for hint, step in STEPS.items()}
        same_values(
            f"`drop_rates({blocks}, {last:.3f})`", torch.tensor(given), torch.tensor(rates(blocks, last)), mistakes
        )
    yield "`drop_rates` gives the rates of torchvision's blocks."


def _check_rows(factors: Tensor, rate: float) -> None:
    """What every value was multiplied by, (N, C, H, W): rows of 0, and rows of 1 / (1 - rate)."""
    rows = factors.flatten(1)
    if (rows == 1).all():
        raise Wrong("`drop_path` drops nothing in training.")
    if not torch.allclose(rows, rows[:, :1].expand_as(rows), atol=1e-5):
        raise Wrong("Within one row some values are dropped and others stay.", "One number decides a row.")
    row, dropped = rows[:, 0], (rows[:, 0] == 0).double().mean().item()
    kept = row[row != 0]
    if dropped in (0.0, 1.0):
        raise Wrong("Either all rows are dropped or none is.", "Each picture has a random number of its own.")
    if abs(dropped - rate) > DEVIATIONS * (rate * (1 - rate) / ROWS) ** 0.5:
        flipped = abs(dropped - (1 - rate)) < abs(dropped - rate)
        hint = "The rate is the share that is dropped, not the share that stays." if flipped else ""
        raise Wrong(f"{dropped:.1%} of {ROWS:,} rows were dropped; the rate was {rate:.1%}.", hint)
    scale = StochasticDepth(rate, "row")(torch.ones(64, 1, 1, 1)).max()
    if not torch.allclose(kept, scale.expand_as(kept), atol=1e-4):
        hint = "Divide by 1 - rate, so that the mean stays."
        raise Wrong(f"Rows that stay are multiplied by {kept[0]:.3g}; right is {scale:.3g}.", hint)
