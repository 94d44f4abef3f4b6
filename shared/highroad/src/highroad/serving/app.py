"""The scoring API as an ASGI application, without a framework between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sized
from contextlib import suppress
from typing import Any

import msgspec

from highroad.serving import PATH
from highroad.serving.metrics import Metrics
from highroad.serving.openapi import openapi
from highroad.serving.prediction_log import FLUSH_S, Header, PredictionLog
from highroad.serving.scoring import OK, Answer, Scorer

SLOW_BODY_S = 10.0
_RETRY = (b"retry-after", b"1")
_CLOSE = (b"connection", b"close")
_JSON = (b"content-type", b"application/json")
_GETS = ("/v1/model", "/v1/contract", "/openapi.json", PATH, "/ready", "/metrics")
_encode = msgspec.json.encode

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class App:
    """Answers requests; until a model is there, it says so.

    Args:
        facts: Which release answers, and where.
        start: Called once the loop runs; gives the app its model where it has none.

    Attributes:
        waiting: The requests that are being answered or wait for it; the server's.
        problem: Why no model answers; empty where one does.
        is_starting: Nobody knows yet which model to serve.
    """

    def __init__(self, facts: dict[str, str], start: Callable[[App], Coroutine[Any, Any, None]]):
        self._facts, self._start = facts, start
        self.waiting: Sized = ()
        self._scorer: Scorer | None = None
        self._log: PredictionLog | None = None
        self._metrics = Metrics()
        self._tasks: set[asyncio.Task[None]] = set()
        self._most_bytes, self._queue = 0, 0
        self._pages: dict[str, bytes] = {}
        self.problem = "the model is being loaded"
        self.is_starting = True

    @property
    def project(self) -> str:
        """Whose service it is."""
        return self._facts["project"]

    @property
    def release(self) -> str:
        """Which release; empty outside of one."""
        return self._facts["release"]

    def serve(self, scorer: Scorer) -> None:
        """Answer with a model from now on."""
        settings, about = scorer.assignment.settings, scorer.assignment
        columns = [(rule.name, {"string": "text", "boolean": "bool"}.get(rule.type, "number")) for rule in scorer.contract.rules]  # fmt: skip
        self._log = PredictionLog(about.log, Header(self._facts, about.model, about.version, about.run, columns))  # fmt: skip
        self._most_bytes, self._queue = settings.body_kib * 1024, settings.queue
        model = {
            **{key: getattr(about, key) for key in ("model", "version", "digest", "run", "commit", "saved_at")},
            "release": scorer.release,
            "classes": scorer.model.about.classes,
            "threshold": scorer.model.about.threshold,
        }  # fmt: skip
        self._pages = {
            "/v1/model": _encode(model),
            "/v1/contract": _encode(scorer.contract.odcs(about.model, about.version)),
            "/openapi.json": _encode(openapi(scorer)),
        }
        self._scorer, self.problem, self.is_starting = scorer, "", False

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request, or the server's own calls."""
        if scope["type"] == "http":
            if scope["path"] == "/v1/score" and scope["method"] == "POST":
                await self._score(receive, send)
            else:
                await self._get(scope, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _score(self, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        scorer = self._scorer
        if scorer is None:
            return await self._refuse(send, 503, self.problem, _RETRY)
        if len(self.waiting) > self._queue:
            return await self._refuse(send, 429, f"more than {self._queue} requests wait", _RETRY)
        message = await receive()
        body = message.get("body", b"")
        if message.get("more_body", False):
            try:
                async with asyncio.timeout(SLOW_BODY_S):
                    while message.get("more_body", False) and len(body) <= self._most_bytes:
                        message = await receive()
                        body += message.get("body", b"")
            except TimeoutError:
                return await self._refuse(send, 408, f"no whole body came within {SLOW_BODY_S:g} s", _CLOSE)  # fmt: skip
        if message["type"] != "http.request":
            return None
        if len(body) > self._most_bytes:
            return await self._refuse(send, 413, f"a body has at most {self._most_bytes} bytes", _CLOSE)  # fmt: skip
        answer = scorer.answer(body)
        if answer.rows:
            assert self._log is not None
            self._log.add(body, answer.body, answer.rows)
        for fault in answer.faults:
            self._metrics.faults[fault.kind] += 1
        await _send(send, answer.status, answer.body)
        self._metrics.scored(answer.status, time.perf_counter() - began, answer.rows)
        return None

    async def _get(self, scope: dict[str, Any], send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/v1/score":
            return await self._refuse(send, 405, "POST rows here", (b"allow", b"POST"))
        if path not in _GETS:
            self._metrics.answered("other", 404)
            return await _send(send, 404, _encode({"status": "not found", "try": PATH}))
        if method not in ("GET", "HEAD"):
            return await self._refuse(send, 405, "only GET", (b"allow", b"GET, HEAD"))
        answer, kind = self._page(path)
        self._metrics.answered(path, answer.status)
        await _send(send, answer.status, answer.body if method == "GET" else b"", kind)
        return None

    def _page(self, path: str) -> tuple[Answer, tuple[bytes, bytes]]:
        problem = {"problem": self.problem} if self.problem else {}
        if path == PATH:  # well without a model too: before a project's first run there is none
            word = "starting" if self.is_starting else "well"
            return Answer(503 if self.is_starting else OK, _encode({"status": word, **self._facts})), _JSON  # fmt: skip
        if path == "/ready":
            word = "not ready" if problem else "ready"
            return Answer(503 if problem else OK, _encode({"status": word, **problem})), _JSON
        if path == "/metrics":
            return Answer(OK, self._measured()), (b"content-type", b"text/plain; version=0.0.4")
        page = self._pages.get(path)
        return Answer(503, _encode(problem)) if page is None else Answer(OK, page), _JSON

    def _measured(self) -> bytes:
        gauges, labels = {"highroad_ready": float(self._scorer is not None)}, {**self._facts}
        gauges["highroad_requests_waiting"] = float(len(self.waiting))
        if self._scorer is not None and self._log is not None:
            about = self._scorer.assignment
            labels |= {"model": about.model, "version": str(about.version)}
            gauges["highroad_predictions_logged_total"] = float(self._log.written)
            gauges["highroad_predictions_lost_total"] = float(self._log.lost)
            gauges["highroad_model_saved_timestamp_seconds"] = _seconds(about.saved_at)
        return self._metrics.text(gauges, labels)

    async def _refuse(
        self, send: Send, status: int, error: str, header: tuple[bytes, bytes]
    ) -> None:
        self._metrics.answered("/v1/score", status)
        await _send(send, status, _encode({"error": error}), _JSON, header)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._tasks = {asyncio.create_task(self._start(self)), asyncio.create_task(self._flush())}
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._log is not None:
            self._log.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._log is not None:
                self._log.flush()


async def _send(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*(headers or (_JSON,)), (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
