"""The cards: no typed number, every topic of interviews, good sources, and links that open what they promise."""

from __future__ import annotations

import re
import tomllib
from collections import Counter

import pytest
import torch
from support.inside import count, macs
from support.screen import opened, turned_to
from torchvision import models

from effnet_core import lessons
from effnet_core.architecture import released
from effnet_core.cost import cost_of
from effnet_core.interview.cards import TEXTS, all_cards, card, in_group, source_rows
from effnet_core.interview.cards.values import FORMATS, NAMES_FILE, PLACEHOLDER, filled, names_in, value
from effnet_core.interview.cheatsheet import NUMBERS
from effnet_core.interview.drills.kind import GROUPS, LEVELS
from effnet_core.published import tables
from effnet_core.units import percent

# what may hold a digit: names of networks, blocks, kernels, tables and terms, and formulas
NAMES = re.compile(
    r"MBConv\d|MobileNetV\d|ShuffleNetV2|EfficientNetV2|EfficientNet-L2|\bV[23](-[SML]\w*)?\b|ResNet-\d+|WRN-50-2|wide_resnet50_2|\bB[0-7]\b|\b[1-7]x[1-7]\b"
    r"|ReLU6|CIFAR-\d+|Conv2d|top-[15]|Table \d|1/[Ck]|[KM] - 1|k//2"
)
ROWS = [(group, row) for group in GROUPS for row in source_rows(group)]
EACH = pytest.mark.parametrize("row", [row for _, row in ROWS], ids=[row["id"] for _, row in ROWS])
LEAST_CARDS = 90


@EACH
def test_no_number_is_typed(row):
    for text in TEXTS:
        typed = NAMES.sub("", PLACEHOLDER.sub("", row[text]))
        assert not re.search(r"[0-9%]\d*", typed.replace(" %", "")), (text, typed)


def test_the_refusal_of_typed_numbers_works():
    assert re.search(r"[0-9]", NAMES.sub("", "B0 has 16 blocks of 3x3"))
    assert not re.search(r"[0-9]", NAMES.sub("", "B0 has MBConv6 blocks of 3x3"))


@EACH
def test_a_card_is_complete(row):
    made = card(row["id"])
    assert all(len(text) > 15 for text in (made.question, made.answer, made.wanted, made.mistake, made.source))
    assert "{" not in made.question + made.answer + made.wanted + made.mistake
    sentences = len(re.findall(r"[.!?:;](?:\s|$)", made.answer))
    assert 2 <= sentences <= 9 and len(made.answer) < 700, "short enough to say aloud"
    assert made.follow_up.endswith("?") and made.follow_up != made.question
    assert len(re.findall(r"[.!?:;](?:\s|$)", made.follow_up_answer)) <= 4 and 40 < len(made.follow_up_answer) < 320
    assert "{" not in made.follow_up + made.follow_up_answer
    assert re.search(r"arXiv|tensorflow/tpu|torchvision|PyTorch|Keras|Counted", made.source)


def test_related_networks_are_counted_where_torchvision_has_them():
    with torch.device("meta"):
        convnext = models.convnext_tiny()
    assert round(count(convnext) / 1e6) == value("convnext.params")
    assert round(macs(convnext, 3, 224, 224) / 1e9, 1) == value("convnext.macs")
    with torch.device("meta"):
        mobile = models.mobilenet_v3_large()
    assert count(mobile) == value("v3.params")


def test_every_related_fact_is_told_with_a_source():
    rows = tables.table("related_networks")
    cited = " ".join(one.source for one in all_cards())
    for row in rows:
        [name] = re.findall(r"arXiv:\d+\.\d+|TensorFlow Blog", row["source"])
        assert name in cited and row["url"].startswith("https://")
    assert value("lite.swish.top1 - lite.swish.int8") > 20 and value("ns.top1 - b7.top1") == pytest.approx(4.1)


