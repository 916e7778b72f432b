"""Where weights come from. torchvision's files are stood in for by small ones, its builders are the oracle."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import get_model_weights

from effnet_core.architecture import RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.networks import download, weights
from effnet_core.networks.weights import WeightsUnavailable

FAMILY = [f"efficientnet_{member}" for member in RELEASES]


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch) -> Path:
    """Torch hub's folder of downloads, empty; no other folder, and no network."""
    monkeypatch.delenv("EFFNET_WEIGHTS_DIR", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(download.urllib.request, "urlopen", lambda *_, **__: pytest.fail("asked the network"))
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def own_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "classroom"
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", str(folder))
    return folder


@pytest.fixture(scope="module")
def b0(make_lively) -> nn.Module:
    """torchvision's own B0 with a thousand classes and spread-out answers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return make_lively(torchvision.models.efficientnet_b0(), 64)


def stored(state: dict[str, Tensor]) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def body(b0) -> bytes:
    return stored(b0.state_dict())


def standing_in(original, body: bytes):
    """torchvision's row for these weights, but for the file."""
    digest = hashlib.sha256(body).hexdigest()[:8]
    url = f"https://weights.invalid/models/{original.name.lower()}-{digest}.pth"
    return SimpleNamespace(name=original.name, url=url, transforms=original.transforms, meta=original.meta)


@pytest.fixture
def published(monkeypatch, body):
    """What torchvision publishes for B0, with our own small file behind it."""
    row = standing_in(get_model_weights("efficientnet_b0").DEFAULT, body)
    original = weights.published
    monkeypatch.setattr(weights, "published", lambda name: [row] if name == "efficientnet_b0" else original(name))
    return row


def put(folder: Path, row, body: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / row.url.rsplit("/", 1)[-1]
    path.write_bytes(body)
    return path


def logits(network: nn.Module, size: int = 64) -> Tensor:
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network(x)


def test_statuses_load_no_weights(monkeypatch):
    for reads in ("load_file", "build"):
        monkeypatch.setattr(weights, reads, lambda *_, **__: pytest.fail("weights were read"))
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("weights were read"))
    rows = weights.statuses()
    assert tuple(row.name for row in rows) == weights.NAMES == ("tiny", *FAMILY)
    assert [row.ready for row in rows] == [True] + 8 * [False]
    assert [row.source for row in rows] == ["bundled offline model"] + 8 * [None]
    json.dumps([dataclasses.asdict(row) for row in rows])


@pytest.mark.parametrize("name", FAMILY)
def test_status_is_what_torchvision_says(name):
    default = get_model_weights(name).DEFAULT
    [row] = [row for row in weights.statuses() if row.name == name]
    assert row.params == default.meta["num_params"]
    assert row.resolution == default.transforms().crop_size[0]
    assert row.macs == cost_of(released(name).at(resolution=row.resolution)).macs
    assert row.macs / 1e9 == pytest.approx(default.meta["_ops"], abs=6e-4), "torchvision prints three decimals"
    assert 100 * row.top1 == pytest.approx(default.meta["_metrics"]["ImageNet-1K"]["acc@1"])
    assert row.classes == len(row.labels) == 1000
    assert row.labels == tuple(default.meta["categories"])


def test_the_default_weights_stand_first():
    names = [choice.name for choice in weights.published("efficientnet_b1")]
    assert names == ["IMAGENET1K_V2", "IMAGENET1K_V1"]
    for name in FAMILY:
        assert weights.published(name)[0] is get_model_weights(name).DEFAULT


def test_unknown_names():
    for asked in (weights.load, weights.fetch, weights.known):
        with pytest.raises(ValueError, match="no model is called 'resnet50'; there are tiny, efficientnet_b0"):
            asked("resnet50")


def test_the_bundled_model_is_the_one_on_its_card():
    card = json.loads((weights.ASSETS / "tiny.json").read_text(encoding="utf-8"))
    model = weights.load("tiny")
    status = weights.statuses()[0]
    assert (model.name, str(model.weights)) == ("tiny", "bundled offline model")
    assert model.labels == status.labels == tuple(card["labels"])
    assert model.groups == tuple(card["groups"])
    assert len(model.groups) == len(set(model.labels)) == status.classes == model.architecture.classes
    assert status.top1 == card["top1"]
    assert status.params == sum(parameter.numel() for parameter in model.module.parameters())
    assert model.preparation.crop == model.architecture.resolution == status.resolution
    kept = load_file(weights.ASSETS / "tiny.safetensors")
    state = model.module.state_dict()
    assert all(torch.equal(state[key], kept[key].to(state[key].dtype)) for key in state)


def test_loaded_networks_are_ready_to_answer():
    """Attribution differentiates by activations: weights that asked for gradients would only cost memory."""
    network = weights.load("tiny").module
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"cpu"}
    answers = logits(network, 96)
    assert answers.isfinite().all()
    assert answers.std() > 0.1


