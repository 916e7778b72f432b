"""The words of the field, one sentence each with the paper that they come from; and how texts are marked with them."""

from __future__ import annotations

import html
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_suffix(".toml")
UNTOUCHED = r"`[^`]*`|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|<[^>]*>"  # code, formulas, links, tags


class Term(NamedTuple):
    """One word; `also` are other forms that texts use."""

    name: str
    sentence: str
    source: str
    also: tuple[str, ...] = ()


@cache
def terms() -> tuple[Term, ...]:
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))["term"]
    return tuple(Term(**row | {"also": tuple(row.get("also", ()))}) for row in rows)


def marked(text: str) -> str:
    """Markdown in which the first use of each term carries its sentence, for a pointer, a tap and the keyboard.

    Code, formulas, links and tags are left alone. The text has to be the project's own: it is shown as HTML.
    """
    seen: set[str] = set()

    def mark(match: re.Match) -> str:
        term = _by_form().get(_folded(match["term"])) if match["term"] else None
        if term is None or term.name in seen:
            return match[0]
        seen.add(term.name)
        label = html.escape(f"{term.name}: {term.sentence}", quote=True)
        return f'<span class="term" role="note" tabindex="0" aria-label="{label}" data-says="{label}">{match[0]}</span>'

    return _finder().sub(mark, text)


@cache
def _by_form() -> dict[str, Term]:
    return {_folded(form): term for term in terms() for form in (term.name, *term.also)}


@cache
def _finder() -> re.Pattern:
    longest_first = sorted((form for term in terms() for form in (term.name, *term.also)), key=len, reverse=True)
    words = "|".join(_either_case(form) for form in longest_first)
    return re.compile(rf"(?:{UNTOUCHED})|(?<![\w-])(?P<term>{words})(?![\w-])")


def _either_case(form: str) -> str:
    """A word may begin a sentence; a name or a letter keeps its case."""
    first = form[0]
    if not first.isascii() or not first.islower():
        return re.escape(form)
    return f"[{first}{first.upper()}]{re.escape(form[1:])}"


def _folded(form: str) -> str:
    return form[0].lower() + form[1:] if len(form) > 1 and form[1:].islower() else form
