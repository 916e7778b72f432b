import streamlit as st

from ui import state

state.enter_by_router()
st.write("soon")
