"""The Docker engine, driven through its own command line."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from highroad.errors import EngineError, ImageError
from highroad.secrets.redaction import redact

_ENVIRONMENT = {"DOCKER_BUILDKIT": "1", "DOCKER_CLI_HINTS": "false"}
_STEP = re.compile(r"^#\d+ \[[^\]]+\] ")
_SAID_AT_MOST = 30
_FULL = "no space left on device"
_OWN_BUILDKIT_BEFORE = 23
"""From this version on the client builds only with its plugin buildx."""


class ImageFacts(NamedTuple):
    """What the engine says of an image: `id` is the digest of its configuration."""

    id: str
    architecture: str
    size: int
    layers: tuple[str, ...]
    digests: tuple[str, ...]
    environment: tuple[str, ...]
    labels: dict[str, str]


class Engine:
    """A client that can build, and the engine that it reaches.

    Args:
        command: The client's path.
        host: Which engine, as in DOCKER_HOST; None is the one that the client knows.
    """

    def __init__(self, command: str, host: str | None = None):
        self.command = command
        self._environment = _ENVIRONMENT | ({"DOCKER_HOST": host} if host else {})
        self._known: dict[str, ImageFacts] = {}
        self._architecture = ""

    def call(self, *words: str) -> str:
        """Run a command of Docker's; gives its standard output without the last line's end.

        Raises:
            EngineError: The engine does not answer.
            ImageError: The command failed; with what it said.
        """
        done = self._run(words)
        if done.returncode:
            raise self._fault(words, done.stderr.strip().splitlines())
        return done.stdout.rstrip("\n")

    def facts(self, image: str) -> ImageFacts | None:
        """What there is to know of an image; None where the engine has none of this name."""
        if image in self._known:
            return self._known[image]
        done = self._run(("image", "inspect", image))
        if done.returncode:
            if "No such image" in done.stderr:
                return None
            raise self._fault(("image", "inspect", image), done.stderr.strip().splitlines())
        (found,) = json.loads(done.stdout)
        config = found["Config"]
        facts = ImageFacts(
            found["Id"],
            found["Architecture"],
            found["Size"],
            tuple(found["RootFS"].get("Layers") or ()),
            tuple(found.get("RepoDigests") or ()),
            tuple(config.get("Env") or ()),
            config.get("Labels") or {},
        )
        if "sha256:" in image:  # a name may be another image's soon, a digest never
            self._known[image] = facts
        return facts

    def architecture(self) -> str:
        """What the engine builds for, such as amd64."""
        if not self._architecture and (complaint := self.silence()):
            raise self._fault(("version",), [complaint])
        return self._architecture

    def feed(self, words: Sequence[str], given: str) -> str:
        """Run a command that reads its standard input; gives its standard output.

        Raises:
            EngineError: The engine does not answer.
            ImageError: The command failed; with what it said.
        """
        done = self._run(words, given)
        if done.returncode:
            raise self._fault(words, done.stderr.strip().splitlines())
        return done.stdout

    @contextmanager
    def following(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on, such as `logs --follow`, its output line by line; killed at the end."""
        with subprocess.Popen(
            [self.command, *words],
            env=os.environ | self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def watch(self, words: Sequence[str], tell: Callable[[str], None]) -> None:
        """Run a long command, such as a build; its steps are told as they come.

        Raises:
            EngineError: The engine stopped meanwhile.
            ImageError: The command failed, or the engine's disk is full.
        """
        said: list[str] = []
        with subprocess.Popen(
            [self.command, *words],
            env=os.environ | self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in map(str.rstrip, process.stdout):
                said.append(line)
                if _STEP.match(line):
                    tell(redact(line))
        if process.returncode:
            raise self._fault(words, said)

    def _run(
        self, words: Sequence[str], given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *words],
            env=os.environ | self._environment,
            input="" if given is None else given,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def _fault(self, words: Sequence[str], said: Sequence[str]) -> EngineError | ImageError:
        told = "\n".join(f"  {redact(line)}" for line in said[-_SAID_AT_MOST:] if line)
        if complaint := self.silence():
            return EngineError(
                f"Docker's engine stopped during `docker {words[0]}`: {complaint}. Nothing was tagged "
                "and what was built is kept: start the engine and repeat the command."
            )
        if any(_FULL in line for line in said):
            return ImageError(
                f"The engine's disk is full, so `docker {words[0]}` failed and nothing was tagged. "
                "See what takes the room with `docker system df`; `docker builder prune` and "
                f"`docker image prune` free what nothing uses.\n{told}"
            )
        return ImageError(f"`docker {words[0]}` failed:\n{told}")

    def silence(self) -> str | None:
        """Why the engine does not answer, in its client's words; None where it does."""
        done = self._run(("version", "--format", "{{.Server.Arch}}"))
        self._architecture = done.stdout.strip()
        return None if done.returncode == 0 else _last_line(done.stderr)


def find_engine(host: str | None = None, *, builds: bool = True) -> Engine:
    """The first `docker` of the path that can build and whose engine answers.

    Args:
        host: Which engine, as in DOCKER_HOST; None is the one that the client knows.
        builds: Whether it has to be able to build; to ask costs two calls.

    Raises:
        EngineError: There is none; says what to do.
    """
    clients = list(_clients())
    if not clients:
        raise EngineError(
            "No `docker` is on the path; images need one. Install it (Debian: `apt-get install "
            "docker.io`), or work without: only images and deployments need it."
        )
    able = next(filter(_can_build, clients), None) if builds else clients[0]
    if able is None:
        raise EngineError(
            f"{clients[0]} cannot build images: it needs the plugin buildx, which is not there. "
            "Install it (Debian: `apt-get install docker-buildx`; others: docker-buildx-plugin)."
        )
    engine = Engine(able, host)
    if complaint := engine.silence():
        raise EngineError(
            f"Docker is installed and its engine does not answer: {complaint}. Start it (`sudo "
            "systemctl start docker`, Docker Desktop, or `dockerd &` as root), or name another "
            "one in DOCKER_HOST. Only images and deployments need it."
        )
    return engine


def _clients() -> Iterator[str]:
    folders: Iterable[str] = dict.fromkeys(os.environ.get("PATH", os.defpath).split(os.pathsep))
    for folder in folders:
        if found := shutil.which("docker", path=folder or os.curdir):
            yield found


def _can_build(client: str) -> bool:
    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([client, *words], capture_output=True, text=True, check=False)

    version = re.search(r"(\d+)\.", ask("--version").stdout)
    if version and int(version[1]) < _OWN_BUILDKIT_BEFORE:
        return True
    return ask("buildx", "version").returncode == 0


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return redact(lines[-1].strip().rstrip(".?")) if lines else "it says nothing"
