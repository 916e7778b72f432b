"""The HTTP API answers what the engine answers, in both forms, and refuses with problem details."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import threading
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
from effnet_core.serving import answering, api_page, http_api, server, wire
from effnet_core.serving.limits import MOST_CLIENTS, Limits, Rates
from effnet_core.serving.questions import Question
from effnet_core.serving.tokens import check

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
    assert answer.headers[wire.VERSION_HEADER] == str(wire.VERSION)


def test_a_body_is_refused_by_its_length_before_it_is_read(client):
    length = str(LIMIT_MB * 2**20 + 1)
    answer = client.post("/v1/explain", content=b"short", headers={"content-length": length})
    assert answer.status_code == 413 and f"over the limit of {LIMIT_MB} MB" in answer.json()["detail"]
    chunks = client.post("/v1/explain", content=iter([b"without", b"a length"]))
    assert chunks.status_code == 411


def test_only_the_token_opens(png):
    client = TestClient(http_api.build_app(ENGINES, (TOKEN,)))
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
        refused = client.post("/v1/explain", content=png, headers=header)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
    assert client.get("/v1/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_without_a_token_other_computers_are_refused_where_the_address_is_not_known():
    app = http_api.build_app(ENGINES, strangers=False)
    for client, status in (("127.0.0.1", 200), ("::1", 200), ("192.168.1.5", 401), ("testclient", 401)):
        assert TestClient(app, client=(client, 50_000)).get("/v1/models").status_code == status
    app = http_api.build_app(ENGINES, (TOKEN,), strangers=False)
    asked = TestClient(app, client=("192.168.1.5", 50_000)).get(
        "/v1/models", headers={"authorization": f"Bearer {TOKEN}"}
    )
    assert asked.status_code == 200


@pytest.mark.parametrize(("error", "status"), [(Busy("too many wait"), 503), (KeyError("a secret"), 500)])
def test_a_full_queue_and_the_unexpected(png, error, status):
    def engine(name):
        raise error

    answer = TestClient(http_api.build_app(engine), raise_server_exceptions=False).post("/v1/explain", content=png)
    assert answer.status_code == status and "secret" not in answer.text
    assert (answer.headers.get("retry-after") == "1") == (status == 503)


def test_long_work_ends_at_the_time_limit(png):
    client = TestClient(http_api.build_app(ENGINES, limits=Limits(seconds=1e-6)))
    answer = client.post("/v1/rank-channels", params={"block": BLOCK, "target": 3}, content=png)
    assert answer.status_code == 504
    assert "may take 1e-06 s, and this one took longer: stopped after" in answer.json()["detail"]


def test_waiting_for_others_counts_as_time(png):
    engine = ENGINES("tiny")
    client = TestClient(http_api.build_app(ENGINES, limits=Limits(seconds=0.2)))
    begun, ends = threading.Event(), threading.Event()
    other = threading.Thread(target=engine.queue.ask, args=(None, lambda items: [begun.set(), ends.wait(60)][:1]))
    other.start()
    begun.wait(60)
    answer = client.post("/v1/trace", params={"block": BLOCK}, content=png)
    ends.set()
    other.join()
    assert answer.status_code == 504 and "1 questions came first" in answer.json()["detail"]
    assert engine.queue.idle


def test_too_many_requests_of_one_address_are_refused_until_some_time_has_passed(client):
    few = TestClient(http_api.build_app(ENGINES, limits=Limits(a_minute=2)))
    assert [few.get("/v1/cost", params={"member": "b0"}).status_code for _ in range(3)] == [200, 200, 429]
    refused = few.get("/v1/cost", params={"member": "b0"})
    assert 1 <= int(refused.headers["retry-after"]) <= 30 and refused.headers["content-type"] == http_api.PROBLEM


def test_requests_grow_back_and_each_client_has_its_own():
    now = 0.0
    rates = Rates(60, clock=lambda: now)
    assert [rates.wait("one") for _ in range(61)] == [0.0] * 60 + [1.0]
    assert rates.wait("another") == 0.0
    now = 2.5
    assert [rates.wait("one") for _ in range(3)] == [0.0, 0.0, 0.5]


def test_clients_are_forgotten_before_they_fill_the_memory():
    rates = Rates(1)
    for number in range(2 * MOST_CLIENTS):
        rates.wait(f"{number}")
    assert len(rates._left) == MOST_CLIENTS


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": float("nan")}, {"a_minute": 0}])
def test_limits_that_nobody_can_keep_are_refused(wrong):
    with pytest.raises(ValueError, match="allowed is"):
        Limits(**wrong)


def lines_of(response) -> list[dict]:
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.mark.parametrize("form", [wire.JSON, wire.NPZ])
def test_the_lines_tell_how_far_it_is_and_end_with_the_answer(client, png, form, monkeypatch):
    engine, seen = ENGINES("tiny"), threading.Event()

    def slow(image, block, *, target, progress):
        progress(0.25)
        seen.wait(60)
        return [ChannelEffect(3, 0.5, 0.125)]

    monkeypatch.setattr(engine, "rank_channels", slow)
    monkeypatch.setattr(answering, "LINE_EVERY_S", 0.01)
    options = {"params": {"block": BLOCK, "target": 3}, "content": png, "headers": {"accept": f"{wire.LINES}, {form}"}}
    threading.Timer(0.5, seen.set).start()
    response = client.post("/v1/rank-channels", **options)
    *before, last = lines_of(response)
    assert response.headers["content-type"].startswith(wire.LINES) and {"share": 0.25} in before
    data = json.dumps(last["answer"]) if form == wire.JSON else base64.b64decode(last["answer"])
    assert wire.load(list[ChannelEffect], data, form) == [ChannelEffect(3, 0.5, 0.125)]


@pytest.mark.parametrize(
    ("error", "status", "said"), [(ValueError("no block"), 400, "no block"), (KeyError("a secret"), 500, "its log")]
)
def test_a_problem_after_the_first_line_is_the_last_line(client, png, monkeypatch, error, status, said):
    def failing(*_, **options):
        raise error

    monkeypatch.setattr(ENGINES("tiny"), "trace", failing)
    response = client.post("/v1/trace", params={"block": BLOCK}, content=png, headers={"accept": wire.LINES})
    problem = lines_of(response)[-1]["problem"]
    assert problem["status"] == status and said in problem["detail"] and "secret" not in problem["detail"]


def test_work_that_nobody_listens_to_ends():
    reported = []

    async def leave() -> None:
        work = answering.Work(lambda progress: reported.append(progress(0.5)) or until(lambda: not progress(0.6)), 60)
        lines = answering.lines(work, wire.JSON, lambda problem: {})
        assert await anext(lines) in (b'{"share":0.5}\n', b'{"share":0.6}\n')
        await lines.aclose()

    ended = threading.Event()

    def until(done) -> None:
        while not done():
            time.sleep(0.01)
        ended.set()

    asyncio.run(leave())
    assert ended.wait(60) and reported == [True]


def test_the_methods_own_parameters_are_asked_for_by_their_names(client, png):
    def ask(**options):
        return client.post("/v1/attribute", params={"method": "integrated_gradients", **options}, content=png)

    few, many = (wire.load(Heatmap, ask(target=3, steps=steps).content) for steps in (8, 16))
    expected = ENGINES("tiny").attribute(load_sample("coffee"), method="integrated_gradients", target=3, steps=16)
    assert flat(many) == pytest.approx(flat(expected), rel=1e-4, abs=1e-5) and flat(few) != flat(many)
    for wrong in ({"steps": 9999}, {"steps": "many"}, {"window": 16}):
        assert ask(**wrong).status_code == 400


def test_an_option_that_a_path_does_not_have_is_refused(client, png):
    answer = client.post("/v1/explain", params={"tpo": 3}, content=png)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "/v1/explain has no option 'tpo'; it has top, layer, target, model"


def test_a_prepared_picture_is_taken_as_it_is(client):
    engine = ENGINES("tiny")
    x = engine.preparation.tensor(load_sample("coffee"))
    for form in (wire.JSON, wire.NPZ):
        body = wire.dump(Question(x, edits=(GateEdit(BLOCK, 0.0, (3,)),)), form)
        answer = client.post("/v1/intervene", content=body, headers={"content-type": form})
        expected = engine.intervene(x, [GateEdit(BLOCK, 0.0, (3,))])
        assert flat(wire.load(Intervention, answer.content)) == pytest.approx(flat(expected), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (Question(np.zeros((3, 8, 8), np.float32)), "tiny takes finite (3, "),
        (Question(np.full((3, 160, 160), np.nan, np.float32)), "tiny takes finite (3, "),
        (Question(np.zeros(3, np.float32), Heatmap("input", 0, np.zeros(3))), "tiny takes finite (3, "),
    ],
)
def test_a_tensor_of_another_shape_is_refused(client, question, sentence):
    answer = client.post("/v1/explain", content=wire.dump(question), headers={"content-type": wire.JSON})
    assert answer.status_code == 400 and sentence in answer.json()["detail"]


@pytest.mark.parametrize("path", ["faithfulness", "randomisation"])
def test_a_map_to_judge_has_to_come_with_the_picture(client, png, path):
    assert "the map is missing" in client.post(f"/v1/{path}", content=png).json()["detail"]
    x = ENGINES("tiny").preparation.tensor(load_sample("coffee"))
    flat_map = wire.dump(Question(x, Heatmap("input", 0, np.zeros(3, np.float32))), wire.NPZ)
    answer = client.post(f"/v1/{path}", content=flat_map, headers={"content-type": wire.NPZ})
    assert answer.status_code == 400 and "a map has rows and columns" in answer.json()["detail"]


def test_the_page_for_people_has_every_path_and_asks_no_other_host(client):
    page = TestClient(http_api.build_app(ENGINES, (TOKEN,))).get("/")
    api = client.get("/openapi.json").json()
    assert page.headers["content-type"].startswith("text/html") and "<script" not in page.text
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.text)
    assert all(f"<code>{method.upper()} {path}" in page.text for path, ways in api["paths"].items() for method in ways)
    assert {"steps", "window", "stride"} <= {row["name"] for row in api["paths"]["/v1/attribute"]["post"]["parameters"]}
    assert "<b>" not in api_page.page({"info": {"title": "<b>", "description": "<b>"}, "paths": {}})


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "example.org"])  # noqa: S104 (refused, not bound)
def test_beyond_loopback_it_needs_a_token(address):
    with pytest.raises(ValueError, match="--token-file"):
        check(address, ())
    with pytest.raises(ValueError, match="needs 16 or more"):
        check(address, (TOKEN, "short"))
    check(address, (TOKEN,))
