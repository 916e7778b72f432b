"""Watch the SE gates of a network: a hook on every gate for as long as a `with` lasts.

A gate is what an SE block's sigmoid gives (torchvision's `scale_activation`): one number in 0..1 for each
expanded channel, by which that channel's whole map is multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from torch import Tensor, nn
from torchvision.ops.misc import SqueezeExcitation


def gates_of(network: nn.Module) -> dict[str, nn.Module]:
    """Block name -> the module whose output (N, C, 1, 1) is its gate; first block first."""
    return {
        name.partition(".block.")[0]: module.scale_activation
        for name, module in network.named_modules()
        if isinstance(module, SqueezeExcitation)
    }


@contextmanager
def watching(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """Collect what these modules produce, in the order in which they run; leave no hook behind."""
    seen: dict[str, Tensor] = {}
    handles = []
    try:
        for name, module in modules.items():

            def remember(_module: nn.Module, _inputs: tuple, output: Tensor, name: str = name) -> None:
                seen[name] = output.detach().clone()  # clone: the residual add writes into the projection's output

            handles.append(module.register_forward_hook(remember))
        yield seen
    finally:
        for handle in handles:
            handle.remove()
