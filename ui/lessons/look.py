"""How a lesson's step looks: the bar above, the text at the side or, on phones, under it; of the page what is shown."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from effnet_core.lessons import Step

from ..session import kept_values

OWN = '[class*="st-key-teach"]'
NOTICE = '[class*="st-key-app-notice"]'  # "What to notice"
# what a page says when something is wrong or takes long, and the buttons that stop it
ALWAYS = (
    *(f'[data-testid="{name}"]' for name in ("stAlert", "stException", "stSpinner", "stProgress")),
    '[class*="st-key-"][class*="-stop"]',
)
ALONE = """<style>
[data-testid="stSidebar"], [data-testid="stHeader"] { display: none; }
[data-testid="stMainBlockContainer"] { max-width: 44rem; padding-top: 1.5rem; }
</style>"""  # of a window with nothing of the app around it
PARTS = ", ".join(f'[data-testid="{name}"]' for name in ("stElementContainer", "stLayoutWrapper", "stColumn"))
FRAME = """
.stApp { --bar: 4.2rem; --side: max(16rem, 25vw); }
html { font-size: clamp(18px, 1.45vw, 26px) !important; }
[data-testid="stSidebar"] { display: none; }
[data-testid="stHeader"] { visibility: hidden; }
[data-testid="stElementToolbar"], .st-key-lesson-page .modebar { display: none; }
.st-key-lesson-page { transform-origin: top center; }
.st-key-lesson-page .js-plotly-plot { transform: scale(calc(1 / var(--larger, 1))); transform-origin: 0 0;
  width: calc(100% * var(--larger, 1)) !important; height: calc(100% * var(--larger, 1)) !important; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-app-notice"]) { order: 1; }
[data-testid="stStatusWidget"] { visibility: visible; position: fixed; right: .5rem; bottom: .5rem; }
[data-testid="stMainBlockContainer"] { padding: calc(var(--bar) + .75rem) 1.5rem 1rem calc(var(--side) + 1.5rem); }
[data-testid="stLayoutWrapper"]:has(> :is(.st-key-teach, .st-key-teach_text)) { position: absolute; }
.st-key-teach, .st-key-teach_text { position: fixed; left: 0; z-index: 90; box-sizing: border-box;
  background: var(--ground); }
.st-key-teach { top: 0; right: 0; width: 100vw; height: var(--bar); padding: 0 1rem; overflow: hidden;
  border-bottom: 1px solid GrayText; }
.st-key-teach [data-testid="stMarkdownContainer"] { margin: 0; }
.st-key-teach_ways, .st-key-teach_ways * { overflow: visible; }
.st-key-teach_title h1 { font-size: 1.05rem; padding: 0; line-height: 1.25; }
.st-key-teach_title p { font-size: 1.15rem; line-height: 1.2; margin: 0; }
.st-key-teach_ways a { width: 5.6rem; justify-content: center; border: 1px solid GrayText; border-radius: 6px;
  background: none; }
body:not([data-arrived]) .st-key-teach_ways { visibility: hidden; animation: unless-keys-come 0s 4s forwards; }
@keyframes unless-keys-come { to { visibility: visible; } }
.st-key-teach_text { top: var(--bar); bottom: 0; width: var(--side); padding: .75rem 1rem; overflow-y: auto;
  flex-wrap: nowrap; border-right: 1px solid GrayText; }
.st-key-teach_text p { line-height: 1.4; }
@media (min-width: 901px) { [data-testid="stLayoutWrapper"]:has(> .st-key-teach_ask) { display: none; } }
.st-key-teach_board { font-size: 1.5rem; }
.st-key-teach_board p, .st-key-teach_board .katex { font-size: 1.5rem; line-height: 1.5; }
@media (max-width: 900px) {
  .stApp { --bar: 3.4rem; }
  [data-testid="stMainBlockContainer"] { padding: calc(var(--bar) + .5rem) 1rem 1rem; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-teach_text) { position: static; }
  .st-key-teach_text { position: static; overflow: visible; width: 100%; border: 0; padding: 0; background: none; }
  .st-key-teach { padding: 0 .5rem; }
  .st-key-teach_title p { display: none; }
  .st-key-teach_title h1 { font-size: .9rem; }
  .st-key-teach_ways a { width: 2.4rem; }
  .st-key-teach_ways a p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
"""  # sizes follow the window, so that the last row reads a small projector's picture as well as a large one's;
# the ways on are seen once presenter_keys listens: whoever sees them may press Page Down. Streamlit measures a chart's
# place as it is seen, so that in a page made larger it is drawn larger already, and would be cut if it were scaled, too


def style(step: Step, *, revealed: bool, voted: bool, open: bool) -> str:
    """Of the page only what the step shows, once revealed with what answers its question; nothing while voting.

    `open`: a later step comes back to the question, so that nothing is to be noticed yet.
    """
    shown = _classes((*step.show, *([step.focus] if step.focus else ())))
    waiting = _classes(step.reveal)
    kept = [OWN, *ALWAYS]
    grounds = ", ".join(st.get_option(f"theme.{scheme}.backgroundColor") for scheme in ("light", "dark"))
    frame = f".stApp {{ --ground: light-dark({grounds}); }}{FRAME}"
    if voted:
        frame += '[data-testid="stStatusWidget"] { display: none; }'  # bars are asked for every second
    else:
        kept += [*shown, *([*waiting, *([] if open else [NOTICE])] if revealed else [])]
    names = ", ".join(kept)
    hidden = [f'[data-testid="stMain"] :is({PARTS}):not(:is({names}), :is({names}) *, :has({names}))']
    if not revealed:  # inside of what is shown, too
        hidden += [f"{outer} {inner}" for outer in shown for inner in waiting]
    return f"{frame}{', '.join(hidden)} {{ display: none; }}"


def _classes(keys: Iterable[str]) -> list[str]:
    return [f".{kept_values.css_class(key)}" for key in keys]
