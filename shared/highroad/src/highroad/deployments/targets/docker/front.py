"""What stands before a service and sends each request to the release in place: HAProxy, told at run time.

It has two slots. A new release is started in the free one and gets no request until it is well and
the front is told to switch; requests that the old one has are answered by it, on connections that
stay open. So a client sees no difference but in the answers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from highroad.deployments.targets.docker.containers import containers, remove, state_of, tail
from highroad.deployments.targets.docker.place import FRONT, DockerPlace
from highroad.errors import DeploymentError, ImageError
from highroad.releases.base_image import base_image
from highroad.releases.engine import find_engine
from highroad.waiting import wait_for

SLOTS = ("blue", "green")
IMAGE = "highroad-front"
_ADMIN_PORT = 9999
"""Within the container and its loopback alone."""
_HELD_BACK = 0x08
"""HAProxy's bit of a server's administrative state that says: drain, by command."""
_SHOW, _FIGURES, _END = "show servers state releases; show stat releases 4 -1", "# pxname", "# end"
_START_S = 60
_ASKED_AGAIN = 5
"""Times that the front is asked until its answer has an end."""
_CONFIG = """\
global
  stats socket ipv4@127.0.0.1:{admin} level admin
  maxconn 4096
  hard-stop-after 30s
resolvers engine
  nameserver dns 127.0.0.11:53
  resolve_retries 3
  timeout resolve 200ms
  timeout retry 1s
  hold valid 200ms
  hold nx 1s
  hold obsolete 1s
  hold other 60s
  hold timeout 60s
  hold refused 60s
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout check 2s
  retries 3
  option redispatch
frontend service
  bind :{port}
  default_backend releases
backend releases
  option httpchk GET {health}
  http-check expect status 200
  default-server check inter 200ms fastinter 100ms downinter 200ms rise 1 fall 3 resolvers engine init-addr none
{servers}
"""
_DOCKERFILE = """\
FROM {base}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
USER 10001:10001
"""
_START = 'printf "%s" "$FRONT" >/tmp/front.cfg && exec haproxy -f /tmp/front.cfg'
_LOOK = (
    'exec 3<>/dev/tcp/"$2"/"$3" && printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$4" >&3 '
    "&& timeout 2 cat <&3 | tr -d '\\r'"
)
_ASK = f'exec 3<>/dev/tcp/127.0.0.1/{_ADMIN_PORT} && printf "%s\\n" "$1" >&3 && cat <&3 && echo "{_END}"'


class _State(NamedTuple):
    """What the front knows: the slot that requests go to, and HAProxy's figures of each."""

    chosen: str | None
    slots: Mapping[str, Mapping[str, str]]


