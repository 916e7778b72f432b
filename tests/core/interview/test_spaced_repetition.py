"""When cards come back, and progress as a file that anybody may have edited."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import fsrs
import pytest

from effnet_core.interview.progress_file import FORMAT, LIMIT_BYTES, from_json, in_words, to_json
from effnet_core.interview.spaced_repetition import (
    RATINGS,
    ProgressRejected,
    Review,
    Tally,
    answered_by_day,
    intervals,
    merged,
    next_due,
    queue,
    rated,
    recall,
    strength,
    tally,
    to_repeat,
)

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
KNOWN = ["one", "two", "three"]


def test_new_cards_come_in_their_order_and_due_ones_before_them():
    progress = rated(rated({}, "two", "Again", NOW), "three", "Again", NOW - timedelta(minutes=30))
    assert queue(progress, KNOWN, NOW) == ["three", "one"], "two comes back in a minute"
    assert queue(progress, KNOWN, NOW + timedelta(minutes=5)) == ["three", "two", "one"]
    assert tally(progress, KNOWN, NOW) == Tally(new=1, due=1, later=1)
    assert next_due(progress, KNOWN) == progress["three"].due
    assert next_due({}, KNOWN) is None


def test_a_better_rating_waits_longer():
    waits = list(intervals({}, "one", NOW).values())
    assert waits == sorted(waits) and waits[0] < timedelta(hours=1) < DAY < waits[-1]


def test_intervals_grow_as_the_scheduler_says():
    """FSRS by itself, with the same ratings at the same times."""
    scheduler, memory = fsrs.Scheduler(enable_fuzzing=False), fsrs.Card(card_id=1)
    progress, time = {}, NOW
    for rating in ("Good", "Good", "Good", "Hard", "Again", "Good"):
        memory, _ = scheduler.review_card(memory, RATINGS[rating], time)
        progress = rated(progress, "one", rating, time)
        assert progress["one"].due == memory.due
        time = memory.due
    assert progress["one"].stability == pytest.approx(memory.stability)


def test_rating_leaves_the_old_progress_alone():
    before = rated({}, "one", "Good", NOW)
    due = before["one"].due
    rated(before, "one", "Easy", NOW + DAY)
    assert before["one"].due == due


def test_progress_survives_its_file():
    progress = rated({}, "one", "Easy", NOW)
    for rating in ("Again", "Good"):
        progress = rated(progress, "two", rating, NOW)
    reviews = [Review(NOW - DAY, "two", "Again", 12), Review(NOW, "one", "Easy", None)]
    read, answers = from_json(to_json(progress, reviews), KNOWN, NOW)
    assert to_json(read) == to_json(progress) and read["one"].due == progress["one"].due
    assert answers == reviews


def test_older_files_have_no_list_of_answers():
    older = json.loads(to_json(rated({}, "one", "Easy", NOW)))
    del older["reviews"]
    read, answers = from_json(json.dumps(older), KNOWN, NOW)
    assert set(read) == {"one"} and answers == []
    assert answered_by_day(read, answers, UTC) == {NOW.date(): 1}


@pytest.mark.parametrize(
    "row",
    [
        ["yesterday", "one", "Good", 1],
        ["2030-04-01T00:00:00+00:00", "one", "Perfect", 1],
        ["2030-04-01T00:00:00+00:00", "one", "Good", -1],
        ["2030-04-01T00:00:00+00:00", "one", "Good", 1e9],
        ["2130-04-01T00:00:00+00:00", "one", "Good", 1],
        ["2030-04-01T00:00:00+00:00", "one", ["Good"], 1],
        ["2030-04-01T00:00:00+00:00", "one"],
        7,
    ],
)
def test_a_list_of_answers_that_cannot_be_is_refused(row):
    file = json.loads(to_json({})) | {"reviews": [row]}
    with pytest.raises(ProgressRejected, match="list of answers"):
        from_json(json.dumps(file), KNOWN, NOW)


def test_strength_is_what_is_still_recalled():
    progress = rated(rated({}, "one", "Easy", NOW), "two", "Again", NOW)
    assert strength(progress, KNOWN, NOW) == pytest.approx(2 / 3), "the third is new"
    later = NOW + 30 * DAY
    assert recall(progress, "two", later) < recall(progress, "one", later) < 1
    assert to_repeat(progress, KNOWN, later, most=5) == ["two", "one"]
    assert to_repeat(progress, KNOWN, later, most=1) == ["two"]


def test_answers_are_counted_by_the_users_day():
    late = datetime(2030, 5, 1, 23, 30, tzinfo=UTC)
    progress = rated(rated({}, "one", "Good", late), "two", "Good", NOW)
    reviews = [Review(late, "one", "Good", None), Review(NOW, "one", "Again", None)]
    assert answered_by_day(progress, reviews, UTC) == {late.date(): 3}
    east = timezone(timedelta(hours=2))
    assert list(answered_by_day(progress, reviews, east).values()) == [2, 1]


def test_cards_that_do_not_exist_are_left_out():
    assert set(from_json(to_json(rated({}, "gone", "Good", NOW)), KNOWN, NOW)[0]) == set()


def test_merging_keeps_what_was_reviewed_last():
    old, new = rated({}, "one", "Again", NOW), rated({}, "one", "Easy", NOW + DAY)
    both = merged(old | rated({}, "two", "Good", NOW), new)
    assert both["one"].last_review == NOW + DAY and set(both) == {"one", "two"}
    assert merged(new, old)["one"].last_review == NOW + DAY


def edited(**changes: object) -> str:
    row = json.loads(to_json(rated({}, "one", "Easy", NOW)))["cards"]["one"] | changes
    return json.dumps({"format": FORMAT, "cards": {"one": row}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[1, 2]",
        "null",
        "[" * 100_000,
        '{"format": "another"}',
        json.dumps({"format": FORMAT, "cards": [1]}),
        json.dumps({"format": FORMAT, "cards": {"one": None}}),
        json.dumps({"format": FORMAT, "cards": {"one": {}}}),
        edited(stability=math.nan),
        edited(stability=-1),
        edited(stability="many"),
        edited(stability=None),
        edited(difficulty=11),
        edited(difficulty=math.inf),
        edited(state=9),
        edited(step=7),
        edited(due="tomorrow"),
        edited(due="2030-05-01T12:00:00"),
        edited(due="9999-01-01T00:00:00+00:00"),
        edited(last_review="1970-01-01T00:00:00+00:00"),
        edited(last_review="2031-05-01T12:00:00+00:00"),
        edited(last_review=None),
        " " * (LIMIT_BYTES + 1),
    ],
)
def test_what_is_no_progress_is_refused(text):
    with pytest.raises(ProgressRejected):
        from_json(text, KNOWN, NOW)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(0), "1 min"),
        (timedelta(minutes=10), "10 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=5), "5 h"),
        (DAY, "1 day"),
        (3 * DAY, "3 days"),
        (400 * DAY, "13 months"),
    ],
)
def test_waits_in_words(wait, words):
    assert in_words(wait) == words
