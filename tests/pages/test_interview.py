"""The interview page as a candidate meets it: cards that come back, drills that are checked, a mock interview sat."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from support.screen import ROOT, board, boards, captions, chart, links, opened, told

from effnet_core.interview import mock_interview
from effnet_core.interview.cards import all_cards, in_group
from effnet_core.interview.drills import KINDS, deal, drill, kinds_of
from effnet_core.interview.drills.kind import GROUPS, Drill
from effnet_core.interview.mock_interview import FollowUp
from effnet_core.interview.progress_file import to_json
from effnet_core.interview.spaced_repetition import RATINGS, Review, rated
from effnet_core.interview.spoken_code import exercises_of
from effnet_core.interview.weak_spots import pages_of
from effnet_core.units import number

pytestmark = pytest.mark.usefixtures("started_server")
CARDS, DRILLS, MOCK, SHEET = "Cards", "Drills", "Mock interview", "Cheat sheet"
PROGRESS = "My progress"


def texts(at) -> str:
    """All that stands on the screen as text."""
    kinds = (at.markdown, at.caption, at.header, at.subheader, at.success, at.info, at.warning, at.error)
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*(element.value for kind in kinds for element in kind), *html])


def question(at) -> str:
    """The card's question, which a component shows."""
    return board(at, "question")["text"]


def labels(at) -> list[str]:
    return [button.label for button in at.button]


def press(at, label: str):
    [found] = [button for button in at.button if button.label.startswith(label)]
    found.click().run()
    assert not at.exception
    return at


def test_it_opens_with_the_first_question_and_hides_the_answer():
    at = opened("interview")
    first = all_cards()[0]
    assert at.title[0].value == "Could you explain it in an interview?"
    assert question(at) == first.question and first.answer[:40] not in texts(at)
    assert f"{len(all_cards())} cards: **{len(all_cards())}** new, **0** due now" in captions(at)


def test_an_answer_is_revealed_with_its_mistake_source_and_dates():
    at = press(opened("interview"), "Show the answer")
    first = all_cards()[0]
    shown = texts(at)
    assert all(text in shown for text in (first.answer[:60], first.wanted, first.mistake, first.source))
    rated = [label for label in labels(at) if label.split(" · ")[0] in RATINGS]
    assert [label.split(" · ")[0] for label in rated] == list(RATINGS)
    assert rated[0].endswith("min") and rated[-1].endswith("days")


def test_an_answer_names_what_is_asked_next():
    at = press(opened("interview"), "Show the answer")
    first = all_cards()[0]
    [asked_next] = at.expander
    assert asked_next.label == f"Asked next: {first.follow_up}"
    assert first.follow_up_answer[:60] in texts(at)


def test_rating_brings_the_next_card_and_counts():
    at = press(press(opened("interview"), "Show the answer"), "Easy")
    assert question(at) == all_cards()[1].question
    assert f"**{len(all_cards()) - 1}** new, **0** due now, **1** not due yet" in captions(at)
    assert "Show the answer" in labels(at), "the next answer is hidden"


def test_an_answer_stays_while_it_is_read_where_another_tab_rates_its_card():
    at = press(opened("interview"), "Show the answer")
    first, second = all_cards()[:2]
    at.session_state["interview.progress"] = rated({}, first.id, "Easy", datetime.now(UTC))
    at.run()
    assert question(at) == first.question and first.wanted in texts(at)
    press(at, "Easy")
    assert question(at) == second.question


def test_filters_of_group_and_level_and_the_end_of_a_queue():
    at = opened("interview", **{"interview.group": GROUPS["depthwise"], "interview.level": "Easy"})
    found = in_group("depthwise", 1)
    for card in found:
        assert question(at) == card.question
        press(press(at, "Show the answer"), "Easy")
    assert "Nothing is due" in at.success[0].value and "days" in at.success[0].value


def test_a_card_may_be_picked_by_a_link():
    card = in_group("se")[3]
    at = opened("interview", **{"interview.card": card.question})
    assert question(at) == card.question and not at.warning


def test_a_narrower_group_lets_go_of_the_picked_card():
    at = opened("interview", **{"interview.card": in_group("se")[3].question})
    at.selectbox(key="interview.group").set_value("scaling").run()
    assert not at.exception and question(at) == in_group("scaling")[0].question


