"""Parsers of what others write, and texts that have gone wrong: for the test, and as a program for a long run.

`python tests/fuzz/parsers.py 100000` prints how many inputs each parser had, its slowest one and the memory.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import yaml

from highroad.config.yaml_limits import require_modest_yaml
from highroad.errors import HighroadError
from highroad.limits import parse_json, require_modest_zip
from highroad.products.contract import read_contract
from highroad.products.documents import parse_document
from highroad.products.drift.profile import Profile
from highroad.products.references import parse_reference
from highroad.releases.release import Release
from highroad.secrets.redaction import redact
from highroad.tracking.record import Record
from highroad_workspace.names import KINDS, name_fault

CONTRACT = """\
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.0.0
status: active
team: {name: sales}
slaProperties: [{property: latency, value: 2, unit: d, element: orders.at}]
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true, unique: true}
      - {name: at, logicalType: timestamp, required: true}
    quality: [{metric: rowCount, mustBeGreaterThan: 1}]
"""
RELEASE = Release(
    "delays", "1.0.0", "c" * 40, f"sha256:{'a' * 64}", "b" * 64, {"base": "1" * 64}
).to_json()
RECORD = Record("0" * 32, "demo", "base", "finished", "2026-01-01T00:00:00+00:00").to_json()
PIECES = (
    "", "[", "{", "]", "}", "*a", "&a ", ": ", "- ", "\n", "\t", "\0", "\ufeff", "\u2028", "é", "null", "NaN", "1e999", "-" * 50,
    "[" * 300, "{a: " * 300, "!!python/object:os.system ", "!!int x", "<<: *a", "'" * 9, '"' * 9, "9" * 5000, "true", "%", "../",
    "password=", "://a:b@", "-----BEGIN PRIVATE KEY-----", "token: |\n  ", "\\" * 40, "a" * 3000, "eyJ" * 500, "AKIA" * 200,  # pragma: allowlist secret
)  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """The text with a few pieces cut, doubled, moved or put in."""
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randrange(30))
        part = chance.choice(
            ("", text[start:end] * 2, chance.choice(PIECES), chr(chance.randrange(1, 0x3000)))
        )
        text = text[:start] + part + text[end:]
    return text


def _contract(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shop.orders.yaml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        read_contract(path)


def _any_name(text: str) -> None:
    for kind in KINDS:
        name_fault(kind, text)


def _limits(text: str) -> None:
    with suppress(ValueError, yaml.YAMLError):
        require_modest_yaml(text)
    with suppress(ValueError):
        parse_json(text)
    with suppress(ValueError):
        require_modest_zip(text.encode())


PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "contract": (_contract, CONTRACT),
    "document": (lambda text: parse_document(text, "x"), CONTRACT),
    "release": (Release.from_json, RELEASE),
    "record": (Record.from_json, RECORD),
    "profile": (
        Profile.from_json,
        '{"format": 1, "rows": 3, "columns": {"a": {"kind": "number", "count": 3}}}',
    ),
    "limits": (_limits, CONTRACT),
    "reference": (parse_reference, "flights.departures@3/2013-01"),
    "name": (_any_name, "flights.departures"),
    "redact": (
        redact,
        'failed: {"password": "a b", "url": "postgresql://me:x@h/d"} --token abc Authorization: Bearer x1',  # pragma: allowlist secret
    ),
}


def inputs(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Parsers in turn, each with a text that has gone wrong."""
    chance = random.Random(seed)
    for number in range(count):
        name = [*PARSERS][number % len(PARSERS)]
        yield name, mutated(PARSERS[name][1], chance)


def tried(name: str, text: str) -> float:
    """Parse; gives the seconds. Only an error that says what is wrong may come of it."""
    began = time.perf_counter()
    try:
        PARSERS[name][0](text)
    except HighroadError as error:
        assert str(error)
    return time.perf_counter() - began


def main(count: int) -> None:
    import resource

    slowest: dict[str, float] = {}
    for name, text in inputs(0, count):
        try:
            slowest[name] = max(slowest.get(name, 0), tried(name, text))
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:100]}: {text[:200]!r}")
    print(count, "inputs;", {name: f"{seconds * 1000:.0f} ms" for name, seconds in slowest.items()})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]))
