"""Ask a service for scores as fast as it answers, or at a rate, and report how it did."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

from highroad.errors import DataError

PERCENTILES = (50, 75, 90, 99, 99.9, 100)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_HOST = "127.0.0.1"


@dataclass
class Outcome:
    """What came of a load.

    Attributes:
        seconds: How long it took.
        latencies_s: Of each answer.
        statuses: How often which status was answered.
        lost: Requests without an answer.
    """

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.seconds if self.seconds else 0.0

    def percentile_s(self, percent: float) -> float:
        """The latency that so many per cent of answers keep; 0 where there is none."""
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0

    def lines(self) -> Iterable[str]:
        """As a report."""
        errors = {key: count for key, count in sorted(self.statuses.items()) if key != 200}
        yield f"{len(self.latencies_s):,} answers in {self.seconds:.1f} s: {self.per_second:,.0f} a second; errors {errors or 0}, lost {self.lost}"
        yield "  ".join(f"p{percent:g} {1000 * self.percentile_s(percent):.2f} ms" for percent in PERCENTILES)  # fmt: skip


async def load(address: str, bodies: Sequence[bytes], seconds: float, connections: int, rate: float = 0.0, path: str = "/v1/score") -> Outcome:  # fmt: skip
    """Send requests for a time.

    Args:
        address: `host:port`.
        bodies: What to send, in turn.
        seconds: For how long.
        connections: How many ask at once; each sends its next request when it has its answer.
        rate: Requests a second over all connections, whose latency counts from when each was due; 0 is as
            fast as answers come.
        path: What to ask.
    """
    host, _, port = address.rpartition(":")
    head = f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = cycle([b"%b%d\r\n\r\n%b" % (head.encode(), len(body), body) for body in bodies])
    outcome, began = Outcome(), time.perf_counter()

    async def ask(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        due = began + number / rate if rate else 0.0
        try:
            while (now := time.perf_counter()) < began + seconds:
                if rate and due > now:
                    await asyncio.sleep(due - now)
                start = due or now
                due += connections / rate if rate else 0.0
                writer.write(next(requests))
                answer = await reader.readuntil(_END)
                length = _LENGTH.search(answer)
                await reader.readexactly(int(length[1]) if length else 0)
                outcome.latencies_s.append(time.perf_counter() - start)
                outcome.statuses[int(answer[9:12])] += 1
        except (OSError, asyncio.IncompleteReadError):
            outcome.lost += 1
        finally:
            writer.close()

    await asyncio.gather(*(ask(number) for number in range(connections)))
    outcome.seconds = time.perf_counter() - began
    return outcome


@contextmanager
def running(
    process: Callable[[int], tuple[Sequence[str], Mapping[str, str]]],
) -> Iterator[tuple[str, Callable[[], dict[str, float]]]]:
    """A service of this machine for as long as the block takes; gives its address and what asks for its metrics.

    Args:
        process: The words and the environment of the process that listens at a port.

    Raises:
        DataError: It ended before it was ready.
    """
    with socket.create_server((_HOST, 0)) as free:
        port = int(free.getsockname()[1])
    words, environ = process(port)
    child = subprocess.Popen(words, env=dict(environ))
    try:
        while _get(port, "/ready") is None:
            if child.poll() is not None:
                raise DataError(
                    f"the service ended with {child.returncode} before it was ready; see above."
                )
            time.sleep(0.02)
        yield f"{_HOST}:{port}", lambda: _metrics((_get(port, "/metrics") or b"").decode())
    finally:
        child.terminate()
        child.wait()


def _get(port: int, path: str) -> bytes | None:
    """The body of an answer of 200."""
    try:
        with urllib.request.urlopen(f"http://{_HOST}:{port}{path}", timeout=30) as answer:
            return bytes(answer.read())
    except OSError:
        return None


def _metrics(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
