"""The words of the field: one sentence each, no two alike, marked once in a text and nowhere that they must not be."""

from __future__ import annotations

import re

import pytest
from support.screen import straight_to

from effnet_core.lessons.glossary import marked, terms

NOTHING = "No word here contains that."


def test_every_term_is_one_sentence_with_a_source():
    assert len(terms()) >= 50
    for term in terms():
        assert term.source and re.fullmatch(r"[^.]*(?:\b[A-Z]?\d\.\d[^.]*)*\.", term.sentence), term.name


def test_no_word_means_two_things():
    forms = [form.lower() for term in terms() for form in (term.name, *term.also)]
    assert len(forms) == len(set(forms))


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_each_form_is_marked_with_its_own_sentence(term):
    for form in (term.name, *term.also):
        shown = marked(f"Look at {form} here.")
        assert (
            shown.count('class="term"') == 1
            and f'data-says="{term.name}: ' in shown
            and f">{form}</span> here." in shown
        )


def test_only_the_first_use_is_marked_and_sentences_may_begin_with_a_term():
    shown = marked("Depth multiplies compute. More depth, more layers.")
    assert shown.startswith("<span") and shown.endswith("compute. More depth, more layers.")


def test_longer_terms_win_and_parts_of_words_do_not_count():
    assert 'data-says="depthwise separable convolution:' in marked("a depthwise separable convolution")
    assert marked("widths, stages2 and remaching") == "widths, stages2 and remaching"
    assert marked("SE-like") == "SE-like"


@pytest.mark.parametrize("text", ["`depth`", "[depth](http://example.org)", "$depth$", '<a title="depth">'])
def test_code_formulas_links_and_tags_are_left_alone(text):
    assert marked(text) == text


@pytest.mark.parametrize(
    ("sought", "holds"),
    [
        ("squeeze", "**squeeze**"),
        ("PHI", "**φ**"),
        ("arxiv", None),
        ("<script>alert(1)</script>", None),
        ("[x](y)", None),
    ],
)
def test_the_page_finds_words_and_takes_any_text(sought, holds):
    at = straight_to("glossary", **{"glossary.find": sought})
    shown = [block.value for block in at.markdown]
    assert any(holds in text for text in shown) if holds else [info.value for info in at.info] == [NOTHING]


def test_the_page_shows_every_word_at_first():
    at = straight_to("glossary")
    assert f"{len(terms())} of {len(terms())} words" in " ".join(caption.value for caption in at.caption)
    assert len(at.markdown) >= len(terms())
