"""Every word of the field in one sentence, with the paper that it comes from. Opens without torch."""

import streamlit as st

from effnet_core.lessons.glossary import terms
from ui.session import router

router.enter_by_router()

sought = st.text_input("Find a word", key="glossary.find", bind="query-params", max_chars=40).lower()
matching = [term for term in terms() if sought in " ".join((term.name, *term.also, term.sentence)).lower()]
st.caption(f"{len(matching)} of {len(terms())} words. Elsewhere a dotted line marks them: point, tap or Tab.")
for term in sorted(matching, key=lambda term: term.name.lower()):
    others = f" (also: {', '.join(term.also)})" if term.also else ""
    st.markdown(f"**{term.name}**{others}: {term.sentence}")
    st.caption(term.source)
if not matching:
    st.info("No word here contains that.")
