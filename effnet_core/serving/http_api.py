"""The engine's answers over HTTP: FastAPI, one picture a request, arrays as npz or JSON by the Accept header.

A request's body is a picture's bytes, or a prepared one with what belongs to it as npz or JSON; its options stand in
the query. Errors are problem details (RFC 9457) whose `detail` is the core's own sentence. Pictures that come together
go through the network together, as in the app. Who accepts application/x-ndjson hears how far the answer is, line by
line.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Protocol

import numpy as np
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import cost
from ..architecture import RELEASES, released
from ..explain.gate_edits import read_edit
from ..explain.methods import METHODS
from ..explain.request_queue import Busy, NetworkFailed
from ..explain.results import Heatmap
from ..foreign_text import shortened
from ..images.reading import LIMIT_MB, read_image
from ..networks.download import WeightsUnavailable
from ..networks.model_status import ModelStatus
from ..progress import Cancelled, Progress
from . import api_page, wire
from .answering import Work, lines
from .limits import Limits, Rates
from .own_checkpoints import BODY_MB, PREFIX, CheckpointForgotten, Upload
from .questions import Facts, Question
from .tokens import is_loopback

if TYPE_CHECKING:
    from ..explain.engine import Engine

PROBLEM = "application/problem+json"
UNEXPECTED = "The server met an unexpected problem with this request; its log says more."
STATUS = {Busy: 503, WeightsUnavailable: 404, Cancelled: 504, NetworkFailed: 500}
STATUS |= {CheckpointForgotten: 410, ValueError: 400}  # in this order: the first that fits
OPEN = ("/", "/openapi.json")  # say what the API is, and answer nothing
CHECKPOINTS = "/v1/checkpoints"
BODY_S, CHECKPOINT_S = 60.0, 600.0  # for a body to come
MOST_UPLOADS = 2  # checkpoints that come in at the same time, each whole in memory
BINARY = {"schema": {"type": "string", "format": "binary"}}
BODY = {
    "description": f"A picture, up to {LIMIT_MB} MB; or {{picture, heatmap, edits}} with the prepared tensor.",
    "required": True,
    "content": {"image/*": BINARY, wire.NPZ: BINARY, wire.JSON: {"schema": {"type": "object"}}},
}
FORMS = {
    "200": {"description": "The answer", "content": {wire.JSON: {}, wire.NPZ: BINARY, wire.LINES: {}}},
    "4XX": {"description": "What was wrong, in a sentence", "content": {PROBLEM: {}}},
}
PARAMETERS = {row.name: row for method in METHODS.values() for row in method.parameters}
PARAMETERS_DESCRIBED = [
    {"name": row.name, "in": "query", "description": row.title, "schema": {"type": "integer", "default": row.default}}
    for row in PARAMETERS.values()
]

MODELS = f"tiny, efficientnet_b0 to efficientnet_b7 where their weights are here, or what {CHECKPOINTS} gave as a name"
Model = Annotated[str, Query(description=MODELS)]
Target = Annotated[int | None, Query(description="a class; by default the top one")]
Layer = Annotated[str | None, Query(description="where Grad-CAM looks, such as features.8")]
Edits = Annotated[list[str] | None, Query(max_length=100, description="such as features.4.0=0.0:3,17 or all=1.0")]

_decoders = ThreadPoolExecutor(4, thread_name_prefix="decode")  # the largest pictures take up to 600 MB while decoded
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """A request's engine and the prepared picture (3, crop, crop), with what came beside it."""

    engine: Engine
    question: Question

    @property
    def picture(self) -> np.ndarray:
        return self.question.picture

    @property
    def heatmap(self) -> Heatmap:
        if self.question.heatmap is None:
            raise ValueError(f"the map is missing; send {{picture, heatmap, edits}} as {wire.NPZ} or {wire.JSON}")
        return self.question.heatmap


async def asked(request: Request, model: Model = "tiny") -> Asked:
    """Raises ImageRejected, ValueError and WeightsUnavailable. No decoded picture waits for the network."""
    body = await _body(request, BODY_S)
    engine = await run_in_threadpool(_engine, request, model)
    form = request.headers.get("content-type", "").partition(";")[0]
    return await asyncio.get_running_loop().run_in_executor(_decoders, _read, engine, body, form)


async def _body(request: Request, seconds: float) -> bytes:
    try:
        return await asyncio.wait_for(request.body(), seconds)
    except TimeoutError as error:
        raise HTTPException(408, f"The body did not come within {seconds:g} s.") from error


