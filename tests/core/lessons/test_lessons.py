"""Lessons: no typed number, and what is said of a file that can't be used. What steps open: test_teaching.py."""

from __future__ import annotations

import re

import pytest
import yaml

from effnet_core import lessons
from effnet_core.interview.cards.values import PLACEHOLDER
from effnet_core.lessons import FOLDER, LessonRejected, read

SHIPPED = {"compound_scaling": 10, "inverted_residuals": 20, "squeeze_excitation": 20}  # and their minutes
NAMES = re.compile(r"\bB[0-7]\b|\^2|ResNet-50|MobileNetV2|EfficientNetV2|top-1|α · β² · γ²")  # what may hold a digit
TEXTS = ("title", "text", "board", "ask", "answer", "options")
STEPS = [
    pytest.param(name, row, id=f"{name} {number}")
    for name in SHIPPED
    for number, row in enumerate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["steps"], 1)
]
GOOD = """
title: A lesson
minutes: 5
about: one block
steps:
  - {title: First, text: "B0 has {b0.blocks} blocks.", page: scaling, settings: {scaling.phi: 1}, show: [scaling.phi]}
"""


def test_the_lessons_that_are_shipped():
    assert {name: lessons.lesson(name).minutes for name in lessons.names()} == SHIPPED
    for name in SHIPPED:
        steps = lessons.lesson(name).steps
        assert 7 <= len(steps) <= 10
        asked = [step for step in steps if step.ask]
        assert len(steps) / 2 < len(asked) <= lessons.lesson(name).minutes / 2, "two minutes for each question"
        assert all(len(option) <= 45 for step in asked for option in step.options)


def test_a_later_step_comes_back_to_the_votes_of_the_first():
    steps = lessons.lesson("compound_scaling").steps
    [last] = [step for step in steps if step.again is not None]
    assert last.again == 0 and last.options == steps[0].options != ()


@pytest.mark.parametrize(("name", "row"), STEPS)
def test_no_number_is_typed(name, row):
    for text in (str(row[key]) for key in TEXTS if key in row):
        assert not re.search(r"\d", NAMES.sub("", PLACEHOLDER.sub("", text))), text


@pytest.mark.parametrize(("name", "row"), STEPS)
def test_a_step_is_short_enough_to_be_projected(name, row):
    assert len(row["text"]) <= 330 and len(row["title"]) <= 50
    assert 1 <= len(re.findall(r"[.?!](?:\s|$)", row["text"])) <= 4
    assert ("ask" in row) == ("answer" in row)


def test_numbers_are_filled_in():
    step = read(GOOD, "mine").steps[0]
    assert step.text == "B0 has 16 blocks."
    assert step.settings == (("scaling.phi", "1"),) and step.show == ("scaling.phi",)
    assert step.ask is step.answer is step.focus is step.board is None and step.options == step.reveal == ()


BAD = {
    "[": "is no YAML",
    "[" * 5000: "is no YAML",
    "": "a lesson is a list of names and values, not NoneType",
    "- one": "not list",
    GOOD.replace("minutes", "hours"): "a lesson has hours; it may have title, minutes",
    GOOD.replace("minutes: 5", "minutes: ten"): "minutes is a whole number from 1 to 240, not 'ten'",
    GOOD.replace("minutes: 5", "minutes: .inf"): "not 'inf'",
    GOOD.replace("minutes: 5", "minutes: true"): "not 'True'",
    GOOD.replace("title: A lesson", "title:"): "title is a text, not 'None'",
    GOOD.replace("title: A lesson", ""): "it lacks title",
    GOOD[: GOOD.index("steps")]: "it has no list of steps",
    GOOD[: GOOD.index("steps")] + "steps: {one: two}": "it has no list of steps",
    GOOD + "  - text": "step 2: a step is a list of names and values, not str",
    GOOD.replace("title: First", "titel: First"): "step 1: a step has titel; it may have title, text",
    GOOD.replace("title: First", "[a, b]: First"): "is no YAML",
    GOOD.replace("title: First", "1: First"): "step 1: a step has 1;",
    GOOD.replace("title: First, ", ""): "step 1: it lacks title",
    GOOD.replace("b0.blocks", "b9.blocks"): "step 1: a number in text can't be filled in",
    GOOD.replace("b0.blocks", "b0.none.params"): "a number in text can't be filled in",
    GOOD.replace("b0.blocks", "b0:features.2.1.none"): "a number in text can't be filled in",
    GOOD.replace("b0.blocks", "b0.blocks|x"): "is no format",
    GOOD.replace("page: scaling", "page: ../scaling"): "step 1: '../scaling' is no page",
    GOOD.replace("page: scaling", "page: 7"): "step 1: page is a text, not '7'",
    GOOD.replace("{scaling.phi: 1}", "[scaling.phi]"): "step 1: settings are names and values",
    GOOD.replace("{scaling.phi: 1}", "{scaling.phi: [1]}"): "the setting scaling.phi is '[1]'",
    GOOD.replace("{scaling.phi: 1}", "{scaling.phi: Off}"): "the setting scaling.phi is 'False'; it is a number",
    GOOD.replace("{scaling.phi: 1}", "{phi: 1}"): "holds no keys",
    GOOD.replace("{scaling.phi: 1}", "{1: 1}"): "holds no keys",
    GOOD.replace("[scaling.phi]", "scaling.phi"): "'scaling.phi' holds no keys",
    GOOD.replace("[scaling.phi]", "[phi]"): "holds no keys",
    GOOD.replace("[scaling.phi]", "[scaling.phi], focus: {a: b}"): "holds no keys",
    GOOD.replace("[scaling.phi]", "[scaling.phi], answer: so"): "it has answer and asks nothing",
    GOOD.replace("[scaling.phi]", "[scaling.phi], options: [a, b]"): "it has options and asks nothing",
    GOOD.replace(
        "[scaling.phi]", "[scaling.phi], ask: so, options: [a]"
    ): "options is a list of 2 to 6 different texts",
    GOOD.replace("[scaling.phi]", "[scaling.phi], ask: so, options: [a, a]"): "options is a list of 2 to 6",
    GOOD.replace("[scaling.phi]", "[scaling.phi], ask: so, options: [yes, no]"): "options is a text, not 'True'",
    GOOD.replace("[scaling.phi]", "[scaling.phi], ask: so, again: 1"): "again is the number of an earlier step",
    GOOD.replace("[scaling.phi]", "[scaling.phi], reveal: all"): "holds no keys",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: BAD[text][:50])
def test_a_file_that_cannot_be_used_gets_a_sentence(text):
    with pytest.raises(LessonRejected, match=f"mine.yaml.*{re.escape(BAD[text])}"):
        read(text, "mine")


@pytest.mark.parametrize("name", ["", "none", "../lessons/compound_scaling", "<script>alert(1)</script>", "x" * 9999])
def test_an_unknown_name_is_told_the_lessons_there_are(name):
    with pytest.raises(LessonRejected, match="compound_scaling, inverted_residuals") as refused:
        lessons.lesson(name)
    assert len(str(refused.value)) < 200


def test_a_lesson_of_ones_own_is_read_as_its_file_is_now(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8")
    assert lessons.names() == ["mine"] and lessons.lesson("mine").title == "A lesson"
    (tmp_path / "mine.yaml").write_text(GOOD.replace("A lesson", "Another"), encoding="utf-8")
    assert lessons.lesson("mine").title == "Another"
    (tmp_path / "mine.yaml").write_bytes(b"\xff")
    with pytest.raises(LessonRejected, match="no UTF-8"):
        lessons.lesson("mine")
