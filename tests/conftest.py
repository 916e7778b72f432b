"""What several test files share: sample photographs, lively networks, a forward pass written by hand.

A freshly initialised network is a blind oracle: its gates all lie near 0.5 and its maps vanish. Whatever is
compared is therefore compared on networks that were made lively, and asserted not to be constant.
"""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings
from PIL.Image import Image

from effnet_core.architecture import Architecture, released, tiny
from effnet_core.images.preparation import Preparation
from effnet_core.images.samples import load_sample

pytest_plugins = ("support.browser", "support.reports")
settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked soak run only where -m asks for them, whatever else it asks for."""
    if "soak" in config.getoption("markexpr"):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def photographs() -> list[Image]:
    """Four sample photographs: three of ImageNet's classes, and one of none."""
    return [load_sample(name) for name in ("coffee", "chelsea", "rocket", "astronaut")]


def batch_of(images: list[Image], preparation: Preparation):
    """(N, 3, crop, crop) tensor as a network takes it."""
    import numpy as np
    import torch

    return torch.from_numpy(np.stack([preparation.tensor(image) for image in images]))


@pytest.fixture(scope="session")
def prepared():
    """(model, images) -> the network's input tensor."""
    return lambda model, images: batch_of(images, model.preparation)


@pytest.fixture(scope="session")
def sample_batch(photographs):
    """pixels -> the sample photographs as an input tensor of that size."""
    return lambda pixels: batch_of(photographs, Preparation(pixels, pixels))


@pytest.fixture(scope="session")
def make_lively(sample_batch):
    """(network, pixels) -> the same network in eval mode with spread-out gates and maps that do not vanish."""
    import torch
    from torch import nn
    from torchvision.ops.misc import SqueezeExcitation

    @torch.no_grad()
    def lively(network: nn.Module, pixels: int) -> nn.Module:
        seeded = torch.Generator().manual_seed(0)
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        momenta = [norm.momentum for norm in norms]
        network.eval()
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5, generator=seeded)
            norm.bias.normal_(0, 0.3, generator=seeded)
            norm.train().momentum = 1.0
        for gate in (module for module in network.modules() if isinstance(module, SqueezeExcitation)):
            gate.fc1.weight *= 2
            gate.fc2.weight *= 4
            gate.fc2.bias.normal_(0, 1, generator=seeded)
        network(sample_batch(pixels))  # batch norm takes its statistics from these
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        return network.eval()

    return lively


def _lively(architecture: Architecture, make_lively, **names):
    import torch

    from effnet_core.networks.builder import build
    from effnet_core.networks.weights import Model
    from effnet_core.networks.weights_source import WeightsSource

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = make_lively(build(architecture), architecture.resolution)
    preparation = Preparation(architecture.resolution, architecture.resolution)
    names = {"labels": None} | names
    return Model(
        name=architecture.name,
        weights=WeightsSource("bundled", "test weights"),
        architecture=architecture,
        module=network,
        preparation=preparation,
        **names,
    )


@pytest.fixture(scope="session")
def lively_model(make_lively):
    """The bundled model's architecture with 12 classes in three groups, at 64 px: cheap, and has all names."""
    labels = tuple(f"class {number}" for number in range(12))
    groups = tuple(("pets", "drinks", "vehicles")[number % 3] for number in range(12))
    return _lively(tiny(classes=12, resolution=64), make_lively, labels=labels, groups=groups)


@pytest.fixture(scope="session")
def lively_b0(make_lively):
    """B0 at 128 px, without labels and groups."""
    return _lively(released("b0").at(resolution=128), make_lively)


@pytest.fixture(scope="session")
def bundled_model():
    from effnet_core.networks import weights

    return weights.load("tiny")


@pytest.fixture(params=["lively_model", "lively_b0", "bundled_model"])
def each_model(request):
    return request.getfixturevalue(request.param)


class ByHand:
    """EfficientNet's forward pass from a state dict, written out without torchvision's classes.

    `stages[k]` is the output of features[k], `gates` block -> (N, C), `steps` block -> step -> tensor.
    """

    def __init__(self, state: dict, architecture: Architecture, x) -> None:
        from torch.nn import functional as F

        self.F, self.state, self.eps = F, state, architecture.norm_eps
        self.gates, self.steps = {}, {}
        x = self.unit("features.0", x, kernel=3, stride=2)
        stages = {1: x}
        for block in architecture.blocks:
            x = stages[block.stage] = self.mbconv(block, x)
        x = self.unit("features.8", x)
        self.stages = [*stages.values(), x]
        self.logits = F.linear(x.mean((2, 3)), state["classifier.1.weight"], state["classifier.1.bias"])

    def unit(self, name: str, x, *, kernel=1, stride=1, groups=1, activated=True):
        """Convolution, batch norm and, if activated, SiLU."""
        x = self.F.conv2d(x, self.state[f"{name}.0.weight"], None, stride, kernel // 2, 1, groups)
        norm = [self.state[f"{name}.1.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        x = self.F.batch_norm(x, *norm, eps=self.eps)
        return self.F.silu(x) if activated else x

    def gate(self, name: str, x):
        """Squeeze-and-excitation's gate (N, C, 1, 1)."""
        first, second = (
            [self.state[f"{name}.{layer}.{part}"] for part in ("weight", "bias")] for layer in ("fc1", "fc2")
        )
        squeezed = self.F.conv2d(x.mean((2, 3), keepdim=True), *first)
        return self.F.conv2d(self.F.silu(squeezed), *second).sigmoid()

    def mbconv(self, block, x):
        names = iter(f"{block.name}.block.{number}" for number in range(4))
        steps = self.steps[block.name] = {"input": x}
        wide = x
        if block.expansion > 1:
            wide = steps["expand"] = self.unit(next(names), x)
        spatial = {"kernel": block.kernel, "stride": block.stride, "groups": block.expanded_channels}
        wide = steps["depthwise"] = self.unit(next(names), wide, **spatial)
        gate = self.gate(next(names), wide)
        steps["gate"] = self.gates[block.name] = gate.flatten(1)
        steps["gated"] = wide * gate
        steps["project"] = self.unit(next(names), steps["gated"], activated=False)
        steps["output"] = steps["project"] + x if block.has_residual else steps["project"]
        return steps["output"]


@pytest.fixture(scope="session")
def by_hand():
    """(model, x) -> ByHand."""
    import torch

    @torch.no_grad()
    def forward(model, x) -> ByHand:
        return ByHand(model.module.state_dict(), model.architecture, x)

    return forward


@pytest.fixture(scope="session")
def count_hooks():
    """How many hooks of any kind hang on a network."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")

    def count(network) -> int:
        return sum(len(getattr(module, kind)) for module in network.modules() for kind in kinds)

    return count


@pytest.fixture
def started_server(monkeypatch):
    """AppTest starts each run like a fresh server, which runs files in pages/ by themselves and loses clicks by it."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import app_test

    monkeypatch.setattr(app_test, "PagesManager", type("Started", (PagesManager,), {}))
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)


@pytest.fixture(autouse=True, scope="session")
def no_warm_up():
    """What an opened page starts in the background would be counted by a later test that watches the engines."""
    from ui.session import engines

    engines.FIRST_PAGE_S = engines.WARM_UP_AFTER_S = 1e6


@pytest.fixture(autouse=True, scope="module")
def few_objects_to_collect():
    """Streamlit collects garbage after each run of a page; what is imported by now need not be walked each time."""
    gc.collect()
    gc.freeze()
