"""What stands before a service and sends each request to the release in place: HAProxy, told at run time.

It has two slots. A new release is started in the free one and gets no request until it is well and
the front is told to switch; requests that the old one has are answered by it, on connections that
stay open. So a client sees no difference but in the answers.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping

from highroad.deployments.containers import containers, inspect, remove, tail
from highroad.deployments.place import FRONT, Place
from highroad.errors import DeploymentError, ImageError
from highroad.releases.base_image import base_image

SLOTS = ("blue", "green")
IMAGE = "highroad-front"
_ADMIN_PORT = 9999
"""Within the container and its loopback alone."""
_HELD_BACK = 0x08
"""HAProxy's bit of a server's administrative state that says: drain, by command."""
_POLL_S = 0.05
_START_S = 20
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
    'exec 3<>/dev/tcp/"$1"/"$2" && printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$3" >&3 '
    "&& timeout 2 cat <&3 | tr -d '\\r'"
)
_ASK = f"exec 3<>/dev/tcp/127.0.0.1/{_ADMIN_PORT} && cat >&3 && cat <&3"


class Front:
    """The front of a project's service in a place.

    Args:
        place: Where.
        health: The path that answers 200 once a release is well.
    """

    def __init__(self, place: Place, health: str):
        assert place.project.serves is not None
        self._place = place
        self._engine = place.engine
        self._port = int(place.project.serves["port"])
        self._health = health
        self.name = place.name(FRONT)
        self.network = place.name("network")

    def have(self) -> None:
        """Have it at work; one that is stays as it is.

        Raises:
            DeploymentError: It cannot be started, such as where its port is taken.
        """
        if self.is_at_work():
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
        until = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > until:
                raise DeploymentError(
                    f"{self.name} does not answer:\n{tail(self._engine, self.name)}"
                )
            time.sleep(_POLL_S)

    def is_at_work(self) -> bool:
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
        self._ask(f"set server releases/{slot} state drain")

    def is_well(self, slot: str, release: str) -> bool:
        """Does a release answer in a slot, and does the front see it?

        It is asked itself, for what the front knows of a slot may be of what was there before.
        """
        if release not in self._answer_of(slot):
            return False
        stats = self._stats()[slot]
        return stats["check_status"] == "L7OK" and not stats["status"].startswith("MAINT")

    def switch(self, slot: str) -> None:
        """Send every new request to a slot, and none to the other one."""
        other = SLOTS[1 - SLOTS.index(slot)]
        self._ask(
            f"set server releases/{slot} state ready; set server releases/{other} state drain"
        )

    def chosen(self) -> str | None:
        """The slot that requests go to, be it well or not; None while none was chosen."""
        rows = (line.split() for line in self._ask("show servers state releases").splitlines())
        states = {row[3]: int(row[6]) for row in rows if row[3:4] and row[3] in SLOTS}
        open_ = [slot for slot, state in states.items() if not state & _HELD_BACK]
        return open_[0] if len(open_) == 1 else None

    def serves(self, slot: str) -> bool:
        """Do requests go to a slot, and to no other, and is it well?"""
        return self.chosen() == slot and self._stats()[slot]["status"].startswith("UP")

    def wait_until_drained(self, slot: str, within_s: float) -> None:
        """Wait until what is in a slot has answered all it was asked, at most for a time."""
        until = time.monotonic() + within_s
        while int(self._stats()[slot]["scur"]) and time.monotonic() < until:
            time.sleep(_POLL_S)

    def _stats(self) -> Mapping[str, Mapping[str, str]]:
        text = self._ask("show stat releases 4 -1").lstrip("# ")
        return {row["svname"]: row for row in csv.DictReader(io.StringIO(text))}

    def _ask(self, command: str) -> str:
        return self._engine.feed(
            ("exec", "--interactive", self.name, "bash", "-c", _ASK), f"{command}\n"
        )

    def _answer_of(self, slot: str) -> str:
        """What a slot says to its health check where it says 200; else nothing."""
        words = (
            "exec",
            self.name,
            "bash",
            "-c",
            _LOOK,
            "look",
            slot,
            str(self._port),
            self._health,
        )
        try:
            head, _, body = self._engine.call(*words).partition("\n\n")
        except ImageError:  # nothing listens yet
            return ""
        return body if " 200 " in head.partition("\n")[0] else ""

    def _answers(self) -> bool:
        try:
            return set(SLOTS) <= set(self._stats())
        except ImageError:
            (found,) = inspect(self._engine, [self.name])
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
            self._engine.feed(words, _DOCKERFILE.format(base=base.reference))
        return name
