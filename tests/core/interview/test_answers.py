"""What users type, the quiz command, and how a mock interview is put together and scored."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from effnet_core.__main__ import main
from effnet_core.exercises import EXERCISES
from effnet_core.interview.answers import UNITS, Unreadable, is_right, read_number
from effnet_core.interview.cards import Card, all_cards
from effnet_core.interview.drills import KINDS, LEVELS, deal, drill
from effnet_core.interview.drills.kind import GROUPS, Drill
from effnet_core.interview.mock_interview import (
    MINUTES,
    Answered,
    FollowUp,
    Sitting,
    cards_to_repeat,
    group_of,
    interview,
    scores,
    to_repeat,
)
from effnet_core.interview.spoken_code import GROUP_OF, MOST_LINES, SpokenCode, exercises_of, spoken_code

MILLION = 1_200_000


@pytest.mark.parametrize(
    "text",
    [
        *("1.2M", "1.2 M", "1.2m", "1.2e6", "1.2E+6", "1,200,000", "1 200 000", "1_200_000", "1'200'000", "1200000"),
        *(
            "1200k",
            "1200 K",
            "0.0012G",
            "1.2 million",
            "1.2 · 10^6",
            "1.2*10^6",
            "1.2x10^6",
            "+1.2M",
            " 1.2M ",
            "1200000.",
        ),
        *("1.2M parameters", "1.2 million params", "1,200,000 parameters", "1.2M param"),
    ],
)
def test_a_number_of_parameters_may_be_written_in_many_ways(text):
    assert read_number(text, "parameters") == pytest.approx(MILLION, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("0.39 GMACs", "MACs", 0.39e9),
        ("0.78 GFLOPs", "MACs", 0.39e9),
        ("0.39 G", "MACs", 0.39e9),
        ("2 GMACs", "FLOPs", 4e9),
        ("12 %", "%", 12),
        ("12 percent", "%", 12),
        ("12", "%", 12),
        ("1.92x", "×", 1.92),
        ("×1.92", "×", 1.92),
        ("1.92 times", "×", 1.92),
        ("260 px", "px", 260),
        ("260 pixels", "px", 260),
        ("21.2 MB", "MB", 21.2),
        ("0.5 GB", "MB", 500),
        ("2M bytes", "MB", 2),
        ("-0.26", "", -0.26),
        ("−0.26", "", -0.26),
        (".5", "", 0.5),
        ("0", "", 0),
    ],
)
def test_units_are_understood(text, unit, number):
    assert read_number(text, unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit", "sentence"),
    [
        ("", "", "starts with no number"),
        ("many", "parameters", "starts with no number"),
        ("nan", "", "starts with no number"),
        ("inf", "", "starts with no number"),
        ("1,2", "", "ambiguous"),
        ("1,20,000", "", "ambiguous"),
        ("1.2.3", "", "no unit here"),
        ("12 px", "%", "the question asks for %"),
        ("12 apples", "", "the answer has no unit"),
        ("1e999", "", "too large"),
        ("１２", "", "starts with no number"),
        ("<script>alert(1)</script>", "", "starts with no number"),
        ("9" * 200, "", "200 characters"),
    ],
)
def test_what_is_no_answer_gets_a_sentence(text, unit, sentence):
    with pytest.raises(Unreadable, match=sentence):
        read_number(text, unit)


def test_every_unit_of_a_drill_can_be_read():
    assert {drill(kind, 1, level).unit for kind in KINDS for level in LEVELS} <= set(UNITS)


def numeric(tolerance: float) -> Drill:
    return Drill("block_params", 1, "?", 1000, "parameters", tolerance, ("so",), {"x": 1})


@pytest.mark.parametrize(("text", "right"), [("1000", True), ("1k", True), ("1001", False), ("999", False)])
def test_an_exact_answer(text, right):
    assert is_right(numeric(0), text) is right


@pytest.mark.parametrize(("text", "right"), [("1010", True), ("990", True), ("1011", False), ("0.989k", False)])
def test_an_answer_within_one_percent(text, right):
    assert is_right(numeric(0.01), text) is right


def test_a_choice_by_letter_or_words():
    asked = drill("adds_its_input", 3, 1)
    letter = "abcd"[asked.choices.index(asked.answer)]
    assert is_right(asked, letter) and is_right(asked, f" {letter.upper()}) ") and is_right(asked, asked.answer)
    wrong = next(choice for choice in asked.choices if choice != asked.answer)
    assert not is_right(asked, wrong)
    with pytest.raises(Unreadable, match="none of the choices"):
        is_right(asked, "z")


@pytest.mark.parametrize("kind", KINDS)
def test_the_own_answer_is_right_as_it_is_printed(kind):
    for seed in range(30):
        asked = drill(kind, seed, seed % 3 + 1)
        text = asked.answer if asked.choices else f"{asked.answer:,.10g} {asked.unit}"
        assert is_right(asked, text), asked


def printed(capsys, *words: object) -> str:
    assert main(["quiz", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_quiz_prints_json(capsys):
    rows = json.loads(printed(capsys, "--seed", 1, "--count", 50, "--json"))
    assert len(rows) == 50 and all(
        list(row) == ["kind", "level", "question", "answer", "unit", "tolerance", "working", "given", "factor"]
        for row in rows
    )
    assert len({row["kind"] for row in rows}) >= 25
    assert rows == json.loads(printed(capsys, "--seed", 1, "--count", 50, "--json"))
    assert rows != json.loads(printed(capsys, "--seed", 2, "--count", 50, "--json"))


def test_quiz_of_one_kind_and_level(capsys):
    rows = json.loads(printed(capsys, "--seed", 1, "--count", 4, "--kind", "block_params", "--level", 2, "--json"))
    assert {(row["kind"], row["level"]) for row in rows} == {("block_params", 2)}
    assert set(rows[0]["given"]) == {
        *("expansion", "kernel", "stride", "in_channels", "out_channels", "size", "se_ratio")
    }


def test_quiz_prints_text(capsys):
    text = printed(capsys, "--seed", 3, "--count", 6)
    for number, asked in enumerate(deal(3, 6), start=1):
        assert f"{number}. [{GROUPS[KINDS[asked.kind].group]}, level {asked.level}] {asked.question}" in text
        assert all(line in text for line in asked.working)


def test_quiz_help_tells_tolerance_and_kinds(capsys):
    with pytest.raises(SystemExit):
        main(["quiz", "--help"])
    text = capsys.readouterr().out
    assert "tolerance is relative" in text and all(name in text for name in KINDS)


def test_quiz_refuses_what_does_not_exist(capsys):
    assert main(["quiz", "--kind", "nonsense"]) == 2
    assert "no kind of drill is called 'nonsense'" in capsys.readouterr().err


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_an_interview_mixes_cards_follow_ups_drills_and_code_over_all_groups(minutes):
    questions = interview(4, minutes)
    assert questions == interview(4, minutes) != interview(5, minutes)
    assert minutes - 4 < sum(MINUTES[type(one)] for one in questions) <= minutes, "as many as fit into the time"
    assert questions[0].first, "it opens with a question that interviewers open with"
    turns = [one for one in questions if not isinstance(one, FollowUp)]
    for number, one in enumerate(turns):
        assert isinstance(one, Card if number % 2 == 0 else SpokenCode if number % 4 == 3 else Drill)
    for one, after in itertools.pairwise(questions):
        if isinstance(one, Card) or (isinstance(one, SpokenCode) and one.has_a_bug):
            assert (after.question, after.answer) == (one.follow_up, one.follow_up_answer)
        else:
            assert not isinstance(after, FollowUp)
    asked = [one.id if isinstance(one, Card) else one.exercise.name for one in turns if not isinstance(one, Drill)]
    assert len(set(asked)) == len(asked)
    groups = [group_of(one) for one in turns[1:] if not isinstance(one, SpokenCode)]
    assert len(set(groups[: len(GROUPS)])) == min(len(groups), len(GROUPS)), "each group before one comes again"


@pytest.mark.parametrize("minutes", [0, 4, 61])
def test_an_interview_has_limits(minutes):
    with pytest.raises(ValueError, match="minutes; allowed is 5 to 60"):
        interview(1, minutes)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_an_interview_keeps_its_level(level):
    assert {one.level for one in interview(1, 60, level=level)} == {level}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_an_exercise_is_asked_aloud(exercise):
    asked = SpokenCode(exercise)
    assert asked.group in GROUPS and exercise in exercises_of(asked.group)
    assert not re.search("[*`\n]", asked.question) and len(asked.answer) > 30 and asked.code
    if asked.has_a_bug:
        assert exercise.title.split(": ")[1] not in asked.question, "the title gives the bug away"
        corrected = re.findall(r"Line (\d+) should be: (.*)", asked.answer)
        assert 1 <= len(corrected) <= 3
        lines = exercise.starter.splitlines()
        for place, line in corrected:
            lines[int(place) - 1] = line
        assert [line.strip() for line in lines] == [line.strip() for line in exercise.solution.splitlines()]


def test_every_exercise_has_its_group_and_short_ones_are_asked():
    assert set(GROUP_OF) == {exercise.name for exercise in EXERCISES}
    asked = spoken_code()
    assert {one.exercise.name for one in asked} < set(GROUP_OF) and sum(one.has_a_bug for one in asked) >= 4
    assert max(len(one.code.splitlines()) for one in asked) <= MOST_LINES


def test_a_sitting_goes_on_from_answer_to_answer():
    first, second = all_cards()[0], drill("swish", 1, 1)
    sitting = Sitting((first, second), ends=10.0)
    assert sitting.current is first
    later = sitting.answered("Partly", 0.5)
    assert later.current is second and sitting.answers == ()
    assert later.answered("1", 0.0).current is None


def test_scores_and_what_to_repeat_come_weakest_first():
    mbconv = next(card for card in all_cards() if card.group == "mbconv")
    se = next(card for card in all_cards() if card.group == "se")
    good, bad, half = Answered(mbconv, "Had it", 1), Answered(se, "Missed it", 0), Answered(se, "Partly", 0.5)
    rows = scores([good, half, bad])
    assert [(row.group, row.questions, row.points) for row in rows] == [("se", 2, 0.5), ("mbconv", 1, 1)]
    assert to_repeat([good, half, bad]) == [bad, half]


def test_a_card_is_repeated_once_where_it_or_its_follow_up_went_badly():
    first, second, third = all_cards()[:3]
    asked = drill("swish", 1, 1)
    pairs = ((first, 1), (FollowUp(first), 0.5), (second, 0), (FollowUp(second), 0.5), (third, 1), (asked, 0))
    assert cards_to_repeat([Answered(question, "", score) for question, score in pairs]) == [second, first]
