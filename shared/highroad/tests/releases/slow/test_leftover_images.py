"""A build removes the image that it took the name from, and nothing that somebody else named or built."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest

from highroad.errors import EngineError
from highroad.releases.engine import Engine, find_engine
from highroad.releases.image import remove_if_left
from highroad.releases.labels import PLATFORM

pytestmark = pytest.mark.xdist_group("engine")


@pytest.fixture
def engine() -> Engine:
    try:
        return find_engine()
    except EngineError as error:
        pytest.skip(f"NO IMAGE IS BUILT BY THESE TESTS: {error}")


@pytest.fixture
def name(engine) -> Iterator[str]:
    name = f"highroad-test-left-{os.getpid()}"
    yield name
    for tag in ("latest", "keepme"):
        subprocess.run(
            [engine.command, "image", "rm", "-f", f"{name}:{tag}"], capture_output=True, check=False
        )


def built(engine, name, *labels):
    words = [word for label in (*labels, f"it={uuid4()}") for word in ("--label", label)]
    engine.feed(["build", "--quiet", "--tag", name, *words, "-"], "FROM scratch\nLABEL a=b\n")
    return engine.facts(name)


def test_a_predecessor_without_a_name_goes(engine, name):
    before = built(engine, name, f"{PLATFORM}=1")
    built(engine, name, f"{PLATFORM}=1")
    remove_if_left(engine, before)
    assert Engine(engine.command).facts(before.id) is None


def test_one_that_somebody_tagged_keeps_its_tag(engine, name):
    before = built(engine, name, f"{PLATFORM}=1")
    engine.call("tag", name, f"{name}:keepme")
    built(engine, name, f"{PLATFORM}=1")
    remove_if_left(engine, before)
    assert engine.facts(f"{name}:keepme").id == before.id


def test_one_that_was_not_built_here_stays(engine, name):
    before = built(engine, name)
    built(engine, name, f"{PLATFORM}=1")
    remove_if_left(engine, before)
    assert Engine(engine.command).facts(before.id) is not None
    engine.call("image", "rm", before.id)
