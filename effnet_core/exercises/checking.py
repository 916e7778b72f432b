"""What checkers say of an answer: which part is right, what differs, and where the difference comes from.

A checker is a generator `check(answer)`: it yields a sentence for each part that is right, and raises Wrong at the
first that is not. To say where a difference comes from, it computes what typical mistakes would give, and looks which
of them the answer has made. Values agree if they differ by at most 1e-5 of the reference's largest one.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

TOLERANCE = 1e-5


class Wrong(Exception):
    """The answer is wrong: what differs, and a hint where that comes from."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem, self.hint = problem, hint


class Answer:
    """What the learner's file defines. `draw` makes the random sizes of this check."""

    def __init__(self, names: Mapping[str, object], seed: int) -> None:
        self.names, self.draw = names, random.Random(seed)

    def get(self, name: str) -> Callable:
        """The function or class of that name."""
        if name not in self.names:
            own = [key for key in self.names if not key.startswith("_")]
            close = difflib.get_close_matches(name, own, 1)
            raise Wrong(f"The file does not define `{name}`.", f"Is `{close[0]}` meant?" if close else "")
        if not callable(self.names[name]):
            raise Wrong(f"`{name}` is {kind_of(self.names[name])}; it has to be a function or a class.")
        return self.names[name]

    def network(self, name: str, *settings: object) -> nn.Module:
        """An instance of the learner's class, in evaluation mode."""
        made = self.get(name)(*settings)
        if not isinstance(made, nn.Module):
            raise Wrong(f"`{name}(…)` is {kind_of(made)}; it has to be a `torch.nn.Module`.")
        return made.eval()


def same_results(
    name: str,
    mine: Callable,
    right: Callable,
    draws: Sequence[tuple],
    mistakes: Mapping[str, Callable] | None = None,
    *,
    parts: Sequence[str] = (),
) -> None:
    """A function of numbers gives what it should for all draws; `mistakes`: sentence -> what such a mistake gives.

    `parts`: the names of the results, where it gives several.
    """
    given = [_numbers(name, mine(*draw), len(parts)) for draw in draws]
    for draw, got in zip(draws, given, strict=True):
        want = right(*draw) if parts else (right(*draw),)
        if not _close(got, want):
            made = (hint for hint, wrong in (mistakes or {}).items() if _all_close(given, wrong, draws, bool(parts)))
            raise Wrong(_differs(f"`{name}({', '.join(map(_text, draw))})`", got, want, parts), next(made, ""))


def _all_close(given: Sequence[tuple], wrong: Callable, draws: Sequence[tuple], several: bool) -> bool:
    return all(
        _close(got, wrong(*draw) if several else (wrong(*draw),)) for got, draw in zip(given, draws, strict=True)
    )


def _close(got: Sequence[float], want: Sequence[float]) -> bool:
    return all(abs(one - other) <= 1e-9 * max(1.0, abs(other)) for one, other in zip(got, want, strict=True))


def _differs(call: str, got: tuple, want: tuple, parts: Sequence[str]) -> str:
    if not parts:
        return f"{call} gives {_text(got[0])}; right is {_text(want[0])}."
    rows = zip(parts, got, want, strict=True)
    wrong = [f"{part} {_text(one)}; right is {_text(other)}" for part, one, other in rows if not _close([one], [other])]
    return f"{call} gives {', and '.join(wrong)}."


def _numbers(name: str, result: object, parts: int) -> tuple:
    values = tuple(result) if parts and isinstance(result, (tuple, list)) else (result,)
    if len(values) != max(1, parts) or not all(isinstance(value, (int, float)) for value in values):
        wanted = f"{parts} numbers" if parts else "a number"
        raise Wrong(f"`{name}` gives {kind_of(result)}; it has to give {wanted}.")
    return values


