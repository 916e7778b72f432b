"""How topics go over time: cards replayed by the scheduler, drills counted, the weakest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from effnet_core.interview.cards import in_group
from effnet_core.interview.drills.kind import GROUPS
from effnet_core.interview.progress_file import from_json, to_json
from effnet_core.interview.spaced_repetition import Review, rated, strength
from effnet_core.interview.weak_spots import LAST_DRILLS, pages_of, reviewable, topics

NOW = datetime(2030, 5, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SE = [card.id for card in in_group("se")]


def test_each_moment_knows_the_answers_before_it():
    reviews, progress, at_the_time = [], {}, []
    for number, card in enumerate(SE[:4]):
        at = NOW - (4 - number) * DAY
        progress = rated(progress, card, "Good", at)
        reviews.append(Review(at, card, "Good", 10))
        at_the_time.append(dict(progress))
    moments = [review.at + DAY / 2 for review in reviews]
    [se] = [topic for topic in topics(progress, reviews, [*moments, NOW]) if topic.group == "se"]
    expected = [strength(known, SE, at) for known, at in zip(at_the_time, moments, strict=True)]
    assert se.known == pytest.approx([*expected, strength(progress, SE, NOW)])
    assert list(expected) == sorted(expected) and expected[0] > 0


def test_before_the_first_answer_nothing_is_known_and_all_topics_are_there():
    found = topics({}, [], [NOW - DAY, NOW])
    assert {topic.group for topic in found} == set(GROUPS)
    assert all(topic.known == (0, 0) and topic.drills == 0 for topic in found)


def test_drills_count_for_their_topic_and_the_last_ones_alone():
    wrong = [Review(NOW - 2 * DAY, "drill.swish", "Again", None)] * LAST_DRILLS
    right = [Review(NOW - DAY, "drill.moving_average", "Good", None)] * (LAST_DRILLS - 5)
    found = topics({}, [*right, *wrong], [NOW])
    [training] = [topic for topic in found if topic.group == "training"]
    assert (training.drills, training.right) == (LAST_DRILLS, LAST_DRILLS - 5)
    assert training.score == pytest.approx((0 + (LAST_DRILLS - 5) / LAST_DRILLS) / 2) and found[-1] == training


def test_the_weakest_comes_first():
    progress = {}
    for group in list(GROUPS)[1:]:
        for card in in_group(group):
            progress = rated(progress, card.id, "Easy", NOW)
    assert topics(progress, [], [NOW])[0].group == next(iter(GROUPS))


def test_answers_to_drills_are_in_the_file_and_have_no_memory():
    reviews = [Review(NOW.replace(microsecond=0), "drill.swish", "Good", None)]
    assert from_json(to_json({}, reviews), reviewable(), NOW) == ({}, reviews)
    unknown = [Review(NOW, "drill.nonsense", "Good", None)]
    assert from_json(to_json({}, unknown), reviewable(), NOW) == ({}, [])


def test_pages_of_a_topic_are_those_of_its_cards():
    assert pages_of("se")[0] == "se_gates" and pages_of("explain")[0] == "classify"
