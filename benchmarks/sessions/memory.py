"""The scenario `memory` of classroom.py: what interactions leave behind, what photographs take, eight at once."""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import AsyncExitStack

from ui.session import expiry

from . import answering, client, moves, servers
from .client import Session
from .servers import Server

FEW, MANY = 50, 500  # interactions
STAY = 5  # interactions on one page before the next
PHOTOGRAPHS, AT_ONCE = 3, 8  # photographs of one session, uploads at once
MEASURED = 6  # sessions with photographs, after a first one
EXPIRY_S = 15  # of a closed session
CHECKED_S = 1.2 * expiry.CHECK_EVERY_S  # by then the server has given back what is free
LIMIT_S = 300  # for the interactions


async def measure(command: str) -> dict[str, object]:
    with servers.running(command=command) as server:
        await answering.warm(server)
        results: dict[str, object] = {"interactions": await interactions(server)}
    with servers.running(command=command, STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=f"{EXPIRY_S}") as server:
        await answering.warm(server)
        await asyncio.sleep(2 * EXPIRY_S)  # until the sessions that warmed it up are gone
        results["photographs"] = await photographs(server)
        results["at_once"] = await at_once(server)  # after it: what eight leave behind would hide what one takes
    return results


async def interactions(server: Server) -> dict[str, object]:
    """Resident memory after FEW and after MANY moves of one session on all pages."""
    start, count, found = time.monotonic(), 0, {}
    async with client.opened(server.address) as session:
        await session.open()
        for page in itertools.cycle(page for page in moves.MOVES if moves.MOVES[page][0]):
            await session.turn_to(page)
            for value in itertools.islice(itertools.cycle(moves.values_of(session, page)), STAY):
                await moves.move(session, page, value)
            count += STAY
            if count in {FEW, MANY}:
                server.settle()
                found[count] = server.memory_mb()
            if count >= MANY or time.monotonic() - start > LIMIT_S:
                break
    server.settle()
    few, many = found[FEW], server.memory_mb()
    return {"few": FEW, "many": count, "few_mb": round(few), "many_mb": round(many), "more": round(many / few - 1, 4)}


async def at_once(server: Server) -> dict[str, object]:
    """Time until AT_ONCE photographs of 12 megapixels, uploaded at the same moment, are all answered."""
    files = [moves.photograph(2000 + number) for number in range(AT_ONCE)]
    async with AsyncExitStack() as stack:
        tabs = [await _uploader(stack, server) for _ in files]
        server.settle()
        cpu, start = server.cpu_s(), time.monotonic()
        answers = await asyncio.gather(
            *(tab.upload("app.upload", {"photo.jpg": data}) for tab, data in zip(tabs, files, strict=True))
        )
        lasted = time.monotonic() - start
    return {
        "uploads": AT_ONCE,
        "all_answered_s": round(lasted, 2),
        "first_s": round(min(answer.seconds for answer in answers), 2),
        "server_cpu_s": round(server.cpu_s() - cpu, 2),
        "errors": sum(bool(answer.problems) for answer in answers),
        "server_peak_mb": round(server.peak_mb()),
    }


async def photographs(server: Server) -> dict[str, object]:
    """Memory of an open session with PHOTOGRAPHS of 12 megapixels, and what is left when sessions have expired."""
    seeds, opened = itertools.count(3000), 0.0
    async with AsyncExitStack() as stack:
        for number in range(1 + MEASURED):
            tab = await _uploader(stack, server)
            files = {answering.file_name(number, each): moves.photograph(next(seeds)) for each in range(PHOTOGRAPHS)}
            answer = await tab.upload("app.upload", files)
            if number in {0, MEASURED}:
                await asyncio.sleep(CHECKED_S)
                before, opened = opened, server.memory_mb()
    await asyncio.sleep(EXPIRY_S + 2 * CHECKED_S)
    expired = server.memory_mb()
    async with client.opened(server.address) as visitor:
        await visitor.open("glossary")
    server.settle()
    return {
        "photographs": PHOTOGRAPHS,
        "sessions": MEASURED,
        "mb_a_session": round((opened - before) / MEASURED, 1),
        "upload_mb": round(sum(map(len, files.values())) / 1e6, 1),
        "open_mb": round(opened),
        "expired_mb": round(expired),
        "after_the_next_visit_mb": round(server.memory_mb()),
        "errors": len(answer.problems),
    }


async def _uploader(stack: AsyncExitStack, server: Server) -> Session:
    """A session on Classify that is about to upload."""
    tab = await stack.enter_async_context(client.opened(server.address))
    await tab.open("classify")
    await tab.move("app.source", "Upload")
    return tab
