"""Frozen rows of answers as bytes, and back: as JSON, or as npz with each array in binary beside the JSON. No torch.

A row is an object of its fields, and an array {"dtype", "shape", "values"}, or in npz {"array": number}. What is read
is built by the type hints of the rows, so bytes from outside can't name a class; nothing is unpickled or unpacked to
more than came. Both forms keep every number exactly.
"""

from __future__ import annotations

import io
import json
import math
import types
import typing
import zipfile
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from typing import TypeVar

import numpy as np

VERSION = 1  # grows whenever the other side would misread what travels
VERSION_HEADER = "effnet-wire"
JSON, NPZ = "application/json", "application/x-npz"
LINES = "application/x-ndjson"  # how far an answer is, line by line, and then the answer
DTYPES = ("float32", "float64")
UNREADABLE = (  # RuntimeError: JSON nested too deeply, archives with a password
    *(ValueError, TypeError, LookupError, AttributeError, OSError, EOFError, MemoryError, RuntimeError),
    zipfile.BadZipFile,
)
Row = TypeVar("Row")


def dump(value: object, form: str = JSON) -> bytes:
    """A row, or a list of rows, in the form JSON or NPZ."""
    if form == JSON:
        return _text(_tree(value, arrays=None))
    arrays: list[np.ndarray] = []
    text = _text(_tree(value, arrays))
    file = io.BytesIO()
    np.savez(file, rows=np.frombuffer(text, np.uint8), **{f"a{number}": array for number, array in enumerate(arrays)})
    return file.getvalue()


def load(kind: type[Row], data: bytes, form: str = JSON) -> Row:
    """What `dump` wrote of a `kind` such as Heatmap or list[Explanation]. Raises ValueError for anything else."""
    try:
        if form == JSON:
            return _row(kind, json.loads(data), {})
        _check_unpacked(data)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _row(kind, json.loads(arrays["rows"].tobytes()), arrays)
    except UNREADABLE as error:
        raise ValueError(f"these bytes hold no {getattr(kind, '__name__', kind)} as {form}: {error}") from error


def _check_unpacked(data: bytes) -> None:
    """Refuse an archive that unpacks to more than came: `dump` does not compress."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if any(entry.compress_type for entry in entries) or sum(entry.file_size for entry in entries) > len(data):
            raise ValueError("its arrays are compressed")


def _text(tree: object) -> bytes:
    return json.dumps(tree, allow_nan=False, separators=(",", ":")).encode()


def _tree(value: object, arrays: list[np.ndarray] | None) -> object:
    """Objects, lists and scalars; arrays are set aside where there is a list for them."""
    if isinstance(value, np.ndarray):
        if arrays is not None:
            arrays.append(value)
            return {"array": len(arrays) - 1}
        values = [_finite(number) for number in value.ravel().tolist()]
        return {"dtype": str(value.dtype), "shape": value.shape, "values": values}
    if is_dataclass(value) or hasattr(value, "_fields"):
        return {name: _tree(getattr(value, name), arrays) for name in _fields(type(value))}
    if isinstance(value, Mapping):
        return {name: _tree(each, arrays) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_tree(each, arrays) for each in value]
    return _finite(value) if isinstance(value, float) else value


def _finite(number: float) -> float | str:
    """JSON has no word for nan and the infinities; as texts, float() and numpy read them back."""
    return number if math.isfinite(number) else str(number)


@cache
def _fields(kind: type) -> dict[str, object]:
    """A row's fields with their types, in order."""
    return typing.get_type_hints(kind)


def _row(kind: object, tree: object, arrays: Mapping[str, np.ndarray]) -> object:
    if kind is np.ndarray:
        return _array(tree, arrays)
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return kind(**{name: _row(inner, tree[name], arrays) for name, inner in _fields(kind).items() if name in tree})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _row(_member(inner, tree), tree, arrays)
    if origin in (list, tuple):
        if not isinstance(tree, list):
            raise ValueError(f"{type(tree).__name__} in place of a list")
        repeated = origin is list or inner[-1] is Ellipsis
        kinds = [inner[0]] * len(tree) if repeated else inner
        return origin(_row(each, part, arrays) for each, part in zip(kinds, tree, strict=True))
    if origin is Mapping:
        return {str(name): _row(inner[1], part, arrays) for name, part in tree.items()}
    if origin is typing.Literal and tree in inner:
        return tree
    if kind is float and (isinstance(tree, int) or tree in ("nan", "inf", "-inf")):
        return float(tree)
    if type(tree) is not kind:
        raise ValueError(f"{type(tree).__name__} in place of {getattr(kind, '__name__', kind)}")
    return tree


def _member(kinds: tuple, tree: object) -> object:
    """Which of a union's kinds this is: of those in the rows, None or a list beside one other."""
    if tree is None and types.NoneType in kinds:
        return types.NoneType
    lists = [kind for kind in kinds if typing.get_origin(kind) in (list, tuple)]
    others = [kind for kind in kinds if kind is not types.NoneType and kind not in lists]
    return (lists or others)[0] if isinstance(tree, list) else (others or lists)[0]


def _array(tree: object, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    array = arrays[f"a{tree['array']}"] if "array" in tree else None
    dtype = str(array.dtype) if array is not None else tree["dtype"]
    if dtype not in DTYPES:
        raise ValueError(f"an array of {dtype}; allowed are {', '.join(DTYPES)}")
    return np.array(tree["values"], dtype).reshape(tree["shape"]) if array is None else array
