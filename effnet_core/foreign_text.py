"""What others wrote (names of files, of tensors, of classes), as it may stand in a sentence of ours. Pure Python."""

from __future__ import annotations

LONGEST = 80


def shortened(text: str, most: int = LONGEST) -> str:
    """One line of printable characters, its middle left out where it is long; marks that turn the direction are shown.

    >>> shortened("a\\u202egnp.exe"), shortened("x" * 500, 11)
    ('a\N{REPLACEMENT CHARACTER}gnp.exe', 'xxxxx…xxxxx')
    """
    head = tail = most // 2
    if len(text) > most:
        text = f"{text[: most - 1 - tail]}…{text[-tail:]}" if head else "…"
    return "".join(
        " " if mark.isspace() else mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text
    )