def test_progress_is_imported_and_what_is_none_is_refused():
    at = opened("interview", **{"interview.mode": PROGRESS})
    first = all_cards()[0]
    reviews = [Review(datetime(2026, 1, 2, tzinfo=UTC), first.id, "Easy", 40)]
    file = to_json(rated({}, first.id, "Easy", datetime.now(UTC)), reviews)
    at.get("file_uploader")[0].upload("mine.json", file.encode(), "application/json").run()
    assert not at.exception and at.success[0].value == f"Imported: progress on 1 of {len(all_cards())} cards."
    at.run()
    assert boards(at, "still_charts")[1]["bars"][0]["name"] == "Fri 02 Jan" and "within 40 s" in captions(at)
    at.get("file_uploader")[0].upload("bad.json", json.dumps({"a": 1}).encode(), "application/json").run()
    assert at.error[0].value.startswith("Not imported: ")
    at.get_by_key("interview.mode").set_value("cards").run()
    assert question(at) == all_cards()[1].question
    at.get_by_key("interview.mode").set_value("progress").run()
    press(at, "Forget my progress")
    assert "Nothing is rated yet" in at.info[0].value


def test_my_progress_shows_strength_days_and_what_to_repeat():
    at = press(press(opened("interview"), "Show the answer"), "Easy")
    at.get_by_key("interview.mode").set_value("progress").run()
    first = all_cards()[0]
    strong = {bar["name"]: bar for bar in boards(at, "still_charts")[0]["bars"]}
    ids = in_group(first.group)
    assert strong[GROUPS[first.group]]["share"] == pytest.approx(1 / len(ids))
    assert strong[GROUPS[first.group]]["exact"] == f"1 of {len(ids)} cards were rated"
    assert sum(bar["share"] for bar in strong.values()) == pytest.approx(1 / len(ids)), "the others are new"
    assert [bar["text"] for bar in boards(at, "still_charts")[1]["bars"]] == ["1"]
    press(at, first.question)
    assert question(at) == first.question and "Show the answer" in labels(at)


def test_weak_topics_lead_to_their_cards_drills_pages_and_exercises():
    at = answer(at_drill("swish", 1), "99")
    answer(at_drill("swish", 1), "99")
    at.get_by_key("interview.mode").set_value("progress").run()
    [review] = at.session_state["interview.reviews"]
    assert (review.card, review.rating) == ("drill.swish", "Again"), "the second look at a drill is no answer"
    assert "no drill yet" in captions(at) and "From your second day on" in captions(at)
    weak = [button.key.removeprefix("interview.weak.drills.") for button in at.button if ".weak.drills." in button.key]
    assert len(weak) == 3
    ways = links(at)
    assert {page for group in weak for page in pages_of(group)[:2]} <= {link.page for link in ways}
    by_hand = [exercise.title for exercise in exercises_of(weak[0])][:3]
    assert by_hand and {f"Build it: {title}" for title in by_hand} <= {link.label for link in ways}
    at.button(key=f"interview.weak.drills.{weak[0]}").click().run()
    assert not at.exception and f"| {GROUPS[weak[0]]} · " in captions(at)
    at.get_by_key("interview.mode").set_value("progress").run()
    at.button(key=f"interview.weak.cards.{weak[1]}").click().run()
    assert not at.exception and question(at) == in_group(weak[1])[0].question


def test_the_history_of_topics_is_drawn_from_the_second_day_on():
    at, first = opened("interview", **{"interview.mode": PROGRESS}), in_group("se")[0]
    days = [datetime.now(UTC) - timedelta(days=back) for back in (3, 1)]
    progress, reviews = {}, []
    for day in days:
        progress = rated(progress, first.id, "Easy", day)
        reviews.append(Review(day, first.id, "Easy", 20))
    file = to_json(progress, reviews)
    at.get("file_uploader")[0].upload("mine.json", file.encode(), "application/json").run()
    at.run()
    lines = {line["name"]: line["y"] for line in chart(at, "interview.history")["data"]}
    assert set(lines) == set(GROUPS.values())
    share = 1 / len(in_group("se"))
    assert lines[GROUPS["se"]] == pytest.approx([share] * 4, rel=0.2) and set(lines[GROUPS["scaling"]]) == {0}
    assert "(0\u00a0% 3 days ago)" in captions(at)


def test_a_written_answer_stands_beside_the_reference_and_the_time_is_kept(monkeypatch):
    passed = [0.0]
    monkeypatch.setattr("ui.interview.cards.time", lambda: 1_000_000 + passed[0])
    at = opened("interview")
    first = all_cards()[0]
    at.text_area[0].set_value("<b>It</b> scales three").run()
    passed[0] = 42
    press(at, "Show the answer")
    shown = texts(at)
    assert "&lt;b&gt;It&lt;/b&gt; scales three" in shown and first.answer[:60] in shown and "**You wrote**" in shown
    assert "You looked after 42 s." in captions(at) and not at.success and not at.error, "nothing is judged"
    press(at, "Good")
    [review] = at.session_state["interview.reviews"]
    assert (review.card, review.rating, review.seconds) == (first.id, "Good", 42)
    press(at, "Show the answer")
    assert "**You wrote**" not in texts(at), "the next card has nothing written"


