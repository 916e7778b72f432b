"""A class votes at once: phones open the link and vote, while the presenter's bars are asked for every second.

Phones open the link and send their vote at moments of their own within ten seconds. "arrived" is the time from sending
a vote until the phone has the answer that says so, "all on the screen" from the last vote until the presenter's bars
show all of them. While they wait, phones look for the next question every two seconds, as the page does. Phones and
server share this machine. Writes benchmarks/vote.json with its conditions.
Linux; half a minute: python benchmarks/vote.py [--phones 60] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import time
from pathlib import Path

import numpy as np
from sessions import client, servers
from sessions.client import Answer, Session
from sessions.servers import Server

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from effnet_core import lessons  # noqa: E402
from ui.lessons import ballot, lesson_mode, voting  # noqa: E402

LESSON = lessons.lesson("compound_scaling")
WITHIN_S = 10.0  # in which all vote
AFTER_S = 60.0  # in which the bars must have all


async def open_presenter(session: Session) -> str:
    """The first step with its vote open; the code of the room."""
    link = "&".join(f"{key}={value}" for key, value in lesson_mode.link(LESSON, 0).items())
    await session.open(LESSON.steps[0].page, link)
    shown = await session.move("teach.vote", True)
    return re.search(r"/vote\?c=(\w+)", " ".join(shown.texts))[1]


async def watch(session: Session, phones: int, since: list[float]) -> float:
    """Ask for the bars as the presenter's browser does; seconds from the last vote until they show all."""
    bars = next(one.fragment_id for one in session.elements.values() if "vote-bar" in one.new_element.html.body)
    ends = time.monotonic() + WITHIN_S + AFTER_S
    while time.monotonic() < ends:
        shown = " ".join((await session.ask(bars)).texts)
        if f"**{phones}** have voted" in shown:
            return time.monotonic() - max(since)
        await asyncio.sleep(voting.EVERY_S)
    raise TimeoutError(f"the bars never showed {phones} votes")


async def phone(session: Session, code: str, number: int, sent: list[float], done: asyncio.Event) -> dict:
    """Open the link, vote, and look for the next question until all have voted."""
    waits = random.Random(number)
    begins, votes_at = sorted((waits.uniform(0, WITHIN_S), waits.uniform(0, WITHIN_S)))
    await asyncio.sleep(begins)
    opened = await session.open("vote", f"{ballot.CODE}={code}")
    await asyncio.sleep(max(0, votes_at - begins - opened.seconds))
    choice = waits.randrange(len(LESSON.steps[0].options))
    sent.append(time.monotonic())
    voted = await session.move(f"vote.{choice}", True)
    problems = [*opened.problems, *voted.problems, *([] if has_arrived(voted) else ["it does not say that it arrived"])]
    part = session.widget(f"vote.{choice}").fragment_id
    while not done.is_set():
        await asyncio.sleep(ballot.EVERY_S)
        problems += (await session.ask(part)).problems
    return {"opened": opened.seconds, "arrived": voted.seconds, "problems": problems}


def has_arrived(answer: Answer) -> bool:
    return any("Arrived" in text for text in answer.texts)


async def one_round(server: Server, phones: int) -> dict[str, object]:
    """All phones open the page and vote."""
    sent: list[float] = []
    done, address, cpu = asyncio.Event(), server.address, server.cpu_s()

    async def use(number: int, code: str) -> dict:
        async with client.opened(address) as session:
            return await phone(session, code, number, sent, done)

    async with client.opened(address) as presenter:
        code = await open_presenter(presenter)
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(use(number, code)) for number in range(phones)]
            on_screen = await watch(presenter, phones, sent)
            done.set()
            cpu = server.cpu_s() - cpu
    rows = [task.result() for task in work]
    problems = [problem for row in rows for problem in row["problems"]]
    p95 = {name: round(float(np.percentile([row[name] for row in rows], 95)), 3) for name in ("opened", "arrived")}
    return {
        "opened_p95_s": p95["opened"],
        "arrived_p95_s": p95["arrived"],
        "all_on_screen_s": round(on_screen, 3),
        "server_cpu_s": round(cpu, 2),
        "errors": len(problems),
        "first_errors": problems[:5],
    }


async def measure(phones: int, rounds: int) -> list[dict[str, object]]:
    with servers.running() as server:
        await one_round(server, 2)  # everything is imported
        server.settle()
        return [await one_round(server, phones) for _ in range(rounds)]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--phones", type=int, default=60)
    words.add_argument("--rounds", type=int, default=3)
    options = words.parse_args()
    conditions = servers.conditions(f"{options.phones} phones vote within {WITHIN_S:g} s; phones and server here")
    rows = asyncio.run(measure(options.phones, options.rounds))
    report = {"conditions": conditions, "results": {"phones": options.phones, "rounds": rows}}
    (HERE / "vote.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report["results"], indent=1))


if __name__ == "__main__":
    main()
