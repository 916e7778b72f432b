"""Values that outlive a rerun: what widgets hold and what the URL says. The only file with session state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def value(key: str, default: object = None) -> object:
    """The kept value of a widget, also of one that another page shows."""
    return st.session_state.get(key, default)


def keep(key: str, value: object) -> None:
    """Keep a value for this session; a widget's value may be set before the widget is drawn, or in a callback."""
    st.session_state[key] = value


def forget(keys: Iterable[str]) -> None:
    """Drop what inputs hold before they are drawn: each takes its value from the URL again, or its default."""
    dropped = set(keys)
    for key in dropped:
        st.session_state.pop(key, None)
    keep("forgotten", value("forgotten", set()) | dropped)


def is_reset(key: str) -> bool:
    """Whether an input was forgotten and is drawn for the first time since."""
    forgotten = value("forgotten", set())
    keep("forgotten", forgotten - {key})
    return key in forgotten


def css_class(key: str) -> str:
    """The class that Streamlit gives the element of a key."""
    return "st-key-" + re.sub(r"[^a-zA-Z0-9_-]", "-", key)


def url_value(key: str) -> str | None:
    """What the URL says for a bound input, or else what is assumed of it, as text; None where neither says anything.

    Before the input is drawn.
    """
    return st.query_params.get(key, value("assumed", {}).get(key))


def assume(settings: Mapping[str, str]) -> None:
    """What holds where the URL says nothing, for inputs that are drawn anew: a URL may name a lesson's step alone.

    Not written into the URL: Streamlit refuses that for inputs which the run before had, too.
    """
    keep("assumed", dict(settings))


def url_values(key: str) -> list[str]:
    """All that the URL says for an input: a link may name it several times."""
    return st.query_params.get_all(key)


def drop_url_value(key: str) -> None:
    """Take a value out of the URL before its input is drawn, which then never sees it.

    Streamlit 1.67 falls over some values, such as inf, and takes an empty one for a choice of nothing, which stays.
    """
    with get_script_run_ctx().session_state.query_params() as parameters:
        parameters._initial_query_params.pop(key, None)
        parameters.remove_param(key)


def set_query_param(key: str, text: str | None) -> None:
    """Set or remove (None) one query parameter, and push the query string of this run to the browser.

    A link to the page that is on the screen changes the run's query parameters, but leaves the browser's URL as it was.
    """
    st.query_params[key] = text or ""
    if text is None:
        del st.query_params[key]


def follow(source: str, target: str, others: dict[str, object]) -> None:
    """Callback: give a widget the value of another, and set others."""
    keep_all({target: value(source)} | others)


def keep_all(values: dict[str, object]) -> None:
    """Callback: set several widgets."""
    for key, new in values.items():
        if value(key) != new:
            keep(key, new)


def link() -> str:
    """The page's address with all that is set on it: bound inputs that stand at their default are left out."""
    address = (st.context.url or "").split("?")[0]
    query = urlencode(st.query_params.to_dict())
    return f"{address}?{query}" if query else address
