"""The user's own checkpoint: untrusted bytes -> architecture and weights under torchvision's names.

A state dict doesn't say what it is: its architecture is recognised from the names and shapes of its tensors.
What can't be recognised is rejected with a sentence. No code in the file is ever run.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from ..architecture import CLASSES_RANGE, Architecture
from ..cost import layers_of
from .state_dict_names import CLASSIFIER, CheckpointRejected, some, to_torchvision, wrong_architecture

LIMIT_MB = 300  # of 2**20 bytes
SUFFIXES = (".pth", ".pt", ".ckpt", ".safetensors")

Shapes = dict[str, tuple[int, ...]]

# entries that training scripts wrap a state dict in; averaged weights first, since those are the ones that were tested
WRAPPERS = (
    *("model_ema", "state_dict_ema", "ema_state_dict", "state_dict"),
    *("model_state_dict", "model", "module", "net", "network", "weights"),
)
DEEPEST = 4


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: float32 weights under torchvision's names, and what was done to read them.

    `as_is`: nothing was: torchvision's network takes the file's content.
    """

    architecture: Architecture
    state: dict[str, Tensor]
    notes: tuple[str, ...]
    as_is: bool


def read(data: bytes, name: str, candidates: Sequence[Architecture], *, wanted: str | None = None) -> Checkpoint:
    """The checkpoint in these bytes; `wanted`: what its architecture must be. Raises CheckpointRejected saying why not.

    Where two candidates have the same shapes (strides leave no trace in weights) the wanted or first one is meant.
    """
    content = _open(data, name)
    tensors, notes = _unwrap(content, name)
    renaming = to_torchvision(tensors, name)
    as_is = {*content} == {*renaming.names.values()}
    tensors = {new: tensors[old] for old, new in renaming.names.items() if not new.endswith("num_batches_tracked")}
    architecture = _recognise({key: tuple(value.shape) for key, value in tensors.items()}, name, candidates, wanted)
    notes = (*notes, *renaming.notes)
    return Checkpoint(replace(architecture, **renaming.norm), _checked(tensors, name), notes, as_is)


