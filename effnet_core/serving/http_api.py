"""The engine's answers over HTTP: FastAPI, one picture a request, arrays as npz or JSON by the Accept header.

A request's body is a picture's bytes, its options stand in the query. Errors are problem details (RFC 9457) whose
`detail` is the core's own sentence. Pictures that come together go through the network together, as in the app.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from PIL.Image import Image
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from .. import cost
from ..architecture import RELEASES, released
from ..explain.engine import Engine
from ..explain.gate_edits import read_edit
from ..explain.request_queue import Busy
from ..images.reading import LIMIT_MB, read_image
from ..networks import weights
from ..networks.download import WeightsUnavailable
from ..progress import Cancelled
from . import wire

WIRE_VERSION = 1  # grows whenever older clients would misread an answer
VERSION_HEADER = "effnet-wire"
TIME_LIMIT_S = 120.0
PROBLEM = "application/problem+json"
UNEXPECTED = "The server met an unexpected problem with this request; its log says more."
STATUS = {Busy: 503, WeightsUnavailable: 404, Cancelled: 504, ValueError: 400}

Model = Annotated[str, Query(description="tiny, or efficientnet_b0 to efficientnet_b7 where their weights are here")]
Target = Annotated[int | None, Query(description="a class; by default the top one")]
Layer = Annotated[str | None, Query(description="where Grad-CAM looks, such as features.8")]
PICTURE = {
    "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {"200": {"content": {wire.NPZ: {"schema": {"type": "string", "format": "binary"}}}}},
}


async def picture(request: Request) -> Image:
    """The body as a picture. Raises ImageRejected."""
    return await run_in_threadpool(read_image, await request.body(), "the picture")


Picture = Annotated[Image, Depends(picture)]


def build_app(engine: Callable[[str], Engine], token: str | None = None) -> FastAPI:
    """The API over these engines; with a `token`, for those alone who send `Authorization: Bearer TOKEN`."""
    app = FastAPI(title="EfficientNet, explained", version=str(WIRE_VERSION), docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def guard(request: Request, answer: Callable) -> Response:
        """Before a body is read: who asks, and how much comes."""
        refused = _refused(request, token)
        response = refused or await answer(request)
        response.headers[VERSION_HEADER] = str(WIRE_VERSION)
        return response

    for error, status in STATUS.items():
        app.add_exception_handler(error, lambda _, problem, status=status: _problem(status, str(problem)))
    app.add_exception_handler(HTTPException, lambda _, problem: _problem(problem.status_code, str(problem.detail)))
    app.add_exception_handler(RequestValidationError, lambda _, problem: _problem(422, _sentence(problem)))
    app.add_exception_handler(Exception, lambda *_: _problem(500, UNEXPECTED))
    _add_tables(app)
    _add_answers(app, engine)
    return app


def _add_tables(app: FastAPI) -> None:
    """What needs no network."""

    @app.get("/v1/models")
    def models() -> list[weights.ModelStatus]:
        """All models, and which of them are ready here."""
        return weights.statuses()

    @app.get("/v1/cost")
    def cost_of_member(member: str, resolution: Annotated[int | None, Query(ge=32, le=2048)] = None) -> dict:
        """Parameters and MACs (multiply-accumulates, batch 1) of a released size, b0 to b7."""
        if member not in RELEASES:
            raise ValueError(f"no released size is called {member[:20]!r}; there are {', '.join(RELEASES)}")
        architecture = released(member)
        architecture = architecture.at(resolution=resolution) if resolution else architecture
        total = cost.cost_of(architecture)
        return {"resolution": architecture.resolution, "params": total.params, "macs": total.macs}


def _add_answers(app: FastAPI, engine: Callable[[str], Engine]) -> None:
    """What a network answers. Plain functions: each runs in a thread, and waits in the engine's queue."""

    def answers(path: str) -> Callable:
        return app.post(path, openapi_extra=PICTURE, response_class=Response)

    @answers("/v1/explain")
    def explain(
        request: Request,
        image: Picture,
        model: Model = "tiny",
        top: int = 5,
        layer: Layer = None,
        target: Target = None,
    ) -> Response:
        """Classes, all SE gates and Grad-CAM of the picture."""
        [row] = engine(model).explain([image], top=top, layer=layer, target=target)
        return _sent(row, request)

    @answers("/v1/attribute")
    def attribute(
        request: Request,
        image: Picture,
        method: str,
        model: Model = "tiny",
        target: Target = None,
        layer: Layer = None,
    ) -> Response:
        """The picture's map by one method."""
        in_time = _time_limit()
        row = engine(model).attribute(image, method=method, target=target, layer=layer, progress=in_time)
        return _sent(row, request)

    @answers("/v1/ladder")
    def ladder(
        request: Request, image: Picture, target: Annotated[list[int], Query(max_length=10)], model: Model = "tiny"
    ) -> Response:
        """Signed Grad-CAM at every stage, of each target."""
        return _sent(engine(model).ladder(image, targets=target), request)

    @answers("/v1/trace")
    def trace(request: Request, image: Picture, block: str, model: Model = "tiny") -> Response:
        """What each step of one MBConv produced."""
        return _sent(engine(model).trace(image, block), request)

    @answers("/v1/intervene")
    def intervene(
        request: Request,
        image: Picture,
        edit: Annotated[list[str], Query(max_length=100, description="such as features.4.0=0.0:3,17 or all=1.0")],
        model: Model = "tiny",
        top: int = 5,
    ) -> Response:
        """The answer before and after gates were edited."""
        return _sent(engine(model).intervene(image, [read_edit(text) for text in edit], top=top), request)

    @answers("/v1/rank-channels")
    def rank_channels(request: Request, image: Picture, block: str, target: int, model: Model = "tiny") -> Response:
        """How much the target's logit falls when each channel of a block is closed, largest fall first."""
        row = engine(model).rank_channels(image, block, target=target, progress=_time_limit())
        return _sent(row, request)


def _time_limit() -> Callable[[float], bool]:
    ends = time.monotonic() + TIME_LIMIT_S
    return lambda share: time.monotonic() < ends


def _sent(row: object, request: Request) -> Response:
    """In npz where the request accepts that by name, else in JSON."""
    form = wire.NPZ if wire.NPZ in request.headers.get("accept", "") else wire.JSON
    return Response(wire.dump(row, form), media_type=form, headers={"vary": "accept"})


def _refused(request: Request, token: str | None) -> Response | None:
    came = request.headers.get("authorization", "")
    if token is not None and not hmac.compare_digest(came.encode(), f"Bearer {token}".encode()):
        return _problem(401, "The token is missing or wrong; send it as Authorization: Bearer TOKEN.")
    if request.method == "POST":
        length = request.headers.get("content-length", "")
        if not length.isdecimal():
            return _problem(411, "The request does not say how long its body is; send a Content-Length.")
        if int(length) > LIMIT_MB * 2**20:
            size = f"{int(length) / 2**20:.1f} MB"
            return _problem(413, f"The picture has {size}, over the limit of {LIMIT_MB} MB; make it smaller.")
    return None


def _problem(status: int, detail: str) -> JSONResponse:
    row = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = {503: {"retry-after": "1"}, 401: {"www-authenticate": "Bearer"}}.get(status)
    return JSONResponse(row, status, headers, PROBLEM)


def _sentence(problem: RequestValidationError) -> str:
    """Which option is wrong, and how."""
    first = problem.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}"
