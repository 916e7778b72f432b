"""Answers for any number of pictures, in their order and in little memory: from paths to rows of a table.

Rows are written to a Parquet file by way of parts beside it, each of them whole: a run that was killed goes on behind
the last one. No torch here: an engine is given.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import files
from ..images.reading import LIMIT_MB, SUFFIXES, ImageRejected, read_image
from .results import Explanation

if TYPE_CHECKING:
    import pyarrow as pa
    from PIL.Image import Image

    from .engine import Engine

BATCH = 32
PART_ROWS, PART_S = 1024, 60.0  # what a kill may cost
PREDICTION = ("index", "label", "probability", "logit")
SETTINGS = b"effnet_core"  # the key under which the table keeps what was asked
EMPTY = {"error": None, "top": None, "gates": None, "heatmap": None}


def pictures_in(places: Iterable[str | Path]) -> Iterator[Path]:
    """Pictures of files, of folders with all that is below them, and of patterns such as `cats/*.jpg`, in order.

    A folder's own pictures come first, then its folders', each sorted by name. A file is taken whatever it is called.
    """
    for place in map(str, places):
        if os.path.isdir(place):
            yield from _below(place)
        elif glob.has_magic(place) and not os.path.exists(place):
            yield from map(Path, sorted(glob.glob(place, recursive=True)))
        else:
            yield Path(place)


def _below(folder: str) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        pictures = (name for name in sorted(names) if name.rpartition(".")[2].lower() in SUFFIXES)
        yield from (Path(here, name) for name in pictures)


def read(path: Path) -> tuple[Image | None, str | None]:
    """The picture, or a sentence that says why it can't be used."""
    try:
        return read_image(files.read_file(path, LIMIT_MB), path.name), None
    except ImageRejected as problem:
        return None, str(problem)
    except OSError as problem:
        return None, f"{path.name} can't be read: {problem.strerror}"


def as_row(answer: Explanation) -> dict:
    """An answer as a row without classes of our own; arrays stay arrays."""
    heatmap = answer.heatmaps[0]
    return {
        "top": [{key: getattr(prediction, key) for key in PREDICTION} for prediction in answer.top],
        "gates": [{"block": gates.block, "values": gates.values} for gates in answer.gates],
        "heatmap": {"layer": heatmap.layer, "target": heatmap.target, "values": heatmap.values},
    }


def rows(
    engine: Engine, paths: Iterable[Path], *, top: int = 5, layer: str | None = None, target: int | None = None
) -> Iterator[dict]:
    """One row a path, in order; one that can't be used has its sentence under `error` and nulls beside it.

    Pictures are read while the network looks at those before. Raises what Engine.explain raises.
    """

    def prepared(path: Path) -> tuple[np.ndarray | None, str | None]:
        image, error = read(path)
        return (None if image is None else engine.preparation.tensor(image)), error

    def answered(asked: list[tuple[Path, Future]]) -> Iterator[dict]:
        read = [(path, *coming.result()) for path, coming in asked]
        tensors = [x for _, x, _ in read if x is not None]
        answers = iter(engine.explain(tensors, top=top, layer=layer, target=target) if tensors else ())
        for path, x, error in read:
            yield {"file": name_of(path), **EMPTY, "error": error} | ({} if x is None else as_row(next(answers)))

    paths, before = iter(paths), []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        while (coming := [(path, threads.submit(prepared, path)) for path in islice(paths, BATCH)]) or before:
            yield from answered(before)
            before = coming


class Table:
    """A Parquet file that grows in parts, in the folder `FILE.parts`, until all rows are there.

    `settings`: what was asked; a run with others does not go on with these parts.
    """

    def __init__(self, out: Path, settings: Mapping[str, object]) -> None:
        self.out, self.folder = out, out.with_name(f"{out.name}.parts")
        self._settings = json.dumps(settings, sort_keys=True)

    def resumed(self, paths: Iterator[Path]) -> tuple[int, int]:
        """How many rows are there already, and how many of them with an error; their paths are taken off the iterator.

        Raises ValueError where the parts are of other pictures or of other settings.
        """
        import pyarrow.parquet as pq

        done = failed = 0
        for part in self._parts():
            table = pq.read_table(part, columns=["file", "error"])
            if table.schema.metadata.get(SETTINGS, b"").decode() != self._settings:
                raise ValueError(f"{self.folder} holds answers to another question; remove it to begin anew")
            for name in table["file"].to_pylist():
                if name != name_of(next(paths, None)):
                    raise ValueError(f"{self.folder} holds other pictures ({name}); remove it to begin anew")
            done, failed = done + len(table), failed + len(table) - table["error"].null_count
        return done, failed

    def add(self, rows: Iterator[dict]) -> Iterator[dict]:
        """Write rows as they come, and give them on. What a kill may lose is the part that is not yet whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = len(self._parts())
        for first in rows:
            begun, part = time.monotonic(), []
            for row in chain([first], rows):
                part.append(row)
                yield row
                if len(part) == PART_ROWS or time.monotonic() - begun > PART_S:
                    break
            self._write(part, number)
            number += 1

    def finish(self) -> None:
        """Join the parts to the file, which is the old one or the new one at any time."""
        import pyarrow.parquet as pq

        self.folder.mkdir(parents=True, exist_ok=True)
        whole = self.folder / "whole"
        with pq.ParquetWriter(whole, schema().with_metadata(self._metadata()), compression="zstd") as writer:
            for part in self._parts():
                writer.write_table(pq.read_table(part))
        whole.replace(self.out)
        shutil.rmtree(self.folder)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))

    def _write(self, rows: Sequence[dict], number: int) -> None:
        import pyarrow.parquet as pq

        with files.replacing(self.folder / f"{number:08d}.parquet") as part:
            pq.write_table(as_table(rows).replace_schema_metadata(self._metadata()), part, compression="zstd")

    def _metadata(self) -> dict[bytes, str]:
        return {SETTINGS: self._settings}


def as_table(rows: Sequence[dict]) -> pa.Table:
    """Rows of answers in the columns of `schema`."""
    import pyarrow as pa

    plain = [row | ({"heatmap": _nested(row["heatmap"])} if row["heatmap"] else {}) for row in rows]
    return pa.Table.from_pylist(plain, schema())


def schema() -> pa.Schema:
    """The columns of answers to many pictures."""
    import pyarrow as pa

    values, number = pa.list_(pa.float32()), pa.int32()
    kinds = (number, pa.string(), pa.float64(), pa.float64())
    columns = {
        "file": pa.string(),
        "error": pa.string(),
        "top": pa.list_(pa.struct(zip(PREDICTION, kinds, strict=True))),
        "gates": pa.list_(pa.struct({"block": pa.string(), "values": values})),
        "heatmap": pa.struct({"layer": pa.string(), "target": number, "values": pa.list_(values)}),
    }
    return pa.schema(columns)


def name_of(path: Path | None) -> str:
    """As text that any table takes: file systems know names that are none."""
    return str(path).encode("utf-8", "replace").decode()


def _nested(heatmap: dict) -> dict:
    return heatmap | {"values": [*heatmap["values"]]}
