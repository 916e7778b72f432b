"""What a state dict's names say: which library it comes from, and how torchvision names the same tensors.

Pure Python: names come in and go out, the tensors stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..foreign_text import shortened

STEMS = ("features.0.0.weight", "conv_stem.weight", "_conv_stem.weight")  # torchvision, timm, efficientnet_pytorch
CLASSIFIER = "classifier.1"
ALLOWED = "EfficientNet-B0 to -B7 with the names of torchvision or timm, and the offline model's own architecture"

# timm's module names, in a network and in a block; its first stage does not expand
TIMM = {
    "conv_stem": "features.0.0",
    "bn1": "features.0.1",
    "conv_head": "features.8.0",
    "bn2": "features.8.1",
    "classifier": CLASSIFIER,
}
TIMM_FIRST_STAGE = {
    "conv_dw": "0.0",
    "bn1": "0.1",
    "se.conv_reduce": "1.fc1",
    "se.conv_expand": "1.fc2",
    "conv_pw": "2.0",
    "bn2": "2.1",
}
TIMM_STAGE = {
    "conv_pw": "0.0",
    "bn1": "0.1",
    "conv_dw": "1.0",
    "bn2": "1.1",
    "se.conv_reduce": "2.fc1",
    "se.conv_expand": "2.fc2",
    "conv_pwl": "3.0",
    "bn3": "3.1",
}
TIMM_NORM = {"norm_eps": 1e-5, "norm_momentum": 0.1}  # of all its efficientnet_b*; torchvision's B5-B7 differ

# what people mix up with EfficientNet: (what it is, a name that it has, a name that it lacks)
OTHERS = (
    ("an EfficientNetV2", "features.2.0.block.0.0.weight", "features.2.0.block.3.0.weight"),
    ("an EfficientNetV2", "blocks.0.0.conv.weight", None),
    ("a ResNet", "layer1.0.conv1.weight", None),
    ("a MobileNetV3", "features.1.block.0.0.weight", None),
    ("a MobileNetV2", "features.1.conv.0.0.weight", None),
    ("a ConvNeXt", "features.1.0.layer_scale", None),
    ("a DenseNet", "features.conv0.weight", None),
    ("a VGG or AlexNet", "classifier.6.weight", None),
    ("a vision transformer", "class_token", None),
    ("a vision transformer", "cls_token", None),
)


class CheckpointRejected(ValueError):
    """This checkpoint can't be used; the message is a sentence that says why and what to do."""


@dataclass(frozen=True)
class Renaming:
    """The file's name -> torchvision's; what was done in words; settings that differ from torchvision's network."""

    names: Mapping[str, str]
    notes: tuple[str, ...] = ()
    norm: Mapping[str, float] = field(default_factory=dict)


def to_torchvision(names: Collection[str], file: str) -> Renaming:
    """torchvision's name of each tensor of one EfficientNet. Raises CheckpointRejected if there is no exact way."""
    prefix = _prefix(names, file)
    inner = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    notes = _prefix_notes(prefix, names) if prefix else []
    renamed, norm = {name: name for name in inner}, {}
    if "_conv_stem.weight" in inner:
        raise CheckpointRejected(
            f"{file} has the names of the package efficientnet_pytorch, whose convolutions pad a picture on other "
            "sides, so its answers would be wrong here; fine-tune torchvision's or timm's efficientnet_b* instead"
        )
    if "conv_stem.weight" in inner:
        renamed, norm = {name: _from_timm(name) for name in inner}, TIMM_NORM
        notes.append(_timm_note(file))
    elif place := _moved_classifier(inner):
        renamed = {name: re.sub(rf"^{re.escape(place)}\.", f"{CLASSIFIER}.", name) for name in inner}
        notes.append(f"The classifier's layer was found at {place!r}.")
    return Renaming({prefix + name: new for name, new in renamed.items()}, tuple(notes), norm)


def wrong_architecture(names: Iterable[str], file: str) -> str:
    """A sentence about what the file holds instead of an EfficientNet."""
    names = list(names)
    ends = {".".join(name.split(".")[start:]) for name in names for start in range(3)}  # under a prefix of two words
    for what, has, lacks in OTHERS:
        if has in ends and lacks not in ends:
            return f"{file} holds {what}; allowed are {ALLOWED}"
    return f"{file} holds no network known here (it begins with {some(names)}); allowed are {ALLOWED}"


def some(names: Iterable[str], *, most: int = 3) -> str:
    """The first names, no longer than they fit a sentence, and how many more there are."""
    names = list(names)
    return ", ".join(shortened(name, 100) for name in names[:most]) + (
        f" and {len(names) - most:,} more" if len(names) > most else ""
    )


def _prefix(names: Collection[str], file: str) -> str:
    """What wrapping modules wrote before the names of the only EfficientNet."""
    heads = {name.removesuffix(stem) for stem in STEMS for name in names if name.endswith(stem)}
    prefixes = sorted(head for head in heads if head == "" or head.endswith("."))
    if not prefixes:
        raise CheckpointRejected(wrong_architecture(names, file))
    if len(prefixes) > 1:
        quoted = some(repr(prefix) for prefix in prefixes)
        raise CheckpointRejected(f"{file} holds several networks, under {quoted}; save the state dict of one alone")
    return prefixes[0]


def _prefix_notes(prefix: str, names: Iterable[str]) -> list[str]:
    notes = [f"The prefix {prefix!r} that a wrapping class wrote (Lightning, DataParallel or an own one) was dropped."]
    if outside := [name for name in names if not name.startswith(prefix)]:
        notes.append(f"Entries outside it were left out: {some(outside)}.")
    return notes


def _timm_note(file: str) -> str:
    """Raises CheckpointRejected if the file's name says that conversion would not be exact."""
    if re.search(r"(?<![a-z])tf_", file.lower()):
        raise CheckpointRejected(
            f"{file} is one of timm's tf_ networks by its name; they pad a picture on other sides, so their answers "
            "would be wrong here; use timm's efficientnet_b* without tf_, or torchvision's"
        )
    return (
        "The names are timm's and were translated to torchvision's. That is exact for efficientnet_b*; the "
        "tf_efficientnet_b* have the same names but pad a picture on other sides, so their answers would be off."
    )


def _from_timm(name: str) -> str:
    """torchvision's name of one of timm's tensors; unknown names stay, to be reported as unexpected."""
    module, _, part = name.rpartition(".")
    if match := re.fullmatch(r"blocks\.(\d+)\.(\d+)\.(.+)", module):
        stage, block, layer = match.groups()
        place = (TIMM_FIRST_STAGE if int(stage) == 0 else TIMM_STAGE).get(layer)
        return f"features.{int(stage) + 1}.{block}.block.{place}.{part}" if place else name
    return f"{TIMM[module]}.{part}" if module in TIMM else name


def _moved_classifier(names: Iterable[str]) -> str | None:
    """Where the only linear layer of the classifier is, if not at torchvision's place."""
    places = [name.removesuffix(".weight") for name in names if re.fullmatch(r"classifier\b.*\.weight", name)]
    return places[0] if len(places) == 1 and places[0] != CLASSIFIER else None
