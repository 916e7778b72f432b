"""Every button that saves a file is pressed, and its file is read; the interview's progress: test_interview.py."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.browser import wait_until_idle

from effnet_core.images.samples import load_sample

pytestmark = pytest.mark.browser


def is_png(data: bytes) -> bool:
    picture = Image.open(io.BytesIO(data))
    return picture.format == "PNG" and len(np.unique(np.asarray(picture.convert("L")))) > 30


def is_table(data: bytes) -> bool:
    rows = list(csv.reader(io.StringIO(data.decode())))
    return len(rows) > 1 and all(len(row) == len(rows[0]) > 2 for row in rows)


def is_arrays(data: bytes) -> bool:
    arrays = np.load(io.BytesIO(data))
    return len(arrays.files) >= 16


def is_script(data: bytes) -> bool:
    return bool(compile(data.decode(), "saved", "exec").co_code) and b"MBConvConfig" in data


def is_deck(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return pack.read("collection.anki2").startswith(b"SQLite format 3") and bool(sqlite3.sqlite_version)


FILES = {  # where each button stands, by its key, and what its file has to be
    "classify.png": ("/classify", ".png", is_png),
    "classify.csv": ("/classify", ".csv", is_table),
    "se_gates.CSV": ("/se_gates?se_gates.panel=As+data", ".csv", is_table),
    "se_gates.NPZ": ("/se_gates?se_gates.panel=As+data", ".npz", is_arrays),
    "se_gates.statistics_npz": ("/se_gates?se_gates.panel=By+depth", ".npz", is_arrays),
    "scaling.text/x-python": ("/scaling?scaling.panel=Export", ".py", is_script),
    "scaling.text/csv": ("/scaling?scaling.panel=Export", ".csv", is_table),
    "interview.pdf": ("/interview?interview.mode=Cheat+sheet", ".pdf", lambda data: data.startswith(b"%PDF-")),
    "interview.apkg": ("/interview?interview.mode=Cheat+sheet", ".apkg", is_deck),
}


def saved(page, key: str) -> tuple[str, bytes]:
    """Name and content of the file that a button gives."""
    button = page.locator(f"[class*='st-key-{key.translate(str.maketrans('./', '--'))}']").get_by_role("button").first
    with page.expect_download() as waiting:
        button.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


@pytest.mark.parametrize("key", FILES)
def test_the_button_gives_its_file(page, key):
    place, suffix, is_good = FILES[key]
    page.goto(place)
    wait_until_idle(page)
    name, data = saved(page, key)
    assert name.endswith(suffix) and len(name) > len(suffix) and is_good(data)


def test_the_map_of_an_uploaded_picture_is_saved(page):
    buffer = io.BytesIO()
    load_sample("coffee").crop((40, 0, 560, 400)).save(buffer, "PNG")
    page.goto("/classify")
    wait_until_idle(page)
    page.get_by_role("button", name="Picture").click()
    page.get_by_role("radio", name="Upload").click()
    uploader = page.locator('[data-testid="stFileUploader"]').filter(has_text="several at once")
    picture = {"name": "my cup.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    uploader.locator("input").set_input_files(picture)
    page.get_by_role("img", name="over the crop of my cup.png").wait_for()
    page.keyboard.press("Escape")
    wait_until_idle(page)
    name, data = saved(page, "classify.png")
    assert name.startswith("my_cup") and is_png(data)
