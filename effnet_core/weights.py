"""Where a network's weights come from: the bundled offline model, torchvision's ImageNet files, a download.

Nothing is downloaded but by `fetch`, and no network ever has random weights under a trained name.
ImageNet files are looked for in EFFNET_WEIGHTS_DIR and in torch hub's cache. Own checkpoints: checkpoints.py.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import get_model_weights

from .architecture import RELEASES, Architecture, released, tiny
from .cost import cost_of
from .images import Preparation
from .model import build

ASSETS = Path(__file__).with_name("assets")
NAMES = ("tiny", *(f"efficientnet_{member}" for member in RELEASES))
CONNECT_TIMEOUT_S = 5
CHUNK = 1 << 18

Progress = Callable[[int, int], bool | None]


class WeightsUnavailable(RuntimeError):
    """These weights can't be had now; the message is a sentence for the user."""


@dataclass(frozen=True)
class Model:
    """A network with weights, ready for an Engine. `weights` is what the screen says of them."""

    name: str
    weights: str
    architecture: Architecture
    module: nn.Module
    labels: tuple[str, ...] | None
    preparation: Preparation
    groups: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelStatus:
    """Whether a model can answer now, and what it is; cost at the size that it is used at."""

    name: str
    ready: bool
    source: str | None
    classes: int
    labels: tuple[str, ...] | None
    params: int
    macs: int
    resolution: int
    top1: float | None


def statuses() -> list[ModelStatus]:
    """All models of NAMES, without loading any weights."""
    return [_tiny_status(), *(_imagenet_status(name) for name in NAMES[1:])]


def load(name: str) -> Model:
    """A model whose weights are on this machine; WeightsUnavailable tells how to get them. ValueError: no such name."""
    _check_name(name)
    return _load_tiny() if name == "tiny" else _load_imagenet(name)


def fill(architecture: Architecture, state: dict[str, Tensor]) -> nn.Module:
    """The network with these weights (strictly) in float32, in evaluation mode, its weights not to be trained."""
    with torch.device("meta"):  # no time spent on random numbers
        network = build(architecture)
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)  # attribution differentiates activations, never weights


# The bundled offline model ----------------------------------------------------------------------------------------


def card() -> dict:
    """The offline model's card: what it was trained on, how, and what it reaches."""
    return json.loads((ASSETS / "tiny.json").read_text(encoding="utf-8"))


def _tiny_status() -> ModelStatus:
    facts = card()
    architecture = tiny(**facts["architecture"])
    cost, labels = cost_of(architecture), tuple(facts["labels"])
    ready = (ASSETS / "tiny.safetensors").exists()
    source = "bundled offline model" if ready else None
    resolution = architecture.resolution
    return ModelStatus("tiny", ready, source, len(labels), labels, cost.params, cost.macs, resolution, facts["top1"])


def _load_tiny() -> Model:
    facts = card()
    architecture = tiny(**facts["architecture"])
    return Model(
        name="tiny",
        weights="bundled offline model",
        architecture=architecture,
        module=fill(architecture, load_file(ASSETS / "tiny.safetensors")),
        labels=tuple(facts["labels"]),
        preparation=Preparation(**facts["preparation"]),
        groups=tuple(facts["groups"]),
    )


# torchvision's ImageNet weights -----------------------------------------------------------------------------------


def folders() -> list[Path]:
    """Where ImageNet weights are looked for; downloads go to the first."""
    own = os.environ.get("EFFNET_WEIGHTS_DIR")
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    return [Path(own).expanduser(), hub] if own else [hub]


def _choices(name: str) -> list:
    """torchvision's weights for this network, its default first."""
    choices = get_model_weights(name)
    return sorted(choices, key=lambda choice: choice is not choices.DEFAULT)


def on_disk(name: str) -> tuple[object, Path] | None:
    """The weights enum and file of this network that are already here, its default first."""
    for choice in _choices(name):
        for folder in folders():
            path = folder / _file_name(choice.url)
            if path.is_file():
                return choice, path
    return None


