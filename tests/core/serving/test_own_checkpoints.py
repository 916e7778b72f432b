"""A client's own checkpoint: it answers its holder alone, harms nobody, and is forgotten when nobody asks for it."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="requirements-cluster.txt is not installed")
pytest.importorskip("httpx", reason="requirements-cluster.txt is not installed")
import uvicorn
from fastapi.testclient import TestClient
from support.bombs import called, nested_key
from support.engine_questions import COFFEE, QUESTIONS, assert_alike

from effnet_core.explain.engine import Engine
from effnet_core.networks import offline_model, weights
from effnet_core.serving import http_api, own_checkpoints
from effnet_core.serving.http_api import CHECKPOINTS, build_app
from effnet_core.serving.own_checkpoints import (
    BODY_MB,
    MOST,
    UNUSED_S,
    CheckpointForgotten,
    OwnCheckpoints,
    Upload,
)
from effnet_core.serving.remote import Server
from effnet_core.serving.server import Engines, Loaded

ONE, OTHER = "a token of the test", "another token, too"
DATA = (offline_model.ASSETS / offline_model.FILE).read_bytes()
LABELS = "\n".join(f"thing {number}" for number in range(100))
UPLOAD = Upload(DATA, "mine.safetensors", LABELS)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock) -> TestClient:
    return TestClient(build_app(Engines("cpu", clock), (ONE, OTHER)), raise_server_exceptions=False)


def of(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def sent(client: TestClient, data: bytes = DATA, filename: str = "mine.safetensors", labels: str = "", token=ONE):
    options = {"filename": filename, "labels": len(labels.encode())}
    return client.post(CHECKPOINTS, params=options, content=data + labels.encode(), headers=of(token))


def asked(client: TestClient, name: str, token: str = ONE):
    return client.get(f"/v1/models/{name}", headers=of(token))


# What is kept ------------------------------------------------------------------------------------------------------


def test_a_name_is_that_of_the_content():
    assert UPLOAD.name == Upload(DATA, "mine.safetensors", LABELS).name
    others = [Upload(DATA + b"x", "mine.safetensors", LABELS), Upload(DATA, "a.pth", LABELS), Upload(DATA, "a.pth")]
    assert len({UPLOAD.name, *(other.name for other in others)}) == 4


def test_what_is_not_used_is_forgotten_and_each_use_counts(clock):
    gone, one, two = [], Upload(b"1", "a.pth"), Upload(b"2", "a.pth")
    kept = OwnCheckpoints(clock, gone.append)
    kept.keep("holder", one)
    kept.keep("holder", two)
    clock.now = UNUSED_S
    kept.touch("holder", one.name)
    clock.now += 1.0
    kept.sweep()
    assert gone == [two.name] and kept.use("holder", one.name) == one
    with pytest.raises(CheckpointForgotten, match="forgotten after 30 minutes"):
        kept.use("holder", two.name)


def test_it_is_forgotten_also_where_nobody_comes_again(clock, monkeypatch):
    monkeypatch.setattr(own_checkpoints, "SWEEP_S", 0.01)
    gone = threading.Event()
    OwnCheckpoints(clock, lambda name: gone.set()).keep("holder", Upload(b"1", "a.pth"))
    clock.now = UNUSED_S + 1
    assert gone.wait(60)


def test_a_holder_has_so_many_and_so_much_and_takes_nothing_from_others(clock, monkeypatch):
    kept = OwnCheckpoints(clock)
    mine = [Upload(b"%d" % number, "a.pth") for number in range(MOST + 1)]
    kept.keep("another", mine[0])
    for upload in mine:
        kept.keep("holder", upload)
    with pytest.raises(CheckpointForgotten):
        kept.use("holder", mine[0].name)
    assert kept.use("holder", mine[1].name) and kept.use("another", mine[0].name) and kept.of_any(mine[0].name)
    monkeypatch.setattr(own_checkpoints, "MOST_MB", 1)
    large = Upload(bytes(2**20), "a.pth")
    kept.keep("holder", large)
    assert kept.use("holder", large.name) and kept.use("another", mine[0].name)
    with pytest.raises(CheckpointForgotten):
        kept.use("holder", mine[-1].name)


# What the API answers ----------------------------------------------------------------------------------------------


def test_it_answers_its_holder_alone(client):
    name = sent(client, labels=LABELS).json()
    facts = asked(client, name).json()
    assert facts["weights"]["kind"] == "own" and facts["labels"][3] == "thing 3"
    for refused in (asked(client, name, OTHER), asked(client, "own-0"), asked(client, "own-" + "x" * 500)):
        assert refused.status_code == 410 and "send it again" in refused.json()["detail"]
    assert sent(client, labels=LABELS, token=OTHER).json() == name
    assert asked(client, name, OTHER).status_code == 200


@pytest.mark.parametrize(
    ("data", "filename", "labels", "sentence"),
    [
        (nested_key(40), "mine.pth", "", "mine.pth"),
        (DATA[:1000], "mine.safetensors", "", "mine.safetensors"),
        (DATA, "mine.exe", "", "mine.exe is not a checkpoint by its name"),
        (DATA, "mine.safetensors", "one\ntwo", "the labels file names 2 classes, but the checkpoint has 100"),
    ],
)
def test_what_is_no_checkpoint_is_refused_and_not_kept(client, data, filename, labels, sentence):
    refused = sent(client, data, filename, labels)
    assert refused.status_code == 400 and sentence in refused.json()["detail"], refused.text
    assert asked(client, Upload(data, filename, labels or None).name).status_code == 410


def test_code_in_it_is_not_run(client, tmp_path):
    refused = sent(client, called("os.mkdir", str(tmp_path / "harmed")), "mine.pth")
    assert refused.status_code == 400 and "holds Python objects or code" in refused.json()["detail"], refused.text
    assert not (tmp_path / "harmed").exists()


def test_its_size_is_limited_before_it_is_read(client):
    length = {"content-length": str(BODY_MB * 2**20 + 1)}
    refused = client.post(CHECKPOINTS, params={"filename": "a.pth"}, content=b"x", headers=of(ONE) | length)
    assert refused.status_code == 413 and f"limit of {BODY_MB} MB" in refused.json()["detail"]
    for labels in (-1, 1, 2**30):
        options = {"filename": "a.pth", "labels": labels}
        refused = client.post(CHECKPOINTS, params=options, content=b"x", headers=of(ONE))
        assert refused.status_code == 400 and "the labels file has" in refused.json()["detail"]


def test_more_at_a_time_than_fit_into_memory_are_asked_to_come_again(monkeypatch):
    monkeypatch.setattr(http_api, "MOST_UPLOADS", 0)
    refused = sent(TestClient(build_app(Engines("cpu"), (ONE,))))
    assert refused.status_code == 503 and refused.headers["retry-after"] and "coming in" in refused.json()["detail"]


# From Python -------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(clock) -> Iterator[Server]:
    running = uvicorn.Server(uvicorn.Config(build_app(Engines("cpu", clock), (ONE,)), log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        yield Server(f"http://127.0.0.1:{listening.getsockname()[1]}", ONE)
        running.should_exit = True
        thread.join()


def test_it_answers_as_the_engine_here_and_is_sent_again_once_where_it_was_forgotten(server, clock, monkeypatch):
    there, here = (
        server.own_engine(UPLOAD),
        Engine(weights.load_checkpoint(DATA, UPLOAD.filename, labels=LABELS), "cpu"),
    )
    times, keep = Counter(), Server.keep
    monkeypatch.setattr(Server, "keep", lambda *given: times.update(["sent"]) or keep(*given))
    assert_alike(QUESTIONS["trace"](there), QUESTIONS["trace"](here))
    assert not times
    clock.now += UNUSED_S + 1
    assert_alike(there.explain([COFFEE] * 4, top=3), here.explain([COFFEE] * 4, top=3))
    assert times["sent"] == 1
    clock.now += UNUSED_S + 1
    assert_alike(QUESTIONS["block_weights"](there), QUESTIONS["block_weights"](here))
    with pytest.raises(ValueError, match="not a checkpoint by its name"):
        server.own_engine(Upload(DATA, "mine.exe"))


# Loading -----------------------------------------------------------------------------------------------------------


def test_a_slow_load_keeps_nobody_from_what_is_loaded():
    begun, ends, loads = threading.Event(), threading.Event(), Counter()

    def load(name: str) -> object:
        loads[name] += 1
        if name == "slow":
            begun.set()
            assert ends.wait(60)
        return object()

    loaded = Loaded(2, load)
    quick, found = loaded("quick"), []
    waiting = [threading.Thread(target=lambda: found.append(loaded("slow"))) for _ in range(4)]
    for each in waiting:
        each.start()
    assert begun.wait(60)
    assert loaded("quick") is quick and not found
    ends.set()
    for each in waiting:
        each.join()
    assert len(found) == 4 and len(set(map(id, found))) == 1 and loads == {"quick": 1, "slow": 1}
    assert loaded("slow") is found[0]
    loaded("third")
    assert loaded("slow") is found[0] and loaded("quick") is not quick


def test_what_could_not_be_loaded_pushes_nothing_out_and_is_tried_again():
    def load(name: str) -> object:
        if name == "absent" and not there:
            raise ValueError("absent")
        return object()

    there, loaded = [], Loaded(1, load)
    kept = loaded("kept")
    with pytest.raises(ValueError, match="absent"):
        loaded("absent")
    assert loaded("kept") is kept
    there.append(True)
    assert loaded("absent")
