"""The engine on a Ray cluster of two nodes: right answers, also while parts of it die or are replaced."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

import psutil
import pytest

pytest.importorskip("ray", reason="requirements-cluster.txt is not installed")
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0"} | dict.fromkeys(  # a busy machine is no failure
    ("RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S"), "120"
)
import ray
from ray import serve
from ray.cluster_utils import Cluster
from support.engine_questions import QUESTIONS, assert_alike
from support.paths import ROOT
from support.reports import told_at_the_end

from effnet_core import serving
from effnet_core.explain.engine import Engine
from effnet_core.explain.request_queue import Busy, NetworkFailed
from effnet_core.images.samples import load_sample
from effnet_core.networks import offline_model, weights
from effnet_core.serving.cluster import CHECKPOINTS, NETWORKS, ClusterEngine, Settings
from effnet_core.serving.http_api import facts_of
from effnet_core.serving.own_checkpoints import Upload
from effnet_core.serving.remote import Server

Answer = TypeVar("Answer")
REQUESTS, CLIENTS, PATIENCE_S, START_S = 200, 8, 300, 420
NAME = "effnet"
HEAD = {"num_cpus": 2, "include_dashboard": False}
PICTURES = [load_sample(name) for name in ("coffee", "chelsea", "rocket", "astronaut")]


def start(**settings: object) -> None:
    serve.run(serving.app(Settings(device="cpu", cpus=0.5, least=2, most=2, **settings)), name=NAME)


def listen(port: int) -> None:
    serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})


def in_time(starting: Callable[[], Answer]) -> Answer:
    """Ray Serve starts ten processes: minutes, on two cores that others kept busy; no test waits for ever.

    In a thread that is left behind: while Ray waits, it lets neither a signal nor an exception end that.
    """
    started: Future[Answer] = Future()

    def start() -> None:
        try:
            started.set_result(starting())
        except BaseException as problem:
            started.set_exception(problem)

    threading.Thread(target=start, daemon=True).start()
    try:
        return started.result(START_S)
    except FutureTimeout:
        pytest.skip(f"Ray Serve did not start within {START_S} s: this machine is too busy")


def connect(cluster: Cluster) -> None:
    here = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    ray.init(address=cluster.address, runtime_env=here, log_to_driver=False, logging_level="ERROR")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    cluster.add_node(num_cpus=2)
    connect(cluster)
    yield cluster
    ending = threading.Thread(target=serve.shutdown, daemon=True)  # politely, if that takes no minutes
    ending.start()
    ending.join(PATIENCE_S)
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def server(nodes: Cluster) -> Server:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    in_time(lambda: (listen(port), start()))
    return Server(f"http://127.0.0.1:{port}")


@pytest.fixture(scope="module")
def here() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


@pytest.fixture(scope="module")
def expected(here: Engine) -> list:
    return here.explain(PICTURES, top=2)


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_answers_as_the_engine_here(server, here, question):
    ask = QUESTIONS[question]
    assert_alike(ask(server.engine("tiny")), ask(here))


def test_a_question_that_is_wrong_is_refused_with_the_engines_sentence(server):
    with pytest.raises(ValueError, match="tiny has no block 'x'"):
        server.engine("tiny").trace(PICTURES[0], "x")
    with pytest.raises(ValueError, match="no model is called 'resnet50'"):
        server.engine("resnet50")
    assert server.models() == weights.statuses()
    with pytest.raises(AttributeError):
        getattr(ClusterEngine(None, "tiny", facts_of(server.engine("tiny"))), "nonsense")  # noqa: B009


def test_a_checkpoint_of_ones_own_is_answered_on_the_cluster(server, here):
    data = (offline_model.ASSETS / offline_model.FILE).read_bytes()
    there = server.own_engine(Upload(data, "mine.safetensors"))
    assert (there.weights.kind, there.weights.name, there.labels) == ("own", "mine.safetensors", None)
    assert_alike(there.explain(PICTURES[:1], top=2)[0].gates, here.explain(PICTURES[:1], top=2)[0].gates)
    assert_alike(QUESTIONS["trace"](there), QUESTIONS["trace"](here))
    with pytest.raises(ValueError, match=r"mine\.pth"):
        server.own_engine(Upload(b"nonsense", "mine.pth"))
    serve.get_deployment_handle(CHECKPOINTS, NAME).forget.remote("", Upload(data, "mine.safetensors").name).result()
    assert_alike(QUESTIONS["block_weights"](there), QUESTIONS["block_weights"](here))


def test_settings_that_nobody_can_keep_are_refused(tmp_path):
    (tmp_path / "token").write_text("short")
    with pytest.raises(ValueError, match="needs 16 or more"):
        serving.app(Settings(token_file=str(tmp_path / "token")))
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Settings(least=0)
    with pytest.raises(ValueError, match="time limit is 0 s"):
        serving.app(Settings(seconds=0))


def test_pictures_that_come_together_go_through_the_network_together(server):
    ask(server, [None] * 4, lambda: None, count=40)
    handle = serve.get_deployment_handle(NETWORKS, NAME)
    sizes = Counter()
    for _ in range(10):  # whichever replica answers
        sizes |= Counter(handle.batches.remote().result())
    assert max(sizes) > 1, sizes
    passes = ", ".join(f"{times} of {size}" for size, times in sorted(sizes.items()))
    told_at_the_end(f"a Ray cluster of two nodes, passes by how many pictures went through together: {passes}")


def ask(server: Server, expected: list, happens: Callable[[], None], count: int = REQUESTS) -> Counter:
    """Outcomes of many requests of several clients, while something `happens` after a quarter of them."""
    engine, outcomes, lock, quarter = server.engine("tiny"), Counter(), threading.Lock(), threading.Event()

    def one(number: int) -> None:
        try:
            [answer] = engine.explain([PICTURES[number % 4]], top=2)
            right = expected[number % 4]
            if right is not None:
                assert_alike(answer, right)
            outcome = "right"
        except AssertionError:
            outcome = "wrong"
        except (Busy, NetworkFailed) as problem:
            outcome = f"refused: {str(problem).replace(server.address, 'the server')}"
        with lock:
            outcomes[outcome] += 1
            if outcomes.total() >= count // 4:
                quarter.set()

    with ThreadPoolExecutor(CLIENTS) as clients:
        running = [clients.submit(one, number) for number in range(count)]
        quarter.wait(PATIENCE_S)
        happens()
        for each in running:
            each.result()
    return outcomes


def recovers(server: Server, expected: list) -> float:
    """Seconds until four questions in a row are answered right again."""
    begun = time.monotonic()
    while ask(server, expected, lambda: None, count=4)["right"] < 4:
        assert time.monotonic() - begun < PATIENCE_S
        time.sleep(0.2)
    return time.monotonic() - begun


def told(what: str, outcomes: Counter) -> None:
    refused = outcomes.total() - outcomes["right"] - outcomes["wrong"]
    figures = f"{outcomes['right']} right, {refused} refused with a sentence, {outcomes['wrong']} wrong"
    told_at_the_end(f"a Ray cluster of two nodes, {what}: of {outcomes.total()} requests {figures}")


def networks_processes() -> list[psutil.Process]:
    """Those of our own cluster alone."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found += [process] if f"ServeReplica:{NAME}:{NETWORKS}" in " ".join(process.cmdline()) else []
        except psutil.Error:
            continue
    return found


