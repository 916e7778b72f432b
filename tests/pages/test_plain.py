"""What others write is shown letter by letter, whatever Markdown would make of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.screen import as_read

from ui.shared.plain import FOUND_LATER, plain

MARKUP = (
    "![](//host/x.png)",
    "[click](https://host)",
    "<img src=//host/x.png>",
    "<https://host>",
    "https://host/x www.host.com a@host.com",
    "`code` **bold** _thin_ ~~gone~~ # title",
    "$x^2$ :red[loud] :material/delete: :smile:",
    "- list\n1. list\n> quote\n    code",
    "12. list",
    "# title",
    "&lt;b&gt;",
    "a \u202egnp.exe",
)


@pytest.mark.parametrize("text", MARKUP)
def test_nothing_keeps_its_meaning(text):
    shown = plain(text)
    assert not re.search(r"(?<!\\)[`*\[\]<>~$&]|(?<![\w\\])_|(?<!\\)_(?!\w)", shown)
    assert not FOUND_LATER.search(shown)
    assert not re.match(r"[#+=-]|\d+[.)]", shown)
    assert "\n" not in shown and "\u202e" not in shown


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z"))))
def test_every_letter_is_kept(text):
    assert as_read(plain(text)) == text.replace("\u2060", "")
