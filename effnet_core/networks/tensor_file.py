"""The safetensors format, checked before any tensor is read: which tensors a file says it has, and where. Pure Python.

Eight bytes of length, a JSON header of {name: {"dtype", "shape", "data_offsets": [start, end]}}, then the tensors
without gaps (https://github.com/huggingface/safetensors#format). Files are untrusted: headers may lie.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..foreign_text import shortened
from .state_dict_names import CheckpointRejected

MOST_HEADER = 4 * 2**20  # bytes: twenty times B7's
MOST_TENSORS = 10_000
LONGEST_NAME = 200
MOST_DIMENSIONS = 8
METADATA = "__metadata__"
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}  # of one number, of the kinds read here

DAMAGED = "can't be opened: it is empty, damaged, cut off or no checkpoint"


@dataclass(frozen=True)
class Stored:
    """One tensor as the header has it: its kind, its shape, its first byte in the file and the one after its last."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_header(data: bytes, name: str) -> tuple[dict[str, Stored], Mapping[str, str]]:
    """The tensors of a file by name, and its metadata. Raises CheckpointRejected.

    Whatever is returned lies in the file without overlap; a tensor of a kind in BYTES has the length of its shape.
    """
    length = int.from_bytes(data[:8], "little")
    if length > MOST_HEADER or length > len(data) - 8:
        raise CheckpointRejected(f"{name} {DAMAGED}")
    try:
        rows = json.loads(data[8 : 8 + length])
        metadata = rows.pop(METADATA, {})
        tensors = {key: _stored(row, 8 + length) for key, row in rows.items()}
        _check_places(tensors, 8 + length, len(data))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        raise CheckpointRejected(f"{name} {DAMAGED}") from error
    if len(tensors) > MOST_TENSORS:
        raise CheckpointRejected(
            f"{name} has {len(tensors):,} tensors, over the limit of {MOST_TENSORS:,}; save the state dict alone"
        )
    for key in tensors:
        if len(key) > LONGEST_NAME or not key.isprintable():
            raise CheckpointRejected(
                f"{name} has a tensor named {shortened(key)!r}; allowed are {LONGEST_NAME} printable characters"
            )
    return tensors, metadata


def header(tensors: Mapping[str, tuple[str, tuple[int, ...], int]], metadata: Mapping[str, str]) -> bytes:
    """What a file begins with whose tensors are (kind, shape, bytes), in this order."""
    rows: dict[str, object] = {METADATA: dict(metadata)}
    at = 0
    for name, (dtype, shape, size) in tensors.items():
        rows[name] = {"dtype": dtype, "shape": shape, "data_offsets": (at, at + size)}
        at += size
    text = json.dumps(rows).encode()
    return len(text).to_bytes(8, "little") + text


def _stored(row: dict, first: int) -> Stored:
    start, end = (_count(offset) for offset in row["data_offsets"])
    shape = tuple(_count(length) for length in row["shape"])
    if len(shape) > MOST_DIMENSIONS or not isinstance(row["dtype"], str):
        raise ValueError("no such tensor")
    stored = Stored(row["dtype"], shape, first + start, first + end)
    if stored.dtype in BYTES and end - start != math.prod(shape) * BYTES[stored.dtype]:
        raise ValueError("a length that is not the shape's")
    return stored


def _count(number: object) -> int:
    if type(number) is not int or not 0 <= number < 2**63:
        raise ValueError("no count")
    return number


def _check_places(tensors: Mapping[str, Stored], first: int, last: int) -> None:
    """Without gaps and overlaps from the end of the header to the end of the file."""
    at = first
    for stored in sorted(tensors.values(), key=lambda stored: (stored.start, stored.end)):
        if stored.start != at or stored.end < at:
            raise ValueError("a gap or an overlap")
        at = stored.end
    if at != last:
        raise ValueError("a gap at the end")
