"""fold against the convolution and the batch norm themselves."""

import copy

import torch
from torch import Tensor, nn

from ..block_checks import lively
from ..checking import Answer, Wrong, same_shape, same_values

ROUNDS = 8


@torch.no_grad()
def check(answer: Answer):
    fold = answer.get("fold")
    for number in range(ROUNDS):
        convolution, norm = _pair(answer, bias=number % 2 == 1)
        x = torch.randn(2, convolution.in_channels, 9, 11)
        right, before = norm(convolution(x)), _state(convolution, norm)
        mine = fold(convolution, norm)
        if isinstance(mine, (nn.BatchNorm2d, nn.Sequential)) or not isinstance(mine, nn.Conv2d):
            raise Wrong(f"`fold` gives a `{type(mine).__name__}`; it has to give one `nn.Conv2d`.")
        if not all(map(torch.equal, before, _state(convolution, norm))) or not torch.equal(norm(convolution(x)), right):
            raise Wrong("The convolution or the batch norm that came in was changed.", "Make a new `nn.Conv2d`.")
        given = mine(x)
        same_shape("The output of the folded convolution", given, right.shape)
        same_values("The output of the folded convolution", given, right, _mistakes(convolution, norm, x))
    yield f"The folded convolution answers like both for {ROUNDS} random pairs, with and without a bias."


def _pair(answer: Answer, *, bias: bool) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    draw, choose = answer.draw.randint, answer.draw.choice
    groups, kernel = choose((1, 2, 4)), choose((1, 3, 5))
    channels, out = groups * draw(1, 4), groups * draw(1, 4)
    convolution = nn.Conv2d(channels, out, kernel, choose((1, 2)), kernel // 2, groups=groups, bias=bias)
    norm = lively(nn.BatchNorm2d(out, eps=1e-3))
    norm.running_var.mul_(0.05)  # so small that eps is to be seen
    return convolution.eval(), norm


def _state(*modules: nn.Module) -> list[Tensor]:
    return [tensor.clone() for module in modules for tensor in module.state_dict().values()]


def _mistakes(convolution: nn.Conv2d, norm: nn.BatchNorm2d, x: Tensor) -> dict[str, Tensor]:
    def shaped(values: Tensor) -> Tensor:
        return values.reshape(1, -1, 1, 1)

    def normed(**changes: Tensor) -> Tensor:
        other = copy.deepcopy(norm)
        for name, value in changes.items():
            getattr(other, name).data.copy_(value)
        return other(plain)

    plain, deviation = convolution(x), (norm.running_var + norm.eps).sqrt()
    unbiased = plain if convolution.bias is None else plain - shaped(convolution.bias)
    exact = copy.deepcopy(norm)
    exact.eps = 1e-30  # none, in single precision; PyTorch 2.11 takes no 0
    scaled = plain * shaped(norm.weight / deviation)
    return {
        "`norm.eps` is missing under the root.": exact(plain),
        "The running mean is missing: subtract it before scaling.": normed(running_mean=torch.zeros_like(deviation)),
        "The convolution's own bias is missing.": norm(unbiased),
        "Divide by the square root of the variance, not by the variance.": normed(
            running_var=(norm.running_var + norm.eps) ** 2 - norm.eps
        ),
        "The batch norm's weight is missing.": normed(weight=torch.ones_like(deviation)),
        "The batch norm's bias is missing.": normed(bias=torch.zeros_like(deviation)),
        "The running mean is scaled as well: (bias - mean) * scale.": scaled + shaped(norm.bias - norm.running_mean),
    }
