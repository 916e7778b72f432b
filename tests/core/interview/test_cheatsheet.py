"""The page to print and the deck for Anki: one page, Greek letters embedded, numbers of the cost model."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
import zlib

import pytest

from effnet_core.architecture import B0_STAGES, RELEASES, released
from effnet_core.cost import cost_of
from effnet_core.interview import anki, cheatsheet
from effnet_core.interview.cards import all_cards
from effnet_core.units import three_digits


@pytest.fixture(scope="module")
def file() -> bytes:
    return cheatsheet.pdf()


def test_it_is_one_page_of_landscape_a4(file):
    assert file.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", file)) == 1
    width, height = map(float, re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", file).groups())
    assert (round(width), round(height)) == (842, 595)


def test_its_font_is_embedded_and_has_greek_letters(file):
    assert b"DejaVuSans" in file and file.count(b"/FontFile2") == 2
    inflated = b"".join(_inflated(file))
    for letter in "αβγφσ≈√":
        assert f"{ord(letter):04X}".encode() in inflated.upper(), f"{letter} is in no font's map of characters"


def _inflated(file: bytes):
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", file, re.S):
        try:
            yield zlib.decompress(found[1])
        except zlib.error:
            yield found[1]


def test_nothing_runs_over_the_edges():
    class Watched(cheatsheet.Sheet):
        lowest = 0.0

        def next_column(self) -> None:
            type(self).lowest = max(self.lowest, self.y)
            super().next_column()

    original, cheatsheet.Sheet = cheatsheet.Sheet, Watched
    try:
        cheatsheet.pdf()
    finally:
        cheatsheet.Sheet = original
    assert 100 < Watched.lowest < 210 - cheatsheet.MARGIN
    assert 3 * cheatsheet.COLUMN + 2 * cheatsheet.GAP + 2 * cheatsheet.MARGIN <= 297


def test_its_tables_are_those_of_the_cost_model():
    _, stages = cheatsheet.b0_table()
    assert [int(row[3]) for row in stages[1:-1]] == [stage.out_channels for stage in B0_STAGES]
    assert [int(row[2]) for row in stages] == [224, 112, 112, 56, 28, 14, 14, 7, 7]  # Table 1
    assert sum(float(row[5]) for row in stages) == pytest.approx(cost_of(released("b0")).macs / 1e6, rel=5e-3)
    _, family = cheatsheet.family_table()
    assert [row[0].lower() for row in family] == list(RELEASES)
    assert family[7][4] == three_digits(cost_of(released("b7")).params / 1e6) and family[7][6] == "84.3"


def test_the_deck_has_every_card(tmp_path):
    with zipfile.ZipFile(io.BytesIO(anki.deck(all_cards()))) as package:
        package.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as collection:
        rows = collection.execute("select guid, flds, tags from notes").fetchall()
    assert len(rows) == len(all_cards()) == len({guid for guid, _, _ in rows})
    assert any(
        all_cards()[0].question in fields and "MBConv-and-inverted-residuals" in tags for _, fields, tags in rows
    )


def test_a_later_deck_updates_the_same_cards(tmp_path):
    def guids(name: str) -> set[str]:
        with zipfile.ZipFile(io.BytesIO(anki.deck(all_cards()))) as package:
            package.extract("collection.anki2", tmp_path / name)
        with sqlite3.connect(tmp_path / name / "collection.anki2") as collection:
            return {row[0] for row in collection.execute("select guid from notes")}

    assert guids("first") == guids("second")
