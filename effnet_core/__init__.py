"""EfficientNet as data, as networks and as answers. The public names of the package, loaded when they are used.

Architecture and cost, in pure Python: `compound`, `released`, `scaled`, `implied`, `layers_of`, `cost_of`, `solve`.
Networks that answer, in torch: `load`, `Engine`, `GateEdit`, `METHODS`, `read_image`, `load_sample`, `overlay`.
Charts, in plotly: `bars_by_role`, `four_networks`, `all_gates`, `share_curves`.
Practice: `deal`, `is_right`.

>>> import effnet_core
>>> effnet_core.cost_of(effnet_core.released("b0")).params
5288548
"""

import os
from importlib import import_module

# PyTorch's threads sleep while they wait for each other, in place of turning idly on a core: where a class, another
# process or a test takes that core, a pass of the offline model took ten times as long. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_ROOMS = {
    "compound": "architecture",
    "released": "architecture",
    "scaled": "architecture",
    "implied": "scaling.implied_phi",
    "layers_of": "cost",
    "cost_of": "cost",
    "solve": "scaling.equal_compute",
    "load": "explain.loading",
    "Engine": "explain.engine",
    "GateEdit": "explain.gate_edits",
    "METHODS": "explain.methods",
    "read_image": "images.reading",
    "load_sample": "images.samples",
    "overlay": "images.overlay",
    "bars_by_role": "figures.cost_bars",
    "four_networks": "figures.budgets",
    "all_gates": "figures.inside",
    "share_curves": "figures.faithfulness",
    "deal": "interview.drills",
    "is_right": "interview.answers",
}
__all__ = sorted(_ROOMS)


def __getattr__(name: str) -> object:
    """Load a public name's room when it is first used: pure names do not wait for torch."""
    if name not in _ROOMS:
        raise AttributeError(f"{__name__} has no {name!r}; its public names are {', '.join(__all__)}")
    return getattr(import_module(f".{_ROOMS[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