@pytest.fixture
def assets(tmp_path, monkeypatch) -> Path:
    """A copy of the bundled files, to be damaged."""
    folder = tmp_path / "assets"
    folder.mkdir()
    for name in ("tiny.json", "tiny.safetensors"):
        shutil.copy(weights.ASSETS / name, folder)
    monkeypatch.setattr(weights, "ASSETS", folder)
    return folder


def test_no_bundled_file(assets):
    (assets / "tiny.safetensors").unlink()
    assert not weights.statuses()[0].ready
    with pytest.raises(WeightsUnavailable, match="tiny"):
        weights.load("tiny")


def test_a_damaged_bundled_file(assets):
    path = assets / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(WeightsUnavailable, match=r"damaged.*get the project's files again"):
        weights.load("tiny")


def test_one_flipped_bit_of_the_bundled_file(assets):
    path = assets / "tiny.safetensors"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsUnavailable, match=r"tiny\.safetensors is damaged"):
        weights.load("tiny")


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"preparation": 3}', "\ufeff{}"])
def test_a_damaged_card_is_named(assets, damage):
    (assets / "tiny.json").write_text(damage, encoding="utf-8")
    for asked in (weights.statuses, lambda: weights.load("tiny")):
        with pytest.raises(
            WeightsUnavailable, match=r"tiny\.json is missing or damaged; get the project's files again"
        ):
            asked()


@pytest.mark.parametrize("folder", ["~nosuchuser/x", "x" * 5000, "/proc/1/root/nowhere", "/dev/null/x"])
def test_a_folder_that_can_not_be_looked_into_costs_only_itself(monkeypatch, folder):
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", folder)
    assert [row.ready for row in weights.statuses()] == [True] + 8 * [False]
    assert weights.load("tiny").labels
    with pytest.raises(WeightsUnavailable, match=r"EFFNET_WEIGHTS_DIR|can't be written to"):
        weights.fetch("efficientnet_b0")


def test_a_folder_that_may_not_be_read(monkeypatch, tmp_path):
    """As root reads everything, the refusal is pretended."""
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", str(tmp_path / "closed"))
    asked = os.stat

    def closed(path, *rest, **more):
        if "closed" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return asked(path, *rest, **more)

    monkeypatch.setattr(os, "stat", closed)
    assert not weights.statuses()[1].ready


