"""Teacher mode and tours on the pages: each step opens what it promises, each key that is pointed to is there."""

from __future__ import annotations

import pytest
from support.screen import on_screen, opened, straight_to, text_shown, turned_to

from effnet_core import lessons
from ui.lessons import lesson_mode, look, tour

AFTER_A_CLICK = {
    "se_gates.verdict",
    "se_gates.effects",
    "se_gates.effects_table",
}  # of the ranking, once its button was pressed
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
    assert at.title[0].value == f"{number + 1} / {len(lesson.steps)} · {step.title}"
    assert step.text in [block.value for block in at.markdown]
    found = on_screen(at)
    for key, text in step.settings:
        shown = text_shown(found[key])
        assert shown == text or float(shown) == float(text), key
    pointed = {*step.show, *([step.focus] if step.focus else []), *step.reveal} - AFTER_A_CLICK
    assert pointed <= set(found)
    assert "tour." not in " ".join(found)


@pytest.mark.parametrize("number", ["2", "abc"])
def test_a_link_that_names_another_page_goes_on_at_the_step_s_own(number):
    lesson = lessons.lesson("squeeze_excitation")
    step = lesson.steps[int(number) - 1 if number.isdecimal() else 0]
    at = straight_to("overview", teach=lesson.name, step=number)
    assert at.title[0].value.endswith(step.title)
    assert set(step.show) <= set(on_screen(at)), "its page"
    for key, text in step.settings:
        assert text_shown(on_screen(at)[key]) == text
    refused = [] if number.isdecimal() else [f"step '{number}'; {lesson.title} has steps 1 to {len(lesson.steps)}."]
    assert [warning.value.partition("asks for ")[2].partition(" Show")[0] for warning in at.warning] == refused


def test_what_a_link_says_goes_before_the_step_s_settings():
    lesson = lessons.lesson("inverted_residuals")
    number = next(number for number, step in enumerate(lesson.steps) if "mbconv.n" in dict(step.settings))
    at = straight_to("mbconv", **lesson_mode.link(lesson, number) | {"mbconv.n": "7"})
    assert at.number_input(key="mbconv.n").value == 7
    assert on_screen(at)["mbconv.shape.After"], "the panel is the step's"


def style(at) -> str:
    return next(block.proto.body for block in at.get("html") if "--side" in block.proto.body)


def test_what_answers_a_question_waits_for_reveal_and_can_be_hidden_again():
    lesson = lessons.lesson("squeeze_excitation")
    number = next(number for number, step in enumerate(lesson.steps) if "se_gates.verdict" in step.reveal)
    step = lesson.steps[number]
    at = straight_to(step.page, **lesson_mode.link(lesson, number))

    def is_shown() -> list[bool]:
        """The answer; its place among what the style keeps; what to notice."""
        kept = style(at).partition(":not(:is(")[2].partition("),")[0]
        answered = step.answer in [block.value for block in at.markdown]
        return [answered, ".st-key-se_gates-verdict" in kept, look.NOTICE in kept]

    assert is_shown() == [False, False, False]
    at.button(key="teach.reveal").click().run()
    assert is_shown() == [True, True, True]
    at.button(key="teach.reveal").click().run()
    assert is_shown() == [False, False, False]
    at.button(key="teach.reveal").click().run()
    for other in (number - 1, number):
        turned_to(step.page, at, **lesson_mode.link(lesson, other))
    assert is_shown() == [False, False, False], "arriving hides it"


@pytest.mark.parametrize("name", ["none", "<script>alert(1)</script>", "../compound_scaling", ""])
def test_an_unknown_lesson_gets_a_sentence_and_the_page_alone(name):
    at = straight_to("scaling", teach=name)
    [warning] = at.warning
    assert "no lesson is called" in warning.value and "compound_scaling" in warning.value
    assert "scaling.console" in on_screen(at) and "teach.reveal" not in on_screen(at)


@pytest.mark.parametrize("number", ["0", "99", "-1", "1.5", "nan", "²", "<script>", " 1"])
def test_a_step_that_is_not_there_gets_a_sentence_and_the_first(number):
    lesson = lessons.lesson("compound_scaling")
    at = straight_to(lesson.steps[0].page, teach=lesson.name, step=number)
    assert ["has steps 1 to 7" in warning.value for warning in at.warning] == [True]
    assert lesson.steps[0].text in [block.value for block in at.markdown]


def test_the_overview_leads_to_every_lesson_and_leaves_out_what_cannot_be_used(tmp_path, monkeypatch):
    for page in ("overview", "lessons"):
        at = opened(page)
        links = " ".join(link.proto.query_string for link in at.get("page_link"))
        shown = [subheader.value for subheader in at.subheader]
        assert all(f"teach={name}&step=1" in links for name in lessons.names())
        assert all(lessons.lesson(name).title in shown for name in lessons.names())
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    step = "steps:\n  - {title: a, text: b, page: none}\n"
    (tmp_path / "mine.yaml").write_text(f"title: Mine\nminutes: 1\nabout: it\n{step}", encoding="utf-8")
    [warning] = opened("overview").warning
    assert "mine.yaml: step 1: no page is 'none'; there are budgets, build_it" in warning.value


def test_every_page_has_a_tour():
    assert set(tour.pages()) == {path.stem for path in lesson_mode.PAGES.glob("*.py")} - {"vote", "notes", "lessons"}
    for page in tour.pages():
        rows = tour.steps(page)
        assert len(rows) <= 5 and len({row["at"] for row in rows}) == len(rows)
        assert all(20 < len(row["text"]) < 160 for row in rows)


@pytest.mark.parametrize("page", tour.pages())
def test_a_tour_points_to_what_is_there(page):
    found = on_screen(straight_to(page))
    assert {row["at"] for row in tour.steps(page)} <= set(found)
    assert f"tour.{page}" in found
