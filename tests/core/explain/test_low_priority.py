"""Long work beside its callbacks: which thread runs what, at which priority, and how what is raised travels."""

import os
import sys
import threading

import pytest

from effnet_core.explain.low_priority import NICER, at_low_priority
from effnet_core.explain.request_queue import tell, telling
from effnet_core.progress import Cancelled


class Leaves(BaseException):
    """As Streamlit ends a run."""


def priority_of(thread: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread)


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has a priority of its own on Linux alone")
def test_the_work_and_the_threads_that_pytorch_starts_for_it_have_a_lower_priority():
    import torch

    before, mine = set(os.listdir("/proc/self/task")), threading.get_native_id()

    def work(progress):
        x = torch.randn(400, 400)
        return [*map(priority_of, map(int, set(os.listdir("/proc/self/task")) - before)), (x @ x).exp().sum().item()]

    *priorities, _ = at_low_priority(lambda progress: (work(progress), work(progress))[1], bool)
    assert len(priorities) >= torch.get_num_threads() and set(priorities) == {min(priority_of(mine) + NICER, 19)}


def test_progress_and_the_place_in_the_queue_are_told_in_the_callers_thread():
    heard, me = [], threading.get_ident()

    def hear(what) -> bool:
        heard.append((what, threading.get_ident() == me))
        return what < 1

    def work(progress):
        tell(7)
        return threading.get_ident(), progress(0.5), progress(1.0)

    with telling(hear):
        worker, *answers = at_low_priority(work, hear)
    assert worker != me and answers == [True, False]
    assert heard == [(7, True), (0.5, True), (1.0, True)]


@pytest.mark.parametrize("raised", [Leaves, ValueError])
def test_what_a_callback_raises_ends_the_work_and_reaches_the_caller(raised):
    ended = []

    def leave(share):
        raise raised

    def work(progress):
        try:
            progress(0.1)
        finally:
            ended.append(True)

    with pytest.raises(raised):
        at_low_priority(work, leave)
    assert ended


def test_what_the_work_raises_reaches_the_caller():
    def work(progress):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled, match="stopped"):
        at_low_priority(work, bool)
