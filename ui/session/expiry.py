"""Memory of sessions that have expired, given back whether or not anyone connects."""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
import threading
import time

import streamlit as st
from streamlit import runtime

CHECK_EVERY_S = 60.0

_log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def watch() -> threading.Thread:
    """Look for expired sessions now and then, once a server.

    Streamlit drops them only when another session begins or ends, so that a class's photographs would stay overnight.
    """
    thread = threading.Thread(target=_check_for_ever, daemon=True)
    thread.start()
    return thread


def _check_for_ever() -> None:
    while runtime.exists():
        time.sleep(CHECK_EVERY_S)
        try:
            _drop_expired()
            _return_to_system()
        except Exception:  # its parts have no public names: another version of Streamlit may call them otherwise
            _log.exception("sessions that have expired stay until somebody connects")
            return


def _drop_expired() -> None:
    """On the server's own thread, where sessions end: asking the store for its length drops what has expired."""
    server = runtime.get_instance()
    stored = server._session_mgr._session_storage._cache

    def drop() -> None:
        before = len(stored._expirations)
        if len(stored) < before:
            gc.collect()  # what they held in cycles

    loop = server._get_async_objs().eventloop
    try:
        loop.call_soon_threadsafe(drop)
    except RuntimeError:
        if not loop.is_closed():  # as it is when the server has ended meanwhile, and all sessions with it
            raise


def _return_to_system() -> None:
    """What is free inside this process: glibc keeps hundreds of MB after a few photographs. Takes milliseconds."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
