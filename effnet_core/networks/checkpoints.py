"""The user's own checkpoint: untrusted bytes -> architecture and weights under torchvision's names.

A state dict doesn't say what it is: its architecture is recognised from the names and shapes of its tensors, before
any of them is read. What can't be recognised is rejected with a sentence. No code in the file is ever run, and pickles
are opened in a process of their own.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import torch
from torch import Tensor

from ..architecture import CLASSES_RANGE, Architecture
from ..cost import layers_of
from ..foreign_text import shortened
from . import unpickling
from .checkpoint_limits import LIMIT_MB, SUFFIXES
from .state_dict_names import CLASSIFIER, CheckpointRejected, some, to_torchvision, wrong_architecture
from .tensor_file import Stored, read_header
from .unpickling_child import KINDS, TOO_LARGE

Shapes = dict[str, tuple[int, ...]]
LONGEST_LABEL = 200


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
    suffix, name = PurePath(name).suffix.lower(), shortened(name)
    if suffix not in SUFFIXES:
        raise CheckpointRejected(f"{name} is not a checkpoint by its name; allowed are {', '.join(SUFFIXES)}")
    if len(data) > LIMIT_MB * 2**20:
        raise CheckpointRejected(f"{name} {TOO_LARGE.format(LIMIT_MB)}")
    notes, whole = [], True
    if data[8:9] != b"{":  # safetensors: eight bytes of length, then JSON
        data, notes, whole = _unpickled(data, name)
    header, _ = read_header(data, name)
    renaming = to_torchvision(header, name)
    as_is = whole and {*header} == {*renaming.names.values()}
    tensors = {new: header[old] for old, new in renaming.names.items() if not new.endswith("num_batches_tracked")}
    architecture = _recognise({key: value.shape for key, value in tensors.items()}, name, candidates, wanted)
    state, notes = _read(data, tensors, name), (*notes, *renaming.notes)
    return Checkpoint(replace(architecture, **renaming.norm), state, notes, as_is)


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
    if long := next((label for label in labels if len(label) > LONGEST_LABEL), None):
        raise CheckpointRejected(
            f"the labels file has the label {shortened(long)!r}; allowed are {LONGEST_LABEL} characters for each"
        )
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
            numbered = {int(i) if isinstance(i, str) else operator.index(i): label for i, label in content.items()}
            content = [numbered[index] for index in range(len(content))]
        return [str(label[-1] if isinstance(label, list) else label) for label in content]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise CheckpointRejected(
            "the labels file is not JSON of a kind read here; allowed are a list of labels, "
            '{"0": "label", …}, {"label": 0, …} with indices from 0 on without gaps, or plain text, one label a line'
        ) from error


def _unpickled(data: bytes, name: str) -> tuple[bytes, list[str], bool]:
    """A pickled checkpoint as safetensors, the way to its weights in words, and whether they are all that it holds."""
    data = unpickling.as_safetensors(data)
    _, metadata = read_header(data, name)
    if "refused" in metadata:
        raise CheckpointRejected(f"{name} {shortened(metadata['refused'], 400)}")
    notes = [f"The weights are those of the file's entry {entry!r}." for entry in json.loads(metadata["entries"])]
    return data, notes, "whole" in metadata


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


def _read(data: bytes, tensors: Mapping[str, Stored], name: str) -> dict[str, Tensor]:
    """As float32. Raises CheckpointRejected if values are not usable numbers."""
    state = {}
    for key, stored in tensors.items():
        if stored.dtype not in KINDS:
            raise CheckpointRejected(
                f"{name}: {key} is stored as {shortened(stored.dtype)}, which is not read here; "
                "save the weights as plain float32, float16 or bfloat16"
            )
        copied = bytearray(memoryview(data)[stored.start : stored.end])
        state[key] = torch.frombuffer(copied, dtype=KINDS[stored.dtype]).reshape(stored.shape).float()
        if not state[key].isfinite().all() or (key.endswith("running_var") and (state[key] < 0).any()):
            raise CheckpointRejected(
                f"{name}: {key} holds values that no sound network has (NaN, infinite or a negative variance); "
                "the training has diverged or the file is damaged, so use an earlier checkpoint"
            )
    return state
