"""A vote on a student's phone: the question, its options, and that the choice has arrived."""

from __future__ import annotations

import secrets

import streamlit as st

from effnet_core.lessons.votes import Ballot, VoteRefused, read_code

from ..session import kept_values
from ..shared.plain import plain
from . import voting

CODE = "c"  # in the URL
ME = "vote.me"  # drawn by lot, for this session alone
EVERY_S = 2.0
LARGE_BUTTONS = '<style>[data-testid="stMain"] button { min-height: 3.4rem; }</style>'


def show() -> None:
    st.html(LARGE_BUTTONS)
    code = read_code(kept_values.url_value(CODE))
    if code is None:
        _ask_for_code("Which vote?", "A code has six letters and digits; it stands on the screen in front.")
        return
    if kept_values.value(ME) is None:
        kept_values.keep(ME, secrets.token_hex(8))
    _vote(code)


def _ask_for_code(title: str, text: str) -> None:
    st.title(title, anchor=False)
    st.text(text)
    st.text_input("The code on the screen", key="vote.code", max_chars=12, on_change=_take_code)


def _take_code() -> None:
    kept_values.set_query_param(CODE, str(kept_values.value("vote.code")))


@st.fragment(run_every=EVERY_S)
def _vote(code: str) -> None:
    try:
        ballot = voting.votes().ballot(code, kept_values.value(ME))
    except VoteRefused as problem:
        _ask_for_code("No vote here", f"For {code} {problem}.")
        return
    if ballot is None:
        st.title("The vote is about to begin", anchor=False)
        return
    st.title(plain(ballot.question), anchor=False)
    for number, option in enumerate(ballot.options):
        chosen = number == ballot.chosen
        st.button(
            plain(option),
            key=f"vote.{number}",
            type="primary" if chosen else "secondary",
            icon=":material/check:" if chosen else None,
            width="stretch",
            disabled=not ballot.is_open,
            on_click=_choose,
            args=(code, number, ballot.round),
        )
    _say(ballot)


def _choose(code: str, option: int, round: int) -> None:
    """Callback; of a vote that was closed meanwhile the next look says so."""
    try:
        voting.votes().vote(code, kept_values.value(ME), option, round)
    except VoteRefused:
        return


def _say(ballot: Ballot) -> None:
    """How it stands with this phone's vote."""
    which = f"Round {ballot.round}. " if ballot.round > 1 else ""
    if not ballot.is_open:
        own = "" if ballot.chosen is None else f" Your vote was: {plain(ballot.options[ballot.chosen])}."
        st.info(f"{which}This vote is closed.{own} Look to the front; the next question comes here by itself.")
    elif ballot.chosen is None:
        st.info(f"{which}Choose one. Nobody sees who chose what.")
    else:
        st.success(f"{which}Arrived: {plain(ballot.options[ballot.chosen])}. You can change it until the vote closes.")
