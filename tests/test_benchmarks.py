"""The sessions that the benchmarks of a class are made of: what they ask a real server for, and what they notice."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import soak
from sessions import client, moves, servers
from support.screen import on_screen, straight_to

FRAGMENT = """
import streamlit as st

@st.fragment
def part():
    st.caption(f"word: {st.text_input('Word', key='word')}")

st.caption(f"top = {st.slider('x', 0.0, 9.0, 1.0, key='x'):g}")
part()
files = st.file_uploader("Files", key="files", accept_multiple_files=True)
st.caption("; ".join(f"{file.name} has {len(file.getvalue())} bytes" for file in files))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    script = tmp_path_factory.mktemp("app") / "app.py"
    script.write_text(FRAGMENT, encoding="utf-8")
    with servers.running(script) as server:
        yield server.address


def test_a_session_moves_a_slider_reruns_a_fragment_and_uploads(address):
    async def use():
        async with client.opened(address) as session, client.opened(address) as other:
            await other.open()
            yield await session.open()
            yield await session.move("x", 4.0)
            yield await session.move("word", "stage")
            yield await session.upload("files", {"a.txt": b"123", "b.txt": b"12345"})
            yield await other.ask()

    async def answers():
        return [answer async for answer in use()]

    opened, moved, fragment, uploaded, other = asyncio.run(answers())
    assert not any(answer.problems for answer in (opened, moved, fragment, uploaded, other))
    assert opened.texts == other.texts == ("top = 1", "word:")
    assert moved.texts == ("top = 4", "word:")
    assert not moved.in_fragment
    assert fragment.texts == ("top = 4", "word: stage")
    assert fragment.in_fragment
    assert uploaded.texts == ("top = 4", "word: stage", "a.txt has 3 bytes; b.txt has 5 bytes")


def test_answers_differ_by_more_than_rounding():
    spec = '{"x": [1.0, 2.0], "name": "cat"}'
    answer = client.Answer(1.0, False, ("cat, 78.1 %",), (spec,), ())
    assert not moves.difference(replace(answer, seconds=2.0), answer)
    assert not moves.difference(replace(answer, texts=("cat, 78.2 %",)), answer), "rounding can change the last digit"
    assert "dog" in moves.difference(replace(answer, texts=("dog, 78.1 %",)), answer)
    assert moves.difference(replace(answer, texts=("cat, 79.1 %",)), answer)
    assert not moves.difference(replace(answer, charts=(spec.replace("2.0", "2.00001"),)), answer)
    assert moves.difference(replace(answer, charts=(spec.replace("2.0", "2.1"),)), answer)
    assert moves.difference(replace(answer, images=("/media/one.png",)), answer)


def test_the_soak_tells_what_grew_from_what_came_and_went():
    class Process:
        """A server whose memory climbs with every sample, and whose files come and go."""

        def __init__(self):
            self.seen = 0

        def memory_mb(self):
            self.seen += 1
            return 900 + 10 * self.seen

        def open_files(self):
            return 60 + self.seen % 2

        def threads(self):
            return 12

        def peak_mb(self):
            return self.memory_mb()

    watch = soak.Watch(Process(), total=400)
    for _ in range(400):
        watch.did()
    found = watch.growth(first=100)
    assert len(watch.samples) == soak.SAMPLES and found["grew"] == ["memory_mb"]
    assert found["early"]["memory_mb"] < found["late"]["memory_mb"] and found["early"]["threads"] == 12


@pytest.mark.usefixtures("started_server")
@pytest.mark.parametrize(("page", "settings", "button"), soak.GREEDY)
def test_the_greedy_visitor_finds_its_buttons(page, settings, button):
    at = straight_to(page, **{key: f"{value}" for key, value in settings.items()})
    assert button in on_screen(at) and not at.warning
