"""Checkpoints that somebody made to harm: small files that ask for memory, time or code."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile

import torch
from torch import Tensor

from effnet_core.architecture import released
from effnet_core.networks.checkpoints import shapes_of

from .saved_networks import pth

MANY_CLASSES = 10**5


def as_archive(pickled: bytes) -> bytes:
    """What torch.save would write around this pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mine/data.pkl", pickled)
        archive.writestr("mine/version", "3\n")
    return buffer.getvalue()


def compressed(data: bytes) -> bytes:
    """The same archive with its members deflated."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as plain,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
    ):
        for info in plain.infolist():
            packed.writestr(info.filename, plain.read(info))
    return buffer.getvalue()


def nested_key(depth: int) -> bytes:
    """{t: 1}, where t is a pair of a pair … of twice the same: its hash visits 2^depth tuples, its text has as many."""
    twice = b"q\x01h\x01\x86"  # store it as number 1, fetch number 1, make a pair of both
    return b"\x80\x02}K\x01" + twice * depth + b"K\x01s."


def called(function: str, *arguments: object) -> bytes:
    """A pickle that calls `module.name` with these arguments."""
    module, _, name = function.rpartition(".")
    values = pickle.dumps(arguments, 2)[2:-1]
    return b"\x80\x02" + f"c{module}\n{name}\n".encode() + values + b"R."


def deep(depth: int) -> bytes:
    """((((…)))): a tuple in a tuple, as a key."""
    return b"\x80\x02})" + b"\x85" * depth + b"K\x01s."


def repeated(classes: int) -> dict[str, Tensor]:
    """B7 with so many classes, each tensor one stored number."""
    return {name: torch.ones(()).expand(shape) for name, shape in shapes_of(released("b7", classes=classes)).items()}


def safetensors(rows: dict[str, object], data: bytes = b"") -> bytes:
    """A file with this header, whatever it says."""
    text = json.dumps(rows).encode()
    return struct.pack("<Q", len(text)) + text + data


def row(dtype: str = "F32", shape: tuple = (1,), offsets: tuple = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def version_99(data: bytes) -> bytes:
    """An archive whose first member asks for version 9.9 of the format."""
    changed = bytearray(data)
    changed[data.index(b"PK\x01\x02") + 6] = 99
    return bytes(changed)


PICKLES = {  # the file, and the reason that it is refused for
    "a key that is hashed for hours": (nested_key(60), "takes too long"),
    "the same in an archive": (as_archive(nested_key(60)), "takes too long"),
    "a key whose text has 100 MB": (as_archive(nested_key(24)), "its entries are a tuple"),
    "a key of tuples a million deep": (as_archive(deep(10**6)), "can't be opened"),
    "a bytearray of 64 GB": (called("builtins.bytearray", 1 << 36), "far more memory than its size"),
    "the same bytearray in an archive": (as_archive(called("builtins.bytearray", 1 << 36)), "far more memory"),
    "repeated numbers": (pth(repeated(MANY_CLASSES)), "is over the limit of 300 MB"),
    "an archive that swells": (compressed(pth({"features.0.0.weight": torch.zeros(2**26)})), "far more memory"),
    "a string that is not there": (as_archive(b"\x80\x02}X" + struct.pack("<I", 2**31) + b"abc."), "can't be opened"),
}
