"""Progress as the browser keeps it: what goes out comes back, and what is none of it is left out."""

import json
from datetime import date

import pytest

from effnet_core.exercises.progress import Progress, ProgressRejected, from_json, merged, to_json
from effnet_core.exercises.running import LONGEST_CODE

EARLY, LATE = date(2026, 1, 2), date(2026, 3, 4)
MINE = Progress({"mbconv": LATE}, {"mbconv": "mine"})


def test_what_is_written_is_read():
    assert from_json(to_json(MINE)) == MINE and from_json(to_json(Progress())) == Progress()


def test_a_first_day_stays():
    assert MINE.with_solved("mbconv", date(2026, 5, 6)) == MINE


def test_two_are_merged_without_loss():
    other = Progress({"mbconv": EARLY, "b0": LATE}, {"mbconv": "theirs", "stages": "begun"})
    assert merged(MINE, other) == Progress({"mbconv": EARLY, "b0": LATE}, {"mbconv": "mine", "stages": "begun"})


def test_unknown_names_and_code_that_is_none_are_left_out():
    drafts = {"bread": "x", "b0": 7, "stages": "#" * (LONGEST_CODE + 1), "mbconv": "kept"}
    row = {"format": 1, "solved": {"bread": "2026-01-02", "b0": "2026-01-02"}, "drafts": drafts}
    assert from_json(json.dumps(row)) == Progress({"b0": EARLY}, {"mbconv": "kept"})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"format": 2}', '{"format": 1}', '{"format": 1, "solved": {"b0": "soon"}, "drafts": {}}'],
)
def test_what_is_no_progress_is_refused(text):
    with pytest.raises(ProgressRejected):
        from_json(text)
