"""What the screen says of weights, and the lines of code that load them against what they print."""

from __future__ import annotations

import contextlib
import io

import pytest
from torchvision.models import WeightsEnum

from effnet_core.architecture import Architecture, released
from effnet_core.networks import weights
from effnet_core.networks.builder import build
from effnet_core.networks.weights_source import WeightsSource, loading_code
from effnet_core.scaling import module_tree


def printed(code: str) -> list[str]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return out.getvalue().splitlines()


def expected(architecture: Architecture, path: str) -> list[str]:
    rows = module_tree.modules_of(architecture)
    [row] = [row for row in rows if row.path == path]
    return [f"{row.kind} {row.params}", str(sum(one.params for one in rows))]


@pytest.mark.parametrize("path", ["features.1.0", "features.6.2", "features.8"])
def test_the_code_for_the_offline_model_prints_what_is_shown(path):
    model = weights.load("tiny")
    assert printed(loading_code("tiny", model.weights, path)) == expected(model.architecture, path)


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "IMAGENET1K_V2"])
def test_the_code_for_torchvisions_weights_prints_what_is_shown(monkeypatch, name):
    """With random weights in the place of the file that torchvision would fetch."""
    wanted = []

    def random_weights(self, *_, **__):
        wanted.append(self)
        return build(released("b1")).state_dict()

    monkeypatch.setattr(WeightsEnum, "get_state_dict", random_weights)
    code = loading_code("efficientnet_b1", WeightsSource("imagenet", name), "features.2.1")
    assert printed(code) == expected(released("b1"), "features.2.1")
    assert wanted == [getattr(type(wanted[0]), name)]


def test_the_code_for_an_own_checkpoint_prints_what_is_shown(monkeypatch, tmp_path):
    from safetensors.torch import save_file

    architecture = released("b0", classes=3)
    save_file(build(architecture).state_dict(), tmp_path / "it's mine.safetensors")
    monkeypatch.chdir(tmp_path)
    code = loading_code("efficientnet_b0", WeightsSource("own", "it's mine.safetensors"), "features.2.1")
    assert printed(code) == expected(architecture, "features.2.1")
