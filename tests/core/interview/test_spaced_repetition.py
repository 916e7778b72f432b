"""When cards come back, and progress as a file that anybody may have edited."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta

import fsrs
import pytest

from effnet_core.interview.progress_file import FORMAT, LIMIT_BYTES, from_json, in_words, to_json
from effnet_core.interview.spaced_repetition import (
    RATINGS,
    ProgressRejected,
    Tally,
    intervals,
    merged,
    next_due,
    queue,
    rated,
    tally,
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
    read = from_json(to_json(progress), KNOWN, NOW)
    assert to_json(read) == to_json(progress) and read["one"].due == progress["one"].due


def test_cards_that_do_not_exist_are_left_out():
    assert set(from_json(to_json(rated({}, "gone", "Good", NOW)), KNOWN, NOW)) == set()


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
