"""The network and the answer on the screen as PyTorch code: parts in order, each with what it prints. Pure Python.

Each part goes on where the one before has ended. What a part prints is computed from the architecture and from the
answer, so that it is there before anybody has run it; tests run every part and compare.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..architecture import STEM_KERNEL, STEM_STRIDE, Architecture
from ..cost import cost_of, layers_of, total
from ..scaling.export import Cell, network_code
from ..units import FLOAT32_BYTES
from . import offline_model
from .weights_source import WeightsSource

if TYPE_CHECKING:
    from ..images.preparation import Preparation

LABELS_FILE = "labels.json"
NEW_CLASSES = 3
LINE = 100  # letters of a comment

IMAGENET = """\
import torch
from PIL import Image, ImageOps
from torch import nn
from torchvision.models import {enum}, {model}

weights = {enum}.{weights}
network = {model}(weights=weights).eval()
prepare = weights.transforms()
labels = weights.meta["categories"]"""
OTHER = """\
{imports}

{network}

{prepare}

{labels}"""
PREPARE = """\
prepare = transforms.Compose(
    [
{first}
        transforms.ToTensor(),
        transforms.Normalize({mean}, {std}),
    ]
)"""
MIDDLE = '''\
def middle(image):
    """What the network sees of a picture, as small as the pictures that it was trained on."""
    whole = [{resize} * side // min(image.size) for side in image.size]
    corners = (round((side - {crop}) / 2) + edge for edge in (0, {crop}) for side in whole)
    box = [corner * old / new for corner, old, new in zip(corners, 2 * image.size, 2 * whole)]
    return image.resize(({reduce}, {reduce}), Image.Resampling.{pillow}, box)


'''
ASK = """\
image = ImageOps.exif_transpose(Image.open({picture})).convert("RGBA")
image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
with torch.inference_mode():
    probabilities = network(prepare(image)[None])[0].softmax(dim=0)
for probability, index in zip(*probabilities.topk({count})):
    print(f"{{probability:.2%}}  {{labels[index]}}")"""
NEW_CLASSIFIER = """\
network.classifier[1] = nn.Linear(network.classifier[1].in_features, {classes})
print(network.classifier)"""
FREEZE = """\
network.requires_grad_(False)
network.classifier.requires_grad_(True)
network.train()
network.features.eval()  # or batch norm would take the statistics of your pictures
learning = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
print(f"{learning:,} of {sum(weight.numel() for weight in network.parameters()):,} parameters learn")"""
GROUPS = """\
network.requires_grad_(True).train()
trained = list(network.features.parameters())
optimizer = torch.optim.AdamW(
    [
        {"params": [weight for weight in trained if weight.ndim > 1], "lr": 1e-4},
        {"params": [weight for weight in trained if weight.ndim == 1], "lr": 1e-4, "weight_decay": 0.0},
        {"params": network.classifier.parameters(), "lr": 1e-3},
    ]
)
for group in optimizer.param_groups:
    count = sum(weight.numel() for weight in group["params"])
    print(f"{count:,} parameters, learning rate {group['lr']}, weight decay {group['weight_decay']}")"""
STEP = """\
pictures = torch.stack([prepare(image), prepare(ImageOps.mirror(image))])  # a batch of yours stands here
loss = nn.functional.cross_entropy(network(pictures), torch.tensor([0, 1]))
loss.backward()
optimizer.step()
optimizer.zero_grad()"""
STEM = """\
Conv2dNormActivation(
  (0): Conv2d(3, {out}, kernel_size=({k}, {k}), stride=({s}, {s}), padding=({p}, {p}), bias=False)
  (1): BatchNorm2d({out}, eps={eps:g}, momentum={momentum}, affine=True, bias=True, track_running_stats=True)
  (2): SiLU(inplace=True)
)"""
CLASSIFIER = """\
Sequential(
  (0): Dropout(p={dropout}, inplace=True)
  (1): Linear(in_features={head}, out_features={classes}, bias=True)
)"""


@dataclass(frozen=True)
class Shown:
    """What is on the screen. `picture`: its file's name; `answers`: label and probability (0..1), best first."""

    model: str
    weights: WeightsSource
    architecture: Architecture
    preparation: Preparation
    has_labels: bool
    picture: str
    answers: Sequence[tuple[str, float]]


