"""Watch SE gates, and change them: hooks on the gates that last as long as a `with`.

A gate is what an SE block's sigmoid gives (torchvision's `scale_activation`): one number in 0..1 for each
expanded channel, by which that channel's whole map is multiplied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.efficientnet import EfficientNet
from torchvision.ops.misc import SqueezeExcitation

from ..architecture import block_of


def gates_of(network: nn.Module) -> dict[str, nn.Module]:
    """Block name -> the module whose output (N, C, 1, 1) is its gate; first block first."""
    return {
        block_of(name): module.scale_activation
        for name, module in network.named_modules()
        if isinstance(module, SqueezeExcitation)
    }


@contextmanager
def hooked(modules: Mapping[str, nn.Module], hook: Callable[[str, Tensor], Tensor | None]) -> Iterator[None]:
    """Call hook(name, output) after each of these modules; if it returns something, that replaces their output."""
    handles = []
    try:
        for name, module in modules.items():

            def call(_module: nn.Module, _inputs: tuple, output: Tensor, name: str = name) -> Tensor | None:
                return hook(name, output)

            handles.append(module.register_forward_hook(call))
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def watching(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """Collect what these modules produce, in the order in which they run; the hooks are removed at the end."""
    seen: dict[str, Tensor] = {}

    def remember(name: str, output: Tensor) -> None:
        seen[name] = output.detach().clone()  # clone: the residual add writes into the projection's output

    with hooked(modules, remember):
        yield seen


@contextmanager
def editing(network: nn.Module, edited: Mapping[str, np.ndarray]) -> Iterator[None]:
    """Override gates: block -> (C,), NaN keeps the original; the hooks are removed at the end."""
    gates = gates_of(network)

    def change(block: str, output: Tensor) -> Tensor:
        instead = torch.as_tensor(edited[block], dtype=output.dtype, device=output.device)[:, None, None]
        return torch.where(instead.isnan(), output, instead)

    with hooked({block: gates[block] for block in edited}, change):
        yield


class Gated(NamedTuple):
    """One picture halfway through a block: what entered it, its gate (C,) and its maps (1, C, H, W) before the gate."""

    entering: Tensor
    gate: Tensor
    maps: Tensor


@torch.no_grad()
def up_to_gate(network: EfficientNet, x: Tensor, block: str) -> Gated:
    """Run one picture (1, 3, H, W) until a block's gate is known."""
    stage, index = place_of(block)
    entering = network.features[stage][:index](network.features[:stage](x))
    *wide, excite, _project = network.features[stage][index].block
    maps = nn.Sequential(*wide)(entering)
    gate = excite.scale_activation(excite.fc2(excite.activation(excite.fc1(excite.avgpool(maps)))))
    return Gated(entering, gate.flatten(), maps)


def logits_with_gates(network: EfficientNet, halfway: Gated, block: str, gates: Tensor) -> Tensor:
    """Logits (n, classes) as one batch: each row with other gates (n, C) of the block.

    Only what follows the gate is computed.
    """
    stage, index = place_of(block)
    mbconv = network.features[stage][index]
    out = mbconv.block[-1](gates[:, :, None, None] * halfway.maps)
    if mbconv.use_res_connect:
        out = out + halfway.entering
    out = network.features[stage + 1 :](network.features[stage][index + 1 :](out))
    return network.classifier(network.avgpool(out).flatten(1))


@torch.no_grad()
def logits_with_closed(network: EfficientNet, halfway: Gated, block: str, channels: Sequence[int | None]) -> Tensor:
    """Logits (n, classes) as one batch: each row with one channel of the block closed, or none for None."""
    gates = halfway.gate.repeat(len(channels), 1)
    for row, channel in enumerate(channels):
        if channel is not None:
            gates[row, channel] = 0
    return logits_with_gates(network, halfway, block, gates)


def strongest_flip(network: EfficientNet, halfway: Gated, block: str, *, tried: int, at_once: int) -> int:
    """The channel whose gate, moved to its farther end, changes the probability of the first answer most.

    A gradient says which are worth a try: to the first order each flip changes the answer by its slope times its way.
    """
    with torch.enable_grad():
        gates = halfway.gate[None].detach().requires_grad_()
        logits = logits_with_gates(network, halfway, block, gates)
        first = logits.argmax()
        [slope] = torch.autograd.grad(logits.log_softmax(1)[0, first], gates)
    gate, ends = halfway.gate, farther_end(halfway.gate)
    likely = (slope[0] * (ends - gate)).abs().topk(min(tried, len(gate))).indices
    flipped = gate.repeat(len(likely), 1)
    flipped[range(len(likely)), likely] = ends[likely]
    with torch.no_grad():
        parts = [logits_with_gates(network, halfway, block, part) for part in flipped.split(at_once)]
    changes = torch.cat(parts).softmax(1)[:, first] - logits.detach().softmax(1)[0, first]
    return int(likely[changes.abs().argmax()])


def farther_end(gate: Tensor) -> Tensor:
    """Where a flip moves each gate: 1 from below a half, else 0."""
    return (gate < 0.5).to(gate.dtype)


def place_of(block: str) -> tuple[int, int]:
    """Stage, and index within it, of a block's name such as "features.4.0"."""
    _, stage, index = block.split(".")
    return int(stage), int(index)
