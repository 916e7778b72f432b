"""Votes: rounds, change of mind, who may do what, bounds, and that nothing outlives its room."""

from __future__ import annotations

import threading

import pytest

from effnet_core.lessons import votes
from effnet_core.lessons.votes import Key, VoteRefused, Votes, read_code

OPTIONS = ("depth", "width", "pixels")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def all_votes(clock):
    return Votes(clock)


@pytest.fixture
def key(all_votes):
    """Of a room with an open vote."""
    opened = all_votes.open_room()
    all_votes.ask(opened, "one", "What would you enlarge?", OPTIONS)
    return opened


def test_a_vote_arrives_and_may_be_changed_until_the_vote_is_closed(all_votes, key):
    all_votes.vote(key.code, "ann", 0, 1)
    all_votes.vote(key.code, "ben", 2, 1)
    assert all_votes.ballot(key.code, "ann").chosen == 0 and all_votes.ballot(key.code, "eve").chosen is None
    all_votes.vote(key.code, "ann", 2, 1)
    [tally] = all_votes.tallies(key, "one")
    assert tally.counts == (0, 0, 2) and tally.is_open
    all_votes.close(key)
    with pytest.raises(VoteRefused, match="closed"):
        all_votes.vote(key.code, "ann", 1, 1)
    ballot = all_votes.ballot(key.code, "ann")
    assert ballot.chosen == 2 and not ballot.is_open and ballot.options == OPTIONS
    assert all_votes.tallies(key, "one")[0].counts == (0, 0, 2)


def test_a_second_round_counts_who_changed_their_mind(all_votes, key):
    for voter, option in (("ann", 0), ("ben", 1), ("eve", 2)):
        all_votes.vote(key.code, voter, option, 1)
    all_votes.ask(key, "two", "Another question", ("yes", "no"))  # closes the first
    with pytest.raises(VoteRefused, match="options are 0 to 1"):
        all_votes.vote(key.code, "ann", 2, 1)
    all_votes.ask(key, "one", "not used: the question stays", ("nor", "these"))
    with pytest.raises(VoteRefused, match="closed"):
        all_votes.vote(key.code, "ann", 1, 1)  # a phone that still shows the first round
    for voter, option in (("ann", 2), ("ben", 1), ("tom", 2)):
        all_votes.vote(key.code, voter, option, 2)
    first, second = all_votes.tallies(key, "one")
    assert first.counts == (1, 1, 1) and not first.is_open
    assert second.counts == (0, 1, 2) and (second.both, second.changed) == (2, 1)
    assert all_votes.ballot(key.code, "eve").question == "What would you enlarge?"


def test_only_the_session_that_opened_a_room_can_change_it(all_votes, key):
    stranger = Key(key.code, all_votes.open_room().secret)
    for attempt in (
        lambda: all_votes.close(stranger),
        lambda: all_votes.end(stranger),
        lambda: all_votes.ask(stranger, "one", "?", OPTIONS),
        lambda: all_votes.tallies(stranger, "one"),
    ):
        with pytest.raises(VoteRefused, match="only the session"):
            attempt()
    assert all_votes.ballot(key.code, "ann").is_open


def test_a_room_ends_with_its_lesson_or_after_two_hours(all_votes, key, clock):
    other = all_votes.open_room()
    all_votes.end(key)
    for code in (key.code, "AAAAAA", ""):
        with pytest.raises(VoteRefused, match="no vote with this code"):
            all_votes.ballot(code, "ann")
    clock.now = votes.LONGEST_S - 1
    assert all_votes.ballot(other.code, "ann") is None
    clock.now = votes.LONGEST_S
    with pytest.raises(VoteRefused):
        all_votes.tallies(other, "one")


def test_everything_is_bounded(all_votes, key, monkeypatch):
    monkeypatch.setattr(votes, "VOTERS", 2)
    all_votes.vote(key.code, "ann", 0, 1)
    all_votes.vote(key.code, "ben", 0, 1)
    with pytest.raises(VoteRefused, match="as many as a vote can count"):
        all_votes.vote(key.code, "eve", 0, 1)
    all_votes.vote(key.code, "ann", 1, 1)  # a change is no new voter
    for voter in ("", "x" * 41):
        with pytest.raises(VoteRefused):
            all_votes.vote(key.code, voter, 0, 1)
    for options in ((), ("one",), tuple("abcdefg")):
        with pytest.raises(VoteRefused, match="2 to 6 options"):
            all_votes.ask(key, "one", "?", options)
    for _ in range(votes.ROUNDS - 1):
        all_votes.ask(key, "one", "?", OPTIONS)
    with pytest.raises(VoteRefused, match="4 times at most"):
        all_votes.ask(key, "one", "?", OPTIONS)
    monkeypatch.setattr(votes, "QUESTIONS", 1)
    with pytest.raises(VoteRefused, match="questions at most"):
        all_votes.ask(key, "two", "?", OPTIONS)
    monkeypatch.setattr(votes, "ROOMS", 1)
    with pytest.raises(VoteRefused, match="as many as there may be"):
        all_votes.open_room()


@pytest.mark.parametrize("option", [-1, 3, 1.0, True, "1", None, "<script>"])
def test_a_phone_sends_the_number_of_an_option_and_nothing_else(all_votes, key, option):
    with pytest.raises(VoteRefused, match="options are 0 to 2"):
        all_votes.vote(key.code, "ann", option, 1)
    assert all_votes.tallies(key, "one")[0].counts == (0, 0, 0)


def test_codes_are_drawn_by_lot_and_read_as_people_type_them(all_votes, monkeypatch):
    monkeypatch.setattr(votes, "ROOMS", 500)
    codes = {all_votes.open_room().code for _ in range(500)}
    assert len(codes) == 500 and all(read_code(code) == code for code in codes)
    assert len({code[place] for code in codes for place in (0, 5)}) > 20
    assert not set(votes.ALPHABET) & set("0O1IL2Z5S8B")
    assert read_code(" acd 347") == "ACD347"
    for text in (None, "", "ACD34", "ACD3477", "ACD34O", "<script>", "ＡＣＤ３４７", "A" * 10_000):
        assert read_code(text) is None


def test_votes_of_many_threads_all_count(all_votes, key):
    def crowd(number: int) -> None:
        for each in range(50):
            all_votes.vote(key.code, f"{number}-{each % 10}", each % 3, 1)

    threads = [threading.Thread(target=crowd, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(all_votes.tallies(key, "one")[0].counts) == 80
