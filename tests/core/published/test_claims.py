"""Each claim of Tables 2 and 4 is there, says what is printed, and stands beside what is counted here."""

from __future__ import annotations

import pytest

from effnet_core.published import tables
from effnet_core.published.claims import DISPUTED, KINDS, Claim, claims, newest, published, resolution

CLAIMS = claims()


def find(ours: str, theirs: str, kind: str) -> Claim:
    [claim] = [claim for claim in CLAIMS if (claim.ours, claim.theirs, claim.kind) == (ours, theirs, kind)]
    return claim


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "printed"),
    [
        ("efficientnet_b7", "amoebanet_b", "params ratio", 8.4),
        ("efficientnet_b7", "amoebanet_b", "speedup", 6.1),
        ("efficientnet_b1", "resnet152", "params ratio", 7.6),
        ("efficientnet_b1", "resnet152", "flops ratio", 16),
        ("efficientnet_b1", "resnet152", "speedup", 5.7),
    ],
)
def test_the_headlines_are_those_of_the_abstract_and_the_tables(ours, theirs, kind, printed):
    claim = find(ours, theirs, kind)
    assert claim.published == printed and claim.is_headline and f"{printed:g}×" in claim.text
    assert claim.is_measured == (kind == "speedup")
    assert claim.source.startswith("EfficientNet (Tan & Le") and "http" not in claim.source


def test_headlines_come_first():
    flags = [claim.is_headline for claim in CLAIMS]
    assert flags == sorted(flags, reverse=True) and CLAIMS[0].theirs == "amoebanet_b"


def test_counts_are_those_of_the_built_networks():
    assert find("efficientnet_b7", "amoebanet_b", "params ratio").counted == 557_277_864 / 66_347_960
    flops = find("efficientnet_b7", "amoebanet_b", "flops ratio")
    assert flops.published is None and flops.counted == pytest.approx(7.92, abs=0.01)
    assert "no number" in flops.text and "7.9x B7" in flops.notes[0]


def test_every_other_network_of_table_2_is_there():
    others = [row["model"] for row in newest() if row["model"] != row["group"]]
    for kind in ("params ratio", "flops ratio"):
        assert sorted(claim.theirs_label for claim in CLAIMS if claim.kind == kind) == sorted(others)
    assert {row["version"] for row in newest()} == {"arXiv v5 (11 Sep 2020)"}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.kind}-{claim.theirs_label}")
def test_printed_and_counted_agree_or_a_note_tells_why(claim):
    assert claim.kind in KINDS and claim.unit and claim.source
    if claim.kind == "accuracy":
        assert claim.published == pytest.approx(claim.published_ours - claim.published_theirs)
        return
    if claim.published and not claim.notes:
        assert claim.published == pytest.approx(claim.published_theirs / claim.published_ours, rel=0.05)
    if claim.published and claim.counted:
        assert claim.counted == pytest.approx(claim.published, rel=0.06)
    assert (claim.counted is None) == (claim.theirs is None or claim.kind == "speedup")


def test_notes_are_rows_of_the_errata():
    known = {row["id"]: row["correct_or_clarified"] for row in tables.table("errata")}
    assert {number for numbers in DISPUTED.values() for number in numbers} <= set(known)
    used = {(claim.theirs_label, claim.kind) for claim in CLAIMS if claim.notes}
    assert used == set(DISPUTED)
    assert find("efficientnet_b4", "resnet50", "accuracy").notes[0] == known["E09"]


def test_what_is_published_is_as_rounded_as_it_is_printed():
    assert published("efficientnet_b7")[:2] == (66_000_000, 37_000_000_000)
    assert published("amoebanet_b")[:2] == (557_000_000, None)
    assert published("mobilenet_v2")[:2] == (3_400_000, 300_000_000)
    assert published("amoebanet_d") == (None, None, None)


def test_sizes_are_those_of_the_comparison():
    assert [resolution(name) for name in ("efficientnet_b7", "amoebanet_b", "efficientnet_b1", "resnet152")] == [
        600,
        480,
        240,
        224,
    ]
    with pytest.raises(ValueError, match="no network is called 'vgg16'; there are efficientnet_b0"):
        resolution("vgg16")
