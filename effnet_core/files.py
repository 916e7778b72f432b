"""Files that somebody names: read no further than their limit, and only where they are files. Pure Python."""

from __future__ import annotations

import errno
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