def _engine(request: Request, name: str) -> Engine:
    """Raises WeightsUnavailable, CheckpointForgotten, and ValueError listing the valid names."""
    engines = request.app.state.engine
    return engines.own(request.state.holder, name) if name.startswith(PREFIX) else engines(name)


def _read(engine: Engine, body: bytes, form: str) -> Asked:
    if form not in (wire.JSON, wire.NPZ):
        return Asked(engine, Question(engine.preparation.tensor(read_image(body, "the picture"))))
    question, crop = wire.load(Question, body, form), engine.preparation.crop
    if question.picture.shape != (3, crop, crop) or not np.isfinite(question.picture).all():
        raise ValueError(f"{engine.name} takes finite (3, {crop}, {crop}), not {question.picture.shape}")
    if question.heatmap and question.heatmap.values.ndim != 2:
        raise ValueError(f"a map has rows and columns; this one has the shape {question.heatmap.values.shape}")
    return Asked(engine, Question(question.picture.astype(np.float32), question.heatmap, question.edits))


def known_options(request: Request) -> None:
    """Refuse an option that the path does not have: one misspelled would go unnoticed."""
    path, method = request.scope["route"].path, request.method.lower()
    described = request.app.openapi()["paths"].get(path, {}).get(method, {}).get("parameters", ())
    names = [option["name"] for option in described if option["in"] == "query"]
    for name in request.query_params:
        if name not in names:
            raise ValueError(f"{path} has no option {name[:40]!r}; it has {', '.join(names) or 'none'}")


