"""An exercise as a Jupyter notebook: task, starter, the check, and its hints folded away. Pure Python."""

from __future__ import annotations

from ..scaling import export
from ..scaling.export import Cell
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
        Cell(f"# {exercise.title}\n\n{exercise.task}\n\n{WHERE}"),
        Cell(f"%%writefile {exercise.name}.py\n{(exercise.starter if code is None else code).rstrip()}", is_code=True),
        Cell(f"import sys\n\n{CHECK.format(name=exercise.name)}", is_code=True),
        Cell("\n\n".join(hints)),
        Cell(f"**What an interviewer asks next.** {exercise.follow_up}"),
    ]
    return export.notebook(cells)
