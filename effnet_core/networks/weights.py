"""Where a network's weights come from: the user's checkpoint, torchvision's ImageNet files, the bundled offline model.

Only `fetch` downloads anything, and no network ever has random weights under a trained name.
ImageNet files are looked for in EFFNET_WEIGHTS_DIR and in torch hub's cache. Accuracies are in 0..1.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import WeightsEnum, get_model_weights

from ..architecture import RELEASES, Architecture, released
from ..cost import cost_of
from ..images.preparation import Preparation
from . import checkpoints, offline_model
from .builder import build
from .download import ByteProgress, WeightsUnavailable, download, file_name, has_hash
from .model_status import ModelStatus
from .offline_model import Photographs
from .state_dict_names import CheckpointRejected as CheckpointRejected  # what load_checkpoint raises, for its callers
from .weights_source import WeightsSource

ASSETS = offline_model.ASSETS
NAMES = ("tiny", *(f"efficientnet_{member}" for member in RELEASES))


@dataclass(frozen=True)
class Model:
    """A network with weights, ready for an Engine. `notes` are sentences for the screen.

    The architecture's resolution is the crop that the network gets; `labels` is None if the classes have no names.
    """

    name: str
    weights: WeightsSource
    architecture: Architecture
    module: nn.Module
    labels: tuple[str, ...] | None
    preparation: Preparation
    groups: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known of a trained network before its weights are read; `path` is None if they are not here.

    `digest`: SHA-256 of its file, where the first digits are not in the file's name.
    """

    weights: WeightsSource
    architecture: Architecture
    preparation: Preparation
    labels: tuple[str, ...]
    top1: float
    path: Path | None
    groups: tuple[str, ...] | None = None
    photographs: Photographs | None = None
    digest: str | None = None


def statuses() -> list[ModelStatus]:
    """All models of NAMES, without loading any weights."""
    return [_status(name, known(name)) for name in NAMES]


def load(name: str) -> Model:
    """A model whose weights are on this machine. Raises WeightsUnavailable saying how to get them, or ValueError."""
    entry = known(name)
    if entry.path is None:
        raise WeightsUnavailable(f"{name}'s weights are not on this machine; {_remedy(name)}")
    try:
        module = fill(entry.architecture, _read_state(entry.path, entry.digest))
    except Exception as error:  # unpickling damaged files raises whatever they lead to
        raise WeightsUnavailable(f"{entry.path} is damaged or not {name}'s weights; {_remedy(name)}") from error
    return Model(name, entry.weights, entry.architecture, module, entry.labels, entry.preparation, entry.groups)


def load_checkpoint(data: bytes, filename: str, *, labels: str | None = None, name: str | None = None) -> Model:
    """The user's own network. `labels`: text of a labels file; `name`: the architecture that it must have.

    Raises CheckpointRejected saying why it can't be used, and ValueError listing the valid names.
    """
    if name is not None:
        _check_name(name)
    file = Path(filename).name
    choices = {choice: known(choice) for choice in (*NAMES[1:], "tiny")}
    checkpoint = checkpoints.read(data, file, [choice.architecture for choice in choices.values()], wanted=name)
    architecture, preparation = checkpoint.architecture, choices[checkpoint.architecture.name].preparation
    size = f"Pictures are prepared as for {architecture.name}: {preparation.crop} px from the middle."
    return Model(
        name=architecture.name,
        weights=WeightsSource("own", file, checkpoint.as_is),
        architecture=architecture,
        module=fill(architecture, checkpoint.state),
        labels=None if labels is None else checkpoints.read_labels(labels, architecture.classes),
        preparation=preparation,
        notes=(*checkpoint.notes, size),
    )


def relabelled(model: Model, labels: str | None) -> Model:
    """The same network with the class names of another labels file, or none. Raises CheckpointRejected."""
    named = None if labels is None else checkpoints.read_labels(labels, model.architecture.classes)
    return replace(model, labels=named)


def known(name: str) -> Known:
    """What is known of a model of NAMES without reading its weights. Raises ValueError listing the valid names."""
    _check_name(name)
    return _known_tiny() if name == "tiny" else _known_imagenet(name)


