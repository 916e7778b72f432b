"""Answers as users type them, and whether they are right."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from .drills.kind import Drill

LONGEST = 80  # characters of an answer
FACTORS = {
    "": 1,
    **dict.fromkeys(("k", "K", "thousand"), 1e3),
    **dict.fromkeys(("m", "M", "million", "millions", "mega"), 1e6),
    **dict.fromkeys(("g", "G", "B", "b", "billion", "billions", "giga"), 1e9),
    **dict.fromkeys(("T", "t", "trillion", "tera"), 1e12),
}
UNITS = {  # unit of a drill -> other words for it, and what they are worth in it
    "parameters": {"parameters": 1, "parameter": 1, "params": 1, "param": 1},
    "weights": {"weights": 1, "weight": 1, "parameters": 1, "params": 1},
    "MACs": {"macs": 1, "mac": 1, "multiply-accumulates": 1, "multiply-adds": 1, "madds": 1, "flops": 0.5, "flop": 0.5},
    "FLOPs": {"flops": 1, "flop": 1, "operations": 1, "macs": 2, "mac": 2, "multiply-accumulates": 2},
    "values": {"values": 1, "value": 1, "elements": 1, "activations": 1},
    "MACs per value": {"macs per value": 1, "macs/value": 1, "mac/value": 1, "per value": 1},
    "channels": {"channels": 1, "channel": 1},
    "blocks": {"blocks": 1, "block": 1},
    "passes": {"passes": 1, "pass": 1},
    "groups": {"groups": 1, "group": 1},
    "pictures": {"pictures": 1, "picture": 1, "images": 1},
    "micro-batches": {"micro-batches": 1, "micro-batch": 1, "microbatches": 1},
    "steps": {"steps": 1, "step": 1},
    "epochs": {"epochs": 1, "epoch": 1},
    "hours": {"hours": 1, "hour": 1, "h": 1, "minutes": 1 / 60, "min": 1 / 60, "days": 24},
    "px": {"px": 1, "pixels": 1, "pixel": 1, "positions": 1},
    "%": {"%": 1, "percent": 1, "per cent": 1},
    "×": {"×": 1, "x": 1, "times": 1, "fold": 1},
    "MB": {"mb": 1, "megabytes": 1, "megabyte": 1, "bytes": 1e-6, "byte": 1e-6, "kb": 1e-3, "gb": 1e3, "mib": 1.048576},
    "": {},
}
_BETWEEN = r",_' \u00a0\u202f"  # what may separate thousands
_NUMBER = re.compile(
    rf"([+\-−]?)([0-9][0-9{_BETWEEN}]*(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?:\s*[eE]([+\-]?[0-9]{1,3})|\s*[·*×x]\s*10\s*\^?\s*([0-9]{1,3}))?"
)
_GROUPED = re.compile(rf"[0-9]{{1,3}}(?:[{_BETWEEN}][0-9]{{3}})+$|[0-9]+$")


class Unreadable(ValueError):
    """The text can't be read as an answer; the message says how to write one."""


def read_number(text: str, unit: str = "") -> float:
    """The number in a text, in the drill's unit. Raises Unreadable saying what is wrong."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Unreadable(f"the answer has {len(text)} characters; allowed are {LONGEST}")
    if unit == "×" and text[:1] in ("×", "x"):
        text = text[1:].lstrip()
    match = _NUMBER.match(text)
    if not match:
        raise Unreadable(f"{text[:20]!r} starts with no number; write one such as 1.2M, 1.2e6 or 1,200,000")
    sign, digits, exponent, power = match.groups()
    whole, point, fraction = re.sub(r"[^0-9]+$", "", digits).partition(".")
    if not _GROUPED.match(whole or "0"):
        raise Unreadable(f"{digits.strip()!r} is ambiguous: the decimal sign is a point, commas separate thousands")
    value = float(f"{re.sub(r'[^0-9]', '', whole) or 0}{point}{fraction}e{exponent or power or 0}")
    value *= (-1 if sign in ("-", "−") and sign else 1) * _worth(text[match.end() :].strip(), unit)
    if not math.isfinite(value):
        raise Unreadable("the number is too large")
    return value


def _worth(words: str, unit: str) -> float:
    """The factor of "M", "million parameters" or "GFLOPs" after a number."""
    known = UNITS[unit]
    if words.lower() in known:
        return known[words.lower()]
    if words in FACTORS:
        return FACTORS[words]
    for factor in sorted(FACTORS, key=len, reverse=True):
        rest = words.removeprefix(factor).strip().lower()
        if factor and words.startswith(factor) and rest in known:
            return FACTORS[factor] * known[rest]
    expected = f"the question asks for {unit}" if unit else "the answer has no unit"
    raise Unreadable(f"{words[:20]!r} is no unit here: {expected}; k, M, G or B may stand before it")


def is_right(drill: Drill, text: str) -> bool:
    """Whether a text answers a drill: a choice by its letter or its words, a number within its tolerance or factor.

    Raises Unreadable if the text can't be read as an answer.

    >>> [drill] = deal(seed=4, count=1, group="mbconv", level=1)
    >>> is_right(drill, f"{drill.answer} {drill.unit}")
    True
    """
    if drill.choices:
        return _chosen(drill.choices, text) == drill.answer
    number = read_number(text, drill.unit)
    if drill.factor:
        return drill.answer / drill.factor <= number <= drill.answer * drill.factor
    return math.isclose(number, drill.answer, rel_tol=1e-9) or (
        abs(number - drill.answer) <= drill.tolerance * abs(drill.answer)
    )


def _chosen(choices: Sequence[str], text: str) -> str:
    wanted = text.strip().lower()
    for letter, choice in zip("abcdefgh", choices, strict=False):
        if wanted.rstrip(").") == letter or wanted == choice.lower():
            return choice
    raise Unreadable(f"{text[:20]!r} is none of the choices; write a letter from a to {'abcdefgh'[len(choices) - 1]}")
