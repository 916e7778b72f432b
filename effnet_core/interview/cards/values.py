"""Numbers by name, for the texts of cards: {b0.params|M} reads the cost model, {gpipe.params} a row of facts. Pure.

A name is one of
    b0.params                a released network's params, macs, flops, blocks, resolution, depth, width, …
    b0.se.params             the same of one of its parts (PARTS), params or macs
    b0.cells                 positions along a side of its last map
    b0:features.2.0.in_channels   a field of one of its blocks
    phi1.macs                the network that the formula gives for a φ
    doubled.macs             the same for φ = 1, with γ chosen so that the coefficients' product is exactly 2
    phi1.unrounded           what φ = 1 would multiply B0's MACs by, were nothing rounded; doubled.unrounded the same
    alpha, beta, gamma, growth    the paper's coefficients and their product
    spiral.first, spiral.median   dimensions from which on a ReLU collapses no point of the spiral: by the matrix of
                                  seed 0, and by the median of many
    anything in names.toml   "table | column | key = value | …": the one row that fits; a value may end in *
Names may be joined by / - + * or ^ (to the power of) with blanks around it, read from left to right.
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ...architecture import ALPHA, BETA, GAMMA, Architecture, coefficient_for, compound, growth, released
from ...cost import SE_ROLES, Layer, cost_of, layers_of, macs_unrounded, total
from ...explain import relu_embedding
from ...published import tables
from ...units import number, up_to_three_digits

NAMES_FILE = Path(__file__).parent / "names.toml"
BEFORE_A_SIGN = re.compile(r"(?<=[\d}]) (?=%)")  # no line may end between a number and its percent sign
PLACEHOLDER = re.compile(r"\{([^{}|]+)(?:\|([^{}]+))?\}")
OPERATIONS = {"/": operator.truediv, "-": operator.sub, "+": operator.add, "*": operator.mul, "^": operator.pow}
PARTS = {
    "expand": ("expand",),
    "depthwise": ("depthwise",),
    "se": SE_ROLES,
    "project": ("project",),
    "pointwise": ("expand", "project"),
    "stem": ("stem",),
    "head": ("head",),
    "classifier": ("classifier",),
}
CONSTANTS = {"one": 1, "two": 2, "four": 4, "alpha": ALPHA, "beta": BETA, "gamma": GAMMA}
CONSTANTS["growth"] = growth(ALPHA, BETA, GAMMA)
FORMATS = {
    "": number,
    "M": lambda value: f"{up_to_three_digits(value / 1e6)} M",
    "G": lambda value: f"{up_to_three_digits(value / 1e9)} G",
    "k": lambda value: f"{up_to_three_digits(value / 1e3)} k",
    "n": lambda value: f"{value:,.0f}",
    "%": lambda value: f"{up_to_three_digits(100 * value)}\N{NO-BREAK SPACE}%",
    "3": up_to_three_digits,
    "2": lambda value: f"{value:.2g}",
    ".1": lambda value: f"{value:.1f}",
}


def filled(text: str) -> str:
    """The text with its placeholders replaced. Raises ValueError for an unknown name or format."""
    kept_together = BEFORE_A_SIGN.sub("\N{NO-BREAK SPACE}", text)
    return PLACEHOLDER.sub(lambda match: _shown(match[1], match[2] or ""), kept_together)


def _shown(expression: str, form: str) -> str:
    if form not in FORMATS:
        raise ValueError(f"{form!r} is no format; there are {', '.join(FORMATS)}")
    return FORMATS[form](value(expression))


def value(expression: str) -> float:
    """The number of a name, or of names joined by signs, from left to right."""
    first, *rest = expression.split()
    result = named(first)
    if len(rest) % 2:
        raise ValueError(f"{expression!r} is no name, nor names joined by signs")
    for sign, name in zip(rest[::2], rest[1::2], strict=True):
        if sign not in OPERATIONS:
            raise ValueError(f"{sign!r} joins no numbers; {' '.join(OPERATIONS)} do")
        result = OPERATIONS[sign](result, named(name))
    return result


@cache
def named(name: str) -> float:
    """The number of one name. Raises ValueError if there is none."""
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in _looked_up():
        return _fact(_looked_up()[name])
    network, _, rest = name.partition(".")
    if network == "spiral":
        return relu_embedding.whole_from(0 if rest == "first" else None)
    if rest == "unrounded":
        gamma = GAMMA if network == "phi1" else coefficient_for(2, alpha=ALPHA, beta=BETA)
        b0 = released("b0")
        return macs_unrounded(b0, depth=ALPHA, width=BETA, resolution=gamma) / cost_of(b0).macs
    if ":" in network:  # b0:features.2.0.in_channels
        member, _, rest = name.partition(":")
        block, _, field = rest.rpartition(".")
        return getattr(_network(member).block(block), field)
    return _of_network(_network(network), rest)


def _network(name: str) -> Architecture:
    if name == "doubled":
        return compound(1, gamma=coefficient_for(2, alpha=ALPHA, beta=BETA))
    return compound(float(name.removeprefix("phi"))) if name.startswith("phi") else released(name)


def _of_network(architecture: Architecture, name: str) -> float:
    part, _, what = name.rpartition(".")
    if part:
        return getattr(total(_layers(architecture, PARTS[part])), what)
    if name == "blocks":
        return len(architecture.blocks)
    if name == "last_droppable":  # counted from 0: stochastic depth drops blocks with a shortcut alone
        return max(index for index, block in enumerate(architecture.blocks) if block.has_residual)
    if name == "cells":
        return next(layer.size for layer in layers_of(architecture) if layer.role == "head")
    if name in ("params", "macs", "flops"):
        return getattr(cost_of(architecture), name)
    if hasattr(architecture, name):
        return getattr(architecture, name)
    raise ValueError(f"{architecture.name} has no {name!r}")


def _layers(architecture: Architecture, roles: tuple[str, ...]) -> list[Layer]:
    return [layer for layer in layers_of(architecture) if layer.role in roles]


@cache
def _looked_up() -> dict[str, str]:
    return tomllib.loads(NAMES_FILE.read_text(encoding="utf-8"))


def _fact(address: str) -> float:
    """The number that the row at an address holds; all rows that fit must agree."""
    table, column, *conditions = (part.strip() for part in address.split("|"))
    values = {row[column] for row in tables.table(table) if all(_fits(row, one) for one in conditions)}
    if len(values) != 1:
        raise ValueError(f"{address!r} fits {len(values)} different values; it must be one")
    return values.pop()


def _fits(row: tables.Row, condition: str) -> bool:
    key, _, wanted = (part.strip() for part in condition.partition("="))
    text = str(row[key])
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def names_in(text: str) -> Iterator[str]:
    """Expressions that a text's placeholders ask for."""
    return (match[1] for match in PLACEHOLDER.finditer(text))