def fill(architecture: Architecture, state: dict[str, Tensor]) -> nn.Module:
    """The network with exactly these weights in float32, in evaluation mode."""
    with torch.device("meta"):  # no random initialisation: a tensor missing from the state dict could not go unnoticed
        network = build(architecture)
    state = {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
    network.load_state_dict(state, strict=True, assign=True)
    return network.eval().requires_grad_(False)  # attribution differentiates by activations, never by weights


def _known_tiny() -> Known:
    card, path = offline_model.card(ASSETS), ASSETS / offline_model.FILE
    return Known(
        weights=offline_model.SOURCE,
        architecture=card.architecture,
        preparation=card.preparation,
        labels=card.labels,
        top1=card.top1,
        path=path if path.is_file() else None,
        groups=card.groups,
        photographs=card.photographs,
        digest=card.digest,
    )


def _known_imagenet(name: str) -> Known:
    choice, path = _on_disk(name)
    transform = choice.transforms()
    preparation = Preparation(
        resize=transform.resize_size[0],
        crop=transform.crop_size[0],
        interpolation=transform.interpolation.value,
        mean=tuple(transform.mean),
        std=tuple(transform.std),
    )
    return Known(
        weights=WeightsSource("imagenet", choice.name),
        architecture=released(name).at(resolution=preparation.crop),
        preparation=preparation,
        labels=tuple(choice.meta["categories"]),
        top1=round(choice.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100, 5),
        path=path,
    )


def _status(name: str, entry: Known) -> ModelStatus:
    cost = cost_of(entry.architecture)
    source = entry.path and str(entry.weights if name == "tiny" else entry.path)
    return ModelStatus(
        name=name,
        ready=entry.path is not None,
        source=source,
        classes=entry.architecture.classes,
        labels=entry.labels,
        params=cost.params,
        macs=cost.macs,
        resolution=entry.architecture.resolution,
        top1=entry.top1,
        photographs=entry.photographs,
    )


def folders() -> list[Path]:
    """Where ImageNet weights are looked for, the user's own folder first; without it where its ~user is not known."""
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    try:
        own = _own_folder()
    except WeightsUnavailable:
        own = None
    return [own, hub] if own else [hub]


def _own_folder() -> Path | None:
    name = os.environ.get("EFFNET_WEIGHTS_DIR")
    try:
        return Path(name).expanduser() if name else None
    except RuntimeError as error:
        raise WeightsUnavailable(
            f"EFFNET_WEIGHTS_DIR is {name}, whose user is not known; name another folder"
        ) from error


def published(name: str) -> list[WeightsEnum]:
    """torchvision's ImageNet weights of this network, its default first."""
    choices = get_model_weights(name)
    return sorted(choices, key=lambda choice: choice is not choices.DEFAULT)


def _on_disk(name: str) -> tuple[WeightsEnum, Path | None]:
    """The best weights whose file is here, and the file; or the default ones and None."""
    for choice in published(name):
        for folder in folders():
            path = folder / file_name(choice.url)
            if os.path.isfile(path):  # Path.is_file raises for folders that may not be read
                return choice, path
    return published(name)[0], None


def _read_state(path: Path, digest: str | None = None) -> dict[str, Tensor]:
    """Tensors of a weights file. Raises ValueError if its hash is not this one, or else the one in its name."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest if digest else not has_hash(path.name, found):
        raise ValueError(f"{path.name} does not have the hash that it should have")
    if path.suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def fetch(name: str, *, progress: ByteProgress | None = None) -> Path:
    """Download a network's default ImageNet weights with their hash checked; if they are here and whole, say where.

    `progress` gets bytes done and in total (0: unknown); False cancels. Raises WeightsUnavailable without a network,
    when cancelled or for a wrong hash, and ValueError for names that have nothing to fetch.
    """
    _check_name(name)
    if name == "tiny":
        raise ValueError("tiny is bundled with the app; there is nothing to fetch")
    _own_folder()  # not into another folder than the user named
    _, path = _on_disk(name)
    if path is not None:
        with suppress(Exception):  # a damaged file is what another download replaces
            _read_state(path)
            return path
    return download(published(name)[0].url, folders()[0], progress=progress)


def _remedy(name: str) -> str:
    """How to get the weights. It also helps with a damaged file, for which the page offers no download."""
    if name == "tiny":
        return "it comes with the project, so get the project's files again"
    return f"run 'python -m effnet_core fetch {name}', or use the bundled offline model"


def _check_name(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"no model is called {name!r}; there are {', '.join(NAMES)}")
