"""The containers of a place: found, started, watched and stopped."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from highroad.deployments.targets.docker.place import DockerPlace
from highroad.errors import DeploymentError, ImageError
from highroad.releases.engine import Engine

KILLED = 137
_SHOWN = 8
"""Lines of a container's log that tell why it ended."""


class Container(NamedTuple):
    """A container as the engine lists it.

    Attributes:
        name: Its name.
        role: What it is for.
        release: The release's id.
        slot: Which of a front's two places it has; empty for what does not serve.
        is_running: Whether it runs.
    """

    name: str
    role: str
    release: str
    slot: str
    is_running: bool


_FORMAT = "\t".join(
    [
        "{{.Names}}",
        *(f'{{{{.Label "highroad.{each}"}}}}' for each in ("role", "release", "slot")),
        "{{.State}}",
    ]
)
"""Of `docker ps`: one line for a container, one question for all of them, at one moment."""


def containers(place: DockerPlace, role: str | None = None) -> list[Container]:
    """The containers of a place, of one role or of all, oldest first."""
    words = ["ps", "--all", "--format", _FORMAT, *place.filters]
    words += ["--filter", f"label=highroad.role={role}"] if role else []
    listed = place.engine.call(*words).splitlines()
    return [_container(*line.split("\t")) for line in reversed(listed)]


def _container(name: str, role: str, release: str, slot: str, state: str) -> Container:
    return Container(name, role, release, slot, state == "running")


class State(NamedTuple):
    """Whether a container runs, and how it ended if not.

    Attributes:
        is_running: Whether it runs.
        exit_code: How it ended; 0 while it runs.
        ran_out_of_memory: Whether the engine killed it for what it used.
    """

    is_running: bool
    exit_code: int
    ran_out_of_memory: bool

    @property
    def why(self) -> str:
        """How it ended, in words."""
        if self.ran_out_of_memory or self.exit_code == KILLED:
            return "used more memory than it may and was killed"
        return f"ended with exit code {self.exit_code}"


def state_of(engine: Engine, name: str) -> State:
    """What became of a container.

    Raises:
        DeploymentError: Somebody removed it.
    """
    try:
        shown = engine.call("container", "inspect", "--format", "{{json .State}}", name)
    except ImageError as error:
        raise DeploymentError(f"{name} was removed by somebody else: {error}") from None
    state = json.loads(shown)
    is_running = bool(state["Running"]) and not state.get("Restarting")
    return State(is_running, int(state["ExitCode"]), bool(state.get("OOMKilled")))


def start(place: DockerPlace, name: str, options: Sequence[str], image: str, *command: str) -> None:
    """Start a container in the background, in place of one of that name which was left behind.

    Raises:
        DeploymentError: The engine cannot start it.
    """
    words = ("run", "--detach", "--name", name, *options, image, *command)
    try:
        try:
            place.engine.call(*words)
        except ImageError as error:
            if "is already in use" not in str(error):
                raise
            remove(place.engine, name)
            place.engine.call(*words)
    except ImageError as error:
        remove(place.engine, name)
        raise DeploymentError(f"{name} cannot be started: {error}") from None


def run_to_end(
    place: DockerPlace,
    name: str,
    options: Sequence[str],
    image: str,
    command: Sequence[str],
    tell: Callable[[str], None],
) -> None:
    """Run a container to its end and remove it; its log is told line by line.

    Raises:
        DeploymentError: It failed, or took longer than a run here may.
    """
    start(place, name, options, image, *command)
    try:
        with place.engine.following("logs", "--follow", name) as log:
            told = threading.Thread(target=_tell_all, args=(log, tell), daemon=True)
            told.start()
            told.join(place.timeout_s)
        if told.is_alive():
            raise DeploymentError(
                f"`{' '.join(command)}` was not over after {place.timeout_s / 60:g} min, which timeout_min allows."
            )
        place.engine.call("wait", name)
        ended = state_of(place.engine, name)
        if ended.exit_code:
            raise DeploymentError(f"`{' '.join(command)}` {ended.why}:\n{tail(place.engine, name)}")
    finally:
        remove(place.engine, name)


def _tell_all(log: subprocess.Popen[str], tell: Callable[[str], None]) -> None:
    assert log.stdout is not None
    for line in log.stdout:
        tell(_message(line.rstrip()))


def _message(line: str) -> str:
    """What a line of a log says, be it JSON or plain."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line


def wait_for_line(place: DockerPlace, name: str, wanted: str, within_s: float) -> None:
    """Wait until a container's log has a line.

    Raises:
        DeploymentError: It ended before, or the time is over.
    """
    seen = threading.Event()

    def look(log: subprocess.Popen[str]) -> None:
        assert log.stdout is not None
        for line in log.stdout:
            if wanted in line:
                seen.set()
                return

    with place.engine.following("logs", "--follow", name) as log:
        looking = threading.Thread(target=look, args=(log,), daemon=True)
        looking.start()
        looking.join(within_s)
    if seen.is_set():
        return
    found = state_of(place.engine, name)
    problem = (
        f"did not say that it {wanted} within {within_s:g} s" if found.is_running else found.why
    )
    raise DeploymentError(f"{name} {problem}:\n{tail(place.engine, name)}")


def tail(engine: Engine, name: str) -> str:
    """The last lines of a container's log, indented."""
    with engine.following("logs", "--tail", str(_SHOWN), name) as log:
        assert log.stdout is not None
        return "\n".join(f"  {_message(line.rstrip())[:400]}" for line in log.stdout)


def remove(engine: Engine, name: str) -> None:
    """Remove a container, running or not; none of that name is well too."""
    try:
        engine.call("rm", "--force", name)
    except ImageError as error:
        if "No such container" not in str(error) and "already in progress" not in str(error):
            raise