def at_drill(kind: str, seed: int, level: str = "Medium"):
    about = KINDS[kind].about
    return opened(
        "interview",
        **{
            "interview.mode": DRILLS,
            "interview.kind": about,
            "interview.level": level,
            "interview.seed": str(seed),
        },
    )


def answer(at, text: str, button: str = "Check"):
    if at.radio:
        at.radio[0].set_value(text)
    else:
        at.text_input[0].set_value(text)
    return press(at, button)


def test_a_drill_is_checked_and_shows_its_working():
    [asked] = deal(5, 1, kind="block_params", level=2)
    at = at_drill("block_params", 5)
    assert asked.question.split(":")[0].replace("->", "→") in at.header[0].value
    answer(at, f"{asked.answer / 1e6:.5f}M")
    assert at.success[0].value == f"Right: **{number(asked.answer)} parameters**"
    assert all(line.split(":")[0] in texts(at) for line in asked.working)


def test_a_wrong_an_unreadable_and_no_answer():
    [asked] = deal(5, 1, kind="block_params", level=2)
    at = answer(at_drill("block_params", 5), "17")
    assert at.error[0].value.startswith("Not quite. You wrote 17") and number(asked.answer) in at.error[0].value
    answer(at, "many")
    assert "starts with no number" in at.warning[0].value and asked.working[0] not in texts(at)
    press(at, "Show the working")
    assert at.info[0].value.startswith("The answer: ")


def test_a_verdict_stays_while_the_working_is_looked_at_and_until_another_question():
    [asked] = deal(5, 1, kind="block_params", level=2)
    at = answer(at_drill("block_params", 5), "17")
    press(at, "Show the working")
    assert at.error[0].value.startswith("Not quite. You wrote 17") and not at.info
    assert asked.working[0].split(":")[0] in texts(at)
    at.run()
    assert at.error[0].value.startswith("Not quite. You wrote 17")
    answer(at, "many")
    press(at, "Show the working")
    assert not at.error and at.info[0].value.startswith("The answer: "), "what can't be read is no answer"
    press(at, "Next question")
    assert not at.error and not at.info and not at.warning


def test_a_choice():
    [asked] = deal(8, 1, kind="adds_its_input", level=1)
    at = answer(at_drill("adds_its_input", 8, "Easy"), asked.answer)
    assert at.success[0].value == f"Right: **{asked.answer}**"


def test_an_estimate_says_its_factor_and_code_is_shown():
    [asked] = deal(8, 1, kind="weight_memory", level=1)
    at = at_drill("weight_memory", 8, "Easy")
    assert "within a factor of 2" in at.header[0].value
    answer(at, f"{1.8 * asked.answer:.0f} MB")
    assert at.success[0].value.startswith("Right: ")
    at = at_drill("line_params", 5)
    assert at.code[0].value == deal(5, 1, kind="line_params", level=2)[0].code


def test_the_next_question_comes_from_the_next_seed():
    at = press(at_drill("swish", 5), "Next question")
    assert at.number_input(key="interview.seed").value == 6
    [asked] = deal(6, 1, kind="swish", level=2)
    assert asked.question in at.header[0].value


@pytest.mark.parametrize("group", GROUPS)
def test_drills_of_a_group(group):
    at = opened("interview", **{"interview.mode": DRILLS, "interview.group": GROUPS[group]})
    assert f"| {GROUPS[group]} · " in captions(at)
    offered = at.selectbox(key="interview.kind").options
    assert offered == ["Any kind", *(KINDS[name].about for name in kinds_of(group))]


