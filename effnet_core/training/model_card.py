"""What the offline model can do: measured accuracy, calibration, its groups, its mistakes, photographs.

Writes the bundled model's files: `tiny.safetensors` (fp16), `tiny.json` (the card, for the app) and `tiny.md` (the
same for people).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from .. import files
from ..images.preparation import Preparation
from ..units import wilson_interval
from . import data, evaluation

BINS = 15
SIZES = (96, 104, 112, 120, 128)  # the last map, a 16th of the side, must be at least 6 x 6

TEXT = """\
# The bundled offline model

{notes}

EfficientNet-B0's stages at width {architecture[width]:g} with two strides fewer, {architecture[classes]} classes,
used at {architecture[resolution]} px.

Behind an accuracy stand the number of pictures and the 95 % interval of Wilson (1927).

## Measured on {count:,} validation pictures of its classes, kept apart

- top-1 {of_top1}, top-5 {of_top5}
- group named right (by summed probability): {of_group_top1}
- calibration: mean confidence {mean_confidence:.1%}, expected error {calibration_error:.1%}

## Measured on photographs of its classes

{photographs}

## Chosen on the other validation pictures

The epoch and the input size, by top-1 on {choosing[count]:,} pictures: {by_pixels}.

## What it is bad at

Classes it knows worst: {worst}.

Most often mistaken: {pairs}.

## How it was made

{epochs_done} epochs in {minutes:.0f} minutes on {hardware}, {precision}, torch {versions[torch]}, {date}.

Phases: {phases}.

