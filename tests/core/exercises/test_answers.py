"""Solutions pass, starters fail, and typical wrong answers fail, each with its own message."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from effnet_core.architecture import ALPHA, BETA, GAMMA
from effnet_core.exercises import EXERCISES, FIND_THE_BUG, FOLDER, WRITE, exercise
from effnet_core.exercises.judging import judge

WRONG = tomllib.loads(Path(__file__).with_name("wrong_answers.toml").read_text(encoding="utf-8"))
CHANGES = [(name, change) for name, changes in WRONG.items() for change in changes]
EACH = pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)


def test_every_folder_is_an_exercise_with_all_its_parts():
    folders = {path.parent.name for path in FOLDER.glob("*/exercise.toml")}
    assert folders == {each.name for each in EXERCISES} and len(EXERCISES) == len(folders)
    for each in EXERCISES:
        assert each.title and each.task and each.follow_up and each.follow_up_answer
        assert len(each.hints) == 3 and each.starter != each.solution


def test_there_are_tasks_to_write_and_bugs_to_find():
    kinds = Counter(each.kind for each in EXERCISES)
    assert kinds[WRITE] >= 14 and kinds[FIND_THE_BUG] >= 4 and set(kinds) == {WRITE, FIND_THE_BUG}


def test_a_name_that_is_none_gets_those_that_are():
    with pytest.raises(ValueError, match=r"no exercise 'bread'; there are rounding, "):
        exercise("bread")


@EACH
def test_the_solution_is_right_at_any_size(each):
    for seed in (0, 1, 2):
        report = judge(each.name, each.solution, seed=seed)
        assert report.is_right, f"seed {seed}: {report.problem} {report.hint}"
        assert report.passed


@EACH
def test_the_starter_is_not_right_yet(each):
    report = judge(each.name, each.starter)
    assert not report.is_right
    if each.kind == WRITE:
        assert report.problem == "This is not written yet." and "raise NotImplementedError" in report.hint
    else:
        assert report.hint, "where the bug comes from"


def said_of(name: str, change: dict[str, str]) -> str:
    solution = exercise(name).solution
    assert solution.count(change["replace"]) == 1, "the place is found once"
    report = judge(name, solution.replace(change["replace"], change["by"]), seed=5)
    assert not report.is_right
    return f"{report.problem} {report.hint}"


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[f"{name}-{change['says']}" for name, change in CHANGES])
def test_a_typical_wrong_answer_hears_what_is_wrong_with_it(name, change):
    assert change["says"] in said_of(name, change)


def test_every_exercise_has_three_wrong_answers_with_messages_of_their_own():
    assert set(WRONG) == {each.name for each in EXERCISES}
    for changes in WRONG.values():
        assert len({change["says"] for change in changes}) == len(changes) >= 3


def test_coefficients_of_the_starter_are_the_papers():
    names: dict = {}
    exec(exercise("coefficients").starter, names)
    assert names["scale"].__defaults__ == names["growth"].__defaults__ == (ALPHA, BETA, GAMMA)
