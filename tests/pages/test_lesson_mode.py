"""Teacher mode and tours on the pages: each step opens what it promises, each key that is pointed to is there."""

from __future__ import annotations

import pytest
from support.screen import on_screen, opened, straight_to, text_shown

from effnet_core import lessons
from ui.lessons import lesson_mode, tour

STEPS = [
    pytest.param(lesson, number, id=f"{lesson.name} {number + 1}")
    for lesson in map(lessons.lesson, lessons.names())
    for number in range(len(lesson.steps))
]


@pytest.mark.parametrize(("lesson", "number"), STEPS)
def test_a_step_opens_what_it_promises(lesson, number):
    step = lesson.steps[number]
    at = straight_to(step.page, **lesson_mode.link(lesson, number))
    assert not at.warning and not at.error
    said = [block.value for block in at.markdown]
    assert f"**{number + 1} / {len(lesson.steps)} · {step.title}**" in said and step.text in said
    found = on_screen(at)
    for key, text in step.settings:
        shown = text_shown(found[key])
        assert shown == text or float(shown) == float(text), key
    pointed = {*step.show, *([step.focus] if step.focus else [])}
    assert pointed <= set(found)
    assert "tour." not in " ".join(found)


def test_what_to_listen_for_is_shown_when_asked():
    lesson = lessons.lesson("compound_scaling")
    at = straight_to(lesson.steps[0].page, **lesson_mode.link(lesson, 0))
    assert lesson.steps[0].answer not in [block.value for block in at.markdown]
    at.toggle[0].set_value(True).run()
    assert lesson.steps[0].answer in [block.value for block in at.markdown]


@pytest.mark.parametrize("name", ["none", "<script>alert(1)</script>", "../compound_scaling", ""])
def test_an_unknown_lesson_gets_a_sentence_and_the_page_alone(name):
    at = straight_to("scaling", teach=name)
    [warning] = at.warning
    assert "no lesson is called" in warning.value and "compound_scaling" in warning.value
    assert "scaling.console" in on_screen(at) and not at.toggle


@pytest.mark.parametrize("number", ["0", "99", "-1", "1.5", "nan", "²", "<script>", " 1"])
def test_a_step_that_is_not_there_gets_a_sentence_and_the_first(number):
    lesson = lessons.lesson("compound_scaling")
    at = straight_to(lesson.steps[0].page, teach=lesson.name, step=number)
    assert ["has steps 1 to 10" in warning.value for warning in at.warning] == [True]
    assert lesson.steps[0].text in [block.value for block in at.markdown]


def test_the_overview_leads_to_every_lesson_and_leaves_out_what_cannot_be_used(tmp_path, monkeypatch):
    links = {link.proto.label for link in opened("overview").get("page_link")}
    assert all(any(lessons.lesson(name).title in label for label in links) for name in lessons.names())
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    step = "steps:\n  - {title: a, text: b, page: none}\n"
    (tmp_path / "mine.yaml").write_text(f"title: Mine\nminutes: 1\nabout: it\n{step}", encoding="utf-8")
    [warning] = opened("overview").warning
    assert "mine.yaml: step 1: no page is 'none'; there are budgets, classify" in warning.value


def test_every_page_has_a_tour():
    assert set(tour.pages()) == {path.stem for path in lesson_mode.PAGES.glob("*.py")}
    for page in tour.pages():
        rows = tour.steps(page)
        assert len(rows) <= 5 and len({row["at"] for row in rows}) == len(rows)
        assert all(20 < len(row["text"]) < 160 for row in rows)


@pytest.mark.parametrize("page", tour.pages())
def test_a_tour_points_to_what_is_there(page):
    found = on_screen(straight_to(page))
    assert {row["at"] for row in tour.steps(page)} <= set(found)
    assert f"tour.{page}" in found
