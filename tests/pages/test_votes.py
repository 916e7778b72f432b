"""Votes and notes on the pages: the presenter's side, a student's, and what is said where neither is possible."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.screen import as_read, on_screen, straight_to

from effnet_core import lessons
from ui.lessons import ballot, lesson_mode, voting

LESSON = lessons.lesson("compound_scaling")
AGAIN = next(number for number, step in enumerate(LESSON.steps) if step.again is not None)
OPTIONS = LESSON.steps[0].options


def at_step(number: int):
    return straight_to(LESSON.steps[number].page, **lesson_mode.link(LESSON, number))


def goes_to(at, number: int):
    at.switch_page(lesson_mode.page_file(LESSON.steps[number]))
    for key, value in lesson_mode.link(LESSON, number).items():
        at.query_params[key] = value
    return at.run()


def code_of(at) -> str:
    return next(found[1] for block in at.markdown if (found := re.search(r"/vote\?c=(\w+)", block.value)))


def press(at, key: str):
    return at.button(key=key).click().run()


def board(at) -> str:
    shown = [block.value for block in at.markdown] + [block.proto.body for block in at.get("html")]
    return " ".join(shown)


@pytest.fixture
def presenter():
    return press(at_step(0), "teach.vote")


def test_a_class_votes_twice_and_the_first_votes_come_back_later(presenter):
    phones = [straight_to("vote", c=code_of(presenter)) for _ in range(2)]
    for phone, option in zip(phones, (0, 2), strict=True):
        assert [phone.button(key=f"vote.{number}").label for number in range(len(OPTIONS))] == list(OPTIONS)
        press(phone, f"vote.{option}")
        assert f"Arrived: {OPTIONS[option]}" in phone.success[0].value
    press(phones[0], "vote.1")
    assert "**2** have voted" in board(presenter.run())
    press(presenter, "teach.close")
    assert "may still change" not in board(presenter)
    assert phones[0].run().button(key="vote.0").disabled and f"Your vote was: {OPTIONS[1]}" in phones[0].info[0].value

    goes_to(presenter, 2)
    assert "teach.vote" not in on_screen(presenter), "nothing is asked here"
    press(goes_to(presenter, AGAIN), "teach.vote")
    assert "**2** have voted." in board(presenter) and code_of(presenter)
    press(presenter, "teach.again")
    press(phones[0].run(), "vote.3")
    press(phones[1].run(), "vote.2")
    assert "Of 2 who voted before, **1** changed their mind" in board(presenter.run())

    del presenter.query_params["teach"]
    presenter.run()
    [gone] = phones[0].run().title
    assert gone.value == "No vote here"


def test_reveal_and_the_picture_are_one_press_away(presenter):
    assert voting.is_shown  # the board stands in the place of the picture
    assert presenter.button(key="teach.vote").label == "The picture"
    press(presenter, "teach.vote")
    assert presenter.button(key="teach.vote").label == "Vote" and "/vote?c=" not in board(presenter)
    press(presenter, "teach.vote")
    assert "/vote?c=" in board(presenter)


def test_stepping_closes_what_was_open(presenter):
    phone = straight_to("vote", c=code_of(presenter))
    goes_to(presenter, 1)
    assert phone.run().button(key="vote.0").disabled


def test_a_presenter_on_this_computer_alone_is_told_how_phones_get_in(presenter, monkeypatch):
    assert any("make run ADDRESS=0.0.0.0" in warning.value for warning in presenter.warning)
    monkeypatch.setattr(voting.net_util, "get_internal_ip", lambda: "192.168.1.5")
    monkeypatch.setattr(voting, "_answers", lambda host, port: True)
    presenter.run()
    assert "192.168.1.5" in board(presenter) and not presenter.warning


@pytest.mark.parametrize("code", ["", "abc", "<script>alert(1)</script>", "AAAAAA", "x" * 5000])
def test_a_code_that_leads_nowhere_is_told_so_as_text(code):
    phone = straight_to("vote", c=code)
    assert phone.title[0].value in ("Which vote?", "No vote here")
    assert "script" not in board(phone) and "teach.vote" not in on_screen(phone)
    phone.text_input(key="vote.code").set_value("3a4c6d").run()
    assert phone.query_params[ballot.CODE] in ("3a4c6d", ["3a4c6d"])
    assert phone.title[0].value == "No vote here" and "3A4C6D" in phone.text[0].value


def test_notes_show_the_answer_what_comes_next_and_follow_the_lesson(monkeypatch):
    at = straight_to("notes", teach=LESSON.name, step="1")
    said = " ".join(block.value for block in at.markdown)
    assert LESSON.steps[0].answer in said and LESSON.steps[1].title in said
    assert at.title[0].value.startswith(f"1 / {len(LESSON.steps)}")
    last = straight_to("notes", teach=LESSON.name, step=str(len(LESSON.steps)))
    assert "The lesson ends here." in [block.value for block in last.markdown]
    assert straight_to("notes").title[0].value == "Notes of a lesson"
    assert "no lesson is called" in straight_to("notes", teach="<b>").warning[0].value


def test_what_a_lessons_file_asks_is_text_for_the_class(monkeypatch):
    markup = ("![a](//outside.example/x.png)", "<img src=//outside.example/y.png>")
    asked = replace(LESSON, steps=(replace(LESSON.steps[0], ask=markup[0], options=markup), *LESSON.steps[1:]))
    monkeypatch.setattr(lesson_mode, "usable", lambda name: asked)
    presenter = press(at_step(0), "teach.vote")
    phone = straight_to("vote", c=code_of(presenter))
    press(phone, "vote.1")
    shown = [*presenter.header, *phone.title, *phone.success]
    written = [block.value for block in shown]
    written += [phone.button(key=f"vote.{number}").label for number in range(2)]
    assert not [text for text in written if "![" in text or re.search(r"(?<!\\)<", text)]
    assert as_read(phone.title[0].value) == markup[0] and markup[1] in as_read(phone.success[0].value)
