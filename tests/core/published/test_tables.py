"""Published numbers: every table can be read, every row tells its source, and none has changed by accident."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support.facts import FOLDER

from effnet_core.published import tables


@pytest.mark.parametrize("name", tables.tables())
def test_every_row_has_a_source(name):
    rows = tables.table(name)
    assert rows and all(row.get("source") or row["evidence"] for row in rows)


def test_no_published_number_has_changed_by_accident():
    """After a change on purpose, copy the new digest from the failure's output into tests/facts/published.sha256."""
    expected = dict(reversed(line.split()) for line in (FOLDER / "published.sha256").read_text("utf-8").splitlines())
    assert {f"{name}.csv": digest(tables.FOLDER / f"{name}.csv") for name in tables.tables()} == expected


def digest(path: Path) -> str:
    """SHA-256 of the text, whatever ends its lines (git may check it out with those of Windows)."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def test_cells_are_what_they_are():
    row = tables.table("effnet_table2_imagenet")[0]
    assert row["model"] == "EfficientNet-B0" and isinstance(row["top1_pct"], float)
    assert row.get("verified") in (True, None)


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no table is called 'table9'; there are .*effnet_table2_imagenet"):
        tables.table("table9")
