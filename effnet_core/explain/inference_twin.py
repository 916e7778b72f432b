"""The quickest way to a network's answers: its folded twin where both say the same, else the network itself."""

from __future__ import annotations

import logging

import torch
from torch import Tensor
from torchvision.models.efficientnet import EfficientNet

from ..networks.device import is_out_of_memory
from ..networks.folded import folded
from .gates import gates_of, watching

GATE_TOLERANCE = 5e-6  # half of what an engine promises: on other pictures the two may differ more
TOLERANCE = 1e-4  # of logits and of the last stage's maps, as a share of the largest

_log = logging.getLogger(__name__)


def quickest(network: EfficientNet, x: Tensor) -> EfficientNet:
    """The twin if it answers these pictures (N, 3, R, R) as the network does; else the network, and the log says why.

    A network can amplify float32's own rounding so far that no other order of its sums gives the same gates.
    """
    expected = _answers(network, x)
    try:
        twin = folded(network)
        excess = _excess(_answers(twin, x), expected)
    except (RuntimeError, TypeError) as error:  # Apple's GPUs refuse float64, in which batch norm is folded, by type
        if is_out_of_memory(error):
            raise
        _log.warning("Answers take longer: this version of torch can't run the folded network (%s).", error)
        return network
    if excess <= 1:
        return twin
    _log.warning("Answers take longer: the folded network differs %.1f times as much as is allowed.", excess)
    return network


@torch.inference_mode()
def _answers(network: EfficientNet, x: Tensor) -> dict[str, Tensor]:
    """Gates by their blocks, maps of the last stage and logits."""
    with watching(gates_of(network) | {"maps": network.features[-1]}) as answers:
        logits = network(x)
    return answers | {"logits": logits}


def _excess(answers: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """The largest difference as a multiple of what is allowed; infinite where there are no numbers."""
    allowed = {name: TOLERANCE * expected[name].abs().max() for name in ("maps", "logits")}
    shares = [
        (answers[name] - right).abs().max() / allowed.get(name, GATE_TOLERANCE) for name, right in expected.items()
    ]
    return torch.stack(shares).nan_to_num(torch.inf).max().item()
