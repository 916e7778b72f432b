"""Files that somebody names: endless, special, too large, no text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from effnet_core.files import read_file, read_text


def test_no_more_is_read_than_the_limit_and_one_byte(tmp_path):
    file = tmp_path / "large"
    file.write_bytes(bytes(2**20 + 500))
    assert len(read_file(file, 1)) == 2**20 + 1
    assert len(read_file(file, 2)) == 2**20 + 500


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match="not a file"):
            read_file(path, 1)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nowhere", 1)


def test_text(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_bytes("\ufeffGrüße\n".encode())
    assert read_text(file, 1) == "Grüße\n"
    file.write_bytes("Grüße".encode("cp1252"))
    with pytest.raises(ValueError, match=r"labels\.txt is not text in UTF-8"):
        read_text(file, 1)
    file.write_bytes(b"x" * 2**20 + b"y")
    with pytest.raises(ValueError, match="over the limit of 1 MB"):
        read_text(file, 1)
