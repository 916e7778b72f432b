"""The runs of a study as the file in results/ has them: read, checked, and counted. Pure Python, no torch."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from ..files import read_text
from ..foreign_text import shortened
from .study import Study

FOLDER = Path(__file__).parents[2] / "results"
MOST_MB = 5
KINDS = {"int": int, "float": float, "str": str}


@dataclass(frozen=True)
class Row:
    """One run. Curves are numbers with spaces between them, an epoch each; `top1` is of the test pictures."""

    study: str
    arm: str
    way: str
    depth: float
    width: float
    pixels: int
    layers: int
    macs: int
    params: int
    seed: int
    epochs: int
    classes: int
    train_pictures: int
    test_pictures: int
    loss: str
    validation_top1: str
    top1: float
    seconds: float
    device: str
    torch: str
    date: str
    problem: str = ""

    @property
    def losses(self) -> list[float]:
        return _curve(self.loss)

    @property
    def validations(self) -> list[float]:
        return _curve(self.validation_top1)


@dataclass(frozen=True)
class Results:
    """The runs of `study` so far. `failed` are tries that ended early, also those that another try has made good."""

    study: Study
    runs: tuple[Row, ...] = ()
    failed: tuple[Row, ...] = ()

    @property
    def planned(self) -> int:
        return len(self.study.arms) * len(self.study.seeds)

    def of(self, arm: str) -> dict[int, Row]:
        """seed -> run."""
        return {row.seed: row for row in sorted(self.runs, key=lambda row: row.seed) if row.arm == arm}

    def is_made_good(self, failed: Row) -> bool:
        return failed.seed in self.of(failed.arm)


def path_of(study: str, folder: Path, *, epochs: int | None = None) -> Path:
    """Where the rows of a study lie; with another number of epochs it has a file of its own."""
    return folder / f"study_{study}{'' if epochs is None else f'_{epochs}_epochs'}.csv"


def other_epochs(study: str, folder: Path) -> list[int]:
    """The numbers of epochs with which it was also run, other than its own."""
    names = (re.fullmatch(rf"study_{study}_(\d{{1,4}})_epochs", path.stem) for path in folder.glob("study_*.csv"))
    return sorted(int(name[1]) for name in names if name and int(name[1]))


def append(results: Path, row: Row) -> None:
    """Add a row to a results file, which is made where there is none."""
    is_new = not results.is_file()
    with open(results, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(vars(row))


def read(study: Study, path: Path) -> Results:
    """What the file has of the study, nothing where there is no file.

    Raises ValueError saying which row can't be used and why; OSError where the file can't be read.
    """
    if not path.exists():
        return Results(study)
    lines = csv.reader(io.StringIO(read_text(path, MOST_MB), newline=""), strict=True)
    rows: list[Row] = []
    try:
        _check_columns(next(lines, []))
        for cells in lines:
            rows.append(_row(cells))
            _check(rows[-1], study, [row for row in rows[:-1] if not row.problem])
    except (csv.Error, ValueError) as problem:
        where = f"{path.name}, line {max(1, lines.line_num)}"
        raise ValueError(
            f"{where}: {problem}. Remove that line, or move the file away, and run the study again"
        ) from problem
    good, failed = (tuple(row for row in rows if bool(row.problem) == is_bad) for is_bad in (False, True))
    return Results(study, good, failed)


def _check_columns(titles: list[str]) -> None:
    wanted = [field.name for field in fields(Row)]
    if titles != wanted:
        raise ValueError(f"the columns are {shortened(', '.join(titles)) or 'missing'}; needed are {', '.join(wanted)}")


def _row(cells: list[str]) -> Row:
    columns = fields(Row)
    if len(cells) != len(columns):
        raise ValueError(f"there are {len(cells)} cells, needed are {len(columns)}")
    try:
        return Row(*(KINDS[column.type](cell) for column, cell in zip(columns, cells, strict=True)))
    except ValueError as problem:
        raise ValueError(f"a number is needed: {shortened(str(problem))}") from problem


def _check(row: Row, study: Study, others: list[Row]) -> None:
    """Raises ValueError where a row is not of this study, contradicts itself, or was not run like the others."""
    arm = next((arm for arm in study.arms if arm.name == row.arm), None)
    if row.study != study.name or arm is None or row.seed not in study.seeds:
        asked = f"{shortened(row.arm)!r}, seed {row.seed}, of the study {shortened(row.study)!r}"
        raise ValueError(f"{asked}, is no run of the study {study.name!r} as it is now")
    _check_same("MACs", row.macs, study.macs(arm))
    _check_same("epochs", row.epochs, study.epochs)
    _check_same("classes", row.classes, study.classes)
    date.fromisoformat(row.date)
    if row.problem:
        return
    if row.train_pictures < 1 or row.test_pictures < 1 or not (0 <= row.top1 <= 1 and 0 <= row.seconds < math.inf):
        raise ValueError("pictures have to be 1 or more, top1 from 0 to 1, and seconds 0 or more")
    _check_same("points of the loss curve", len(row.losses), row.epochs)
    _check_same("points of the validation curve", len(row.validations), row.epochs)
    if others:
        _check_same("training pictures", row.train_pictures, others[0].train_pictures)
        _check_same("test pictures", row.test_pictures, others[0].test_pictures)
    if any((other.arm, other.seed) == (row.arm, row.seed) for other in others):
        raise ValueError(f"{row.arm}, seed {row.seed}, is there twice")


def _check_same(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise ValueError(f"there are {found:,} {what} where {wanted:,} belong")


def _curve(text: str) -> list[float]:
    numbers = [float(word) for word in text.split()]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a curve has a number that is not finite")
    return numbers
