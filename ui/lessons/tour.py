"""The guided tour: on the first visit of a page a note points to one thing after another; skipped or done, it is not
shown again in that browser, unless "Show me around" is pressed. It runs in the browser alone."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import streamlit as st

from ..session import kept_values

HERE = Path(__file__).parent
PLACE = "effnet-lab.tours"  # in the browser's local storage
_HTML = """
<button type="button" class="again">Show me around</button>
<div class="frame" hidden aria-hidden="true"></div>
<section class="note" role="dialog" aria-label="Guided tour of this page" hidden>
  <p><span class="count"></span> <span class="text" aria-live="polite"></span></p>
  <div><button type="button" class="skip">Skip the tour</button><button type="button" class="next">Next</button></div>
</section>
"""
_CSS = """
.frame { position: fixed; border: 3px solid var(--st-primary-color); border-radius: 8px; pointer-events: none;
  z-index: 999; }
.note { position: fixed; right: 1rem; bottom: 1rem; width: min(26rem, calc(100vw - 2rem)); box-sizing: border-box;
  padding: 1rem; background: var(--st-background-color); color: var(--st-text-color); font: 17px/1.45 var(--st-font);
  border: 1px solid var(--st-border-color); border-radius: 8px; box-shadow: 0 4px 24px rgb(0 0 0 / 35%);
  z-index: 1000; }
.note[hidden], .frame[hidden] { display: none; }
.note p { margin: 0 0 .75rem; }
.count { font-weight: 600; margin-right: .5rem; }
.note div { display: flex; justify-content: space-between; gap: .75rem; }
button { font: inherit; padding: .4rem 1rem; border-radius: 6px; border: 1px solid var(--st-border-color);
  background: var(--st-secondary-background-color); color: inherit; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.again { font-size: 14px; padding: .2rem .7rem; }
.next { border-color: var(--st-primary-color); font-weight: 600; }
"""
_note = st.components.v2.component(
    "guided_tour", html=_HTML, css=_CSS, js=(HERE / "tour.js").read_text(encoding="utf-8")
)


@cache
def _tours() -> dict[str, list[dict[str, str]]]:
    return tomllib.loads((HERE / "tours.toml").read_text(encoding="utf-8"))


def pages() -> list[str]:
    """Those that have a tour."""
    return list(_tours())


def steps(page: str) -> list[dict[str, str]]:
    """What the tour of a page points to: its key, and what is said of it."""
    return _tours().get(page, [])


def guide(page: str) -> None:
    """The button that starts the tour of a page, where there is one; a new visitor is led through it at once."""
    if not steps(page):
        return
    rows = [{"at": kept_values.css_class(step["at"]), "text": step["text"]} for step in steps(page)]
    _note(data={"place": PLACE, "page": page, "steps": rows}, key=f"tour.{page}", width="content")
