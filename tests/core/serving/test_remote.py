"""An engine on another computer answers as the one here does, and says in a sentence why it can't."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from inspect import signature

import pytest

pytest.importorskip("fastapi", reason="requirements-cluster.txt is not installed")
from support.engine_questions import BLOCK, COFFEE, QUESTIONS, assert_alike
from support.engine_server import engine_server

from effnet_core.explain.engine import Engine
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.explain.request_queue import Busy, NetworkFailed, telling
from effnet_core.explain.results import ChannelEffect
from effnet_core.networks import weights
from effnet_core.networks.download import WeightsUnavailable
from effnet_core.progress import Cancelled
from effnet_core.serving import remote, wire
from effnet_core.serving.questions import Facts
from effnet_core.serving.remote import RemoteEngine, Server, ServerAway

TOKEN = "a token of the test"  # noqa: S105


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    file = tmp_path_factory.mktemp("token") / "token"
    file.write_text(TOKEN)
    with engine_server("--token-file", str(file)) as address:
        yield Server(address, TOKEN)


@pytest.fixture(scope="module")
def there(server: Server) -> RemoteEngine:
    return server.engine("tiny")


@pytest.fixture(scope="module")
def here() -> Engine:
    return Engine(weights.load("tiny"), "cpu")


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_answers_as_the_engine_here(there, here, question):
    ask = QUESTIONS[question]
    assert_alike(ask(there), ask(here))


def test_it_has_the_attributes_of_the_engine_and_every_method_with_its_parameters(there, here):
    for each in fields(Facts):
        assert getattr(there, each.name) == getattr(here, each.name)
    methods = [name for name in vars(Engine) if not name.startswith("_") and callable(getattr(Engine, name))]
    assert len(methods) > 8
    for name in methods:
        assert signature(getattr(RemoteEngine, name)) == signature(getattr(Engine, name)), name


def test_all_models_and_whether_they_are_ready(server):
    assert server.models() == weights.statuses()


@pytest.mark.parametrize(
    ("error", "sentence", "ask"),
    [
        (ValueError, "tiny has no block 'x'; it has features", lambda there: there.trace(COFFEE, "x")),
        (ValueError, "no model is called 'resnet50'", lambda there: there._server.engine("resnet50")),
        (ValueError, "a gate of features.2.0 can't be 2", lambda there: there.intervene(COFFEE, [GateEdit(BLOCK, 2)])),
        (Cancelled, "stopped", lambda there: there.rank_channels(COFFEE, BLOCK, target=3, progress=lambda _: False)),
    ],
)
def test_what_the_engine_refuses_is_refused_with_its_sentence(there, error, sentence, ask):
    with pytest.raises(error, match=sentence):
        ask(there)


def test_without_the_token_it_says_what_to_set(server):
    with pytest.raises(ServerAway, match="refuses the token; set EFFNET_ENGINE_TOKEN"):
        Server(server.address, "another token").models()
    assert TOKEN not in repr(server)


# Servers that are none, or do not answer ---------------------------------------------------------------------------


@contextmanager
def answering(body: bytes, status: int = 200, kind: str = wire.JSON, **headers: str) -> Iterator[Server]:
    """A server that gives this to whoever asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"content-type": kind, **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Server(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


OURS = {wire.VERSION_HEADER: str(wire.VERSION)}


@pytest.mark.parametrize(
    ("sentence", "response"),
    [
        ("is no engine of this project; look at EFFNET_ENGINE", {"body": b"<html>"}),
        ("is no engine of this project", {"body": b"", "status": 302, "location": "http://127.0.0.1:1/"}),
        (r"a proxy before it says 502", {"body": b"<html>", "status": 502}),
        (
            f"speaks version 999, and this app version {wire.VERSION}",
            {"body": b"[]", wire.VERSION_HEADER: "999"},
        ),
        ("gave an answer that can't be read", {"body": b"{", **OURS}),
        ("gave an answer that can't be read", {"body": b"not a row\n", "kind": wire.LINES, **OURS}),
        ("gave an answer that can't be read", {"body": b'{"answer": "AAAA"}\n', "kind": wire.LINES, **OURS}),
        ("broke off in the middle of an answer", {"body": b'{"share": 0.5}\n', "kind": wire.LINES, **OURS}),
    ],
)
def test_what_is_no_answer_of_an_engine_is_told_in_a_sentence(sentence, response):
    with answering(**response) as server, pytest.raises(ServerAway, match=sentence):
        server.models()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ValueError),
        (404, WeightsUnavailable),
        (429, Busy),
        (503, Busy),
        (500, NetworkFailed),
        (504, NetworkFailed),
    ],
)
def test_a_problem_is_the_error_that_the_engine_would_raise(status, error):
    problem = {"status": status, "detail": "One sentence."}
    with answering(json.dumps(problem).encode(), status, **OURS) as server, pytest.raises(error) as whole:
        server.models()
    line = json.dumps({"problem": problem}).encode() + b"\n"
    with answering(line, kind=wire.LINES, **OURS) as server, pytest.raises(error) as last:
        server.models()
    assert type(whole.value) is type(last.value) is error and str(whole.value) == str(last.value) == "One sentence"


def test_the_place_in_the_queue_and_the_progress_are_told_as_they_come():
    rows = [ChannelEffect(3, 0.5, 0.125)]
    lines = [{"before": 2}, {"before": 1}, {}, {"share": 0.5}]
    lines += [{"answer": base64.b64encode(wire.dump(rows, wire.NPZ)).decode()}]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    places, shares = [], []
    with answering(body, kind=wire.LINES, **OURS) as server, telling(places.append):
        assert server.ask("/", list[ChannelEffect], progress=lambda share: shares.append(share) or True) == rows
    assert (places, shares) == ([2, 1], [0.0, 0.5])


def test_a_server_that_is_away_or_silent(monkeypatch):
    with answering(b"") as server:
        pass
    with pytest.raises(ServerAway, match=r"can't be reached \(Connection refused\)"):
        server.models()
    monkeypatch.setattr(remote, "SILENCE_S", 0.2)
    release = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            release.wait(60)

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as silent:
        threading.Thread(target=silent.serve_forever, daemon=True).start()
        with pytest.raises(ServerAway, match=r"said nothing for 0\.2 seconds"):
            Server(f"http://127.0.0.1:{silent.server_port}").models()
        release.set()
        silent.shutdown()


@pytest.mark.parametrize("address", ["127.0.0.1:8600", "ftp://host", "http://", "http://host:port", "http://[::1"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ServerAway, match="it has to be an address such as http"):
        Server(address).models()


def test_the_environment_names_the_server(monkeypatch):
    monkeypatch.delenv(remote.ENGINE, raising=False)
    monkeypatch.delenv(remote.TOKEN, raising=False)
    assert remote.from_environment() is None
    monkeypatch.setenv(remote.ENGINE, " http://host:8600 ")
    assert remote.from_environment() == Server("http://host:8600")
    monkeypatch.setenv(remote.TOKEN, TOKEN)
    assert remote.from_environment() == Server("http://host:8600", TOKEN)
