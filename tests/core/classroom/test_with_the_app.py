"""The app itself behind nginx: sessions of two students in two processes, uploads, and pages of other sites."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack

import psutil
import pytest
import requests
import websockets
from support import classroom
from support.classroom import needs_nginx
from support.paths import ROOT

from benchmarks.sessions import client
from effnet_core.machine import system

pytestmark = needs_nginx
PICTURE = "picture.png"


@pytest.fixture(scope="module")
def served():
    """(address, workers) of the command line's own start."""
    words = ["classroom", "--workers", "2", "--port", str(classroom.free_port()), "--json"]
    command = [sys.executable, "-m", "effnet_core", *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        told = json.loads(process.stdout.readline())
        yield told["address"], told["workers"]
        process.terminate()


def sessions(address: str) -> list[str]:
    lines = requests.get(f"{address}/metrics", timeout=classroom.LIMIT_S).text.splitlines()
    return [line for line in lines if line.startswith("active_sessions{")]


def test_two_students_are_in_two_processes_and_their_uploads_reach_them(served, photographs, tmp_path):
    address, _ = served
    photographs[0].save(tmp_path / PICTURE)

    async def lesson():
        async with AsyncExitStack() as stack:
            students = [await stack.enter_async_context(client.opened(address)) for _ in range(2)]
            for student in students:
                assert not (await student.open("classify")).problems
                await student.move("app.source", "Upload")
                answer = await student.upload("app.upload", {PICTURE: (tmp_path / PICTURE).read_bytes()})
                assert not answer.problems and any(PICTURE in text for text in answer.texts)
            return sessions(address)

    assert sorted(asyncio.run(lesson())) == ['active_sessions{worker="0"} 1', 'active_sessions{worker="1"} 1']


@pytest.mark.parametrize(
    ("origin", "is_let_in"), [("http://lab.school.example:9000", True), ("http://evil.example", False)]
)
def test_a_page_of_the_name_that_the_browser_asked_for_is_let_in_and_no_other(served, origin, is_let_in):
    address, _ = served
    host, port = address.removeprefix("http://").split(":")

    async def connect() -> bool:
        stream = "ws://lab.school.example:9000/_stcore/stream"
        there = {"host": host, "port": int(port), "subprotocols": ["streamlit"], "origin": origin}
        try:
            async with websockets.connect(stream, **there) as connection:
                return f"effnet_worker_{port}=" in connection.response.headers["Set-Cookie"]
        except websockets.InvalidStatus:
            return False

    assert asyncio.run(connect()) is is_let_in


def test_workers_divide_the_cores_and_what_they_hold_is_mostly_shared(served):
    _, workers = served
    processes = [psutil.Process(worker["pid"]) for worker in workers]
    threads = {int(process.environ()["OMP_NUM_THREADS"]) for process in processes}
    assert threads == {max(1, system.cores() // 2)}
    for process in processes:
        memory = process.memory_full_info()
        assert memory.uss < memory.rss / 2
