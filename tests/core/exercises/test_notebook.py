"""An exercise as a notebook: valid, with the starter and the check in it."""

import json

import pytest

from effnet_core.exercises import EXERCISES
from effnet_core.exercises.notebook import notebook


@pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)
def test_it_holds_task_starter_check_and_hints(each):
    made = json.loads(notebook(each))
    assert made["nbformat"] == 4 and len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    kinds = [cell["cell_type"] for cell in made["cells"]]
    task, write, check, hints, after = ("".join(cell["source"]) for cell in made["cells"])
    assert kinds == ["markdown", "code", "code", "markdown", "markdown"]
    assert each.task in task and write == f"%%writefile {each.name}.py\n{each.starter.rstrip()}"
    assert f"-m effnet_core exercise check {each.name}.py" in check
    assert all(hint in hints for hint in each.hints) and each.follow_up in after
