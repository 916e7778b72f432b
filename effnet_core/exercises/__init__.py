"""Exercises: parts of EfficientNet to write by hand, and blocks with a bug to find. Pure Python: no torch.

Each is a folder: exercise.toml (task, hints, what an interviewer asks next), starter.py, solution.py, and checker.py,
which compares an answer with references at random sizes. running.py checks an answer in a process of its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
WRITE, FIND_THE_BUG = "write", "find the bug"
NAMES = (  # in the order of a way through
    "rounding",
    "coefficients",
    "conv_cost",
    "mbconv_cost",
    "receptive_field",
    "depthwise",
    "squeeze_excitation",
    "mbconv",
    "bug_groups",
    "bug_squeeze",
    "bug_activation",
    "bug_shortcut",
    "stochastic_depth",
    "stages",
    "b0",
    "folding",
    "grad_cam",
    "capstone",
)


@dataclass(frozen=True)
class Exercise:
    """One exercise. `starter` and `solution` are Python files; `task`, `hints` and `follow_up` are Markdown."""

    name: str
    title: str
    kind: str  # WRITE or FIND_THE_BUG
    task: str
    hints: tuple[str, ...]
    follow_up: str  # what an interviewer asks next
    follow_up_answer: str
    starter: str
    solution: str


def _read(name: str) -> Exercise:
    folder = FOLDER / name
    texts = tomllib.loads((folder / "exercise.toml").read_text(encoding="utf-8"))
    code = {part: (folder / f"{part}.py").read_text(encoding="utf-8") for part in ("starter", "solution")}
    return Exercise(name=name, **texts | {"hints": tuple(texts["hints"])}, **code)


EXERCISES = tuple(map(_read, NAMES))


def exercise(name: str) -> Exercise:
    """The exercise of that name. Raises ValueError listing the valid names."""
    if name not in NAMES:
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(NAMES)}")
    return EXERCISES[NAMES.index(name)]
