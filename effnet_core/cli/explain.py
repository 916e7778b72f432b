"""The command that names what a photograph shows, with its SE gates and Grad-CAM: explain."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from .cluster_argument import add_cluster_argument, on_ray
from .model_arguments import add_model_arguments, load_model
from .progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..explain.engine import Engine
    from ..networks.weights import Model


TABLE = ".parquet"


def add_commands(command) -> None:
    looking = command(explain)
    looking.add_argument(
        "photos", type=Path, nargs="+", metavar="PHOTO", help="with --out FILE.parquet also a folder or a pattern"
    )
    add_model_arguments(looking)
    looking.add_argument("--top", type=int, default=5)
    looking.add_argument("--layer", help="stage for Grad-CAM, such as features.8 (default: the last)")
    looking.add_argument("--target", type=int, help="class index for Grad-CAM (default: the top class)")
    looking.add_argument(
        "--out", type=Path, help="folder for pictures with the map over the crop; or a .parquet file for all answers"
    )
    add_cluster_argument(looking, "with --out FILE.parquet")


def explain(options: argparse.Namespace) -> int:
    """Classes, SE gates and Grad-CAM for photographs."""
    from ..explain.engine import Engine

    many = options.out and options.out.suffix == TABLE
    if options.cluster and not many:
        raise ValueError("--cluster answers many pictures at once; name a table for them with --out FILE.parquet")
    model = load_model(options)
    if many:
        return explain_many(model, options)
    engine = Engine(model, options.device)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        files.check_writable(options.out / "picture.png")
    results = [explain_file(engine, path, name, options) for path, name in out_names(options.photos)]
    answer = {
        "model": {"name": model.name, "weights": str(model.weights), "classes": model.architecture.classes},
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


def answering(model: Model, options: argparse.Namespace) -> Callable[..., Iterator[dict]]:
    """many_pictures.rows of an engine here, or of many on a cluster."""
    from ..explain import many_pictures
    from ..explain.engine import Engine

    if options.cluster:
        return partial(on_ray().rows, model, options.device)
    return partial(many_pictures.rows, Engine(model, options.device))


def explain_many(model: Model, options: argparse.Namespace) -> int:
    """All answers as rows of one table, in order; a run that was killed goes on where it was."""
    from ..explain import many_pictures

    files.check_writable(options.out)
    asked = {"top": options.top, "layer": options.layer, "target": options.target}
    table = many_pictures.Table(options.out, asked | {"model": model.name, "weights": str(model.weights)})
    total = sum(1 for _ in many_pictures.pictures_in(options.photos))
    if not total:
        raise ValueError(f"there is no picture in {', '.join(map(str, options.photos))}")
    paths = many_pictures.pictures_in(options.photos)
    done, failed = table.resumed(paths)
    line = ProgressLine(total, done)
    for row in table.add(answering(model, options)(paths, **asked)):
        failed += row["error"] is not None
        line.step()
    line.end()
    table.finish()
    said = {"out": str(options.out), "rows": total, "of an earlier run": done, "failed": failed}
    print(json.dumps(said) if options.json else f"{options.out}: {total:,} rows, {failed:,} with an error")
    return 1 if failed else 0


def out_names(photos: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each photograph, and what its picture in --out is called: by its number too, where others share its name."""
    known = Counter(path.name.casefold() for path in photos)  # as file systems that know no capitals
    return [
        (path, path.name if known[path.name.casefold()] == 1 else f"{number}-{path.name}")
        for number, path in enumerate(photos, start=1)
    ]


def explain_file(engine: Engine, path: Path, name: str, options: argparse.Namespace) -> dict:
    """One row of `results`; a picture that can't be used has its sentence under `error` and nulls beside it.

    Where only its map can't be written, the answer stands beside the sentence. `name`: of its map in --out.
    """
    from ..explain import many_pictures
    from ..images import overlay

    image, error = many_pictures.read(path)
    answer = {"file": str(path), **many_pictures.EMPTY, "error": error}
    if image is None:
        return answer
    [answered] = engine.explain([image], top=options.top, layer=options.layer, target=options.target)
    heatmap = answered.heatmaps[0]
    if options.out:
        crop = overlay.seen(image, engine.preparation.crop_box(image.size))
        file = options.out / f"{name}.{heatmap.layer}.{heatmap.target}.png"
        try:
            with files.replacing(file) as part:
                overlay.overlay(crop, heatmap.values).save(part, "PNG")
        except OSError as problem:
            answer["error"] = f"{file.name} can't be written: {problem.strerror}"
    row = many_pictures.as_row(answered)
    for part in (*row["gates"], row["heatmap"]):
        part["values"] = part["values"].tolist()
    return answer | row


def print_result(result: dict) -> None:
    if result["error"]:
        print(f"\n{result['file']}: {result['error']}", file=sys.stderr)
    if not result["top"]:
        return
    print(f"\n{result['file']}")
    for row in result["top"]:
        print(f"  {row['probability']:6.1%}  {row['label'] or 'class ' + str(row['index'])}")