def test_the_worked_trade_off_is_the_rewards_own():
    """Twice the FLOPs at the accuracy that the card names give B0's reward."""
    exponent, top1 = value("search.exponent"), value("b0.top1")
    needed = value("one / two ^ search.exponent * b0.top1")
    assert needed * 2**exponent == pytest.approx(top1) and percent(needed / 100, 1) in card("search-reward").answer


def test_there_are_enough_in_every_group_and_level():
    cards = all_cards()
    assert len(cards) >= LEAST_CARDS and len({one.id for one in cards}) == len(cards)
    assert len({one.question for one in cards}) == len(cards)
    assert min(Counter(one.group for one in cards).values()) >= 7
    assert all(len(in_group(level=level)) >= 10 for level in LEVELS)


def test_the_questions_that_interviewers_open_with_come_first():
    assert [one.id for one in all_cards()[:2]] == ["why-inverted", "what-is-se"]


def test_every_topic_of_interviews_has_a_card():
    topics = {row["id"] for row in tables.table("interview_qa")}
    assert len(topics) >= 25
    assert topics == {topic for one in all_cards() for topic in one.topics}


def test_every_name_of_a_fact_is_used_and_right():
    named = set(tomllib.loads(NAMES_FILE.read_text(encoding="utf-8")))
    texts = [row[text] for _, row in ROWS for text in TEXTS] + list(NUMBERS)
    texts += [path.read_text(encoding="utf-8") for path in lessons.FOLDER.glob("*.yaml")]
    used = {name for text in texts for found in names_in(text) for name in found.split()}
    assert not named - used, "a name that no text reads"
    assert all(isinstance(value(name), int | float) for name in named)


def test_placeholders_read_the_cost_model_and_the_facts():
    b0 = cost_of(released("b0"))
    assert value("b0.params") == b0.params and value("b0.flops") == 2 * b0.macs
    assert filled("{b0.params|n}") == f"{b0.params:,}" and filled("{b0.params|M}") == "5.29 M"
    assert value("b0:features.6.1.squeeze_channels") == 48 and value("phi1.resolution") == 258
    assert filled("{gpipe.params / b7.params.printed|.1}") == filled("{gpipe.times}") == "8.4"
    assert filled("{b0.se.params / b0.params|%}") == "12\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    "text",
    ["{b9.params}", "{b0.nonsense}", "{b0.params|Q}", "{b0.params ** b0.params}", "{__import__}", "{b0.params /}"],
)
def test_an_unknown_placeholder_is_refused(text):
    with pytest.raises((ValueError, KeyError)):
        filled(text)


def test_formats_are_short():
    assert [FORMATS[form](1234567.8) for form in ("M", "k", "n", "3", "2")] == [
        *("1.23 M", "1,230 k", "1,234,568", "1,230,000", "1.2e+06")
    ]


def test_no_group_and_no_card_of_other_names():
    with pytest.raises(ValueError, match="there is no group 'nonsense'"):
        in_group("nonsense")
    with pytest.raises(ValueError, match="no card is called 'nonsense'"):
        card("nonsense")


def links() -> dict[str, list[dict[str, str]]]:
    """Page -> the settings that cards open it with, each once."""
    found: dict[str, list[dict[str, str]]] = {}
    for one in all_cards():
        settings = dict(one.settings)
        if settings not in found.setdefault(one.page, []):
            found[one.page].append(settings)
    return found


@pytest.mark.usefixtures("started_server")
@pytest.mark.parametrize("page", links())
def test_links_of_cards_open_what_they_promise(page):
    at = None
    for settings in links()[page]:
        at = opened(page, **settings) if at is None else turned_to(page, at, **settings)
        assert not at.exception and not at.error
        assert not [warning.value for warning in at.warning if "The link " in warning.value]
        known = {element.key for element in [*at.get("button_group"), *at.selectbox, *at.number_input, *at.slider]}
        assert {key for key in settings if not key.startswith("app.")} <= known, "no input is bound to this key"
