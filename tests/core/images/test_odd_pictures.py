"""Hundreds of broken and odd pictures: each gives a picture or a sentence, in little memory and time."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from support.fuzzing import changed, figures, mutations, read_all, reading
from support.odd_pictures import FORMATS, pictures
from support.pictures import noise, saved
from support.reports import told_at_the_end

from effnet_core.images import reading as picture_reading
from effnet_core.images.reading import ImageRejected, read_image

NAMES = (
    "<img src=x onerror=alert(1)>.png",
    "![](//host/x.png)",
    "x" * 500,
    "a\u202egnp.exe",
    "\x00\n\x1b[31m",
    "=cmd|1",
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is forked for each file")


def test_each_gives_a_picture_or_a_sentence(tmp_path):
    rows = read_all("pictures", pictures(), tmp_path)
    told_at_the_end(figures("odd pictures", rows))
    assert len(rows) > 350 and {row["outcome"] for row in rows.values()} == {"read", "refused"}


@pytest.mark.parametrize("examples", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_whatever_is_changed(tmp_path, examples):
    whole = {kind: saved(noise(64, 48), kind) for kind in FORMATS}
    whole["a progressive JPEG"] = saved(noise(64, 48), "JPEG", progressive=True)
    whole["a PNG with a palette"] = saved(noise(64, 48).quantize(), "PNG", transparency=7)
    with reading("pictures", tmp_path) as reader:

        @given(mutations(whole))
        @settings(max_examples=examples)
        def is_read_or_refused(data):
            reader.read(data)

        is_read_or_refused()
    told_at_the_end(figures("pictures changed by Hypothesis", reader.rows))
    assert len(reader.rows) >= examples * 0.9


@pytest.mark.soak
@pytest.mark.parametrize("kind", FORMATS)
def test_changed_at_random(tmp_path, kind):
    data = saved(noise(64, 48), kind)
    rows = read_all("pictures", ((kind, copy) for copy in changed(data, 3000, kind)), tmp_path)
    told_at_the_end(figures(f"{kind}, changed", rows))


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("data", [b"", b"text", saved(noise(9, 9), "PNG")[:40]], ids=["empty", "text", "cut off"])
def test_names_in_sentences_are_short_and_plain(name, data):
    with pytest.raises(ImageRejected) as caught:
        read_image(data, name)
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()


def test_a_large_picture_is_converted_in_parts_like_a_small_one(monkeypatch):
    for kind, picture in (("PNG", noise(60, 41)), ("PNG", noise(60, 41).convert("RGBA")), ("GIF", noise(60, 41))):
        data = saved(picture, kind)
        whole = read_image(data)
        for pixels in (7, 60, 100):
            monkeypatch.setattr(picture_reading, "PART_PIXELS", pixels)
            assert read_image(data) == whole
        monkeypatch.undo()