@pytest.mark.parametrize(
    ("mode", "key", "value"),
    [
        (CARDS, "interview.mode", "<script>"),
        (CARDS, "interview.group", "nonsense"),
        (CARDS, "interview.level", "9"),
        (CARDS, "interview.card", "../../etc"),
        (DRILLS, "interview.seed", "nan"),
        (DRILLS, "interview.seed", "1e9"),
        (DRILLS, "interview.seed", "-1"),
        (DRILLS, "interview.kind", "nonsense"),
        (MOCK, "interview.minutes", "1e9"),
        (MOCK, "interview.mock_seed", "inf"),
    ],
)
def test_hostile_links_get_a_sentence(mode, key, value):
    at = opened("interview", **{"interview.mode": mode} | {key: value})
    assert not at.exception
    assert f"The link sets {key} to {value!r}" in told(at)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the interview believes to have passed."""
    passed = [0.0]
    monkeypatch.setattr("ui.interview.mock_interview.time.time", lambda: 1_000_000 + passed[0])
    return passed


def started(minutes: int = 10, seed: int = 2):
    link = {"interview.mode": MOCK, "interview.minutes": str(minutes), "interview.mock_seed": str(seed)}
    return press(opened("interview", **link), "Start")


def readouts(at) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def test_an_interview_is_sat_from_start_to_end(clock):
    """Drills right but the last, cards had but the first: the report names these two, and the cards come back."""
    questions = mock_interview.interview(2, 10)
    at, last_drill = started(), max(index for index, one in enumerate(questions) if isinstance(one, Drill))
    for index, asked in enumerate(questions):
        clock[0] += 30
        assert readouts(at)["Question"] == f"{index + 1} of {len(questions)}"
        if not isinstance(asked, Drill):
            assert question(at) == asked.question and asked.answer[:40] not in texts(at)
            assert ("asked next" in captions(at)) == isinstance(asked, FollowUp)
            press(at, "Show the answer")
            assert asked.answer[:40] in texts(at)
            press(at, "Had it" if index else "Missed it")
        else:
            assert "Right" not in texts(at), "right and wrong come at the end"
            if index == last_drill:
                press(at, "Skip")
            else:
                answer(at, asked.answer if asked.choices else f"{asked.answer:.10g}", "Answer")
    assert at.header[0].value == f"{len(questions) - 2} of {len(questions)} points"
    [table] = at.dataframe
    assert table.value["questions"].sum() == len(questions)
    shares = (table.value["points"] / table.value["questions"]).tolist()
    assert shares == sorted(shares)
    assert at.subheader[0].value == "What to repeat"
    shown = texts(at)
    assert questions[0].mistake in shown and "You wrote: nothing" in shown
    press(at, "Repeat these cards first")
    assert "**1** not due yet" in captions(at) and question(at) == questions[0].question


def test_two_presses_that_come_at_once_answer_one_question(clock):
    at = press(started(), "Show the answer")
    for button in at.button:
        if button.label in mock_interview.SELF_SCORES:
            button.click()
    at.run()
    assert not at.exception and readouts(at)["Question"].startswith("2 of")


def test_what_cannot_be_read_may_be_written_again(clock):
    seed = next(seed for seed in range(99) if not mock_interview.interview(seed, 10)[2].choices)
    at = started(seed=seed)
    for _ in range(2):
        press(press(at, "Show the answer"), "Had it")
    answer(at, "many", "Answer")
    assert "starts with no number" in at.warning[0].value
    assert readouts(at)["Question"].startswith("3 of")


def test_time_ends_an_interview(clock):
    at = started(minutes=5)
    press(press(at, "Show the answer"), "Had it")
    clock[0] += 5 * 60 + 1
    at.run()
    total = len(mock_interview.interview(2, 5))
    assert at.header[0].value == f"1 of {total} points"
    assert f"The interview ended with {total - 1} questions left." in texts(at)
    press(at, "Another interview")
    assert "Start" in labels(at) and at.number_input(key="interview.mock_seed").value == 3


def test_an_interview_may_be_ended(clock):
    at = press(started(), "End it here")
    total = len(mock_interview.interview(2, 10))
    assert at.header[0].value == f"0 of {total} points" and not at.subheader
    assert f"The interview ended with {total} questions left." in texts(at)


def test_the_cheat_sheet_offers_both_files_and_shows_its_tables():
    at = opened("interview", **{"interview.mode": SHEET})
    assert [button.proto.label for button in at.get("download_button")] == ["Cheat sheet, PDF", "Cards for Anki, .apkg"]
    assert [frame.value.shape[0] for frame in at.dataframe] == [9, 8]
    assert "α · β² · γ² ≈ 2" in at.table[0].value["formula"].iloc[0]


def test_it_opens_without_torch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from ui.interview import cards, drills, mock_interview, progress, strength\n"
        "from effnet_core.interview import anki, cheatsheet\n"
        "from effnet_core.interview.cards import all_cards\n"
        "from effnet_core.interview.mock_interview import interview\n"
        "interview(1, 10); cheatsheet.pdf(); anki.deck(all_cards())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_markdown_keeps_signs_as_they_are():
    from ui.interview.drills import as_markdown

    assert as_markdown("a * b_c -> $d ~ e <- f") == "a \\* b\\_c → \\$d \\~ e ← f"
    assert drill("moving_average", 1, 1).question
