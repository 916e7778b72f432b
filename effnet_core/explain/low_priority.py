"""Long work in a thread that gives way to the others' on the processors; its callbacks stay in the caller's thread."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from queue import SimpleQueue
from typing import TypeVar

from ..progress import Progress
from .request_queue import telling, told

Answer = TypeVar("Answer")
NICER = 10  # than the process: a thread of it then gets a tenth of a core that another one wants, and all that is free


def at_low_priority(work: Callable[[Progress], Answer], progress: Progress) -> Answer:
    """What `work(progress)` returns or raises. PyTorch's threads that help it have its priority.

    `progress`, and what `telling` holds for questions that wait, are called in this thread, and what they raise ends
    the work as if it were done here. Where a thread has no priority of its own (macOS, Windows) it keeps the process's.
    """
    asked: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def relayed(callback: Callable[..., Answer]) -> Callable[..., Answer]:
        def ask(*arguments: object) -> Answer:
            answer: Future[Answer] = Future()
            asked.put(lambda: _settle(answer, callback, *arguments))
            return answer.result()

        return ask

    def here() -> Answer:
        _lower()
        with telling(relayed(tell)) if (tell := told()) else nullcontext():
            return work(relayed(progress))

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(copy_context().run, here)
        answer.add_done_callback(lambda _: asked.put(None))
        while call := asked.get():
            call()
        return answer.result()


def _settle(answer: Future, callback: Callable, *arguments: object) -> None:
    try:
        answer.set_result(callback(*arguments))
    except BaseException as raised:  # Streamlit ends a run with such a one
        answer.set_exception(raised)


def _lower() -> None:
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)