def preparation_of(choice) -> Preparation:
    """torchvision's evaluation transform for these weights."""
    settings = choice.transforms.keywords
    interpolation = settings.get("interpolation")
    return Preparation(
        resize=settings.get("resize_size", 256),
        crop=settings["crop_size"],
        interpolation=interpolation.value if interpolation else "bilinear",  # the preset's own default
    )


def _imagenet_status(name: str) -> ModelStatus:
    found = on_disk(name)
    choice = found[0] if found else _choices(name)[0]
    resolution = preparation_of(choice).crop
    cost, labels = cost_of(released(name).at(resolution=resolution)), tuple(choice.meta["categories"])
    accuracy = choice.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100
    source = str(found[1]) if found else None
    return ModelStatus(
        name, found is not None, source, len(labels), labels, cost.params, cost.macs, resolution, accuracy
    )


def _load_imagenet(name: str) -> Model:
    found = on_disk(name)
    if not found:
        raise WeightsUnavailable(
            f"{name}'s ImageNet weights are not on this machine; download them on the page or with "
            f"'python -m effnet_core fetch {name}', or use the bundled offline model"
        )
    choice, path = found
    preparation = preparation_of(choice)
    architecture = released(name).at(resolution=preparation.crop)
    try:
        module = fill(architecture, torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # unpickling damaged files raises whatever they lead to
        raise WeightsUnavailable(
            f"{path.name} is damaged or not {name}'s weights; delete it and download it again"
        ) from error
    labels = tuple(choice.meta["categories"])
    return Model(name, f"ImageNet ({choice.name}, torchvision)", architecture, module, labels, preparation)


# The download -----------------------------------------------------------------------------------------------------


def fetch(name: str, *, progress: Progress | None = None) -> Path:
    """Download a network's default ImageNet weights, hash checked; where they are on disk already, only say where.

    `progress` gets bytes done and in all; False cancels. WeightsUnavailable: no network, cancelled, or a wrong hash.
    """
    _check_name(name)
    if name == "tiny":
        raise ValueError("tiny is bundled with the app; there is nothing to fetch")
    if found := on_disk(name):
        return found[1]
    return download(_choices(name)[0].url, folders()[0], progress=progress)


def download(url: str, folder: Path, *, progress: Progress | None = None) -> Path:
    """A file whose name carries the first digits of its SHA-256, as torchvision's do. Leaves nothing half done."""
    name = _file_name(url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S) as answer,
            tempfile.NamedTemporaryFile(dir=folder, prefix=f".{name}.", delete=False) as part,
        ):
            try:
                _receive(answer, part, name, progress)
                part.close()
                os.replace(part.name, folder / name)
            except BaseException:
                part.close()
                Path(part.name).unlink(missing_ok=True)
                raise
    except urllib.error.HTTPError as error:
        raise WeightsUnavailable(f"the server refused {name} ({error.code} {error.reason}); try again later") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise WeightsUnavailable(
            f"{name} could not be downloaded: no connection to its server. The offline model works without a network"
        ) from error
    except OSError as error:
        raise WeightsUnavailable(f"{name} could not be written to {folder}: {error.strerror}") from error
    return folder / name


def _receive(answer, part, name: str, progress: Progress | None) -> None:
    """Write the body, checking its length and its hash."""
    size, digest, done = int(answer.headers.get("Content-Length") or 0), hashlib.sha256(), 0
    for chunk in _chunks(answer):
        part.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if progress and progress(done, size) is False:
            raise WeightsUnavailable(f"the download of {name} was cancelled; nothing was kept")
    if done < size:
        raise WeightsUnavailable(f"the download of {name} broke off after {done:,} of {size:,} bytes; try again")
    expected = re.search(r"-([0-9a-f]{8,})\.", name)
    if not expected or not digest.hexdigest().startswith(expected[1]):
        raise WeightsUnavailable(f"what came for {name} has another hash than its name says, so it was thrown away")


def _chunks(answer) -> Iterator[bytes]:
    while chunk := answer.read(CHUNK):
        yield chunk


def _file_name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _check_name(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"no model is called {name!r}; there are {', '.join(NAMES)}")
