"""Who may ask: the tokens that a server was given, and the address that it listens at."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from ..files import read_text

SHORTEST_TOKEN = 16
TOKENS_MB = 0.01  # of the file that holds them


def is_loopback(address: str) -> bool:
    """Whether it is this computer that listens or asks there."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def read_tokens(path: Path | str | None) -> tuple[str, ...]:
    """One a line; none without a file. Raises ValueError where the file has none, and OSError."""
    if path is None:
        return ()
    tokens = tuple(line.strip() for line in read_text(Path(path), TOKENS_MB).splitlines() if line.strip())
    if not tokens:
        raise ValueError(f"{path} has no token; write one a line")
    return tokens


def check(address: str, tokens: Sequence[str]) -> None:
    """Refuse to listen where strangers could ask."""
    for token in tokens:
        if len(token) < SHORTEST_TOKEN:
            raise ValueError(f"a token has {len(token)} characters; it needs {SHORTEST_TOKEN} or more")
        if not (token.isascii() and token.isprintable()):
            raise ValueError("a token has characters that can't stand in a header; take letters, digits and signs")
    if not tokens and not is_loopback(address):
        raise ValueError(f"{address} lets other computers in: name a file that holds a token with --token-file")