class Part(NamedTuple):
    """A step: what it is for, the code, and what that prints."""

    title: str
    text: str
    code: str
    printed: str = ""


def parts(shown: Shown) -> list[Part]:
    """From the weights to the first step of training on classes of one's own."""
    architecture = shown.architecture
    return [
        Part("Load it", _where_from(shown), _load(shown)),
        Part(
            "Ask it",
            "The same picture, prepared in the same way, gives the answer that the app shows.",
            ASK.format(picture=_quoted(shown.picture), count=len(shown.answers)),
            "\n".join(f"{probability:.2%}  {label}" for label, probability in shown.answers),
        ),
        Part(
            "Look inside",
            "`features` holds the stem, the stages and the head, in the order in which they run.",
            "print(network.features[0])",
            _stem(architecture),
        ),
        Part(
            f"Give it {NEW_CLASSES} classes of your own",
            "Only the last layer knows the classes. The new one begins with random weights.",
            NEW_CLASSIFIER.format(classes=NEW_CLASSES),
            CLASSIFIER.format(dropout=architecture.dropout, head=architecture.head_channels, classes=NEW_CLASSES),
        ),
        Part(
            "Freeze what is trained",
            "With few pictures, train the new classifier alone.",
            FREEZE,
            _learning(architecture.at(classes=NEW_CLASSES)),
        ),
        Part(
            "Then train all of it, more gently",
            "Three groups of parameters: trained weights, with a small learning rate; biases and batch norm, without "
            "weight decay; and the new classifier, which still has the most to learn.",
            GROUPS,
            _groups(architecture.at(classes=NEW_CLASSES)),
        ),
        Part("One step of training", "In a loop over your pictures, this is the whole of it.", STEP),
    ]


def as_script(parts: Iterable[Part]) -> str:
    """All parts as one Python file."""
    return "\n\n\n".join(f"{_comment(f'{part.title}. {part.text}')}\n{part.code}" for part in parts) + "\n"


def as_cells(title: str, parts: Iterable[Part]) -> list[Cell]:
    """All parts as cells of a notebook."""
    cells = [Cell(f"# {title}")]
    for part in parts:
        printed = part.printed and part.printed + "\n"
        cells += [Cell(f"## {part.title}\n\n{part.text}"), Cell(part.code, is_code=True, printed=printed)]
    return cells


def _where_from(shown: Shown) -> str:
    beside = f" and `{LABELS_FILE}`" if shown.has_labels else ""
    if shown.weights.kind == "imagenet":
        megabytes = FLOAT32_BYTES * cost_of(shown.architecture).params / 1e6
        return f"torchvision downloads the weights ({megabytes:.0f} MB) when this runs first, and keeps them."
    if shown.weights.kind == "bundled":
        return (
            f"torchvision has no builder for the offline model, but its classes can express it. "
            f"`{offline_model.FILE}`{beside} must lie beside this code. Nothing is downloaded."
        )
    if shown.weights.as_is:
        return f"Your file{beside} must lie beside this code. Nothing is downloaded."
    return (
        f"torchvision can't load your file as it is, so effnet_core reads it and gives torchvision's network: run this "
        f"in the project's folder, with your file{beside} in it. Nothing is downloaded."
    )


