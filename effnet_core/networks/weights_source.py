"""Where a network's weights come from: as data, as a phrase for the screen, as Python that loads them. Pure Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PHRASES = {"own": "own checkpoint {}", "bundled": "bundled {}", "imagenet": "ImageNet ({}, torchvision)"}


@dataclass(frozen=True)
class WeightsSource:
    """`name`: the user's file, the bundled model in words, or torchvision's name of ImageNet weights.

    `as_is`: torchvision's network takes the file's content without renaming; only an own file may not be so.

    >>> str(WeightsSource("imagenet", "IMAGENET1K_V1"))
    'ImageNet (IMAGENET1K_V1, torchvision)'
    """

    kind: Literal["own", "bundled", "imagenet"]
    name: str
    as_is: bool = True

    def __str__(self) -> str:
        return PHRASES[self.kind].format(self.name)

    def load_call(self, model: str) -> str:
        """The call of networks.weights that loads the network called `model`, as Python."""
        if self.kind == "own":
            return f'weights.load_checkpoint(open({self.name!r}, "rb").read(), {self.name!r})'
        return f'weights.load("{model}")'


def loading_code(model: str, source: WeightsSource, path: str) -> str:
    """Lines that load this network and print a module's class and parameters, and the parameters of the whole.

    `path`: a module such as "features.2.1".
    """
    if source.kind == "imagenet":
        loaded = [f"from torchvision.models import {model}", "", f'network = {model}(weights="{source.name}").eval()']
    else:
        call = source.load_call(model)
        loaded = ["from effnet_core.networks import weights", "", f"network = {call}.module"]
    counted = "sum(weight.numel() for weight in {}.parameters())"
    printed = [
        f'module = network.get_submodule("{path}")',
        f"print(type(module).__name__, {counted.format('module')})",
        f"print({counted.format('network')})",
    ]
    return "\n".join([*loaded, *printed])
