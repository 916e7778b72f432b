"""The built network against torchvision's own builders: same names, same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torchvision

from effnet_core.architecture import RELEASES, block_of, compound, released, tiny
from effnet_core.networks.builder import build

PIXELS = 64  # small, so that B7 is affordable; the architecture is the same at every size


@pytest.mark.parametrize("member", RELEASES)
def test_same_weights_and_logits_as_torchvision(member, make_lively, sample_batch):
    theirs = make_lively(getattr(torchvision.models, f"efficientnet_{member}")(num_classes=10), PIXELS)
    architecture = released(member, classes=10)
    other_eps = 1e-3 if architecture.norm_eps == 1e-5 else 1e-5
    x = sample_batch(PIXELS)
    with torch.no_grad():
        expected = theirs(x)
        ours, wrong = (logits_of(a, theirs, x) for a in (architecture, replace(architecture, norm_eps=other_eps)))
    tolerance = 1e-5 * expected.abs().max()
    assert expected.std(0).min() > 0.01, "the logits differ between pictures"
    assert (ours - expected).abs().max() <= tolerance
    assert (wrong - expected).abs().max() > 20 * tolerance, "another eps would be noticed"


def logits_of(architecture, network, x):
    built = build(architecture)
    built.load_state_dict(network.state_dict(), strict=True)
    return built.eval()(x)


@pytest.mark.parametrize("member", RELEASES)
def test_dropout_momentum_and_stochastic_depth_are_torchvisions(member):
    """What a state dict does not carry; the meta device builds without memory."""
    with torch.device("meta"):
        ours, theirs = build(released(member)), getattr(torchvision.models, f"efficientnet_{member}")()
    for kind, setting in (
        (torch.nn.Dropout, "p"),
        (torch.nn.BatchNorm2d, "momentum"),
        (torch.nn.BatchNorm2d, "eps"),
        (torchvision.ops.StochasticDepth, "p"),
    ):
        found, expected = (
            [getattr(module, setting) for module in network.modules() if isinstance(module, kind)]
            for network in (ours, theirs)
        )
        assert found == pytest.approx(expected) and found, (kind, setting)


@pytest.mark.parametrize("architecture", [tiny(classes=7), compound(-1.5, classes=7)], ids=lambda a: a.name)
def test_unpublished_architectures_run(architecture):
    built = build(architecture).eval()
    with torch.no_grad():
        assert built(torch.zeros(2, 3, 40, 40)).shape == (2, 7)
    squeezed = {block.name: block.squeeze_channels for block in architecture.blocks}
    gates = {n: m for n, m in built.named_modules() if isinstance(m, torchvision.ops.SqueezeExcitation)}
    assert {block_of(name): gate.fc1.out_channels for name, gate in gates.items()} == squeezed