class Front:
    """The front of a project's service in a place.

    Args:
        place: Where.
        health: The path that answers 200 once a release is well.
    """

    def __init__(self, place: DockerPlace, health: str):
        assert place.project.serves is not None
        self._place = place
        self._engine = place.engine
        self._port = int(place.project.serves["port"])
        self._health = health
        self.name = place.name(FRONT)
        self.network = place.name("network")

    def ensure_running(self) -> None:
        """Have it at work; one that is stays as it is.

        Raises:
            DeploymentError: It cannot be started, such as where its port is taken.
        """
        if self.is_running():
            return
        if not self._engine.call("network", "ls", "--quiet", "--filter", f"name=^{self.network}$"):
            self._engine.call("network", "create", self.network)
        image = self._image()
        port = self._place.settings.ports.get(self._place.project.name, "")
        remove(self._engine, self.name)
        try:
            self._engine.call(
                *("run", "--detach", "--name", self.name, "--restart", "unless-stopped"),
                *self._place.labels(FRONT, ""),
                *("--network", self.network, "--read-only", "--tmpfs", "/tmp"),
                *("--publish", f"{self._place.settings.address}:{port}:{self._port}"),
                *("--env", f"FRONT={self._config()}", image, "bash", "-c", _START),
            )
        except ImageError as error:
            remove(self._engine, self.name)
            raise DeploymentError(
                f"the front of {self._place.project.name} cannot be started: {error}"
            ) from None
        try:
            wait_for(self._answers, _START_S)
        except TimeoutError:
            raise DeploymentError(
                f"{self.name} did not answer within {_START_S} s:\n{tail(self._engine, self.name)}"
            ) from None

    def is_running(self) -> bool:
        """Is it there and running?"""
        return any(each.is_running for each in containers(self._place, FRONT))

    def remove(self) -> None:
        """Remove it and its network."""
        remove(self._engine, self.name)
        if self._engine.call("network", "ls", "--quiet", "--filter", f"name=^{self.network}$"):
            self._engine.call("network", "rm", self.network)

    def address(self) -> str:
        """Where it listens, `host:port`."""
        return self._engine.call("port", self.name, str(self._port)).splitlines()[0]

    def hold_back(self, slot: str) -> None:
        """Give a slot no requests, whoever is in it next."""
        self._state(f"set server releases/{slot} state drain")

    def is_well(self, slot: str, release: str) -> bool:
        """Does a release answer in a slot, and does the front see it?

        It is asked itself, for what the front knows of a slot may be of what was there before.
        """
        try:
            told = self._in_it(f"{_LOOK} && {_ASK}", _SHOW, slot, str(self._port), self._health)
        except ImageError:  # nothing listens yet
            return False
        head, _, rest = told.partition("\n\n")
        if " 200 " not in head.partition("\n")[0] or release not in rest:
            return False
        if (state := _read(rest)) is None:
            return False
        stats = state.slots[slot]
        return stats["check_status"] == "L7OK" and not stats["status"].startswith("MAINT")

    def switch(self, slot: str) -> bool:
        """Send every new request to a slot, and none to the other one; do they go there now?"""
        other = SLOTS[1 - SLOTS.index(slot)]
        state = self._state(
            f"set server releases/{slot} state ready", f"set server releases/{other} state drain"
        )
        return _serves(state, slot)

    def chosen(self) -> str | None:
        """The slot that requests go to, be it well or not; None while none was chosen."""
        return self._state().chosen

    def serves(self, slot: str) -> bool:
        """Do requests go to a slot, and to no other, and is it well?"""
        return _serves(self._state(), slot)

    def drain(self, slot: str, within_s: float) -> None:
        """Give a slot no requests, and wait until it has answered all it was asked, at most for a time."""

        def is_idle() -> bool:
            state = self._state(f"set server releases/{slot} state drain")
            return not int(state.slots[slot]["scur"])

        with suppress(TimeoutError):
            wait_for(is_idle, within_s)

    def _state(self, *commands: str) -> _State:
        """The state once some commands were done, in one question: each is a process in the container.

        What runs in a container may print all and arrive in part, and still be said to have ended
        well. No slot is taken for free on such an answer; the commands may be repeated.
        """
        for _ in range(_ASKED_AGAIN):
            if state := _read(self._in_it(_ASK, "; ".join([*commands, _SHOW]))):
                return state
        raise DeploymentError(
            f"{self.name} was asked {_ASKED_AGAIN} times how it stands, and no answer came in full; "
            "what lies between here and the engine loses some of it. Nothing is changed on such an answer."
        )

    def _in_it(self, script: str, command: str, *words: str) -> str:
        """What a script in the front's container prints, which is given a command of HAProxy's."""
        return self._engine.call(
            *("exec", self.name, "bash", "-c", script, "front", command), *words
        )

    def _answers(self) -> bool:
        try:
            return _read(self._in_it(_ASK, _SHOW)) is not None
        except ImageError:
            found = state_of(self._engine, self.name)
            if found.is_running:
                return False
            raise DeploymentError(
                f"{self.name} {found.why}:\n{tail(self._engine, self.name)}"
            ) from None

    def _config(self) -> str:
        servers = "\n".join(f"  server {slot} {slot}:{self._port}" for slot in SLOTS)
        return _CONFIG.format(
            admin=_ADMIN_PORT, port=self._port, health=self._health, servers=servers
        )

    def _image(self) -> str:
        """HAProxy: what platform.yml names, else Debian's on the base image."""
        if named := self._place.platform.front_image:
            return named
        base = base_image(self._engine, self._place.platform.base_image)
        name = f"{IMAGE}:{base.id.partition(':')[2][:12]}"
        if self._engine.facts(name) is None:
            words = ("build", "--quiet", "--network", "host", "--tag", name, "-")
            builder = find_engine(self._place.settings.engine)
            builder.feed(words, _DOCKERFILE.format(base=base.reference))
        return name


def _read(told: str) -> _State | None:
    """What HAProxy says to `_SHOW`; anything may stand before it. None where the end is missing."""
    if not told.endswith(_END):
        return None
    servers, header, figures = told.removesuffix(_END).partition(_FIGURES)
    rows = (line.split() for line in servers.splitlines())
    states = {row[3]: int(row[6]) for row in rows if row[3:4] and row[3] in SLOTS}
    open_ = [slot for slot, state in states.items() if not state & _HELD_BACK]
    lines = csv.DictReader(io.StringIO((header + figures).lstrip("# ")))
    slots = {row["svname"]: row for row in lines}
    if not set(SLOTS) <= states.keys() & slots.keys():
        return None
    return _State(open_[0] if len(open_) == 1 else None, slots)


def _serves(state: _State, slot: str) -> bool:
    return state.chosen == slot and state.slots[slot]["status"].startswith("UP")