def same_count(what: str, mine: nn.Module, right: int, mistakes: Mapping[str, int] | None = None) -> None:
    """A network has as many parameters as it should; `mistakes`: sentence -> the count that such a mistake gives."""
    count = count_of(mine)
    if count != right:
        hint = next((hint for hint, wrong in (mistakes or {}).items() if wrong == count), "")
        raise Wrong(f"{what} has {count:,} parameters; right is {right:,}.", hint)


def count_of(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def share_weights(what: str, mine: nn.Module, reference: nn.Module | Mapping[str, Tensor]) -> None:
    """Copy the reference's weights and statistics into the learner's network, in the order in which layers are made.

    A linear layer may stand for a 1x1 convolution, and names are free.
    """
    state = reference.state_dict() if isinstance(reference, nn.Module) else reference
    source = [tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")]
    own = [(name, tensor) for name, tensor in mine.state_dict().items() if not name.endswith("num_batches_tracked")]
    if len(own) != len(source):
        raise Wrong(
            f"{what} holds {len(own)} tensors of weights and batch-norm statistics; right are {len(source)}.",
            "Is a layer, a bias or a batch norm missing, or one too many?",
        )
    for (name, target), tensor in zip(own, source, strict=True):
        if _squeezed(target) != _squeezed(tensor):
            raise Wrong(
                f"{what}: `{name}` has the shape {tuple(target.shape)}; in this place belongs {tuple(tensor.shape)}.",
                "Layers have to be made in the order in which they run: is one of another size, or in another place?",
            )
        target.copy_(tensor.reshape(target.shape))  # state_dict's tensors share memory with the network


def _squeezed(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape[:2]) if tensor.shape[2:] == (1, 1) else tuple(tensor.shape)


def same_shape(
    what: str, mine: object, shape: Sequence[int], mistakes: Mapping[str, Sequence[int]] | None = None
) -> None:
    """A tensor of that shape, with finite values."""
    if not isinstance(mine, Tensor):
        raise Wrong(f"{what} is {kind_of(mine)}; it has to be a tensor of shape {tuple(shape)}.")
    if tuple(mine.shape) != tuple(shape):
        made = (hint for hint, wrong in (mistakes or {}).items() if tuple(wrong) == tuple(mine.shape))
        raise Wrong(f"{what} has the shape {tuple(mine.shape)}; right is {tuple(shape)}.", next(made, ""))
    if not torch.isfinite(mine).all():
        raise Wrong(f"{what} has the right shape, but holds NaN or infinity.", "Is something divided by zero?")


def same_values(what: str, mine: object, right: Tensor, mistakes: Mapping[str, Tensor] | None = None) -> None:
    """A tensor agrees with the reference to 1e-5; `mistakes`: sentence -> what such a mistake would give."""
    same_shape(what, mine, right.shape)
    mine, right = mine.detach().double(), right.detach().double()
    if _near(mine, right):
        return
    largest = (mine - right).abs().max().item()
    hint = next((hint for hint, wrong in (mistakes or {}).items() if _near(mine, wrong.detach().double())), "")
    raise Wrong(
        f"{what} has the right shape, but differs from the reference by up to {largest:.2g}.",
        hint or _scale(mine, right),
    )


def _near(mine: Tensor, other: Tensor) -> bool:
    limit = TOLERANCE * other.abs().max().item()
    return mine.shape == other.shape and (mine - other).abs().max().item() <= limit


def _scale(mine: Tensor, right: Tensor) -> str:
    """Where everything is wrong by one factor or one sum, that is worth saying."""
    factor = ((mine * right).sum() / (right * right).sum().clamp_min(1e-12)).item()
    if abs(factor) > TOLERANCE and _near(mine, factor * right):
        return f"Every value is {factor:.4g} times the right one."
    return ""


def kind_of(value: object) -> str:
    """A value in words: its type, and for a tensor its shape."""
    if value is None:
        return "None (is a `return` missing?)"
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"{'an' if type(value).__name__[0] in 'aeiou' else 'a'} `{type(value).__name__}`"


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"{value}"
