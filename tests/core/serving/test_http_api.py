"""The HTTP API answers what the engine answers, in both forms, and refuses with problem details."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="requirements-cluster.txt is not installed")
pytest.importorskip("httpx", reason="requirements-cluster.txt is not installed")
from fastapi.testclient import TestClient

from effnet_core.architecture import released
from effnet_core.cost import cost_of
from effnet_core.explain.gate_edits import GateEdit
from effnet_core.explain.request_queue import Busy
from effnet_core.explain.results import (
    BlockTrace,
    ChannelEffect,
    Explanation,
    Heatmap,
    Intervention,
)
from effnet_core.images.reading import LIMIT_MB
from effnet_core.images.samples import load_sample
from effnet_core.serving import http_api, server, wire

BLOCK = "features.1.0"
TOKEN = "a token of the test"  # noqa: S105
ENGINES = server.Engines("cpu")


@pytest.fixture(scope="module")
def png() -> bytes:
    file = io.BytesIO()
    load_sample("coffee").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(http_api.build_app(ENGINES), raise_server_exceptions=False)


def test_one_engine_a_name():
    assert ENGINES("tiny") is ENGINES("tiny")


@pytest.mark.parametrize("form", [wire.JSON, wire.NPZ])
@pytest.mark.parametrize(
    ("path", "options", "kind", "ask"),
    [
        ("explain", {"top": 2}, Explanation, lambda engine, image: engine.explain([image], top=2)[0]),
        (
            "attribute",
            {"method": "saliency", "target": 3},
            Heatmap,
            lambda engine, image: engine.attribute(image, method="saliency", target=3),
        ),
        ("ladder", {"target": [3, 5]}, list[Heatmap], lambda engine, image: engine.ladder(image, targets=[3, 5])),
        ("trace", {"block": BLOCK}, BlockTrace, lambda engine, image: engine.trace(image, BLOCK)),
        (
            "intervene",
            {"edit": [f"{BLOCK}=0.0:3,5", "all=1.0"]},
            Intervention,
            lambda engine, image: engine.intervene(image, [GateEdit(BLOCK, 0.0, (3, 5)), GateEdit("all", 1.0)]),
        ),
        (
            "rank-channels",
            {"block": BLOCK, "target": 3},
            list[ChannelEffect],
            lambda engine, image: engine.rank_channels(image, BLOCK, target=3),
        ),
    ],
)
def test_it_answers_as_the_engine_does(client, png, form, path, options, kind, ask):
    answer = client.post(f"/v1/{path}", params=options, content=png, headers={"accept": form})
    assert (answer.status_code, answer.headers["content-type"]) == (200, form), answer.text
    expected = ask(ENGINES("tiny"), load_sample("coffee"))
    assert flat(wire.load(kind, answer.content, form)) == pytest.approx(flat(expected), rel=1e-4, abs=1e-5)


def flat(row: object) -> list[float]:
    """All numbers of a row, in order."""
    if isinstance(row, np.ndarray):
        return row.ravel().tolist()
    if isinstance(row, int | float):
        return [float(row)]
    parts = row if isinstance(row, tuple | list) else vars(row).values() if hasattr(row, "__dict__") else ()
    return [number for part in parts for number in flat(part)]


def test_models_and_costs_come_without_a_picture(client):
    rows = client.get("/v1/models").json()
    assert rows[0]["name"] == "tiny" and rows[0]["ready"]
    b3 = cost_of(released("b3"))
    row = client.get("/v1/cost", params={"member": "b3"}).json()
    assert (row["params"], row["macs"]) == (b3.params, b3.macs)
    paths = client.get("/openapi.json").json()["paths"]
    assert "image/*" in paths["/v1/explain"]["post"]["requestBody"]["content"]


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("explain", b"not a picture", 400, "the picture is text; allowed are PNG"),
        ("explain", b"", 400, "the picture is empty"),
        ("explain?top=0", None, 400, "top is 0; allowed is 1 to"),
        ("explain?top=many", None, 422, "top: "),
        ("explain?model=resnet", None, 400, "efficientnet_b7"),
        ("attribute?method=magic", None, 400, "no method is called 'magic'; there are gradcam"),
        ("trace?block=features.99", None, 400, "features.1.0"),
        ("intervene?edit=nonsense", None, 400, "the edit 'nonsense' can't be read"),
        ("absent", None, 404, "Not Found"),
    ],
)
def test_errors_are_problem_details_with_the_cores_sentence(client, png, path, body, status, sentence):
    answer = client.post(f"/v1/{path}", content=png if body is None else body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == http_api.PROBLEM and sentence in problem["detail"]
    assert answer.headers[http_api.VERSION_HEADER] == str(http_api.WIRE_VERSION)


def test_a_body_is_refused_by_its_length_before_it_is_read(client):
    length = str(LIMIT_MB * 2**20 + 1)
    answer = client.post("/v1/explain", content=b"short", headers={"content-length": length})
    assert answer.status_code == 413 and f"over the limit of {LIMIT_MB} MB" in answer.json()["detail"]
    chunks = client.post("/v1/explain", content=iter([b"without", b"a length"]))
    assert chunks.status_code == 411


def test_only_the_token_opens(png):
    client = TestClient(http_api.build_app(ENGINES, TOKEN))
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
        refused = client.post("/v1/explain", content=png, headers=header)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
    assert client.get("/v1/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(("error", "status"), [(Busy("too many wait"), 503), (KeyError("a secret"), 500)])
def test_a_full_queue_and_the_unexpected(png, error, status):
    def engine(name):
        raise error

    answer = TestClient(http_api.build_app(engine), raise_server_exceptions=False).post("/v1/explain", content=png)
    assert answer.status_code == status and "secret" not in answer.text
    assert (answer.headers.get("retry-after") == "1") == (status == 503)


def test_long_work_ends_at_the_time_limit(client, png, monkeypatch):
    monkeypatch.setattr(http_api, "TIME_LIMIT_S", 0.0)
    answer = client.post("/v1/rank-channels", params={"block": BLOCK, "target": 3}, content=png)
    assert answer.status_code == 504 and "stopped after" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104 (refused, not bound)
def test_beyond_loopback_it_needs_a_token(address):
    with pytest.raises(ValueError, match="--token-file"):
        server.check(address, None)
    with pytest.raises(ValueError, match="needs 16 or more"):
        server.check(address, "short")
    server.check(address, TOKEN)


def test_the_command_serves():
    import socket
    import urllib.request

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "effnet_core", "serve", "--port", str(port), "--device", "cpu"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models") as answer:
                    assert b'"tiny"' in answer.read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("it never answered")
    finally:
        process.terminate()
        process.wait(timeout=30)
