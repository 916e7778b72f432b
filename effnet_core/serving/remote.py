"""An engine on another computer: the questions and answers of `Engine`, asked over HTTP. No torch here.

Answers come line by line: who waits is told the place in the queue, long answers tell their progress, and who leaves
ends the work there. Nothing follows a redirect, which would carry the token to another host.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import numpy as np
from PIL.Image import Image

from ..explain.block_arithmetic import BlockWeights
from ..explain.gate_edits import GateEdit
from ..explain.request_queue import Busy, NetworkFailed, tell
from ..explain.results import BlockTrace, ChannelEffect, Explanation, Faithfulness, Heatmap, Intervention, Randomised
from ..foreign_text import shortened
from ..networks.download import WeightsUnavailable
from ..networks.model_status import ModelStatus
from ..progress import Cancelled, Progress
from . import wire
from .own_checkpoints import CheckpointForgotten, Upload
from .questions import Facts, Question

ENGINE, TOKEN = "EFFNET_ENGINE", "EFFNET_ENGINE_TOKEN"
CONNECT_S = 5.0
SILENCE_S = 30.0  # a server that works on an answer says something three times a second
AT_ONCE = 8  # pictures that are under way together, of those that are asked for in one call
LONGEST_REASON = 300
PROXIES = (500, 502, 503, 504)  # what they say where the engine behind them is not there
ERRORS = {
    400: ValueError,
    413: ValueError,
    422: ValueError,
    410: CheckpointForgotten,
    404: WeightsUnavailable,
    429: Busy,
    503: Busy,
}

Picture = Image | np.ndarray
Answer = TypeVar("Answer")


class ServerAway(NetworkFailed):
    """The engine elsewhere can't be asked at the moment, or not by this app; the message is a sentence."""


def from_environment() -> Server | None:
    """The server that EFFNET_ENGINE names, asked with the token of EFFNET_ENGINE_TOKEN; None where it names none."""
    address = os.environ.get(ENGINE, "").strip()
    return Server(address, os.environ.get(TOKEN) or None) if address else None


