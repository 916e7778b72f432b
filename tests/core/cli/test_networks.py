"""The networks command: JSON for machines, a table for people, and the rows that the app shows."""

from __future__ import annotations

import json

import pytest

from effnet_core.__main__ import main
from effnet_core.networks import comparison
from effnet_core.published import tables

FEW = ("amoebanet_b", "mobilenet_v2", "wide_resnet50_2")


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Enough of them to see each kind of row."""
    monkeypatch.setattr(comparison, "BUILDERS", {name: comparison.BUILDERS[name] for name in FEW})


def test_json_is_the_stored_rows(capsys):
    assert main(["networks", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows == [row for row in tables.networks() if row["name"] in FEW]
    assert all(list(row) == ["name", "params", "macs", "resolution", "published"] for row in rows)
    assert rows[0]["published"] == {
        "params": 557_000_000,
        "macs": None,
        "source": "EfficientNet (Tan & Le, ICML 2019, arXiv:1905.11946v5) Table 2",
    }


def test_the_table_is_for_people_and_write_keeps_the_rows(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(tables, "NETWORKS", tmp_path / "networks.json")
    assert main(["networks", "--write"]) == 0
    table = capsys.readouterr().out
    assert "557,277,864" in table and "298,794,036,064" in table and "–" in table
    assert [row["name"] for row in json.loads(tables.NETWORKS.read_text())] == list(FEW)
