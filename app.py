"""Router: the pages in their sections, and what all pages share. Start with: streamlit run app.py"""

from contextlib import nullcontext

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from ui.components import page_history, reconnection
from ui.lessons import lesson_mode, look, tour
from ui.session import engines, expiry, garbage, kept_values, metrics, origins, pictures
from ui.shared import first_look, navigation, widgets
from ui.shared.page_table import ALONE, PAGES, SECTIONS, Entry, following


def page_of(entry: Entry) -> StreamlitPage:
    return st.Page(
        entry.path,
        title=entry.title,
        icon=f":material/{entry.icon}:",
        help=entry.question,
        default=entry is PAGES[0],
        visibility="hidden" if entry in ALONE else "visible",
    )


def place_of(entry: Entry) -> DeltaGenerator:
    """Where a page is drawn: at the other of two places, so that the page before leaves at once, not when this is done.

    Streamlit keeps what stood at a place until something else is drawn there, or the run ends.
    """
    page, place = kept_values.value("page.place", (entry.file, 0))
    place = place if page == entry.file else 1 - place
    kept_values.keep("page.place", (entry.file, place))
    with first_look.frame():
        return [st.container() if number == place else st.empty() for number in range(2)][place]


origins.ask_nobody()
st.set_page_config(page_title="EfficientNet lab", page_icon=widgets.FAVICON, layout="wide")
first_look.prepare()
sections = {name: {page_of(entry): entry for entry in rows} for name, rows in (SECTIONS | {"": ALONE}).items()}
page = st.navigation({name: [*rows] for name, rows in sections.items()}, position="top")
entry = next(rows[page] for rows in sections.values() if page in rows)
with st.container(height=1, border=False):  # of fixed height: nothing moves when its code is there
    page_history.mount()
    reconnection.mount()
lesson = None if entry in ALONE else lesson_mode.current()
if lesson:
    lesson_mode.lead(*lesson, entry.file)
try:
    with place_of(entry):
        if entry in ALONE:
            st.html(look.ALONE)
        else:
            row = widgets.header(entry.question, entry.why, unit_switch=entry.cost)
            if not lesson:
                with row:
                    navigation.menu()
                    tour.guide(entry.file)
        with lesson_mode.frame() if lesson else nullcontext():
            page.run()
        if not lesson:
            navigation.lead_on(following(entry))
finally:
    pictures.release()
if entry not in ALONE:
    engines.warm_up()
metrics.offer()
expiry.watch()
garbage.watch()
