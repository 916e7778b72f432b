"""An exercise as a Jupyter notebook: task, starter, the check, and its hints folded away. Pure Python."""

from __future__ import annotations

import json

from . import Exercise

CHECK = "!{{sys.executable}} -m effnet_core exercise check {name}.py"
HINT = "<details><summary>Hint {number}</summary>\n\n{hint}\n\n</details>"
WHERE = (
    "The check runs on your own computer and needs this project: open the notebook in its folder, with its Python. "
    "The cell below writes your code to a file; run it, then the check."
)


def notebook(exercise: Exercise, code: str | None = None) -> str:
    """The .ipynb file as text; `code`: an answer that was begun, in the starter's place."""
    hints = [HINT.format(number=number, hint=hint) for number, hint in enumerate(exercise.hints, start=1)]
    cells = [
        _text(f"# {exercise.title}\n\n{exercise.task}\n\n{WHERE}"),
        _code(f"%%writefile {exercise.name}.py\n{(exercise.starter if code is None else code).rstrip()}"),
        _code(f"import sys\n\n{CHECK.format(name=exercise.name)}"),
        _text("\n\n".join(hints)),
        _text(f"**What an interviewer asks next.** {exercise.follow_up}"),
    ]
    rows = [{"id": f"{exercise.name}-{number}", **cell} for number, cell in enumerate(cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": rows, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _text(source: str) -> dict[str, object]:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> dict[str, object]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "metadata": {}, "source": lines, "execution_count": None, "outputs": []}