def test_no_answer_is_wrong_or_lost_while_a_replica_dies(server, expected):
    before = networks_processes()
    assert len(before) == 2
    outcomes = ask(server, expected, lambda: before[0].send_signal(signal.SIGKILL))
    told("a replica killed", outcomes)
    assert outcomes["wrong"] == 0 and outcomes.total() == REQUESTS and outcomes["right"] > REQUESTS // 2
    recovers(server, expected)


def test_an_update_refuses_no_request(server, expected):
    outcomes = ask(server, expected, lambda: start(seconds=500))
    told("replaced by another version", outcomes)
    assert outcomes == {"right": REQUESTS}


def test_no_answer_is_wrong_or_lost_while_a_node_dies(nodes, server, expected):
    [worker] = [node for node in nodes.list_all_nodes() if not node.head]
    outcomes = ask(server, expected, lambda: nodes.remove_node(worker, allow_graceful=False))
    told("a node killed", outcomes)
    assert outcomes["wrong"] == 0 and outcomes.total() == REQUESTS and outcomes["right"] > REQUESTS // 4
    recovers(server, expected)


@pytest.mark.soak  # a head that took its old place did not always start an application on two cores kept busy
def test_no_answer_is_wrong_or_lost_while_the_head_is_started_again(nodes, server, expected):
    """Nobody can be asked before the application runs again: the cluster ends with its head."""

    def kill_head() -> None:
        ray.shutdown()  # this process would end with the head
        nodes.remove_node(nodes.head_node, allow_graceful=False)

    outcomes = ask(server, expected, kill_head)
    nodes.add_node(**HEAD)
    connect(nodes)
    in_time(lambda: (listen(int(server.address.rpartition(":")[2])), start()))
    told("the head killed and started again", outcomes)
    assert outcomes["wrong"] == 0 and outcomes.total() == REQUESTS and outcomes["right"] >= REQUESTS // 4
    recovers(server, expected)
    assert ask(server, expected, lambda: None, count=20) == {"right": 20}