def shapes_of(architecture: Architecture) -> Shapes:
    """Name and shape of every parameter and running statistic of this network, from the cost model's layers."""
    shapes: Shapes = {}
    for layer in layers_of(architecture):
        window = () if layer.role == "classifier" else (layer.kernel, layer.kernel)
        shapes[f"{layer.name}.weight"] = (layer.out_channels, layer.in_channels // layer.groups, *window)
        if layer.biases:
            shapes[f"{layer.name}.bias"] = (layer.out_channels,)
        if layer.batch_norm:
            norm = f"{layer.name.removesuffix('.0')}.1"
            parts = ("weight", "bias", "running_mean", "running_var")
            shapes |= {f"{norm}.{part}": (layer.out_channels,) for part in parts}
    return shapes


def read_labels(text: str, classes: int) -> tuple[str, ...]:
    """One label a line, or JSON: a list, {"0": label}, {label: 0}, {"0": [id, label]}. Raises CheckpointRejected."""
    text = text.removeprefix("\ufeff").strip()
    labels = _json_labels(text) if text[:1] in ("[", "{") else [row.strip() for row in text.splitlines() if row.strip()]
    if len(labels) != classes:
        raise CheckpointRejected(
            f"the labels file names {len(labels):,} classes, but the checkpoint has {classes:,}; "
            "provide one label for each class, in the order of the network's outputs"
        )
    return tuple(labels)


def _json_labels(text: str) -> list[str]:
    try:
        content = json.loads(text)
        if isinstance(content, dict):
            if not all(key.isdecimal() for key in content):  # label -> index, as torchvision's class_to_idx
                content = {index: label for label, index in content.items()}
            numbered = {int(index): label for index, label in content.items()}
            content = [numbered[index] for index in range(len(content))]
        return [str(label[-1] if isinstance(label, list) else label) for label in content]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CheckpointRejected(
            "the labels file is not JSON of a kind read here; allowed are a list of labels, "
            '{"0": "label", …}, {"label": 0, …} with indices from 0 on without gaps, or plain text, one label a line'
        ) from error


def _open(data: bytes, name: str) -> object:
    """Whatever the file holds, as tensors and plain containers."""
    if PurePath(name).suffix.lower() not in SUFFIXES:
        raise CheckpointRejected(f"{name} is not a checkpoint by its name; allowed are {', '.join(SUFFIXES)}")
    if max(len(data), _unpacked(data)) > LIMIT_MB * 2**20:
        raise CheckpointRejected(
            f"{name} is over the limit of {LIMIT_MB} MB; save the state dict alone, without the optimizer's state"
        )
    try:
        if data[8:9] == b"{":  # safetensors: eight bytes of length, then JSON
            return load_safetensors(data)
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling damaged files raises whatever they lead to
        if re.search("allowlist|TorchScript", str(error)):
            raise CheckpointRejected(
                f"{name} holds Python objects or code beside its weights, which are not opened since they could run "
                "anything; save the weights alone with torch.save(model.state_dict(), 'weights.pth')"
            ) from error
        raise CheckpointRejected(f"{name} can't be opened: it is empty, damaged, cut off or no checkpoint") from error


def _unpacked(data: bytes) -> int:
    """Bytes that a zip archive (torch.save's format) unpacks to; 0 if it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        return 0


def _unwrap(content: object, name: str) -> tuple[dict[str, Tensor], list[str]]:
    """The innermost state dict, and the way to it in words."""
    notes: list[str] = []
    for _ in range(DEEPEST):  # a pickled dictionary can hold itself
        entry = isinstance(content, Mapping) and next(
            (k for k in WRAPPERS if isinstance(content.get(k), Mapping)), None
        )
        if not entry:
            break
        content = content[entry]
        notes.append(f"The weights are those of the file's entry {entry!r}.")
    if not isinstance(content, Mapping):
        raise CheckpointRejected(f"{name} holds a {type(content).__name__}; save the network's state_dict() instead")
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        held = f"its entries are {some(map(str, content))}" if content else "it is an empty dictionary"
        raise CheckpointRejected(f"{name} holds no weights ({held}); save the network's state_dict() instead")
    return tensors, notes


def _recognise(shapes: Shapes, name: str, candidates: Sequence[Architecture], wanted: str | None) -> Architecture:
    """The candidate, with the file's number of classes, that has exactly these names and shapes."""
    low, high = CLASSES_RANGE
    classes = min(max((shapes.get(f"{CLASSIFIER}.weight") or (0,))[0], low), high)
    sized = [candidate.at(classes=classes) for candidate in candidates]
    fitting = [architecture for architecture in sized if shapes_of(architecture) == shapes]
    if not fitting:
        raise CheckpointRejected(_difference(shapes, name, sized))
    for architecture in fitting:
        if wanted in (None, architecture.name):
            return architecture
    raise CheckpointRejected(f"{name} holds an {fitting[0].name}, but {wanted} was chosen; choose {fitting[0].name}")


def _difference(shapes: Shapes, name: str, candidates: Sequence[Architecture]) -> str:
    """Why these shapes are none of the candidates: a sentence about the most similar one."""
    present = set(shapes.items())

    def likeness(architecture: Architecture) -> float:
        expected = set(shapes_of(architecture).items())
        return len(present & expected) / len(present | expected)

    closest = max(candidates, key=likeness)
    if likeness(closest) < 0.5:
        return wrong_architecture(shapes, name)
    expected, faults = shapes_of(closest), []
    if missing := [key for key in expected if key not in shapes]:
        faults.append(f"lacks {some(missing)}")
    if unexpected := [key for key in shapes if key not in expected]:
        faults.append(f"has also {some(unexpected)}")
    if other := [key for key in expected if key in shapes and shapes[key] != expected[key]]:
        faults.append(f"has {some([f'{key} of {shapes[key]} in place of {expected[key]}' for key in other])}")
    return (
        f"{name} is like {closest.name} but {' and '.join(faults)}; use the whole state dict of an unchanged "
        f"{closest.name} whose classifier is one linear layer"
    )


def _checked(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """As float32. Raises CheckpointRejected if values are not usable numbers."""
    state = {}
    for key, value in tensors.items():
        if not value.is_floating_point() or value.layout != torch.strided or value.device.type != "cpu":
            raise CheckpointRejected(
                f"{name}: {key} is stored as {value.dtype} ({value.layout}, {value.device}), which is not read here; "
                "save the weights as plain float32, float16 or bfloat16"
            )
        state[key] = value.float().contiguous()
        if not state[key].isfinite().all() or (key.endswith("running_var") and (state[key] < 0).any()):
            raise CheckpointRejected(
                f"{name}: {key} holds values that no sound network has (NaN, infinite or a negative variance); "
                "the training has diverged or the file is damaged, so use an earlier checkpoint"
            )
    return state
