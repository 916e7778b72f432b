"""Long use: does a server keep something of every interaction or visitor, and can one of them starve the rest?

interactions: 2,000 on all pages, by eight sessions that go their own ways, with a photograph of their own on Classify.
visitors:     200 sessions that come, upload a photograph of 12 megapixels on Classify, see it explained, and go.
greedy:       30 sessions move φ, alone and beside one visitor who asks for the most expensive answers of the app, in as
              many tabs as it computes such answers at once, each about a new photograph; one more tab runs races.

Memory, open files and threads of the server must be flat after the first hundred visitors, when their sessions have
expired, and once the caches have filled with the first hundreds of interactions. Writes benchmarks/soak.json, each
scenario with its conditions, and exits with 1 if something grew.
Linux; about twenty minutes: python benchmarks/soak.py [SCENARIO ...] [--scale 1]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from classroom import moving, together
from sessions import answering, client, moves, servers
from sessions.memory import CHECKED_S
from sessions.servers import Server

from effnet_core.architecture import tiny  # after sessions.moves, which finds the project
from ui.shared.progress_bar import MOST_AT_ONCE

HERE = Path(__file__).parent
INTERACTIONS, VISITORS = 2000, 200
FIRST = 100  # visitors, after which nothing may grow
FILLED = 800  # interactions, after which nothing may grow: the caches of answers and pictures, all bounded, are full
AT_ONCE, IN_A_ROW = 8, 4  # sessions that interact; visitors at one time
EXPIRY_S = 15  # of a closed session, for the visitors
SAMPLES = 40  # of memory, files and threads in one scenario
MORE = {"memory_mb": 0.05, "open_files": 0.1, "threads": 0.1}  # shares that count as growth
SOME = {"memory_mb": 20, "open_files": 8, "threads": 4}  # and what may come and go
DISTINCT = 12  # photographs that are made; the others are the same with another ending, and so another hash
CLASS, SECONDS = 30, 40
WIDEST = max(tiny().blocks, key=lambda block: block.expanded_channels).name
GREEDY = (  # pages, their settings, and the button that begins their long answer
    ("se_gates", {"se_gates.panel": "Which channels matter", "se_gates.block": WIDEST}, "se_gates.rank"),
    ("classify", {"classify.method": "Occlusion", "classify.window": 4, "classify.stride": 25}, "classify.compute"),
    (
        "budgets",
        {"budgets.panel": "Latency here", "budgets.as": "as B7", "budgets.condition": "All cores"},
        "budgets.measure",
    ),
)


class Watch:
    """Samples of a server's memory, files and threads by how much has been done; whether they grew."""

    def __init__(self, server: Server, total: int) -> None:
        self.server, self.every, self.done = server, max(1, total // SAMPLES), 0
        self.samples: list[dict[str, float]] = []

    def did(self) -> None:
        self.done += 1
        if self.done % self.every == 0:
            self.sample()

    def sample(self) -> dict[str, float]:
        row = {"done": self.done, "memory_mb": round(self.server.memory_mb())}
        self.samples.append(row | {"open_files": self.server.open_files(), "threads": self.server.threads()})
        return self.samples[-1]

    def growth(self, first: int) -> dict[str, object]:
        """The mean of the samples just after the first ones, of the last ones, and what grew between them."""
        later = [row for row in self.samples if row["done"] > first]
        some = max(2, len(later) // 5)
        early, late = ({key: self._mean(rows, key) for key in MORE} for rows in (later[:some], later[-some:]))
        return compared({"done": first} | early, late) | {"peak_mb": round(self.server.peak_mb())}

    @staticmethod
    def _mean(rows: list[dict[str, float]], key: str) -> float:
        return round(float(np.mean([row[key] for row in rows])), 1)


def compared(early: dict[str, float], late: dict[str, float]) -> dict[str, object]:
    grew = [key for key in MORE if late[key] > early[key] * (1 + MORE[key]) + SOME[key]]
    return {"early": early, "late": late, "grew": grew}


def photographs() -> Callable[[int], bytes]:
    """number -> a JPEG of 12 megapixels; no two are the same file."""
    made = [moves.photograph(5000 + number) for number in range(DISTINCT)]
    return lambda number: made[number % DISTINCT] + number.to_bytes(4, "big")  # decoders stop before it


async def interactions(server: Server, scale: float) -> dict[str, object]:
    total, photograph, problems = round(INTERACTIONS * scale), photographs(), []
    watch = Watch(server, total)

    async def one(number: int) -> None:
        chance, last = random.Random(number), {}
        async with client.opened(server.address) as session:
            await session.open()
            while watch.done < total:
                page = chance.choice([*moves.MOVES])
                own = page == "classify" and chance.random() < 0.3
                picture = answering.file_name(number) if own else chance.choice(moves.TITLES)
                data = photograph(chance.randrange(10**6)) if own else b""
                visit = answering.visit(session, last, page, picture, data, pick=partial(some_of, chance))
                async for kind, _, answer in visit:
                    problems.extend(f"{page} {kind}: {problem}" for problem in answer.problems)
                    watch.did()

    async with asyncio.TaskGroup() as group:
        for number in range(AT_ONCE):
            group.create_task(one(number))
    return {"interactions": watch.done, "sessions": AT_ONCE, **watch.growth(round(FILLED * scale)), **_errors(problems)}


def some_of(chance: random.Random, values: list) -> list:
    return chance.sample(values, min(2, len(values)))


async def visitors(server: Server, scale: float) -> dict[str, object]:
    """Compared when all that came have expired: in between, memory goes up and down with who has left just now."""
    first, total, photograph, problems = round(FIRST * scale), round(VISITORS * scale), photographs(), []
    watch, settled = Watch(server, total), []

    async def some(numbers: Iterator[int]) -> None:
        for number in numbers:
            async with client.opened(server.address) as session:
                await session.open("classify")
                await session.move("app.source", "Upload")
                answer = await session.upload("app.upload", {answering.file_name(number): photograph(number)})
                problems.extend(answer.problems)
            watch.did()

    for numbers in (iter(range(first)), iter(range(first, total))):
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_A_ROW):
                group.create_task(some(numbers))
        await asyncio.sleep(EXPIRY_S + 2 * CHECKED_S)
        settled.append(watch.sample())
    most = max(row["memory_mb"] for row in watch.samples)
    return {"visitors": watch.done, **compared(*settled), "most_mb": most, **_errors(problems)}


async def greedy(server: Server, scale: float) -> dict[str, object]:
    """95 of 100 moves of a class within so many seconds: alone first, since the visitor's races outlast a round."""
    key, values = moves.MOVES[""]
    seconds, rows, asked = SECONDS * scale, {"alone": [], "beside": []}, Counter()
    photograph = photographs()
    new = ((number, photograph(number)) for number in itertools.count())  # no answer is kept from before
    for _ in range(2):
        rows["alone"].append(await together(server, CLASS, seconds, "", moving(key, values)))
    for _ in range(2):
        ask = asyncio.create_task(_ask_for_the_most(server, new, asked))
        rows["beside"].append(await together(server, CLASS, seconds, "", moving(key, values)))
        ask.cancel()
        end = (await asyncio.gather(ask, return_exceptions=True))[0]
        if not isinstance(end, asyncio.CancelledError):
            raise RuntimeError("the greedy visitor gave up") from end
    p95 = {name: round(max(row["requests"]["move"]["p95_s"] for row in runs), 3) for name, runs in rows.items()}
    errors = [problem for runs in rows.values() for row in runs for problem in row["first_errors"]]
    return {"sessions": CLASS, "p95_s": p95, "asked": dict(asked), "grew": [], **_errors(errors)}


async def _ask_for_the_most(server: Server, new: Iterator[tuple[int, bytes]], asked: Counter[str]) -> None:
    """Until it is cancelled; counts the buttons that it presses."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_race(server, asked))
        for _ in range(MOST_AT_ONCE):
            group.create_task(_one_after_the_other(server, new, asked))


async def _one_after_the_other(server: Server, new: Iterator[tuple[int, bytes]], asked: Counter[str]) -> None:
    for number, photograph in new:
        page, settings, button = GREEDY[number % len(GREEDY)]
        async with client.opened(server.address) as session:
            await session.open(page, urlencode(settings | {"app.source": "Upload"}))
            if page in moves.WITH_PICTURE:
                await session.upload("app.upload", {answering.file_name(number): photograph})
            asked[button] += 1
            await session.move(button, True)


async def _race(server: Server, asked: Counter[str]) -> None:
    """One race after the other."""
    async with client.opened(server.address) as session:
        await session.open("experiments")
        while True:
            try:
                await session.move("experiments.start", True)
                asked["experiments.start"] += 1
            except KeyError:  # it runs: the button is back when it has ended
                await session.ask()
            await asyncio.sleep(1)


def _errors(problems: list[str]) -> dict[str, object]:
    return {"errors": len(problems), "first_errors": problems[:5]}


SCENARIOS = {"interactions": interactions, "visitors": visitors, "greedy": greedy}


async def run(name: str, scale: float) -> dict[str, object]:
    settings = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": f"{EXPIRY_S}"} if name == "visitors" else {}
    with servers.running(**settings) as server:
        await answering.warm(server)
        start = time.monotonic()
        results = await SCENARIOS[name](server, scale)
        return results | {"seconds": round(time.monotonic() - start)}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(SCENARIOS)}; all by default")
    words.add_argument("--scale", type=float, default=1, help="a tenth of everything: 0.1; nothing is written below 1")
    options = words.parse_args()
    file, failed = HERE / "soak.json", False
    report = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name in options.scenarios or SCENARIOS:
        conditions = servers.conditions(f"{name}; sessions and server on this machine")
        results = asyncio.run(run(name, options.scale))
        failed |= bool(results["grew"] or results["errors"])
        report[name] = {"conditions": conditions, "results": results}
        print(name, json.dumps(results, indent=1, ensure_ascii=False), flush=True)
        if options.scale >= 1:
            file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
