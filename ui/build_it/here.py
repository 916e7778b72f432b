"""Whether this app may run code that its visitor wrote: only the visitor's own computer may (docs/security.md)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st

LOOPBACK = ("localhost", "127.0.0.1", "::1")
OF_PROXIES = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def is_here() -> bool:
    """The server listens on loopback alone, and the browser is on the same computer, with no proxy between."""
    return is_same_computer(st.get_option("server.address"), st.context.ip_address, st.context.headers)


def is_same_computer(address: str | None, remote: str | None, headers: Mapping[str, str]) -> bool:
    """`remote`: the browser's address; Streamlit says None for loopback. Where anything is missing, it is not.

    Host and Origin are what the browser believes to talk to: a page elsewhere that reaches this server through the
    browser, by a name that leads here, has names of its own in them.
    """
    given = {name.lower(): value for name, value in headers.items()}
    hosts = [urlsplit(f"//{given.get('host', '')}").hostname, urlsplit(given.get("origin", "")).hostname]
    return (
        address in LOOPBACK
        and remote in (None, *LOOPBACK)
        and all(host in LOOPBACK for host in hosts)
        and not given.keys() & set(OF_PROXIES)
    )
