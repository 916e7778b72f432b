"""A process of its own that opens one untrusted pickle: checkpoint on standard input, safetensors on standard output.

    python -m effnet_core.networks.unpickling_child BYTES

Pickles that hold no code can still ask for any amount of memory and time, so this process limits itself before it
reads the first byte. A refusal is a file without tensors whose metadata has a sentence under "refused".
"""

from __future__ import annotations

import io
import json
import math
import os
import pickletools
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

import torch
from torch import Tensor

from ..foreign_text import shortened
from . import tensor_file
from .checkpoint_limits import LIMIT_MB
from .state_dict_names import CheckpointRejected, some

SPARE_MB = 128  # memory that even the smallest file may ask for
COPIES = 3  # of the file, that reading it may hold at once
SECONDS, SECONDS_A_MB = 2.0, 0.05  # of the processor: ten times what reading takes

# entries that training scripts wrap a state dict in; averaged weights first, since those are the ones that were tested
WRAPPERS = (
    *("model_ema", "state_dict_ema", "ema_state_dict", "state_dict"),
    *("model_state_dict", "model", "module", "net", "network", "weights"),
)
DEEPEST = 4

KINDS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
NAMES = {kind: name for name, kind in KINDS.items()}

CODE = (
    "holds Python objects or code beside its weights, which are not opened since they could run anything; "
    "save the weights alone with torch.save(model.state_dict(), 'weights.pth')"
)
TOO_LARGE = "is over the limit of {} MB; save the state dict alone, without the optimizer's state"
SWELLS = "asks for far more memory than its size, so it is not opened; save it anew with torch.save"
CALLS = {"GLOBAL", "INST", "OBJ", "STACK_GLOBAL", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}  # what pickles find code with


def main() -> None:
    size = int(sys.argv[1])
    limit(size)
    convert(sys.stdin.buffer.read(size), sys.stdout.buffer)


def limit(size: int) -> None:
    """Bound this process's memory and time by the size of the file. On Windows only the caller's clock does."""
    try:
        import resource
    except ImportError:
        return
    os.nice(5)  # the class's pages come first
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime + SECONDS + SECONDS_A_MB * size / 2**20
    wanted = {resource.RLIMIT_CPU: math.ceil(seconds), resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0}
    with suppress(OSError), open("/proc/self/statm") as file:  # Linux
        data = int(file.read().split()[5]) * resource.getpagesize()
        wanted[resource.RLIMIT_DATA] = data + SPARE_MB * 2**20 + COPIES * size
    for kind, most in wanted.items():
        with suppress(ValueError, OSError):  # macOS refuses some; the soft limit alone ends with a signal of its own
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def convert(data: bytes, out: BinaryIO) -> None:
    """Write the tensors of a checkpoint's innermost state dict as safetensors.

    The way to it is in the metadata under "entries", and "whole" where the file holds nothing else. Of tensors that are
    no plain floats there is only what they are.
    """
    try:
        content, entries = _unwrapped(_loaded(data))
        tensors = _tensors(content)
        rows = {name: _row(tensor) for name, tensor in tensors.items()}
        if sum(size for _, _, size in rows.values()) > LIMIT_MB * 2**20:
            raise CheckpointRejected(TOO_LARGE.format(LIMIT_MB))
        whole = {} if entries or len(tensors) < len(content) else {"whole": "yes"}
        begin = tensor_file.header(rows, {"entries": json.dumps(entries), **whole})
    except CheckpointRejected as refusal:
        out.write(tensor_file.header({}, {"refused": str(refusal)}))
        return
    out.write(begin)
    for name, tensor in tensors.items():
        if rows[name][2]:  # one at a time: a tensor that repeats a stored number is large only when written out
            out.write(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy())
    out.flush()


def _loaded(data: bytes) -> object:
    """Whatever the file holds, as tensors and plain containers."""
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling damaged files raises whatever they lead to
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise CheckpointRejected(SWELLS) from error
        if re.search("allowlist|blocked|TorchScript", str(error)) or _holds_code(data):
            raise CheckpointRejected(CODE) from error
        raise CheckpointRejected(tensor_file.DAMAGED) from error


def _holds_code(data: bytes) -> bool:
    """Whether a pickle that torch does not read names classes or functions other than torch's own."""
    return any(
        opcode.name in CALLS and not re.match(r"(torch|collections)\b", str(argument))
        for pickle in _pickles(data)
        for opcode, argument in _operations(pickle)
    )


def _pickles(data: bytes) -> Iterator[bytes]:
    """Those in a zip archive, or the file itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".pkl"):
                    yield archive.read(member)
    except Exception:  # no archive, or a damaged one
        if not data.startswith(b"PK"):
            yield data


def _operations(pickle: bytes) -> Iterator[tuple[pickletools.OpcodeInfo, object]]:
    """What a pickle does, as far as it can be read; torch's old format has five one after the other."""
    stream = io.BytesIO(pickle)
    with suppress(Exception):
        for _ in range(5):
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name == "INST" and not re.fullmatch(r"[\w.]+ \w+", argument):
                    return  # text that begins like it
                yield opcode, argument


def _unwrapped(content: object) -> tuple[object, list[str]]:
    """The innermost state dict, and the entries that lead to it."""
    entries: list[str] = []
    for _ in range(DEEPEST):  # a pickled dictionary can hold itself
        inner = isinstance(content, Mapping) and next(
            (key for key in WRAPPERS if isinstance(content.get(key), Mapping)), None
        )
        if not inner:
            break
        content = content[inner]
        entries.append(inner)
    return content, entries


def _tensors(content: object) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        raise CheckpointRejected(f"holds a {type(content).__name__}; save the network's state_dict() instead")
    tensors = {key: value for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        names = (key if isinstance(key, str) else f"a {type(key).__name__}" for key in content)
        held = f"its entries are {some(map(shortened, names))}" if content else "it is an empty dictionary"
        raise CheckpointRejected(f"holds no weights ({held}); save the network's state_dict() instead")
    return tensors


def _row(tensor: Tensor) -> tuple[str, tuple[int, ...], int]:
    """Kind, shape and bytes as a safetensors header has them; no bytes where it is no plain tensor of floats."""
    shape = tuple(tensor.shape)
    if tensor.layout == torch.strided and tensor.device.type == "cpu" and tensor.dtype in NAMES:
        return NAMES[tensor.dtype], shape, math.prod(shape) * tensor.itemsize
    return f"{tensor.dtype}, {tensor.layout}, {tensor.device}", shape, 0


if __name__ == "__main__":
    main()