def test_a_card_of_another_network(assets):
    """Never random weights: what the file doesn't fill is no answer."""
    card = json.loads((assets / "tiny.json").read_text(encoding="utf-8"))
    card["architecture"]["classes"] += 1
    (assets / "tiny.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(WeightsUnavailable, match="not tiny's weights"):
        weights.load("tiny")


def test_tiny_has_nothing_to_fetch():
    with pytest.raises(ValueError, match="bundled"):
        weights.fetch("tiny")


@pytest.mark.parametrize("name", FAMILY)
def test_missing_weights_say_how_to_get_them(name):
    with pytest.raises(WeightsUnavailable) as caught:
        weights.load(name)
    assert f"python -m effnet_core fetch {name}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_on_disk_give_torchvisions_answers(hub, published, body, b0):
    path = put(hub, published, body)
    model = weights.load("efficientnet_b0")
    assert (model.name, str(model.weights)) == ("efficientnet_b0", "ImageNet (IMAGENET1K_V1, torchvision)")
    expected = logits(b0)
    assert expected.std(dim=0).mean() > 0.1, "the oracle is lively"
    torch.testing.assert_close(logits(model.module), expected)
    assert model.labels == tuple(published.meta["categories"])
    assert (model.groups, model.notes) == (None, ())
    status = weights.statuses()[1]
    assert (status.ready, status.source) == (True, str(path))


def test_two_loads_share_no_weights(hub, published, body):
    put(hub, published, body)
    first, second = (weights.load("efficientnet_b0").module for _ in range(2))
    first.classifier[1].weight.zero_()
    assert second.classifier[1].weight.any()


@pytest.mark.parametrize("name", FAMILY)
def test_pictures_are_prepared_as_torchvisions_weights_say(name):
    transform = get_model_weights(name).DEFAULT.transforms()
    found = weights.known(name)
    assert dataclasses.asdict(found.preparation) == {
        "resize": transform.resize_size[0],
        "crop": transform.crop_size[0],
        "interpolation": transform.interpolation.value,
        "reduce": None,
        "mean": tuple(transform.mean),
        "std": tuple(transform.std),
    }
    assert found.architecture == released(name).at(resolution=found.preparation.crop)


def test_the_users_folder_comes_before_hubs(hub, own_folder, published, body):
    assert weights.folders() == [own_folder, hub]
    there = put(hub, published, body)
    assert weights.known("efficientnet_b0").path == there
    here = put(own_folder, published, body)
    assert weights.known("efficientnet_b0").path == here


def test_a_folder_in_the_users_home(monkeypatch):
    monkeypatch.setenv("EFFNET_WEIGHTS_DIR", "~/weights")
    assert weights.folders()[0] == Path.home() / "weights"


def test_older_weights_of_b1_serve_where_they_are_alone(hub):
    """They see their pictures at another resize and interpolation than the newer ones."""
    newer, older = weights.published("efficientnet_b1")
    put(hub, older, b"")
    found = weights.known("efficientnet_b1")
    assert found.weights.name == "IMAGENET1K_V1"
    assert (found.preparation.resize, found.preparation.interpolation) == (256, "bicubic")
    assert found.top1 == pytest.approx(older.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100)
    path = put(hub, newer, b"")
    found = weights.known("efficientnet_b1")
    assert found.path == path
    assert found.weights.name == "IMAGENET1K_V2"
    assert (found.preparation.resize, found.preparation.interpolation) == (255, "bilinear")


@pytest.mark.parametrize("damage", [lambda body: body[:-1000], lambda body: b"", lambda body: bytes(len(body))])
def test_damaged_files_are_never_used(hub, published, body, damage):
    path = put(hub, published, damage(body))
    with pytest.raises(WeightsUnavailable, match=r"damaged.*fetch efficientnet_b0") as caught:
        weights.load("efficientnet_b0")
    assert str(path) in str(caught.value)


def test_one_flipped_bit_is_seen(hub, published, body):
    flipped = bytearray(body)
    flipped[len(body) // 2] ^= 1
    put(hub, published, bytes(flipped))
    with pytest.raises(WeightsUnavailable, match="damaged"):
        weights.load("efficientnet_b0")


def test_another_networks_file_under_this_name(hub, monkeypatch):
    """Its hash is right, its shapes are not: strict loading notices."""
    body = stored(torchvision.models.efficientnet_b1().state_dict())
    row = standing_in(get_model_weights("efficientnet_b0").DEFAULT, body)
    monkeypatch.setattr(weights, "published", lambda _: [row])
    put(hub, row, body)
    with pytest.raises(WeightsUnavailable, match="not efficientnet_b0's weights"):
        weights.load("efficientnet_b0")


class Trap:
    def __reduce__(self) -> tuple:
        return pytest.fail, ("code in a weights file was run",)


def test_code_in_a_file_is_never_run(hub, monkeypatch):
    body = stored({"features.0.0.weight": Trap()})
    row = standing_in(get_model_weights("efficientnet_b0").DEFAULT, body)
    monkeypatch.setattr(weights, "published", lambda _: [row])
    put(hub, row, body)
    with pytest.raises(WeightsUnavailable):
        weights.load("efficientnet_b0")


@pytest.fixture
def server(monkeypatch, body) -> list[str]:
    """The addresses that were asked for; each gets the file (the transfer itself: test_download.py)."""
    asked = []

    def answer(url: str, timeout: float):
        asked.append(url)
        reply = io.BytesIO(body)
        reply.headers = {"Content-Length": str(len(body))}
        return reply

    monkeypatch.setattr(download.urllib.request, "urlopen", answer)
    return asked


@pytest.mark.parametrize("place", ["hub", "own_folder"])
def test_fetched_weights_are_there_for_good(request, published, server, b0, place):
    folder, steps = request.getfixturevalue(place), []
    path = weights.fetch("efficientnet_b0", progress=lambda *step: steps.append(step))
    assert path.parent == folder
    assert steps[-1] == (path.stat().st_size,) * 2
    assert weights.statuses()[1].ready
    torch.testing.assert_close(logits(weights.load("efficientnet_b0").module), logits(b0))
    assert weights.fetch("efficientnet_b0") == path
    assert server == [published.url], "the second call found it on disk"


def test_fetching_replaces_a_damaged_file(hub, published, server, body):
    put(hub, published, body[:-1])
    assert weights.fetch("efficientnet_b0").read_bytes() == body
    assert len(server) == 1
    assert weights.load("efficientnet_b0").labels


def test_fetching_cancelled(hub, published, server):
    with pytest.raises(WeightsUnavailable, match="cancelled"):
        weights.fetch("efficientnet_b0", progress=lambda *_: False)
    assert not list(hub.iterdir())
    assert not weights.statuses()[1].ready


def test_fetching_without_a_network(hub, published, monkeypatch):
    def none(*_arguments, **_options):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(download.urllib.request, "urlopen", none)
    with pytest.raises(WeightsUnavailable, match="no connection"):
        weights.fetch("efficientnet_b0")
    assert not list(hub.iterdir())


@pytest.mark.parametrize("name", FAMILY)
def test_torchvisions_own_addresses_are_asked(hub, server, name):
    """What comes is another file here, so its hash tells."""
    with pytest.raises(WeightsUnavailable, match="does not have the hash"):
        weights.fetch(name)
    assert server == [get_model_weights(name).DEFAULT.url]
    assert not list(hub.iterdir())
