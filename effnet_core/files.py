"""Files on disk: one that somebody names is read no further than its limit; a written one is the old or the new.

Pure Python.
"""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def read_file(path: Path, limit_mb: float) -> bytes:
    """Its bytes, at most one more than `limit_mb` (of 2**20): who refuses too large a file still says so itself.

    Raises OSError, also for what is no file, such as a device that never ends.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "this is not a file", str(path))
    with open(path, "rb") as file:
        return file.read(int(limit_mb * 2**20) + 1)


def read_text(path: Path, limit_mb: float) -> str:
    """A text file in UTF-8. Raises ValueError for what is no text or too large, and OSError as read_file does."""
    data = read_file(path, limit_mb)
    if len(data) > limit_mb * 2**20:
        raise ValueError(f"{path} is over the limit of {limit_mb:g} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8; save it as UTF-8 and try again") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place once all is written; else `path` stays as it was.

    Raises OSError.
    """
    part = _beside(path)
    try:
        yield part
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, content: bytes | str) -> None:
    """Write a whole file, text as UTF-8. Raises OSError; the file is as it was then."""
    with replacing(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def check_writable(path: Path) -> None:
    """Before the work whose result goes there. Raises ValueError saying why no file can be written."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it")
    try:
        part = _beside(path)
        part.touch()
        part.unlink()
    except OSError as problem:
        raise ValueError(f"{path} can't be written: {problem.strerror}") from problem


def _beside(path: Path) -> Path:
    """A new name in the same folder; not tempfile's, whose files are for their owner alone."""
    return path.with_name(f".{uuid.uuid4().hex}.part")
