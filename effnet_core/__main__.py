"""The command line: python -m effnet_core scale | explain | models | fetch | train.

Exit codes: 0 done, 1 some input failed and the others are done, 2 usage. With --json, standard output holds
the JSON alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from .architecture import ALPHA, BETA, GAMMA, Architecture, compound, released
from .cost import Layer, layers_of, total

LAYER_KEYS = [field for field in Layer._fields if field not in ("weights", "biases", "batch_norm")]


def scale(options: argparse.Namespace) -> int:
    """Depth, width, resolution and cost of a scaled network, and each of its layers."""
    if options.released:
        architecture = released(options.released)
    else:
        architecture = compound(options.phi, alpha=options.alpha, beta=options.beta, gamma=options.gamma)
    architecture = architecture.at(resolution=options.resolution, classes=options.classes)
    answer = scale_answer(architecture)
    if options.json:
        print(json.dumps(answer))
        return 0
    print(f"{architecture.name}: depth x{answer['depth']:.4g}, width x{answer['width']:.4g}, {answer['resolution']} px")
    print(f"{answer['blocks']} blocks, {answer['params']:,} parameters, {answer['macs']:,} MACs (FLOPs = 2 x MACs)\n")
    print_table(LAYER_KEYS, [[layer[key] for key in LAYER_KEYS] for layer in answer["layers"]])
    return 0


def scale_answer(architecture: Architecture) -> dict:
    layers = layers_of(architecture)
    cost = total(layers)
    return {
        "depth": architecture.depth,
        "width": architecture.width,
        "resolution": architecture.resolution,
        "blocks": len(architecture.blocks),
        "params": cost.params,
        "macs": cost.macs,
        "flops": cost.flops,
        "layers": [{key: getattr(layer, key) for key in LAYER_KEYS} for layer in layers],
    }


def explain(options: argparse.Namespace) -> int:
    """Classes, SE gates and Grad-CAM for photographs."""
    from . import weights
    from .engine import Engine

    labels = options.labels.read_text(encoding="utf-8") if options.labels else None
    if options.weights:
        name = options.model if options.model != "tiny" else None
        model = weights.load_checkpoint(options.weights.read_bytes(), options.weights.name, labels=labels, name=name)
    else:
        model = weights.load(options.model)
    for note in model.notes:
        print(note, file=sys.stderr)
    engine = Engine(model, options.device)
    results = [explain_file(engine, path, options) for path in options.photos]
    answer = {
        "model": {"name": model.name, "weights": model.weights, "classes": model.architecture.classes},
        "device": engine.device,
        "results": results,
    }
    if options.json:
        print(json.dumps(answer))
    else:
        print(f"{model.name} ({model.weights}) on {engine.device}")
        for result in results:
            print_result(result)
    return 1 if any(result["error"] for result in results) else 0


def explain_file(engine, path: Path, options: argparse.Namespace) -> dict:
    """One row of `results`; a picture that can't be used has its sentence under `error` and nulls beside it."""
    from . import overlay
    from .images import ImageRejected, read_image

    answer = {"file": str(path), "error": None, "top": None, "gates": None, "heatmap": None}
    try:
        image = read_image(path.read_bytes(), path.name)
    except ImageRejected as problem:
        return answer | {"error": str(problem)}
    except OSError as problem:
        return answer | {"error": f"{path.name} can't be read: {problem.strerror}"}
    [answered] = engine.explain([image], top=options.top, layer=options.layer, target=options.target)
    heatmap = answered.heatmaps[0]
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        crop = overlay.seen(image, engine.preparation.crop_box(image.size))
        overlay.overlay(crop, heatmap.values).save(options.out / f"{path.name}.{heatmap.layer}.{heatmap.target}.png")
    keys = ("index", "label", "probability", "logit")
    return answer | {
        "top": [{key: getattr(prediction, key) for key in keys} for prediction in answered.top],
        "gates": [{"block": gates.block, "values": gates.values.tolist()} for gates in answered.gates],
        "heatmap": {"layer": heatmap.layer, "target": heatmap.target, "values": heatmap.values.tolist()},
    }


def print_result(result: dict) -> None:
    if result["error"]:
        print(f"\n{result['file']}: {result['error']}", file=sys.stderr)
        return
    print(f"\n{result['file']}")
    for row in result["top"]:
        print(f"  {row['probability']:6.1%}  {row['label'] or 'class ' + str(row['index'])}")


def models(options: argparse.Namespace) -> int:
    """Which models are ready, and from where."""
    from . import weights

    rows = [vars(status) for status in weights.statuses()]
    if options.json:
        print(json.dumps(rows))
        return 0
    keys = ("name", "ready", "source", "classes", "params", "macs", "resolution", "top1")
    words = ("no", "yes")
    shown = [row | {"ready": words[row["ready"]], "top1": row["top1"] and f"{row['top1']:.1%}"} for row in rows]
    print_table(keys, [["" if row[key] is None else row[key] for key in keys] for row in shown])
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Download torchvision's ImageNet weights, hash checked, so that they are there without a network."""
    from . import weights

    answers = []
    for name in options.models:
        try:
            path, problem = weights.fetch(name, progress=show_progress), None
        except (weights.WeightsUnavailable, ValueError) as error:
            path, problem = None, str(error)
        answers.append({"name": name, "path": path and str(path), "error": problem})
        print(f"\r{name}: {problem or path}", file=sys.stderr)
    if options.json:
        print(json.dumps(answers))
    return 1 if any(answer["error"] for answer in answers) else 0


