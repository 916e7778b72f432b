"""Commands that practise by writing code: exercise. Loads no torch; a check loads it in a process of its own."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from pathlib import Path

from .. import files
from ..exercises import EXERCISES, Exercise
from ..exercises import exercise as find
from ..exercises.notebook import notebook
from ..exercises.running import LONGEST_CODE, MEMORY_MB, SECONDS, Report, check

ABOUT = f"""
list            all exercises
start NAME      show the task, and write its starter to NAME.py here (--notebook: NAME.ipynb)
hint NAME       a hint (--number 1 to 3)
check FILE      run the file in a process of its own, and compare what it defines with references at random sizes
solution NAME   one way to write it, and what an interviewer asks next

The code may take {SECONDS} seconds and, on Linux, {MEMORY_MB:,} MB of memory. Check only files that you trust: they run
as you (docs/security.md).
JSON fields of a check: name, seed, passed (parts that are right), problem, hint, output (what the code printed),
is_right. The same seed draws the same sizes. Exit code 1: the answer is not right yet."""


def add_commands(command) -> None:
    parser = command(exercise)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description += "\n" + ABOUT
    parser.add_argument("action", choices=[*ACTIONS])
    parser.add_argument("what", nargs="?", metavar="NAME|FILE", help="an exercise, or the file to check")
    parser.add_argument("--exercise", metavar="NAME", help="which exercise FILE answers; default: by its name")
    parser.add_argument("--notebook", action="store_true", help="start: a Jupyter notebook")
    parser.add_argument("--number", type=int, default=1, help="hint: which one, default 1")
    parser.add_argument("--seed", type=int, help="check: draws the sizes; default: another one each time")


def exercise(options: argparse.Namespace) -> int:
    """Parts of EfficientNet to write by hand: tasks, hints, checks, solutions."""
    if options.what is None and options.action != "list":
        raise ValueError(f"exercise {options.action} needs {'a file' if options.action == 'check' else 'a name'}")
    row, text, code = ACTIONS[options.action](options)
    print(json.dumps(row, ensure_ascii=False) if options.json else text)
    return code


def _list(_: argparse.Namespace) -> tuple[object, str, int]:
    rows = [{"name": each.name, "title": each.title, "kind": each.kind} for each in EXERCISES]
    return rows, "\n".join(f"{row['name']:20}{row['kind']:14}{row['title']}" for row in rows), 0


def _start(options: argparse.Namespace) -> tuple[object, str, int]:
    begun = find(options.what)
    path = Path(f"{begun.name}.{'ipynb' if options.notebook else 'py'}")
    with path.open("x", encoding="utf-8") as file:  # never over an answer that was begun
        file.write(notebook(begun) if options.notebook else begun.starter)
    then = f"Your turn: {path}. Then: python -m effnet_core exercise check {begun.name}.py"
    return {"name": begun.name, "file": str(path)}, f"{begun.title}\n\n{begun.task}\n{then}", 0


def _hint(options: argparse.Namespace) -> tuple[object, str, int]:
    hints = find(options.what).hints
    if not 1 <= options.number <= len(hints):
        raise ValueError(f"there is no hint {options.number}; there are 1 to {len(hints)}")
    hint = hints[options.number - 1]
    return {"number": options.number, "hint": hint}, hint, 0


def _check(options: argparse.Namespace) -> tuple[object, str, int]:
    path = Path(options.what)
    if path.suffix == ".ipynb":
        raise ValueError(f"{path} is a notebook; its first cell of code writes a .py file, which can be checked")
    if path.stat().st_size > 4 * LONGEST_CODE:
        raise ValueError(f"{path} is longer than {LONGEST_CODE:,} characters")
    code = files.read_text(path, 4 * LONGEST_CODE / 2**20)
    report = check(_answered(path, options.exercise).name, code, seed=options.seed)
    return asdict(report) | {"is_right": report.is_right}, as_text(report), 0 if report.is_right else 1


def _answered(path: Path, name: str | None) -> Exercise:
    """Which exercise a file answers: browsers save a second mbconv.py as mbconv (1).py."""
    return find(name or re.match(r"\w*", path.stem)[0])


def _solution(options: argparse.Namespace) -> tuple[object, str, int]:
    found = find(options.what)
    row = {name: getattr(found, name) for name in ("name", "solution", "follow_up", "follow_up_answer")}
    return row, f"{found.solution}\n# What an interviewer asks next: {found.follow_up}\n# {found.follow_up_answer}", 0


def as_text(report: Report) -> str:
    """A report for a reader: what is right, what is not, what the code printed."""
    lines = [f"right: {sentence}" for sentence in report.passed]
    lines += [f"wrong: {report.problem}"] if report.problem else ["All is right."]
    lines += [f"       {report.hint}"] if report.hint else []
    lines += [f"It printed:\n{report.output.rstrip()}"] if report.output.strip() else []
    return "\n".join([*lines, f"(sizes drawn by --seed {report.seed})"])


ACTIONS = {"list": _list, "start": _start, "hint": _hint, "check": _check, "solution": _solution}
