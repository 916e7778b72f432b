"""Ways through the pages, taken alone to know the right answers and by a class to be compared with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import NamedTuple

from . import client, moves
from .client import Answer, Session
from .moves import TITLES, WITH_PICTURE
from .servers import Server

VALUES = 3  # of a page's input in one visit at most

Question = tuple[str, str, object]  # page, picture, value of the page's input; None as it is at first


class Done(NamedTuple):
    """One request of one session."""

    kind: str
    seconds: float
    problem: str = ""


def checked(kind: str, answer: Answer, wanted: Answer | None = None) -> Done:
    """A request with what is wrong with its answer."""
    problem = "; ".join(answer.problems)
    if not problem and wanted is not None:
        differs = moves.difference(answer, wanted)
        problem = f"not a single session's answer: {differs}" if differs else ""
    return Done(kind, answer.seconds, problem)


def file_name(number: int, each: int = 0) -> str:
    return f"photo-{number}-{each}.jpg"


async def warm(server: Server) -> None:
    """Every page once, so that all is imported and loaded."""
    for page in moves.MOVES:
        async with client.opened(server.address) as session:
            await session.open(page)
    server.settle()


async def of_class(address: str, values: Iterable, photographs: list[list[bytes]]) -> dict[object, Answer]:
    """A single session's answers on Classify: by opacity for the first sample, by (number, each) for photographs."""
    key, _ = moves.MOVES["classify"]
    async with client.opened(address) as session:
        await session.open("classify")
        wanted = {value: await session.move(key, value) for value in values}
    for number, files in enumerate(photographs):
        async with client.opened(address) as session:
            await session.open("classify")
            await session.move("app.source", "Upload")
            for each, data in enumerate(files):
                wanted[number, each] = await session.upload("app.upload", {file_name(number, each): data})
    return wanted


async def of_pages(address: str, own: dict[int, bytes]) -> dict[Question, Answer]:
    """A single session's answers on all pages, with every sample and every photograph in `own`."""
    wanted, last = {}, {}
    async with client.opened(address) as session:
        await session.open()
        for page in moves.MOVES:
            for title in TITLES if page in WITH_PICTURE else ("",):
                async for _, question, answer in visit(session, last, page, title, pick=list):
                    wanted[question] = answer
        for number, data in own.items():
            async for _, question, answer in visit(session, last, "classify", file_name(number), data, pick=list):
                wanted[question] = answer
    wanted.pop(None)
    return {question: answer for question, answer in wanted.items() if question[0] not in moves.UNSTEADY}


async def visit(
    session: Session,
    last: dict[str, object],
    page: str,
    picture: str = "",
    data: bytes = b"",
    *,
    pick: Callable[[list], list],
) -> AsyncIterator[tuple[str, Question | None, Answer]]:
    """Turn to a page, choose a picture (a sample by its title, or a file), and set its input to the values picked.

    `last`: by page, what its input was set to in this session; the app keeps it, and visit notes it. Yields the kind of
    each request, its question (None where the answer depends on the way there) and its answer.
    """
    yield "page", None, await session.turn_to(page)
    if page in WITH_PICTURE:
        yield "source", None, await session.move("app.source", "Upload" if data else moves.SAMPLE)
        if data:
            answer = await session.upload("app.upload", {picture: data})
        else:
            answer = await session.move("app.sample", picture)
        yield "picture", (page, picture, last.get(page)), answer
    values = list(moves.values_of(session, page))
    for value in pick(values[:: -(-len(values) // VALUES)] if values else [None]):
        last[page] = value
        yield "move", (page, picture, value), await moves.move(session, page, value)
