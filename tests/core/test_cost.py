"""The cost model against torchvision's published counts and against what torch counts on the built network."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from support.facts import facts
from support.inside import META, outputs_of
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import get_model_weights

from effnet_core.architecture import RELEASES, Architecture, compound, released, scaled, tiny
from effnet_core.cost import ROLES, block_layers, cost_of, layers_of, macs_unrounded
from effnet_core.networks.builder import build


def counted_macs(architecture: Architecture) -> dict[str, int]:
    """MACs of each layer as torch counts them, on the meta device: nothing is allocated."""
    with torch.device("meta"):
        network = build(architecture).eval()
        picture = torch.empty(1, 3, architecture.resolution, architecture.resolution)
        with FlopCounterMode(display=False) as counter:
            network(picture)
    names = {name for name, module in network.named_modules() if isinstance(module, torch.nn.Conv2d | torch.nn.Linear)}
    counts = {name.removeprefix("EfficientNet."): sum(ops.values()) for name, ops in counter.get_flop_counts().items()}
    assert counter.get_total_flops() == sum(counts[name] for name in names)
    return {name: counts[name] // 2 for name in names}


def counted_params(architecture: Architecture) -> dict[str, int]:
    """Parameters of each convolution or linear layer, with the batch norm behind it."""
    with torch.device("meta"):
        network = build(architecture)
    counts: dict[str, int] = {}
    for name, parameter in network.named_parameters():
        layer = name.rsplit(".", 1)[0]
        if parameter.ndim == 1 and layer.endswith(".1") and f"{layer[:-2]}.0" in counts:
            layer = f"{layer[:-2]}.0"  # the norm of a Conv2dNormActivation belongs to its convolution
        counts[layer] = counts.get(layer, 0) + parameter.numel()
    return counts


def assert_exact(architecture: Architecture) -> None:
    layers = layers_of(architecture)
    assert {layer.name: layer.macs for layer in layers} == counted_macs(architecture)
    assert {layer.name: layer.params for layer in layers} == counted_params(architecture)


@pytest.mark.parametrize("member", RELEASES)
def test_parameters_are_torchvisions(member):
    published = get_model_weights(f"efficientnet_{member}").DEFAULT.meta["num_params"]
    assert cost_of(released(member)).params == published


@pytest.mark.parametrize("member", RELEASES)
def test_every_layer_of_the_family_is_exact(member):
    assert_exact(released(member))


def test_every_layer_of_the_offline_model_is_exact():
    assert_exact(tiny(resolution=97, classes=3))


@settings(max_examples=25, deadline=None)
@given(
    phi=some.floats(-3, 3),
    alpha=some.floats(1, 1.4),
    beta=some.floats(1, 1.4),
    gamma=some.floats(1, 1.4),
    resolution=some.integers(32, 500),
    classes=some.integers(1, 3000),
)
def test_any_scaling_is_exact(phi, alpha, beta, gamma, resolution, classes):
    assert_exact(compound(phi, alpha=alpha, beta=beta, gamma=gamma).at(resolution=resolution, classes=classes))


def test_layers_have_the_shapes_that_the_network_computes():
    architecture = released("b1").at(resolution=101)
    with torch.device("meta"):
        network = build(architecture)
    outputs, modules = outputs_of(network, META(1, 3, 101, 101)), dict(network.named_modules())
    for layer in layers_of(architecture):
        shape = outputs[layer.name].shape
        assert shape[1] == layer.out_channels and shape[2:] in ((layer.size, layer.size), ())
        assert shape.numel() == layer.activations
        if isinstance(module := modules[layer.name], torch.nn.Conv2d):
            assert (module.kernel_size[0], module.stride[0], module.groups, module.in_channels) == (
                layer.kernel,
                layer.stride,
                layer.groups,
                layer.in_channels,
            )
        assert layer.params == layer.weights + layer.biases + layer.batch_norm


@pytest.mark.parametrize("member", RELEASES)
def test_shares_of_the_operations_as_counted_elsewhere(member):
    """An independent count of the official architecture; the head's width is the same for all eight."""
    layers = layers_of(released(member))
    parts = {"dw": ("depthwise",), "se": ("squeeze", "excite"), "fc": ("classifier",)}
    counted = [row for row in facts("share_by_operation") if row["model"] == f"efficientnet-{member}"]
    assert len(counted) == 8
    for row in counted:
        if row["part"] == "bn":
            assert sum(layer.batch_norm for layer in layers) == int(row["params"])
            continue
        rows = [layer for layer in layers if layer.role in parts.get(row["part"], (row["part"],))]
        assert sum(layer.weights + layer.biases for layer in rows) == int(row["params"])
        assert sum(layer.macs for layer in rows) == int(row["macs"])


def test_roles_and_stages_cover_the_network():
    layers = layers_of(released("b0"))
    assert [layer.role for layer in layers if layer.stage in (1, 9)] == ["stem", "head", "classifier"]
    assert {layer.role for layer in layers} == set(ROLES)
    assert sum(layer.role == "excite" for layer in layers) == len(released("b0").blocks)


def test_a_block_alone_costs_what_it_costs_in_the_network():
    b0 = released("b0")
    layers = [layer for layer in layers_of(b0) if layer.name.startswith("features.4.1.")]
    assert block_layers(b0.block("features.4.1"), layers[0].size) == layers


def test_too_large_a_network_is_refused():
    with pytest.raises(ValueError, match="parameters; allowed are 2,000,000,000"):
        cost_of(compound(8, alpha=2, beta=2, gamma=1))


def test_without_rounding_a_network_grows_as_one_whose_sizes_need_none():
    """Twice the channels and the side are whole numbers everywhere; twice the layers is all but the ends twice."""
    b0 = released("b0")
    twice = cost_of(scaled("twice", width=2.0, resolution=2 * b0.resolution)).macs
    assert macs_unrounded(b0, depth=1, width=2, resolution=2) == twice
    once = cost_of(b0).macs
    ends = sum(layer.macs for layer in layers_of(b0) if layer.role in ("stem", "head", "classifier"))
    assert macs_unrounded(b0, depth=2, width=1, resolution=1) == 2 * once - ends
    assert macs_unrounded(b0, depth=1, width=1, resolution=1) == once
