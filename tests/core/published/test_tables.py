"""Published numbers: every table can be read, every row tells its source, and copies have not drifted."""

from __future__ import annotations

import pytest
from support.paths import SHARED

from effnet_core.published import tables

FACTS = SHARED / "facts"


@pytest.mark.parametrize("name", tables.tables())
def test_every_row_has_a_source(name):
    rows = tables.table(name)
    assert rows and all(row.get("source") or row["evidence"] for row in rows)


@pytest.mark.parametrize("name", tables.tables())
def test_copies_have_not_drifted(name):
    original = SHARED / f"{name}.csv"
    if not SHARED.is_dir():
        pytest.skip("../shared/facts is missing: nothing to compare the copies with")
    if original.is_file():
        assert (tables.FOLDER / f"{name}.csv").read_text(encoding="utf-8") == original.read_text(encoding="utf-8")


def test_cells_are_what_they_are():
    row = tables.table("effnet_table2_imagenet")[0]
    assert row["model"] == "EfficientNet-B0" and isinstance(row["top1_pct"], float)
    assert row.get("verified") in (True, None)


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no table is called 'table9'; there are .*effnet_table2_imagenet"):
        tables.table("table9")
