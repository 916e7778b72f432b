"""Commands that ask where a network looked: attribute."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import read_file
from .model_arguments import add_model_arguments, load_model

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..explain.engine import Engine
    from ..explain.results import Curves, Heatmap

ALL = "all"


def add_commands(command) -> None:
    asking = command(attribute)
    asking.add_argument("photo", type=Path, metavar="PHOTO")
    asking.add_argument(
        "--method",
        default="gradcam",
        help="gradcam, integrated_gradients, saliency, input_x_gradient, occlusion or layer_activation",
    )
    add_model_arguments(asking)
    asking.add_argument("--target", type=int, help="class index (default: the top class)")
    asking.add_argument(
        "--layer", help="stage such as features.8 (default: the last), or all: signed Grad-CAM at every stage"
    )
    asking.add_argument(
        "--set", action="append", default=[], metavar="NAME=NUMBER", dest="parameters", help="such as steps=64"
    )
    asking.add_argument(
        "--faithfulness", action="store_true", help="areas under deletion and insertion curves, of the last map shown"
    )


def attribute(options: argparse.Namespace) -> int:
    """Where the network looked in a photograph, by one of several methods."""
    from ..explain.engine import Engine
    from ..images.reading import LIMIT_MB, ImageRejected, read_image

    answer = {"file": str(options.photo), "method": options.method, "target": None, "maps": None, "faithfulness": None}
    engine = Engine(load_model(options), options.device)
    try:
        image = read_image(read_file(options.photo, LIMIT_MB), options.photo.name)
    except (ImageRejected, OSError) as problem:
        reason = f"{options.photo.name} can't be read: {problem.strerror}" if isinstance(problem, OSError) else problem
        print(f"error: {reason}", file=sys.stderr)
        if options.json:
            print(json.dumps(answer))
        return 1
    heatmaps = maps_of(engine, image, options)
    judged = summary(engine, image, heatmaps[-1]) if options.faithfulness else None
    if options.json:
        maps = [{"layer": heatmap.layer, "values": heatmap.values.tolist()} for heatmap in heatmaps]
        print(json.dumps(answer | {"target": heatmaps[0].target, "maps": maps, "faithfulness": judged}))
    else:
        print_maps(engine, heatmaps, judged)
    return 0


def maps_of(engine: Engine, image: Image, options: argparse.Namespace) -> list[Heatmap]:
    """One map, or with --layer all the ladder's."""
    if options.layer != ALL:
        parameters = dict(map(_parameter, options.parameters))
        how = {"method": options.method, "target": options.target, "layer": options.layer}
        return [engine.attribute(image, **how, **parameters)]
    if options.method != "gradcam":
        raise ValueError(f"--layer all is for gradcam; {options.method} has one map")
    target = options.target
    if target is None:
        target = engine.explain([image], top=1)[0].top[0].index
    return engine.ladder(image, targets=[target])


def _parameter(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not number.isdecimal():
        raise ValueError(f"--set {text}: allowed is NAME=NUMBER with a whole number, such as steps=64")
    return name, int(number)


def summary(engine: Engine, image: Image, heatmap: Heatmap) -> dict[str, object]:
    """Areas under the curves, 0..1, of the map, and both of a random map and of a central blob."""
    judged = engine.faithfulness(image, heatmap)

    def areas(curves: Curves) -> dict[str, float]:
        return {"deletion": curves.deletion_area, "insertion": curves.insertion_area}

    return areas(judged.heatmap) | {"random": areas(judged.random), "centre": areas(judged.centre)}


def print_maps(engine: Engine, heatmaps: list[Heatmap], judged: dict | None) -> None:
    target = heatmaps[0].target
    name = engine.labels[target] if engine.labels else f"class {target}"
    print(f"{heatmaps[0].method} for {name} ({target}), {engine.name} ({engine.weights}) on {engine.device}")
    for heatmap in heatmaps:
        row, column = divmod(int(heatmap.values.argmax()), heatmap.values.shape[1])
        size = " x ".join(map(str, heatmap.values.shape))
        peak = "no positive evidence" if heatmap.is_blank else f"strongest in row {row + 1}, column {column + 1}"
        print(f"  {heatmap.layer:11} {size:>9}  {heatmap.values.min():10.4g} to {heatmap.values.max():<10.4g}  {peak}")
    if judged:
        print(f"  {'':11} {'deletion':>10} {'insertion':>10}")
        for title, areas in (("this map", judged), ("random", judged["random"]), ("centre", judged["centre"])):
            print(f"  {title:11} {areas['deletion']:10.3f} {areas['insertion']:10.3f}")