Settings: {settings}.
"""


def measure(model: nn.Module, validation: data.Pictures, classes: list[dict[str, str]], pixels: int) -> dict:
    """Accuracy on whole validation pictures: classes, groups, calibration, and what goes wrong most often."""
    logits, groups = evaluation.predict(model, validation.images, pixels), [row["group"] for row in classes]
    names = sorted(set(groups))
    membership = torch.tensor([[group == name for name in names] for group in groups], dtype=torch.float)
    group_targets = membership.argmax(1)[validation.targets]
    probabilities = logits.softmax(1)
    return {
        "count": len(logits),
        "top1": evaluation.accuracy(logits, validation.targets),
        "top5": evaluation.accuracy(logits, validation.targets, 5),
        "group_top1": evaluation.accuracy(probabilities @ membership, group_targets),
        "calibration_error": calibration_error(probabilities, validation.targets),
        "mean_confidence": probabilities.max(1).values.mean().item(),
        **mistakes(logits, validation.targets, [row["label"] for row in classes]),
    }


def calibration_error(probabilities: Tensor, targets: Tensor) -> float:
    """Expected calibration error over 15 equal bins of confidence (Guo et al. 2017, arXiv:1706.04599)."""
    confidence, answers = probabilities.max(1)
    right = (answers == targets).float()
    bins = (confidence * BINS).long().clamp(max=BINS - 1)
    gaps = [(right[bins == b].mean() - confidence[bins == b].mean()).abs() * (bins == b).sum() for b in bins.unique()]
    return (sum(gaps) / len(targets)).item()


def mistakes(logits: Tensor, targets: Tensor, labels: list[str]) -> dict:
    """The classes it knows worst and best, and the pairs it confuses most."""
    answers = logits.argmax(1)
    per_class = [(answers[targets == c] == c).double().mean().item() for c in range(len(labels))]
    order = sorted(range(len(labels)), key=per_class.__getitem__)
    pairs = Counter((labels[t], labels[a]) for t, a in zip(targets.tolist(), answers.tolist(), strict=True) if t != a)
    return {
        "worst_classes": [[labels[c], per_class[c]] for c in order[:10]],
        "best_classes": [[labels[c], per_class[c]] for c in order[:-11:-1]],
        "confusions": [[*pair, count] for pair, count in pairs.most_common(10)],
    }


def photographs(archive: Path, classes: list[str]) -> list[tuple[Image.Image, int]]:
    """The photographs of known classes in a zip file with `labels.csv` (columns file, wnid)."""
    try:
        with zipfile.ZipFile(archive) as pack:
            names = {Path(name).name: name for name in pack.namelist()}
            rows = csv.DictReader(io.TextIOWrapper(pack.open("labels.csv"), encoding="utf-8"))
            return [
                (Image.open(io.BytesIO(pack.read(names[row["file"]]))).convert("RGB"), classes.index(row["wnid"]))
                for row in rows
                if row["wnid"] in classes
            ]
    except (zipfile.BadZipFile, LookupError) as problem:
        raise ValueError(
            f"{archive} is no zip file of photographs with a labels.csv (columns file, wnid): {problem}"
        ) from problem


@torch.no_grad()
def measure_photographs(model: nn.Module, photos: list[tuple[Image.Image, int]], preparation: Preparation) -> dict:
    model.eval()
    logits = torch.cat([model(torch.from_numpy(preparation.tensor(image))[None]) for image, _ in photos])
    targets = torch.tensor([target for _, target in photos])
    scores = {f"top{k}": evaluation.accuracy(logits, targets, k) for k in (1, 5)}
    return {"count": len(photos), **scores}


def describe(
    model: nn.Module,
    choosing: data.Pictures,
    kept_apart: data.Pictures,
    classes: list[dict[str, str]],
    *,
    width: float,
    photos: Path | None = None,
) -> dict:
    """The measured part of the card. `choosing` decides the input size; the rest, photographs too, is only measured."""
    by_size = {
        size: evaluation.accuracy(evaluation.predict(model, choosing.images, size), choosing.targets) for size in SIZES
    }
    pixels = max(by_size, key=by_size.__getitem__)
    preparation = Preparation(resize=pixels, crop=pixels)
    known = photographs(photos, [row["class"] for row in classes]) if photos else []
    return {
        "architecture": {"width": width, "classes": len(classes), "resolution": pixels},
        "preparation": {key: getattr(preparation, key) for key in ("resize", "crop", "interpolation", "reduce")},
        "labels": [row["label"] for row in classes],
        "groups": [row["group"] for row in classes],
        **measure(model, kept_apart, classes, pixels),
        "choosing": {"count": len(choosing.images), "top1_by_pixels": {str(size): by_size[size] for size in SIZES}},
        "photographs": measure_photographs(model, known, preparation) if known else None,
    }


def photographs_text(measured: dict | None) -> str:
    if not measured:
        return "none"
    return "- " + ", ".join(
        f"{key.replace('top', 'top-')} {of_count(measured[key], measured['count'])}" for key in ("top1", "top5")
    )


def of_count(share: float, count: int) -> str:
    """`61.8% of 34 (45.0% to 76.1%)`."""
    low, high = wilson_interval(share, count)
    return f"{share:.1%} of {count:,} ({low:.1%} to {high:.1%})"


def release(weights: Path, card: dict, folder: Path) -> dict:
    """Put model and card where the app looks for them; the card, with the hash of the weights that it belongs to."""
    folder.mkdir(parents=True, exist_ok=True)
    data = weights.read_bytes()
    card = card | {"weights_sha256": hashlib.sha256(data).hexdigest()}
    files.write(folder / "tiny.safetensors", data)
    files.write(folder / "tiny.json", json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    files.write(folder / "tiny.md", as_text(card))
    return card


def as_text(card: dict) -> str:
    """The card as Markdown."""
    phases = [
        f"{phase['epochs']} epochs at {phase['pixels']} px on crops of {phase['least_side']:g} to 1 of the side"
        for phase in card["recipe"]["phases"]
    ]
    joined = {
        "notes": "\n\n".join(card["notes"]),
        **{f"of_{key}": of_count(card[key], card["count"]) for key in ("top1", "top5", "group_top1")},
        "photographs": photographs_text(card["photographs"]),
        "by_pixels": ", ".join(
            f"{pixels} px {top1:.1%}" for pixels, top1 in card["choosing"]["top1_by_pixels"].items()
        ),
        "worst": ", ".join(f"{label} {share:.0%}" for label, share in card["worst_classes"]),
        "pairs": ", ".join(f"{truth} for {answer} ({count})" for truth, answer, count in card["confusions"]),
        "phases": ", ".join(phases),
        "settings": ", ".join(f"{key} {value}" for key, value in card["recipe"].items() if key != "phases"),
        "minutes": card["seconds"] / 60,
    }
    return TEXT.format_map(card | joined)