def show_progress(done: int, size: int) -> bool:
    print(f"\r{done / 1e6:.1f} of {size / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)
    return True


def train(options: argparse.Namespace) -> int:
    """Train an offline model on zip files of `train|val/<class>/*` pictures; resumes where --out has a checkpoint."""
    import torch

    from . import training
    from .architecture import tiny
    from .engine import pick_device
    from .model import build

    if options.threads:
        torch.set_num_threads(options.threads)
    classes = class_rows(options.classes)
    recipe = training.Recipe(phases=tuple(options.phase) or training.Recipe.phases, seed=options.seed)
    pictures = {
        split: training.read_pictures(sorted(options.data.glob("*.zip")), [row["class"] for row in classes], split)
        for split in ("train", "val")
    }
    architecture = tiny(width=options.width, classes=len(classes), resolution=recipe.test_pixels)
    network = build(architecture, stochastic_depth=recipe.stochastic_depth, dropout=recipe.dropout)
    run = training.Run(options.out, network, recipe, device=pick_device(options.device), compiled=options.compile)
    for row in run.train(pictures["train"], pictures["val"]):
        print(json.dumps(row), file=sys.stderr if options.json else sys.stdout, flush=True)
    card = release(options, run, architecture, pictures["val"], classes) if options.export else None
    if options.json:
        print(json.dumps({"out": str(options.out), "epochs": run.epoch, "best_top1": run.best, "card": card}))
    return 0


def release(
    options: argparse.Namespace, run, architecture: Architecture, validation, classes: list[dict[str, str]]
) -> dict:
    """Measure the run's best weights and put them with their card into --export; the first screen's look with them."""
    from safetensors.torch import load_file

    from . import modelcard, overview, weights
    from .engine import Engine

    network = weights.fill(architecture, load_file(run.best_weights))
    card = modelcard.describe(network, validation, classes, width=options.width, photos=options.photos)
    card = {"name": "tiny", "notes": options.note, **card, **run.conditions()}
    modelcard.release(run.best_weights, card, options.export)
    if options.export.resolve() == weights.ASSETS.resolve():
        overview.store(Engine(weights.load("tiny"), "cpu"))
    return card


def class_rows(path: Path | None) -> list[dict[str, str]]:
    """Rows (class, label, group) of the classes to train on; the bundled hundred unless a file is named."""
    text = (path or resources.files(__package__) / "assets/everyday100.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def phase(text: str):
    """`20x48@0.6`: 20 epochs at 48 px on crops of 0.6 to 1 of the side."""
    from .training import Phase

    epochs, rest = text.split("x")
    pixels, least = rest.split("@")
    return Phase(int(epochs), int(pixels), float(least))


def print_table(header: Sequence[str], rows: list[list]) -> None:
    """Columns as wide as they must be; numbers to the right."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    numeric = [isinstance(cell, int | float) for cell in rows[0]]
    for row in [list(header), *cells]:
        line = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        print("  ".join(line).rstrip())


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m effnet_core", description=__doc__.splitlines()[0])
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    def command(run) -> argparse.ArgumentParser:
        made = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        made.add_argument("--json", action="store_true", help="print JSON for machines")
        made.set_defaults(run=run)
        return made

    scaling = command(scale)
    size = scaling.add_mutually_exclusive_group(required=True)
    size.add_argument("--phi", type=float, help="formula: compound coefficient, -3 to 8")
    size.add_argument("--released", metavar="b0..b7", help="a family member as published")
    for letter, value in (("alpha", ALPHA), ("beta", BETA), ("gamma", GAMMA)):
        scaling.add_argument(f"--{letter}", type=float, default=value, help=f"1 to 2 (default {value}, the paper's)")
    scaling.add_argument("--resolution", type=int, help="px, instead of the network's own")
    scaling.add_argument("--classes", type=int, default=1000)

    looking = command(explain)
    looking.add_argument("photos", type=Path, nargs="+", metavar="PHOTO")
    looking.add_argument("--model", default="tiny", help="tiny (bundled) or efficientnet_b0 … b7")
    looking.add_argument("--weights", type=Path, help="own checkpoint: .pth or .safetensors of any B0-B7")
    looking.add_argument("--labels", type=Path, help="class names of the own checkpoint, one a line")
    looking.add_argument("--top", type=int, default=5)
    looking.add_argument("--layer", help="stage for Grad-CAM, such as features.8 (default: the last)")
    looking.add_argument("--target", type=int, help="class index for Grad-CAM (default: the top class)")
    looking.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    looking.add_argument("--out", type=Path, help="folder for pictures with the map over the crop")

    command(models)
    command(fetch).add_argument("models", nargs="+", metavar="efficientnet_bN")

    training = command(train)
    training.add_argument("data", type=Path, help="folder with the zip files")
    training.add_argument("--out", type=Path, required=True, help="folder of the run: checkpoints, log")
    training.add_argument("--classes", type=Path, help="tab-separated class, label, group (default: the bundled 100)")
    training.add_argument("--width", type=float, default=0.5, help="width coefficient of B0's stages (default 0.5)")
    training.add_argument("--phase", type=phase, action="append", default=[], metavar="EPOCHSxPIXELS@LEAST_SIDE")
    training.add_argument("--device", default="auto")
    training.add_argument("--compile", action="store_true", help="torch.compile the network (needs a C++ compiler)")
    training.add_argument("--threads", type=int, default=0)
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--export", type=Path, metavar="FOLDER", help="write the model and its measured card there")
    training.add_argument("--photos", type=Path, metavar="ZIP", help="photographs to decide their preparation on")
    training.add_argument("--note", action="append", default=[], help="a sentence for the card; may be repeated")
    return root


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError, RuntimeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