@dataclass(frozen=True)
class Server:
    """Whatever answers at an address such as http://host:8600. Every question may raise ServerAway."""

    address: str
    token: str | None = field(default=None, repr=False)

    def models(self) -> list[ModelStatus]:
        """All models, and which of them are ready there."""
        return self.ask("/v1/models", list[ModelStatus])

    def engine(self, name: str) -> RemoteEngine:
        """One of its models. Raises WeightsUnavailable, and ValueError listing the valid names."""
        return RemoteEngine(self, self.ask(f"/v1/models/{quote(name, safe='')}", Facts))

    def own_engine(self, upload: Upload) -> RemoteEngine:
        """A checkpoint of one's own, sent there; again where it was forgotten. Raises ValueError saying why not."""
        name = self.keep(upload)
        return RemoteEngine(self, self.ask(f"/v1/models/{name}", Facts), name, upload)

    def keep(self, upload: Upload) -> str:
        """The name under which the server keeps it for a while."""
        labels = (upload.labels or "").encode()
        options = {"filename": upload.filename, "labels": len(labels)}
        return self.ask("/v1/checkpoints", str, options, upload.data + labels)

    def ask(
        self,
        path: str,
        kind: type[Answer],
        options: dict[str, object] | None = None,
        question: Question | bytes | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        """What a path answers, as a `kind` of row. Raises what the engine raises, and ServerAway."""
        given = {name: value for name, value in (options or {}).items() if value is not None}
        target = f"{path}?{urlencode(given, doseq=True)}" if given else path
        with closing(self._rows(target, question)) as rows:  # closed early, it tells the server that nobody listens
            for row in rows:
                if "problem" in row:
                    raise self._error(row["problem"])
                if "answer" in row:
                    return self._read(kind, row["answer"])
                if "before" in row:
                    tell(row["before"])
                elif progress and not progress(row.get("share", 0.0)):
                    raise Cancelled("stopped before the answer came")
        raise ServerAway(f"The engine at {self.address} broke off in the middle of an answer; ask again")

    def _read(self, kind: type[Answer], answer: str | bytes) -> Answer:
        """An answer in JSON, or base64 of npz."""
        try:
            if isinstance(answer, bytes):
                return wire.load(kind, answer)
            return wire.load(kind, base64.b64decode(answer), wire.NPZ)
        except ValueError as error:
            raise self._strange(error) from error

    def _rows(self, target: str, question: Question | bytes | None) -> Iterator[dict]:
        """The lines of a response; one that has no lines is its whole answer."""
        try:
            with closing(self._connect()) as connection:
                response = self._responds(connection, target, question)
                if response.headers.get_content_type() == wire.LINES:
                    yield from map(json.loads, response)
                elif response.status == 200:
                    yield {"answer": response.read()}
                else:
                    yield {"problem": json.loads(response.read())}
        except TimeoutError as error:
            raise ServerAway(f"The engine at {self.address} said nothing for {SILENCE_S:g} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            reason = shortened(getattr(error, "strerror", None) or str(error), LONGEST_REASON)
            raise ServerAway(f"The engine at {self.address} can't be reached ({reason or 'no answer'})") from error
        except (ValueError, TypeError) as error:
            raise self._strange(error) from error

    def _connect(self) -> http.client.HTTPConnection:
        where = self._where()
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        connection = kind(where.hostname, where.port, timeout=CONNECT_S)
        connection.connect()
        connection.sock.settimeout(SILENCE_S)
        return connection

    def _where(self) -> SplitResult:
        try:
            where = urlsplit(self.address)
            if where.scheme in ("http", "https") and where.hostname and where.port != 0:
                return where
        except ValueError:  # a port that is none
            pass
        raise ServerAway(f"{ENGINE} is {self.address!r}; it has to be an address such as http://127.0.0.1:8600")

    def _responds(
        self, connection: http.client.HTTPConnection, target: str, question: Question | bytes | None
    ) -> http.client.HTTPResponse:
        headers = {"accept": f"{wire.LINES}, {wire.NPZ}"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        body = question
        if isinstance(question, Question):
            headers["content-type"] = wire.NPZ
            body = wire.dump(question, wire.NPZ)
        connection.request("POST" if body else "GET", self._where().path.rstrip("/") + target, body, headers)
        response = connection.getresponse()
        self._check_version(response.headers.get(wire.VERSION_HEADER), response.status)
        return response

    def _check_version(self, came: str | None, status: int) -> None:
        if came is None and status in PROXIES:
            raise ServerAway(f"The engine at {self.address} can't be reached (a proxy before it says {status})")
        if came is None:
            raise ServerAway(f"What answers at {self.address} is no engine of this project; look at {ENGINE}")
        if came != str(wire.VERSION):
            raise ServerAway(
                f"The engine at {self.address} speaks version {came[:20]}, and this app version {wire.VERSION}: "
                "bring both to the same release"
            )

    def _error(self, problem: dict) -> Exception:
        status, detail = problem.get("status"), shortened(str(problem.get("detail")), LONGEST_REASON).rstrip(".")
        if status == 401:
            return ServerAway(f"The engine at {self.address} refuses the token; set {TOKEN} to the one it was given")
        return ERRORS.get(status, NetworkFailed)(detail)

    def _strange(self, error: Exception) -> ServerAway:
        reason = shortened(str(error), LONGEST_REASON)
        return ServerAway(f"The engine at {self.address} gave an answer that can't be read: {reason}")


class RemoteEngine:
    """One model of a server, with the attributes and methods of `Engine`. Safe to share between threads.

    Pictures are prepared here and travel as the tensors that the network takes. `name`: what the server calls it, if
    that is not what the network is; `upload`: what to send where the server has forgotten it.
    """

    def __init__(self, server: Server, facts: Facts, name: str | None = None, upload: Upload | None = None) -> None:
        self._server, self.address = server, server.address
        self._asked_as, self.upload = name or facts.name, upload
        self._sent, self._sending = 0, threading.Lock()  # how often again
        self.name, self.weights, self.labels, self.groups = facts.name, facts.weights, facts.labels, facts.groups
        self.architecture, self.preparation, self.layers = facts.architecture, facts.preparation, facts.layers
        self.device, self.notice, self.notes = facts.device, facts.notice, facts.notes

    def explain(
        self, images: Sequence[Picture], *, top: int = 5, layer: str | None = None, target: int | None = None
    ) -> list[Explanation]:
        def one(image: Picture) -> Explanation:
            return self._ask("explain", Explanation, image, top=top, layer=layer, target=target)

        if len(images) == 1:  # in this thread, which may be told its place in the queue
            return [one(images[0])]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return [*threads.map(one, images)]

    def ladder(self, image: Picture, *, targets: Sequence[int]) -> list[Heatmap]:
        return self._ask("ladder", list[Heatmap], image, target=list(targets))

    def attribute(
        self,
        image: Picture,
        *,
        method: str,
        target: int | None = None,
        layer: str | None = None,
        progress: Progress | None = None,
        **parameters: int,
    ) -> Heatmap:
        options = {"method": method, "target": target, "layer": layer, **parameters}
        return self._ask("attribute", Heatmap, image, progress=progress, **options)

    def trace(self, image: Picture, block: str) -> BlockTrace:
        return self._ask("trace", BlockTrace, image, block=block)

    def block_weights(self, block: str) -> BlockWeights:
        return self._again_if_forgotten("block-weights", BlockWeights, {"block": block})

    def intervene(
        self,
        image: Picture,
        edits: Sequence[GateEdit],
        *,
        top: int = 5,
        layer: str | None = None,
        target: int | None = None,
    ) -> Intervention:
        beside = {"edits": tuple(edits)}
        return self._ask("intervene", Intervention, image, beside, top=top, layer=layer, target=target)

    def strongest_flip(self, image: Picture, block: str) -> int:
        return self._ask("strongest-flip", int, image, block=block)

    def rank_channels(
        self, image: Picture, block: str, *, target: int, progress: Progress | None = None
    ) -> list[ChannelEffect]:
        return self._ask("rank-channels", list[ChannelEffect], image, progress=progress, block=block, target=target)

    def faithfulness(self, image: Picture, heatmap: Heatmap, *, progress: Progress | None = None) -> Faithfulness:
        return self._ask("faithfulness", Faithfulness, image, {"heatmap": heatmap}, progress)

    def randomisation(
        self, image: Picture, heatmap: Heatmap, *, progress: Progress | None = None, **parameters: int
    ) -> list[Randomised]:
        return self._ask("randomisation", list[Randomised], image, {"heatmap": heatmap}, progress, **parameters)

    def _ask(
        self,
        path: str,
        kind: type[Answer],
        image: Picture,
        beside: dict[str, object] | None = None,
        progress: Progress | None = None,
        **options: object,
    ) -> Answer:
        x = image if isinstance(image, np.ndarray) else self.preparation.tensor(image)
        return self._again_if_forgotten(path, kind, options, Question(x, **(beside or {})), progress)

    def _again_if_forgotten(
        self,
        path: str,
        kind: type[Answer],
        options: dict[str, object],
        question: Question | None = None,
        progress: Progress | None = None,
    ) -> Answer:
        sent, options = self._sent, {"model": self._asked_as, **options}
        try:
            return self._server.ask(f"/v1/{path}", kind, options, question, progress)
        except CheckpointForgotten:
            if self.upload is None:
                raise
        with self._sending:  # once, also where several threads ask
            if sent == self._sent:
                self._server.keep(self.upload)
                self._sent += 1
        return self._server.ask(f"/v1/{path}", kind, options, question, progress)