def _load(shown: Shown) -> str:
    if shown.weights.kind == "imagenet":
        enum = shown.model.replace("efficientnet_b", "EfficientNet_B") + "_Weights"
        return IMAGENET.format(model=shown.model, enum=enum, weights=shown.weights.name)
    imports, network = _network(shown)
    imports |= {"import torch", "from PIL import Image, ImageOps", "from torch import nn"}
    imports |= {"from torchvision import transforms"}
    labels = f'labels = [f"class {{number}}" for number in range({shown.architecture.classes})]'
    if shown.has_labels:
        imports |= {"import json", "from pathlib import Path"}
        labels = f'labels = json.loads(Path("{LABELS_FILE}").read_text(encoding="utf-8"))'
    return OTHER.format(imports=_sorted(imports), network=network, prepare=_prepare(shown.preparation), labels=labels)


def _network(shown: Shown) -> tuple[set[str], str]:
    """Lines of import, and lines that build the network and load its file."""
    file = offline_model.FILE if shown.weights.kind == "bundled" else shown.weights.name
    if not shown.weights.as_is:
        load = shown.weights.load_call(shown.model)
        return {"from effnet_core.networks import weights"}, f"network = {load}.module"
    if file.lower().endswith(".safetensors"):
        imports, state = {"from safetensors.torch import load_file"}, f"load_file({_quoted(file)})"
    else:
        imports, state = set(), f'torch.load({_quoted(file)}, map_location="cpu", weights_only=True)'
    if shown.model == "tiny":
        imports |= {
            "from functools import partial",
            "from torchvision.models.efficientnet import EfficientNet, MBConvConfig",
        }
        built = network_code(shown.architecture)
    else:
        imports |= {f"from torchvision.models import {shown.model}"}
        built = f"network = {shown.model}(num_classes={shown.architecture.classes})"
    return imports, f"{built}\nnetwork.load_state_dict({state})\nnetwork.eval()"


def _comment(text: str) -> str:
    return textwrap.fill(text, LINE, initial_indent="# ", subsequent_indent="# ")


def _quoted(name: str) -> str:
    """A file's name, which anyone may have written, as Python."""
    return repr(name) if {*name} & {'"', "\\"} or not name.isprintable() else f'"{name}"'


def _sorted(imports: Iterable[str]) -> str:
    """As isort puts them: the standard library, an empty line, the others."""
    own = [line for line in imports if line.split()[1] in ("functools", "json", "pathlib")]
    blocks = (sorted(block, key=lambda line: (line.startswith("from"), line)) for block in (own, {*imports} - {*own}))
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _prepare(preparation: Preparation) -> str:
    """Preparation as torchvision's transforms; only a reduction first, which they can't express, is a function."""
    numbers = vars(preparation) | {"pillow": preparation.interpolation.upper()}
    method = f"transforms.InterpolationMode.{numbers['pillow']}"
    if preparation.reduce is None:
        steps = [f"transforms.Resize({preparation.resize}, {method})", f"transforms.CenterCrop({preparation.crop})"]
        before = ""
    else:
        steps = ["middle", f"transforms.Resize(({preparation.crop}, {preparation.crop}), {method})"]
        before = MIDDLE.format(**numbers)
    first = "\n".join(f"        {step}," for step in steps)
    return before + PREPARE.format(first=first, mean=preparation.mean, std=preparation.std)


def _stem(architecture: Architecture) -> str:
    return STEM.format(
        out=architecture.stem_channels,
        k=STEM_KERNEL,
        s=STEM_STRIDE,
        p=STEM_KERNEL // 2,
        eps=architecture.norm_eps,
        momentum=architecture.norm_momentum,
    )


def _learning(architecture: Architecture) -> str:
    layers = layers_of(architecture)
    return f"{layers[-1].params:,} of {total(layers).params:,} parameters learn"


def _groups(architecture: Architecture) -> str:
    *trained, classifier = layers_of(architecture)
    weights = sum(layer.weights for layer in trained)
    others = sum(layer.params for layer in trained) - weights
    rows = ((weights, 1e-4, 0.01), (others, 1e-4, 0.0), (classifier.params, 1e-3, 0.01))
    return "\n".join(f"{count:,} parameters, learning rate {rate}, weight decay {decay}" for count, rate, decay in rows)
