"""That asking another computer is seen and refused, whoever asks: what nothing_outside_is_asked (conftest.py) rests on.

Addresses are those that RFC 5737 and RFC 2606 keep for examples.
"""

from __future__ import annotations

import socket
import subprocess
import sys

import psutil
import pytest
from support import outside

pytestmark = pytest.mark.browser

ASK_IN_PYTHON = {
    "a connection": ("import socket; socket.create_connection(('192.0.2.1', 80))", "192.0.2.1"),
    "a name": ("import socket; socket.gethostbyname('www.example')", "www.example"),
    "a request": ("import urllib.request; urllib.request.urlopen('https://www.example')", "www.example"),
    "a datagram": (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))",
        "192.0.2.1",
    ),
    "a child": (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', "
        "'import socket; socket.gethostbyname(\"www.example\")'], check=True)",
        "www.example",
    ),
}
ASK_IN_A_PAGE = {
    "a request": ("fetch('http://www.example/').catch(() => 0)", "www.example"),
    "a secure one": ("fetch('https://www.example/').catch(() => 0)", "www.example:443"),
    "a picture": (
        "new Promise((end) => { const i = new Image(); i.onerror = end; i.src = '//192.0.2.1/' })",
        "192.0.2.1",
    ),
    "a socket": ("new Promise((end) => { new WebSocket('ws://www.example/').onerror = end })", "www.example:80"),
    "a worker": (
        "new Promise((end) => { new Worker(URL.createObjectURL(new Blob("
        "['fetch(`http://www.example/`).catch(() => postMessage(0))']))).onmessage = end })",
        "www.example",
    ),
}


def told(asked_outside) -> str:
    """Whom the record names; it is empty afterwards."""
    text = asked_outside.read_text(encoding="utf-8")
    asked_outside.write_text("", encoding="utf-8")
    return text


@pytest.mark.parametrize("way", ASK_IN_PYTHON)
def test_python_is_seen_and_refused(asked_outside, way):
    code, host = ASK_IN_PYTHON[way]
    ran = subprocess.run([sys.executable, "-c", code], env=outside.guarded(asked_outside), capture_output=True)
    assert ran.returncode and b"outside of this machine" in ran.stderr
    assert host in told(asked_outside)


@pytest.mark.parametrize("way", ASK_IN_A_PAGE)
def test_a_page_is_seen_and_refused(page, asked_outside, way):
    code, host = ASK_IN_A_PAGE[way]
    page.goto("/glossary")
    page.get_by_role("heading", level=1).wait_for()
    assert not told(asked_outside)
    page.evaluate(code)
    assert host in told(asked_outside)


def test_this_machine_may_be_asked(asked_outside, address):
    code = f"import urllib.request; print(urllib.request.urlopen('{address}/_stcore/health').read())"
    environment = outside.guarded(asked_outside)
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert ran.stdout.strip() == "b'ok'"
    assert not told(asked_outside)


def test_this_machine_may_be_asked_by_any_of_its_addresses(asked_outside):
    """As the app does, to learn whether phones can follow a vote's link."""
    kept = [each.address for several in psutil.net_if_addrs().values() for each in several if is_plain(each)]
    code = f"import socket; [socket.getaddrinfo(each, 80) for each in {kept}]"
    subprocess.run([sys.executable, "-c", code], env=outside.guarded(asked_outside), check=True)
    assert kept and not told(asked_outside)


def is_plain(address) -> bool:
    """No hardware's address, and none that needs its interface's name."""
    return address.family in (socket.AF_INET, socket.AF_INET6) and not address.address.startswith("fe80")
