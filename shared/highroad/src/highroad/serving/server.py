"""A service with a model: uvicorn around the app, and how the app comes to its model."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys

import msgspec
import uvicorn

from highroad.errors import HighroadError
from highroad.serving import VARIABLE
from highroad.serving.app import App
from highroad.serving.assignment import Assignment
from highroad.serving.scoring import Scorer, facts

ASK_AGAIN_S = 30.0


def serve(project: str, port: int, address: str = "0.0.0.0") -> None:
    """Serve until told to stop.

    Args:
        project: The project.
        port: Where to listen.
        address: Of which interface.

    Raises:
        HighroadError: The model that the environment names cannot be served.
    """
    app = App(facts(project), _find_model)
    if told := os.environ.get(VARIABLE):
        app.serve(Scorer(msgspec.json.decode(told, type=Assignment), app.release))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=address,
            port=port,
            http="httptools",
            lifespan="on",
            interface="asgi3",
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=20,
        )
    )
    app.waiting = server.server_state.tasks
    for number in (signal.SIGINT, signal.SIGTERM):  # once it has ended in good order, that is all
        signal.signal(number, lambda *_: sys.exit(0))
    gc.collect()
    gc.freeze()  # what is there by now stays: no collection has to look at it again
    server.run()


async def _find_model(app: App) -> None:
    """Give the app the newest model that is registered, once there is one."""
    while app.is_starting or app.problem:
        assignment, problem = await _ask(app.project, os.environ.get("HIGHROAD_ENV") or "base")
        try:
            if assignment is not None:
                return app.serve(Scorer(assignment, app.release))
        except HighroadError as error:
            problem = str(error)
        if problem != app.problem:
            print(problem, file=sys.stderr)
        app.problem, app.is_starting = problem, False
        await asyncio.sleep(ASK_AGAIN_S)


async def _ask(project: str, env: str) -> tuple[Assignment | None, str]:
    """What is to be served, from a process that may import the registry's client."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "highroad.serving.choosing",
        project,
        env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await child.communicate()
    if child.returncode:
        return None, said.decode(errors="replace").strip() or f"exit {child.returncode}"
    return msgspec.json.decode(out, type=Assignment), ""
