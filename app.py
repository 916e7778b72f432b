"""Router: the page table, and what all pages share. Start with: streamlit run app.py"""

from contextlib import nullcontext
from typing import NamedTuple

import streamlit as st

from ui.lessons import lesson_mode, look, tour
from ui.session import engines, expiry, metrics, pictures
from ui.shared import widgets


class Entry(NamedTuple):
    """One page: its file's stem is its address; its question is its title on the screen."""

    file: str
    title: str
    icon: str
    question: str
    shows_cost: bool = False  # then the switch between MACs and FLOPs is beside the question
    alone: bool = False  # a window of its own, reached by a link: not in the navigation, nothing of the app around it


PAGES = (
    Entry("overview", "Overview", "visibility", "What is inside an EfficientNet?", True),
    Entry("scaling", "Scaling", "open_in_full", "How do you spend twice the compute?", True),
    Entry("budgets", "Budgets", "account_balance", "What does the same compute buy?", True),
    Entry("evidence", "Evidence", "query_stats", "Why scale all three at once?", True),
    Entry("classify", "Classify", "image_search", "What does it see, and where does it look?"),
    Entry("mbconv", "MBConv", "account_tree", "What happens inside one block?", True),
    Entry("se_gates", "SE gates", "tune", "Which channels does the network open for this picture?"),
    Entry("interview", "Interview", "record_voice_over", "Could you explain it in an interview?"),
    Entry("glossary", "Glossary", "dictionary", "What do the words mean?"),
    Entry("machine", "This machine", "memory", "What can this machine run?"),
    Entry("vote", "Vote", "how_to_vote", "What do you think?", alone=True),
    Entry("notes", "Notes", "speaker_notes", "What comes next?", alone=True),
)

st.set_page_config(page_title="EfficientNet lab", page_icon=widgets.FAVICON, layout="wide")
pages = {
    st.Page(
        f"pages/{entry.file}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        help=entry.question,
        default=entry is PAGES[0],
        visibility="hidden" if entry.alone else "visible",
    ): entry
    for entry in PAGES
}
page = st.navigation(list(pages))
entry = pages[page]
lesson = None if entry.alone else lesson_mode.current()
if lesson:
    lesson_mode.lead(*lesson)
if entry.alone:
    st.html(look.ALONE)
else:
    row = widgets.header(entry.question, unit_switch=entry.shows_cost)
    if not lesson:
        with row:
            tour.guide(entry.file)
try:
    with lesson_mode.frame() if lesson else nullcontext():
        page.run()
finally:
    pictures.release()
if not entry.alone:
    engines.warm_up()
metrics.offer()
expiry.watch()
