"""A network's inside as torch tells it: parameters, multiply-adds, and what each module puts out.

For networks of any maker, so that the core's own code has something to be compared with.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

META = partial(torch.empty, device="meta")


def count(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


def macs(module: nn.Module, *shape: int) -> int:
    """Of one input (C, H, W), for a module on the meta device. Torch counts a multiply and its add as two."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(META(1, *shape))
    return counter.get_total_flops() // 2


@torch.no_grad()
def outputs_of(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Path -> a copy of what that module puts out when `module`, whose own path is "", is given x."""
    outputs: dict[str, Tensor] = {}

    def keep(_part, _inputs, output: Tensor, *, path: str) -> None:
        outputs[path] = output.clone()  # what comes after it may write into it

    handles = [part.register_forward_hook(partial(keep, path=path)) for path, part in module.eval().named_modules()]
    try:
        module(x)
    finally:
        for handle in handles:
            handle.remove()
    return outputs
