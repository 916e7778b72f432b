"""Run by Python before anything else where this folder is in PYTHONPATH: no other computer can be asked for anything.

Who tries is refused, and whom it tried to ask becomes a line of the file that ASKED_OUTSIDE names. An audit hook sees
what wrapped functions would miss: sockets that were made before, and names that are only looked up.
"""

import os
import socket
import sys
from ipaddress import ip_address

TO_ADDRESSES = ("socket.connect", "socket.sendto", "socket.sendmsg")
TO_NAMES = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
HERE = ("", "localhost", "0.0.0.0", "::")  # noqa: S104 - addresses that are looked at, not bound
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}


def is_here(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    try:
        return text in HERE or ip_address(text).is_loopback or is_own(text)
    except ValueError:
        return False


def is_own(address: str) -> bool:
    """Whether it is one of this machine's: only those can be bound."""
    with socket.socket(FAMILIES[ip_address(address).version]) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def refuse(event: str, arguments: tuple) -> None:
    if event in TO_NAMES:
        host = arguments[0]
    elif event == "socket.connect" and arguments[0].type == socket.SOCK_DGRAM:
        return  # sends nothing: so Streamlit learns this machine's own address
    elif event in TO_ADDRESSES and isinstance(arguments[1], tuple):  # not a path in the file system
        host = arguments[1][0]
    else:
        return
    if not is_here(host):
        with open(os.environ["ASKED_OUTSIDE"], "a", encoding="utf-8") as asked:
            asked.write(f"Python: {event} {host!r}\n")
        raise OSError(f"{host} is outside of this machine")


sys.addaudithook(refuse)
