"""What a page of another site may do with a server that runs in a visitor's browser's reach: nothing."""

from __future__ import annotations

import base64
import http.client
import secrets
from urllib.parse import urlsplit

import pytest
from support.browser import wait_until_idle

pytestmark = pytest.mark.browser

FOREIGN = ("http://evil.example", "http://127.0.0.1.evil.example", "null", "http://127.0.0.1@evil.example")


def ask(address: str, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    host = urlsplit(address)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=30)
    connection.request(method, path, body=b"x" if method == "PUT" else None, headers=headers)
    return connection.getresponse()


def handshake(address: str, origin: str) -> int:
    """The server's status for a websocket that a page of that origin wants to open."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    words = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key}
    return ask(address, "GET", "/_stcore/stream", Origin=origin, **words).status


def test_the_apps_own_page_may_open_a_websocket(address):
    assert handshake(address, address) == 101


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_may_not(page, address, origin):
    """Nor does it make the server ask anybody outside, once a page of the app has been opened."""
    page.goto("/")
    wait_until_idle(page)
    assert handshake(address, origin) == 403


def test_no_foreign_page_reads_an_answer(address):
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics"):
        answer = ask(address, "GET", path, Origin=FOREIGN[0])
        assert answer.getheader("Access-Control-Allow-Origin") in (None, address), path


@pytest.mark.parametrize("token", [{}, {"X-Xsrftoken": "guessed"}, {"X-Xsrftoken": "a", "Cookie": "_streamlit_xsrf=a"}])
def test_an_upload_needs_the_token_of_the_apps_own_page(address, token):
    for method in ("PUT", "DELETE"):
        answer = ask(address, method, "/_stcore/upload_file/session/file", Origin=FOREIGN[0], **token)
        assert answer.status == 403, (method, answer.status)
