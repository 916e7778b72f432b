"""Server CPU time of one rerun of each page, its answer cached, and of one move of its main input.

A rerun is of the whole page with nothing changed. A move is asked for as a browser does: inside a fragment it runs the
fragment alone. All that the server computes until it rests counts, garbage collection after the answer too: user and
system time of its process, which other work on the machine hardly changes. Beside them a bare page with one slider and
one chart. Writes benchmarks/server_cpu.json. Linux; minutes: python benchmarks/server_cpu.py [PAGE ...]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sessions import answering, client, moves, servers
from sessions.client import Answer
from sessions.servers import Server

HERE = Path(__file__).parent
TIMES = 7
BARE_VALUES = (2.0, 3.0)
LIMITS_MS = {"classify": 50, "mbconv": 50, "se_gates": 50}
LIMIT_MS, FRAGMENT_LIMIT_MS = 25, 15


async def cost(server: Server, ask: Callable[[int], Awaitable[Answer]]) -> dict[str, object]:
    """Median of the server's CPU time until it rests, and of the wall time until the answer, in ms.

    Raises RuntimeError if the page shows an error.
    """
    cpu, wall, fragment = [], [], False
    for number in range(TIMES):
        before = server.cpu_s()
        answer = await ask(number)
        if answer.problems:
            raise RuntimeError("; ".join(answer.problems))
        server.settle()
        cpu.append(1000 * (server.cpu_s() - before))
        wall.append(1000 * answer.seconds)
        fragment = answer.in_fragment
    return {
        "cpu_ms": round(statistics.median(cpu), 1),
        "cpu_ms_least": round(min(cpu), 1),
        "wall_ms": round(statistics.median(wall), 1),
        "in_fragment": fragment,
    }


async def of_page(server: Server, page: str) -> dict[str, object]:
    """Rerun and move of one page, in a session of its own; moves go to and fro between values already answered."""
    async with client.opened(server.address) as session:
        await session.open(page)
        values = moves.values_of(session, page)[-2:]
        for value in values:
            await moves.move(session, page, value)
        server.settle()
        row = {"rerun": await cost(server, lambda _: session.ask())}
        if values:
            row["move"] = await cost(server, lambda number: moves.move(session, page, values[number % len(values)]))
            row["moved"] = moves.MOVES[page][0]
    limit = LIMITS_MS.get(page, LIMIT_MS)
    return row | {"limit_ms": limit, "within_limit": row["rerun"]["cpu_ms"] <= limit}


async def of_bare(server: Server) -> dict[str, object]:
    async with client.opened(server.address) as session:
        await session.open()
        server.settle()
        return {
            "rerun": await cost(server, lambda _: session.ask()),
            "move": await cost(server, lambda number: session.move(servers.BARE_KEY, BARE_VALUES[number % 2])),
            "moved": servers.BARE_KEY,
        }


def idle_ms(server: Server, seconds: float = 2.0) -> float:
    """CPU time that the server takes each second while nobody asks for anything."""
    server.settle()
    before = server.cpu_s()
    time.sleep(seconds)
    return round(1000 * (server.cpu_s() - before) / seconds, 2)


def show(name: str, row: dict) -> None:
    move = row.get("move")
    moved = f"{move['cpu_ms']:8.1f} ms{' in a fragment' * move['in_fragment']}" if move else ""
    print(f"{name:10} rerun {row['rerun']['cpu_ms']:7.1f} ms   move {moved}", flush=True)


def main() -> None:
    pages = [page for page in moves.MOVES if moves.name_of(page) in sys.argv[1:]] or [*moves.MOVES]
    conditions = servers.conditions(
        f"server CPU time until it rests, median of {TIMES}; offline model, answers cached, one session", "plotly"
    )
    rows = {}
    with servers.running_bare() as bare:
        rows["bare"] = asyncio.run(of_bare(bare)) | {"idle_ms_a_second": idle_ms(bare)}
        show("bare", rows["bare"])
    with servers.running() as server:
        asyncio.run(answering.warm(server))
        conditions["idle_ms_a_second"] = idle_ms(server)
        for page in pages:
            rows[moves.name_of(page)] = asyncio.run(of_page(server, page))
            show(moves.name_of(page), rows[moves.name_of(page)])
    conditions["fragment_limit_ms"] = FRAGMENT_LIMIT_MS
    written = {"conditions": conditions, "results": rows}
    (HERE / "server_cpu.json").write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
