"""A class on one server: sessions over websockets that keep moving an input, with pauses of 0.2 to 1 s, as people do.

overview: φ with 1, 5 and 30 sessions, in turns with 30 sessions on a bare page (one slider, one chart).
classify: 30 sessions; half move the heat map's opacity, half upload different photographs of 12 megapixels.
mixed:    60 sessions on all pages, each goes its own way; every third uploads a photograph of its own on Classify.
memory:   after 500 interactions against after 50; what a session with three such photographs takes, and what is given
          back when sessions expire; eight such photographs at once.

Every answer of classify and mixed is compared with that of a single session on a server of its own: texts, charts and
pictures. Sessions and server share this machine. CPU time of the server is hardly touched by other work on it, wall
times are. Writes benchmarks/classroom.json, each scenario with its conditions; scenarios that are not named stay in it.
Linux; a quarter of an hour: python benchmarks/classroom.py [SCENARIO ...] [--seconds 20] [--size 30] [--server COMMAND]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sessions import answering, client, moves, servers
from sessions import memory as class_memory
from sessions.answering import Done
from sessions.client import Session
from sessions.servers import Server

HERE = Path(__file__).parent
PAUSE_S = (0.2, 1.0)
ROUNDS = 2  # of the overview and the bare page, in turns
EACH_UPLOADS = 2  # photographs of one session on Classify
GRACE_S = 120
VISIT = 2  # values of the page's input before the next page


class Work(NamedTuple):
    """What a session gets to do its work with."""

    number: int
    random: random.Random
    ends: list[float]  # one number, set when all have opened their page

    async def pause(self, grace_s: float = 0.0) -> bool:
        """False when the time, and `grace_s` seconds more, are over."""
        await asyncio.sleep(self.random.uniform(*PAUSE_S))
        return time.monotonic() < self.ends[0] + grace_s


Script = Callable[[Session, Work], Awaitable[list[Done]]]


async def together(server: Server, count: int, seconds: float, page: str, script: Script) -> dict[str, object]:
    """So many sessions open the page, one after the other, and then all work for so many seconds; figures of it."""
    ends, opened, begin = [float("inf")], asyncio.Semaphore(4), asyncio.Event()
    ready = asyncio.Barrier(count + 1)

    async def one(number: int) -> list[Done]:
        async with client.opened(server.address) as session:
            async with opened:
                first = await session.open(page)
            await ready.wait()
            await begin.wait()
            if first.problems:
                return [Done("open", first.seconds, f"open {page}: {first.problems[0]}")]
            try:
                return await script(session, Work(number, random.Random(number), ends))
            except Exception as error:  # a session that fails is a row of the result, and the others go on
                return [Done("lost", 0.0, f"{type(error).__name__}: {error}")]

    async with asyncio.TaskGroup() as group:
        work = [group.create_task(one(number)) for number in range(count)]
        await ready.wait()
        cpu, start = server.cpu_s(), time.monotonic()
        ends[0] = start + seconds
        begin.set()
    lasted, cpu = time.monotonic() - start, server.cpu_s() - cpu
    return {"sessions": count} | figures([each for task in work for each in task.result()], lasted, cpu)


def figures(done: list[Done], lasted_s: float, cpu_s: float) -> dict[str, object]:
    problems = [one.problem for one in done if one.problem]
    rows = {}
    for kind in sorted({one.kind for one in done}):
        seconds = [one.seconds for one in done if one.kind == kind]
        p50, p95, longest = (round(value, 3) for value in np.percentile(seconds, [50, 95, 100]))
        rows[kind] = {"count": len(seconds), "p50_s": p50, "p95_s": p95, "max_s": longest}
    return {
        "requests": rows,
        "requests_a_second": round(len(done) / lasted_s, 2),
        "server_cpu_ms_a_request": round(1000 * cpu_s / max(len(done), 1), 1),
        "server_cores_busy": round(cpu_s / lasted_s, 2),
        "errors": len(problems),
        "first_errors": problems[:5],
    }


def moving(key: str, values: tuple) -> Script:
    """Set one widget to one value after the other."""

    async def script(session: Session, work: Work) -> list[Done]:
        done = []
        while await work.pause():
            answer = await session.move(key, work.random.choice(values))
            done.append(Done("move", answer.seconds, "; ".join(answer.problems)))
        return done

    return script


# Scenarios --------------------------------------------------------------------------------------------------------


async def overview(options: argparse.Namespace) -> dict[str, object]:
    key, values = moves.MOVES[""]
    rounds: dict[str, list[dict]] = {}
    counts = (1, 5, options.size)
    with servers.running(command=options.server) as ours, servers.running_bare() as bare:
        await answering.warm(ours)
        for _ in range(ROUNDS):
            for count in counts:
                row = await together(ours, count, options.seconds, "", moving(key, values))
                rounds.setdefault(f"{count}", []).append(row)
            row = await together(bare, options.size, options.seconds, "", moving(servers.BARE_KEY, values))
            rounds.setdefault("bare", []).append(row)
    p95 = {name: np.mean([row["requests"]["move"]["p95_s"] for row in rows]) for name, rows in rounds.items()}
    return {"rounds": rounds, "p95_to_bare": round(p95[f"{options.size}"] / p95["bare"], 2)}


async def classify(options: argparse.Namespace) -> dict[str, object]:
    key, values = moves.MOVES["classify"]
    uploading = options.size // 2
    photographs = [
        [moves.photograph(EACH_UPLOADS * number + each) for each in range(EACH_UPLOADS)] for number in range(uploading)
    ]
    with servers.running(command=options.server) as server:
        wanted = await answering.of_class(server.address, values, photographs)

    left = set(range(uploading))  # who still has a photograph to upload: the others go on so long, and GRACE_S at most

    async def script(session: Session, work: Work) -> list[Done]:
        return await (upload if work.number < uploading else adjust)(session, work)

    async def adjust(session: Session, work: Work) -> list[Done]:
        done = []
        while await work.pause(GRACE_S if left else 0):
            value = work.random.choice(values)
            done.append(answering.checked("move", await session.move(key, value), wanted[value]))
        return done

    async def upload(session: Session, work: Work) -> list[Done]:
        done = []
        try:
            await session.move("app.source", "Upload")
            for each, data in enumerate(photographs[work.number]):
                await work.pause()
                answer = await session.upload("app.upload", {answering.file_name(work.number, each): data})
                done.append(answering.checked("picture", answer, wanted[work.number, each]))
        finally:
            left.discard(work.number)
        return done

    with servers.running(command=options.server) as server:
        await answering.warm(server)
        row = await together(server, options.size, options.seconds, "classify", script)
        return row | {"server_peak_mb": round(server.peak_mb()), "compared_with": len(wanted)}


async def mixed(options: argparse.Namespace) -> dict[str, object]:
    count, seconds = 2 * options.size, 6 * options.seconds
    own = {number: moves.photograph(1000 + number, moves.SMALL) for number in range(0, count, 3)}
    with servers.running(command=options.server) as server:
        wanted = await answering.of_pages(server.address, own)

    def pick(work: Work) -> Callable[[list], list]:
        return lambda values: work.random.sample(values, min(VISIT, len(values)))

    async def script(session: Session, work: Work) -> list[Done]:
        done, last = [], {}
        while await work.pause():
            page, data = work.random.choice([*moves.MOVES]), b""
            picture = work.random.choice(moves.TITLES) if page in moves.WITH_PICTURE else ""
            if page == "classify" and work.number in own:
                picture, data = answering.file_name(work.number), own[work.number]
            async for kind, question, answer in answering.visit(session, last, page, picture, data, pick=pick(work)):
                done.append(answering.checked(kind, answer, wanted.get(question)))
                await work.pause()
        return done

    with servers.running(command=options.server) as server:
        await answering.warm(server)
        row = await together(server, count, seconds, "", script)
        return row | {"server_peak_mb": round(server.peak_mb()), "compared_with": len(wanted)}


async def memory(options: argparse.Namespace) -> dict[str, object]:
    return await class_memory.measure(options.server)


SCENARIOS = {"overview": overview, "classify": classify, "mixed": mixed, "memory": memory}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"{', '.join(SCENARIOS)}; all by default")
    words.add_argument("--seconds", type=float, default=20, help="of moving in one measurement; mixed: times six")
    words.add_argument("--size", type=int, default=30, help="sessions of a class; mixed: twice as many")
    words.add_argument("--server", default=servers.STREAMLIT, help="command that starts it, with {port}")
    options = words.parse_args()
    file = HERE / "classroom.json"
    results = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    for name in options.scenarios or SCENARIOS:
        conditions = servers.conditions(f"{name}, a class of {options.size}; sessions and server on this machine")
        results[name] = {"conditions": conditions, "results": asyncio.run(SCENARIOS[name](options))}
        print(name, json.dumps(results[name]["results"], indent=1, ensure_ascii=False), flush=True)
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