class Guard:
    """Before a body is read: who asks, how often, and how much comes. Every response tells the wire's version."""

    def __init__(self, app: ASGIApp, tokens: Sequence[str], rates: Rates, strangers: bool = True) -> None:
        self.app, self._tokens, self._rates, self._strangers = app, tokens, rates, strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def versioned(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[wire.VERSION_HEADER] = str(wire.VERSION)
            await send(message)

        refused = self._refused(Request(scope)) if scope["type"] == "http" else None
        await (refused or self.app)(scope, receive, versioned)

    def _refused(self, request: Request) -> Response | None:
        """Sets the state's `holder`: whose checkpoints may be asked for."""
        client = request.client.host if request.client else ""
        if not self._tokens and not self._strangers and not is_loopback(client):
            return _problem(401, "Other computers are answered only where the server was given a token.")
        if wait := self._rates.wait(client):
            return _problem(429, "Too many requests came from this address; try again in a moment.", wait)
        came = request.headers.get("authorization", "")
        holders = [_holder(token) for token in self._tokens if _same(came, f"Bearer {token}")]
        if self._tokens and request.url.path not in OPEN and not holders:
            return _problem(401, "The token is missing or wrong; send it as Authorization: Bearer TOKEN.")
        request.state.holder = holders[0] if holders else ""
        most = BODY_MB if request.url.path == CHECKPOINTS else LIMIT_MB
        return _refused_length(request.headers.get("content-length", ""), most) if request.method == "POST" else None


def _holder(token: str) -> str:
    """Whoever has the token, by a name that does not tell it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refused_length(length: str, most: int) -> Response | None:
    if not length.isdecimal():
        return _problem(411, "The request does not say how long its body is; send a Content-Length.")
    if int(length) > most * 2**20:
        size = f"{int(length) / 2**20:.1f} MB"
        return _problem(413, f"The body has {size}, over the limit of {most} MB; send a smaller file.")
    return None


class Engines(Protocol):
    """Where answers come from: this process, or others."""

    def __call__(self, name: str) -> Engine:
        """Raises WeightsUnavailable, and ValueError listing the valid names."""

    def own(self, holder: str, name: str) -> Engine:
        """A checkpoint that this holder sent. Raises CheckpointForgotten."""

    def keep(self, holder: str, upload: Upload) -> str:
        """The name that `own` takes. Raises CheckpointRejected."""

    def statuses(self) -> list[ModelStatus]:
        """All models, and which of them are ready."""


def build_app(
    engine: Engines, tokens: Sequence[str] = (), limits: Limits | None = None, *, strangers: bool = True
) -> FastAPI:
    """The API over these engines; with `tokens`, for those alone who send `Authorization: Bearer TOKEN` with one.

    Without `strangers`, other computers need one: for servers whose address is not known here.
    """
    app = FastAPI(
        title="EfficientNet, explained",
        version=str(wire.VERSION),
        description=__doc__.partition("\n\n")[2],
        docs_url=None,  # FastAPI's own pages ask another host for their scripts
        redoc_url=None,
        dependencies=[Depends(known_options)],
    )
    app.state.engine, app.state.limits = engine, limits or Limits()
    app.add_middleware(Guard, tokens=tokens, rates=Rates(app.state.limits.a_minute), strangers=strangers)
    for error in (*STATUS, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(error, lambda _, problem: _problem(*_told(problem)))
    app.get("/", include_in_schema=False)(lambda: HTMLResponse(api_page.page(app.openapi())))
    _add_tables(app)
    _add_checkpoints(app)
    _add_answers(app)
    _add_measurements(app)
    return app


def _add_tables(app: FastAPI) -> None:
    """What needs no picture."""

    @app.get("/v1/models")
    def models() -> list[ModelStatus]:
        """All models, and which of them are ready here."""
        return app.state.engine.statuses()

    @app.get("/v1/models/{name}", response_class=Response, responses=FORMS)
    async def model(request: Request, name: str) -> Response:
        """One model, loaded: its weights, blocks, classes, preparation of pictures, device."""
        return await _answer(request, lambda _: facts_of(_engine(request, name)))

    @app.get("/v1/block-weights", response_class=Response, responses=FORMS)
    async def block_weights(request: Request, block: str, model: Model = "tiny") -> Response:
        """The weights of one MBConv, to repeat its arithmetic."""
        engine = await run_in_threadpool(_engine, request, model)
        return await _answer(request, lambda _: engine.block_weights(block))

    @app.get("/v1/cost")
    def cost_of_member(member: str, resolution: Annotated[int | None, Query(ge=32, le=2048)] = None) -> dict:
        """Parameters and MACs (multiply-accumulates, batch 1) of a released size, b0 to b7."""
        if member not in RELEASES:
            raise ValueError(f"no released size is called {member[:20]!r}; there are {', '.join(RELEASES)}")
        architecture = released(member)
        architecture = architecture.at(resolution=resolution) if resolution else architecture
        total = cost.cost_of(architecture)
        return {"resolution": architecture.resolution, "params": total.params, "macs": total.macs}


def _add_checkpoints(app: FastAPI) -> None:
    """Networks of the clients' own."""
    coming = asyncio.Semaphore(MOST_UPLOADS)
    taken = {
        "description": f"A checkpoint, and right after it its labels file if there is one; up to {BODY_MB} MB.",
        "required": True,
        "content": {"application/octet-stream": BINARY},
    }

    @app.post(CHECKPOINTS, openapi_extra={"requestBody": taken}, response_class=Response, responses=FORMS)
    async def checkpoint(
        request: Request, filename: str, labels: Annotated[int, Query(description="bytes of the labels file")] = 0
    ) -> Response:
        """A name for a checkpoint of one's own, which `model` takes from this token's holder alone."""
        if coming.locked():
            raise Busy("other checkpoints are coming in; try again in a moment")
        async with coming:
            upload = Upload.of(await _body(request, CHECKPOINT_S), shortened(filename), labels)
        return await _answer(request, lambda _: app.state.engine.keep(request.state.holder, upload))


def facts_of(engine: Engine) -> Facts:
    return Facts(**{name: getattr(engine, name) for name in Facts.__dataclass_fields__})


def _answers(app: FastAPI, path: str, parameters: list[dict] | None = None) -> Callable:
    extra = {"requestBody": BODY} | ({"parameters": parameters} if parameters else {})
    return app.post(path, openapi_extra=extra, response_class=Response, responses=FORMS)


Question_ = Annotated[Asked, Depends(asked)]


def _add_answers(app: FastAPI) -> None:
    """What a few passes through the network answer."""

    @_answers(app, "/v1/explain")
    async def explain(
        request: Request, ask: Question_, top: int = 5, layer: Layer = None, target: Target = None
    ) -> Response:
        """Classes, all SE gates and Grad-CAM of the picture."""
        return await _answer(
            request, lambda _: ask.engine.explain([ask.picture], top=top, layer=layer, target=target)[0]
        )

    @_answers(app, "/v1/ladder")
    async def ladder(request: Request, ask: Question_, target: Annotated[list[int], Query(max_length=10)]) -> Response:
        """Signed Grad-CAM at every stage, of each target."""
        return await _answer(request, lambda _: ask.engine.ladder(ask.picture, targets=target))

    @_answers(app, "/v1/trace")
    async def trace(request: Request, ask: Question_, block: str) -> Response:
        """What each step of one MBConv produced."""
        return await _answer(request, lambda _: ask.engine.trace(ask.picture, block))

    @_answers(app, "/v1/intervene")
    async def intervene(
        request: Request,
        ask: Question_,
        edit: Edits = None,
        top: int = 5,
        layer: Layer = None,
        target: Target = None,
    ) -> Response:
        """The answer before and after gates were edited: the body's edits, then those of the query."""
        edits = [*ask.question.edits, *map(read_edit, edit or ())]
        return await _answer(
            request, lambda _: ask.engine.intervene(ask.picture, edits, top=top, layer=layer, target=target)
        )

    @_answers(app, "/v1/strongest-flip")
    async def strongest_flip(request: Request, ask: Question_, block: str) -> Response:
        """The channel of a block that changes the first answer's probability most if its gate is flipped."""
        return await _answer(request, lambda _: ask.engine.strongest_flip(ask.picture, block))


def _add_measurements(app: FastAPI) -> None:
    """What takes many passes, and tells how far it is."""

    @_answers(app, "/v1/attribute", PARAMETERS_DESCRIBED)
    async def attribute(
        request: Request, ask: Question_, method: str, target: Target = None, layer: Layer = None
    ) -> Response:
        """The picture's map by one method, with the method's own parameters."""
        how = {"method": method, "target": target, "layer": layer} | _parameters(request)
        return await _answer(request, lambda progress: ask.engine.attribute(ask.picture, progress=progress, **how))

    @_answers(app, "/v1/rank-channels")
    async def rank_channels(request: Request, ask: Question_, block: str, target: int) -> Response:
        """How much the target's logit falls when each channel of a block is closed, largest fall first."""
        how = {"block": block, "target": target}
        return await _answer(request, lambda progress: ask.engine.rank_channels(ask.picture, progress=progress, **how))

    @_answers(app, "/v1/faithfulness")
    async def faithfulness(request: Request, ask: Question_) -> Response:
        """Deletion and insertion curves of the body's map, of a random one and of a blob in the centre."""
        heatmap = ask.heatmap
        return await _answer(request, lambda progress: ask.engine.faithfulness(ask.picture, heatmap, progress=progress))

    @_answers(app, "/v1/randomisation", PARAMETERS_DESCRIBED)
    async def randomisation(request: Request, ask: Question_) -> Response:
        """The body's map again while the weights are randomised, the classifier's first."""
        heatmap, how = ask.heatmap, _parameters(request)
        return await _answer(
            request, lambda progress: ask.engine.randomisation(ask.picture, heatmap, progress=progress, **how)
        )


def _parameters(request: Request) -> dict[str, int | str]:
    """A method's own; the core refuses what is no number."""
    came = {name: request.query_params[name] for name in PARAMETERS if name in request.query_params}
    return {name: int(text) if text.isdecimal() else text for name, text in came.items()}


async def _answer(request: Request, work: Callable[[Progress], object]) -> Response:
    form = _form(request)
    job = Work(lambda progress: wire.dump(work(progress), form), request.app.state.limits.seconds)
    if wire.LINES in request.headers.get("accept", ""):
        told = lines(job, form, _problem_row)
        return StreamingResponse(told, media_type=wire.LINES, headers={"vary": "accept"})
    return Response(await job.answer(), media_type=form, headers={"vary": "accept"})


def _form(request: Request) -> str:
    """npz where the request accepts that by name, else JSON."""
    return wire.NPZ if wire.NPZ in request.headers.get("accept", "") else wire.JSON


def _told(problem: Exception) -> tuple[int, str]:
    """Status and sentence."""
    if isinstance(problem, HTTPException):
        return problem.status_code, str(problem.detail)
    if isinstance(problem, RequestValidationError):
        first = problem.errors()[0]
        return 422, f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}"
    status = next((status for error, status in STATUS.items() if isinstance(problem, error)), None)
    return (status, str(problem)) if status else (500, UNEXPECTED)


def _problem_row(problem: Exception) -> dict[str, str | int]:
    """As the last line of a response that has begun."""
    status, detail = _told(problem)
    if detail == UNEXPECTED:
        _log.error("an answer failed", exc_info=problem)
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def _problem(status: int, detail: str, wait_s: float = 1.0) -> JSONResponse:
    row = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    again = {"retry-after": str(math.ceil(wait_s))}
    headers = {503: again, 429: again, 401: {"www-authenticate": "Bearer"}}.get(status, {})
    return JSONResponse(row, status, headers | {wire.VERSION_HEADER: str(wire.VERSION)}, PROBLEM)
