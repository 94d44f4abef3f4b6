"""A served model: requests per CPU-second beside a bare echo and beside FastAPI with the pandas pipeline, in one run."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import fsspec
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
from measure import Figure
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from highroad.models import folder as files
from highroad.models.onnx.export import export
from highroad.models.signature import signature_of
from highroad.serving import VARIABLE
from highroad.serving.assignment import Assignment, settings_of
from highroad.serving.load import load
from highroad.testing.ports import free_port

ROWS, NUMBERS, TEXTS = 20_000, 28, 3
ECHO = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        await receive(); await send({"type": "lifespan.startup.complete"})
        await receive(); return await send({"type": "lifespan.shutdown.complete"})
    body = (await receive()).get("body", b"")
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
PEER = """
import pickle
import pandas as pd
from fastapi import FastAPI
from pydantic import create_model
model = pickle.load(open("model.pickle", "rb"))
types = {name: (str if name.startswith("t") else float | None, ...) for name in model.estimator_names}
Row = create_model("Row", **types)
Request = create_model("Request", rows=(list[Row], ...))
app = FastAPI()
@app.post("/v1/score")
def score(request: Request):
    frame = pd.DataFrame([row.model_dump() for row in request.rows])
    return {"predictions": model.predict_proba(frame)[:, 1].tolist()}
@app.get("/ready")
def ready():
    return {}
"""


def figures(folder: Path, smoke: bool) -> list[Figure]:
    """Throughput of one row and of a hundred, memory, and the CPU until it is ready; Linux alone says what a process took."""
    if not Path("/proc/self/stat").exists():
        print("serving: nothing is measured: there is no /proc", file=sys.stderr)
        return []
    frame = _frame()
    told = _model(folder, frame)
    (folder / "echo.py").write_text(ECHO)
    (folder / "peer.py").write_text(dedent(PEER))
    rows = frame.head(2_000).to_dict("records")
    one = [json.dumps({"rows": [row]}).encode() for row in rows[:200]]
    many = [
        json.dumps({"rows": rows[start : start + 100]}).encode() for start in range(0, 2_000, 100)
    ]
    seconds, pairs = (0.5, 1) if smoke else (4.0, 5)
    with (
        _process(folder, "ours", told) as ours,
        _process(folder, "echo") as echo,
        _process(folder, "peer") as peer,
    ):
        runs = [
            (
                _rate(ours, one, seconds),
                _rate(echo, one, seconds),
                _rate(peer, one, seconds),
                _rate(ours, many, seconds),
                _rate(peer, many, seconds),
            )
            for _ in range(pairs)
        ]
        memory = ours.resident_mib(), peer.resident_mib()
    a, b, c, d, e = ([run[place] for run in runs] for place in range(5))
    return [
        _figure("one row scored, requests per CPU-second, over an echo on uvicorn", 0.35, a, b),
        _figure("one row scored, over FastAPI with the pandas pipeline", 100, a, c),
        _figure("100 rows scored, over FastAPI with the pandas pipeline", 8, d, e),
        Figure(
            "memory of a worker, against FastAPI with the pandas pipeline",
            memory[0] / memory[1],
            100 / memory[1],
            *memory,
            unit="MiB",
        ),
        Figure(
            "start to ready, CPU, against FastAPI with the pandas pipeline",
            ours.ready_s / peer.ready_s,
            0.7 / peer.ready_s,
            ours.ready_s,
            peer.ready_s,
        ),
    ]


def _figure(what: str, bound: float, ours: list[float], theirs: list[float]) -> Figure:
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return Figure(
        what, ratio, bound, statistics.median(ours), statistics.median(theirs), "1/s", at_least=True
    )


class _Running:
    """A server and what its process took."""

    def __init__(self, pid: int, port: int):
        self.pid, self.port = pid, port
        self.ready_s = 0.0

    def cpu_s(self) -> float:
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        return (
            int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
            * os.sysconf("SC_PAGESIZE")
            / 2**20
        )


@contextmanager
def _process(folder: Path, name: str, told: Assignment | None = None) -> Iterator[_Running]:
    port = free_port()
    words = [
        sys.executable,
        "-m",
        "uvicorn",
        f"{name}:app",
        "--port",
        str(port),
        "--log-level",
        "warning",
        "--no-access-log",
        "--http",
        "httptools",
    ]
    environ = dict(os.environ)
    if told is not None:
        words = [sys.executable, "-m", "highroad.serving", "bench", str(port), "127.0.0.1"]
        environ[VARIABLE] = msgspec.json.encode(told).decode()
    child = subprocess.Popen(words, cwd=folder, env=environ)
    running = _Running(child.pid, port)
    try:
        while not _answers(port, "/ready"):
            if child.poll() is not None:
                raise SystemExit(f"{name} ended with {child.returncode} before it answered")
            time.sleep(0.02)
        running.ready_s = running.cpu_s()
        yield running
    finally:
        child.terminate()
        child.wait()


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10):
            return True
    except OSError:
        return False


def _rate(running: _Running, bodies: list[bytes], seconds: float) -> float:
    """Answers per CPU-second of the server."""
    before = running.cpu_s()
    outcome = asyncio.run(load(f"127.0.0.1:{running.port}", bodies, seconds, 8))
    if set(outcome.statuses) != {200} or outcome.lost:
        raise SystemExit(f"requests failed: {outcome.statuses}, {outcome.lost} lost")
    return len(outcome.latencies_s) / (running.cpu_s() - before)


def _frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    numbers = {f"n{place}": random.normal(0, 1, ROWS).round(3) for place in range(NUMBERS)}
    texts = {
        f"t{place}": random.choice([f"v{value}" for value in range(5 + 40 * place)], ROWS)
        for place in range(TEXTS)
    }
    return pd.DataFrame(texts | numbers)


def _model(folder: Path, frame: pd.DataFrame) -> Assignment:
    """A calibrated histogram gradient boosting of 200 trees, exported, and pickled for the peer."""
    texts = [name for name in frame if name.startswith("t")]
    encode = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), texts),
        remainder="passthrough",
    )
    target = frame["n0"] + frame["n1"] * frame["n2"] + (frame["t0"] == "v1") > 0.3
    trees = HistGradientBoostingClassifier(
        max_iter=200, categorical_features=list(range(TEXTS)), early_stopping=False
    )
    fitted = make_pipeline(encode, trees).fit(frame, target)
    model = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(frame, target)
    model.estimator_names = list(frame)
    (folder / "model.pickle").write_bytes(pickle.dumps(model))
    table = pa.Table.from_pandas(frame, preserve_index=False)
    signature = signature_of(model, table)
    made = export(model, signature, [table])
    written = {
        files.ONNX: made.onnx,
        files.SERVING: made.serving,
        files.SIGNATURE: b"{}",
        files.METRICS: b"{}",
    }
    about = {"name": "bench.model", "kind": "skops", "is_bare": False}
    digest = files.write(fsspec.filesystem("file"), str(folder / "model"), written, about).digest
    settings = settings_of({"port": 8080, "model": "model"})
    return Assignment(
        "bench",
        settings,
        "bench.model",
        1,
        str(folder / "model"),
        digest,
        "",
        "",
        "2026-01-01T00:00:00+00:00",
        str(folder / "log"),
    )
