"""The queue before a network: order, batches, failures, who leaves, how many may wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from effnet_core.explain.request_queue import Busy, RequestQueue, telling


class Gate:
    """A first question that holds the queue until it is opened, so that others wait behind it."""

    def __init__(self, queue: RequestQueue, pool: ThreadPoolExecutor) -> None:
        self.open, self.began = threading.Event(), threading.Event()
        self.done = pool.submit(queue.ask, None, self._hold)
        assert self.began.wait(30)

    def _hold(self, items: list) -> list:
        self.began.set()
        assert self.open.wait(30)
        return items


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as pool:
        yield pool


def ask_behind(gate, queue, pool, items, together, **how):
    """Submit one after the other, each when the one before it waits, so that their order is known."""
    asked = []
    for number, item in enumerate(items, start=1):
        asked.append(pool.submit(queue.ask, item, together, **how))
        while queue.waiting < number:
            assert not asked[-1].done() or asked[-1].exception()
    return asked


def test_questions_are_answered_in_their_order(pool):
    queue, seen = RequestQueue(), []
    gate = Gate(queue, pool)
    asked = ask_behind(gate, queue, pool, range(8), lambda items: seen.extend(items) or items)
    gate.open.set()
    assert [one.result(30) for one in asked] == seen == list(range(8))
    assert queue.idle


def test_what_waits_alike_is_answered_together_up_to_the_size(pool):
    queue, calls = RequestQueue(), []

    def together(items):
        calls.append(list(items))
        return [10 * item for item in items]

    gate = Gate(queue, pool)
    asked = ask_behind(gate, queue, pool, range(5), together, kind="explain", size=2, most=6)
    gate.open.set()
    assert [one.result(30) for one in asked] == [0, 10, 20, 30, 40]
    assert calls == [[0, 1, 2], [3, 4]]


def test_other_kinds_are_not_mixed(pool):
    queue, calls = RequestQueue(), []
    gate = Gate(queue, pool)
    asked = []
    for number, kind in enumerate(["a", "b", "a", None, None], start=1):
        asked.append(pool.submit(queue.ask, number, lambda items: calls.append(items) or items, kind=kind, most=9))
        while queue.waiting < number:
            pass
    gate.open.set()
    assert [one.result(30) for one in asked] == [1, 2, 3, 4, 5]
    assert calls == [[1, 3], [2], [4], [5]]


def test_one_bad_item_costs_no_other_its_answer(pool):
    queue = RequestQueue()

    def together(items):
        if 2 in items:
            raise ValueError(f"bad among {len(items)}")
        return items

    gate = Gate(queue, pool)
    asked = ask_behind(gate, queue, pool, range(4), together, kind="explain", most=9)
    gate.open.set()
    with pytest.raises(ValueError, match="bad among 1"):
        asked[2].result(30)
    assert [asked[number].result(30) for number in (0, 1, 3)] == [0, 1, 3]
    assert queue.idle


def test_who_waits_is_told_the_place_and_may_leave(pool):
    class Left(BaseException):
        pass

    queue, told, calls = RequestQueue(), [], []

    def tell(before):
        told.append(before)
        if len(told) == 2:
            raise Left

    def leaving():
        with telling(tell):
            queue.ask("leaves", lambda items: calls.append(items) or items)

    gate = Gate(queue, pool)
    first, second = ask_behind(gate, queue, pool, ["a", "b"], lambda items: items)
    left = pool.submit(leaving)
    assert isinstance(left.exception(30), Left)
    assert told == [3, 3], "one is answered and two wait before it"
    gate.open.set()
    assert (first.result(30), second.result(30), calls) == ("a", "b", [])
    assert queue.idle


def test_a_full_queue_refuses_in_a_sentence(pool):
    queue = RequestQueue(most_waiting=2)
    gate = Gate(queue, pool)
    asked = ask_behind(gate, queue, pool, range(2), lambda items: items)
    with pytest.raises(Busy, match="2 questions wait for this network already; try again in a moment"):
        queue.ask("one too many", lambda items: items)
    gate.open.set()
    assert [one.result(30) for one in asked] == [0, 1]
    assert queue.ask("again", lambda items: items) == "again"


def test_what_ends_the_work_from_outside_frees_the_queue():
    queue = RequestQueue()

    def stopped(_items):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.ask(1, stopped)
    assert queue.idle and queue.ask(2, lambda items: items) == 2


def test_a_long_answer_gives_way_to_all_that_wait(pool):
    queue, order, began, go_on = RequestQueue(), [], threading.Event(), threading.Event()

    def long(_items):
        order.append("begins")
        began.set()
        assert go_on.wait(30)
        queue.give_way()
        order.append("goes on")
        queue.give_way()
        order.append("ends")
        return [0]

    first = pool.submit(queue.ask, None, long)
    assert began.wait(30)
    asked = ask_behind(None, queue, pool, ["a", "b"], lambda items: order.extend(items) or items)
    go_on.set()
    assert (first.result(30), [one.result(30) for one in asked]) == (0, ["a", "b"])
    assert order == ["begins", "a", "b", "goes on", "ends"] and queue.idle


def test_two_long_answers_take_turns(pool):
    queue, order, both = RequestQueue(), [], threading.Event()

    def long(items):
        assert both.wait(30)
        for _ in range(3):
            order.append(items[0])
            queue.give_way()
        return items

    first = pool.submit(queue.ask, "a", long)
    while queue.idle:
        pass
    second = ask_behind(None, queue, pool, ["b"], long)[0]
    both.set()
    assert (first.result(30), second.result(30)) == ("a", "b")
    assert order == ["a", "b"] * 3 and queue.idle
