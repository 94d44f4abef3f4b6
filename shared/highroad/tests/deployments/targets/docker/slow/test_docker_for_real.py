"""Releases on a real engine: switched under load, killed in the middle, and found as the ledger says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from deployments.targets.docker import over_ssh
from deployments.targets.docker.stage import FLIGHTS, NAME, PLATFORM, ROOT, stage

from highroad.deployments.asking import asking
from highroad.deployments.deploying import deploy, reconcile, roll_back
from highroad.deployments.ledger import DONE
from highroad.deployments.targets.docker.broken import CRASHES, TAKES_MEMORY, broken
from highroad.deployments.targets.docker.containers import containers, remove
from highroad.deployments.targets.docker.front import _ASK, _SHOW, _read
from highroad.deployments.targets.docker.place import JOB, PROOF, SERVICE
from highroad.errors import DeploymentError, EngineError, ImageError
from highroad.releases.base_image import base_image
from highroad.releases.engine import find_engine
from highroad.releases.image import Image, build, push
from highroad.releases.making import release_of
from highroad.releases.registry import Registry
from highroad.testing import TargetContract, registry
from highroad.waiting import wait_for

# One worker builds the image, once.
pytestmark = pytest.mark.xdist_group("engine")
KILLS = 8


@pytest.fixture(scope="module")
def image():
    try:
        engine = find_engine()
        base_image(engine, PLATFORM.base_image)
    except (EngineError, ImageError) as error:
        pytest.skip(f"NOTHING IS DEPLOYED BY THESE TESTS: {error}")
    yield build(FLIGHTS, ROOT, engine, print, name=NAME).facts.id
    engine.call("image", "rm", "--force", NAME)


@pytest.fixture
def scope(tmp_path, monkeypatch):
    tmp_path.chmod(0o1777)
    monkeypatch.setenv("HIGHROAD_STORE", str(tmp_path))
    for name in ("RECORDS", "MODELS", "LINEAGE"):
        monkeypatch.delenv(f"HIGHROAD_{name}", raising=False)
    return f"highroad-test-{os.getpid()}"


@pytest.fixture
def route(image, scope):
    found = stage(scope, None)
    yield found
    found.target.retire_others(None)


@pytest.fixture
def releases(route, image):
    good = release_of(FLIGHTS, ROOT, PLATFORM, image=image)
    found = [replace(good, version=f"1.{number}.0", passed=()) for number in range(3)]
    for each in found:
        route.shelf.put(each)
    return found


@pytest.fixture(autouse=True)
def no_proof(monkeypatch):
    """The run that proves a release takes seconds and has tests of its own."""
    from highroad.deployments.targets.docker.target import DockerTarget

    monkeypatch.setattr(DockerTarget, "smoke_test", lambda self, release, tell: {})


class TestDockerTarget(TargetContract):
    @pytest.fixture
    def target(self, route):
        return route.target

    @pytest.fixture
    def releases(self, releases):
        return releases[:2]


def test_a_service_is_switched_and_taken_back_and_no_request_is_lost(route, releases):
    one, two, _ = releases
    deploy(route, one.id, "")
    with asking(route.target.address()) as answers:
        deploy(route, two.id, "")
        wait_for(lambda: any(two.id in body for body in answers.bodies), 60, 0.01)
        seen = answers.well
        roll_back(route, None, "")
        wait_for(lambda: answers.well >= seen + 100, 60, 0.01)
    assert answers.failed == []
    assert [json.loads(body)["release"] for body in answers.bodies] == [one.id, two.id]
    assert route.target.is_active(one) and not route.target.is_active(two)


def test_a_release_that_crashes_changes_nothing_and_says_why(route, releases):
    one, _, _ = releases
    deploy(route, one.id, "")
    with broken(one, CRASHES, find_engine()) as crashing:
        route.shelf.put(crashing)
        with asking(route.target.address()) as answers, pytest.raises(DeploymentError) as error:
            deploy(route, crashing.id, "")
    assert "ended with exit code 1" in str(error.value) and "broken on purpose" in str(error.value)
    assert answers.failed == [] and route.target.is_active(one)


def test_what_was_stopped_by_hand_is_brought_back(route, releases):
    one, _, _ = releases
    deploy(route, one.id, "")
    place = route.target._place
    (service,), (job,) = containers(place, SERVICE), containers(place, JOB)
    remove(place.engine, service.name)
    place.engine.call("stop", job.name)
    assert not route.target.is_active(one)
    assert reconcile(route) == one and route.target.is_active(one)


def test_an_image_that_is_not_what_the_release_says_or_not_here_goes_nowhere(route, releases):
    one, _, _ = releases
    tampered = replace(one, lock="0" * 64)
    missing = replace(one, image=f"sha256:{'0' * 64}")
    for each in (tampered, missing):
        route.shelf.put(each)
    with pytest.raises(DeploymentError, match="one of them was tampered with"):
        deploy(route, tampered.id, "")
    with pytest.raises(DeploymentError, match="is not here, and was pushed nowhere"):
        deploy(route, missing.id, "")
    assert containers(route.target._place) == []


def test_killed_at_any_moment_nothing_is_half_deployed_and_the_next_attempt_holds(
    route, releases, scope
):
    one, two, three = releases
    deploy(route, one.id, "")
    current, took = one, None  # the first is left alone, to see how long it takes
    with asking(route.target.address(), clients=2) as answers:
        for number in range(KILLS + 1):
            wanted = (two, three)[number % 2]
            with subprocess.Popen(
                [sys.executable, "-m", "deployments.targets.docker.deployer", wanted.id, scope],
                cwd=Path(__file__).parents[4],
                stdout=subprocess.PIPE,
                text=True,
            ) as child:
                assert child.stdout is not None
                while child.stdout.readline() not in ("ready\n", ""):
                    pass
                began = time.monotonic()
                with suppress(subprocess.TimeoutExpired):
                    child.wait(None if took is None else took * number / KILLS)
                child.kill()
            if took is None:
                took = time.monotonic() - began
                assert child.returncode == 0
            there = route.standing()
            assert there.release in (current.id, wanted.id)
            if number % 4 == 3:
                reconcile(route)
                current = next(each for each in releases if each.id == there.release)
            else:
                deploy(route, wanted.id, "again")
                current = wanted
            assert route.target.is_active(current) and route.standing().release == current.id
    assert answers.failed == []
    assert route.standing().unsettled is None
    assert route.ledger.entries()[-1].step in (DONE, "abandoned")


@contextmanager
def wire(calls: int = 10_000, loses: int = 0, *, by_tcp: bool = False) -> Iterator[str]:
    """An engine that stops after some calls, or loses each so-many-th output; gives its DOCKER_HOST."""
    engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    # The address of a Unix socket has 108 bytes at most, and pytest's folders have long names.
    with tempfile.TemporaryDirectory() as folder:
        path = "tcp" if by_tcp else f"{folder}/wire"
        program = str(Path(__file__).parents[1] / "wire.py")
        words = [sys.executable, program, path, engine, str(calls), str(loses)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            host = process.stdout.readline().strip()
            assert "://" in host
            try:
                yield host
            finally:
                process.kill()


@pytest.mark.parametrize("calls", [6, 12, 18, 24])
def test_an_engine_that_stops_in_the_middle_is_said_and_the_old_release_serves(
    route, releases, scope, calls
):
    one, two, _ = releases
    deploy(route, one.id, "")
    with (
        wire(calls) as host,
        asking(route.target.address(), clients=2) as answers,
        pytest.raises(EngineError, match="engine"),
    ):
        deploy(stage(scope, None, host), two.id, "")
    assert answers.failed == []
    there = route.standing().release
    current = reconcile(route)
    assert current is not None and current.id == there and route.target.is_active(current)


def test_an_answer_that_was_lost_on_its_way_is_asked_for_again(route, releases, scope):
    with wire(loses=2) as host:
        holds_alike(stage(scope, None, host), releases)


def test_where_every_answer_is_lost_nothing_is_taken_for_free(route, releases, scope):
    one, two, _ = releases
    deploy(route, one.id, "")
    with (
        wire(loses=1) as host,
        asking(route.target.address(), clients=2) as answers,
        pytest.raises(DeploymentError, match="no answer came in full"),
    ):
        deploy(stage(scope, None, host, 60), two.id, "")
    assert answers.failed == [] and route.standing().release == one.id
    assert reconcile(route) == one and route.target.is_active(one)


def test_an_answer_of_the_front_without_its_end_is_none(route, releases):
    deploy(route, releases[0].id, "")
    front = route.target._service._front
    told = front._in_it(_ASK, _SHOW)
    assert _read(told) is not None
    assert not any(_read(told[:cut]) for cut in range(len(told)))


def test_a_front_that_was_started_again_has_the_release_in_place_spared(route, releases):
    one, two, _ = releases
    deploy(route, one.id, "")
    front = route.target._service._front
    route.target._place.engine.call("restart", "--time", "0", front.name)
    wait_for(lambda: front._answers() and front._state().slots["blue"]["status"] == "UP", 60)
    assert front.chosen() is None
    with asking(route.target.address(), clients=2) as answers:
        deploy(route, two.id, "")
    assert answers.failed == [] and route.target.is_active(two)


def holds_alike(away, releases) -> None:
    """An engine asked from elsewhere has one release, another under load, and the first again."""
    one, two, _ = releases
    deploy(away, one.id, "")
    with asking(away.target.address(), clients=2) as answers:
        deploy(away, two.id, "")
        roll_back(away, None, "")
    assert answers.failed == [] and away.target.is_active(one)


def test_an_engine_on_the_network_is_deployed_to_alike(route, releases, scope):
    with wire(by_tcp=True) as host:
        assert host.startswith("tcp://127.0.0.1:")
        holds_alike(stage(scope, None, host), releases)
    assert route.target.is_active(releases[0])  # it is this machine's, asked another way


@pytest.mark.skipif(not over_ssh.is_installed(), reason="openssh-server is not installed")
def test_an_engine_behind_ssh_is_deployed_to_alike(route, releases, scope, tmp_path, monkeypatch):
    (tmp_path / "ssh").mkdir(mode=0o700)
    with over_ssh.serving(tmp_path / "ssh") as host:
        monkeypatch.setenv("PATH", f"{tmp_path / 'ssh'}{os.pathsep}{os.environ['PATH']}")
        holds_alike(stage(scope, None, host), releases)
    with pytest.raises(EngineError, match=r"does not answer.*\[ssh "):
        stage(scope, None, host)  # its server is gone
    assert route.target.is_active(releases[0])


def test_a_run_proves_a_release_or_says_why_not(route, releases, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("HIGHROAD_STORE", str(route.database.place.rpartition("/runs/")[0]))
    one, _, _ = releases
    found = route.target.smoke_test(one, lambda _: None)
    assert len(found["run"]) == 32
    with (
        broken(one, TAKES_MEMORY, find_engine()) as hungry,
        pytest.raises(DeploymentError, match="used more memory than it may and was killed"),
    ):
        route.target.smoke_test(hungry, lambda _: None)
    assert containers(route.target._place, PROOF) == []


def test_an_image_for_another_architecture_goes_nowhere(route, releases, tmp_path):
    one, _, _ = releases
    engine = find_engine()
    other = "arm64" if engine.architecture() != "arm64" else "amd64"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    labels = [f"org.opencontainers.image.revision={one.commit}", f"highroad.lock={one.lock}"]
    words = [word for each in labels for word in ("--label", each)]
    name = f"{NAME}:other"
    engine.call(
        "build", "--quiet", "--platform", f"linux/{other}", "--tag", name, *words, str(tmp_path)
    )
    facts = engine.facts(name)
    try:
        elsewhere = replace(one, image=facts.id)
        route.shelf.put(elsewhere)
        with pytest.raises(DeploymentError, match=f"the image is for {other}, and the engine is"):
            deploy(route, elsewhere.id, "")
    finally:
        engine.call("image", "rm", name)
    assert containers(route.target._place) == []


@pytest.fixture
def pushed(image, tmp_path):
    """The image in a registry of its own, and not on the engine by that name; with the registry's blobs."""
    if not registry.is_installed():
        pytest.skip("NO IMAGE IS PUSHED: docker-registry is not installed")
    engine = find_engine()
    with registry.serving(tmp_path / "registry") as host:
        name = f"{host}/flights"
        # Of its own: what the engine knows by its digest already, it does not ask a registry for.
        (tmp_path / "Dockerfile").write_text(f"FROM {NAME}\nLABEL own={time.time_ns()}\n")
        engine.call("build", "--quiet", "--tag", name, str(tmp_path))
        found = push(
            Image(name, engine.facts(name), base_image(engine, PLATFORM.base_image)), engine
        )
        engine.call("image", "rm", name)
        yield found, tmp_path / "registry" / "blobs"
        subprocess.run([engine.command, "image", "rm", found], capture_output=True, check=False)


def test_an_image_comes_from_the_registry_by_its_digest_and_its_tag_is_moved(
    route, releases, pushed
):
    image, _ = pushed
    one = replace(releases[0], image=image)
    route.shelf.put(one)
    deploy(route, one.id, "")
    assert route.target.is_active(one)
    registry_ = Registry.of(image)
    assert registry_ is not None and registry_.digest_of("staging") == image.partition("@")[2]


def test_an_image_that_was_tampered_with_in_the_registry_goes_nowhere(route, releases, pushed):
    image, blobs = pushed
    digest = image.partition("@sha256:")[2]
    one = replace(releases[0], image=image)
    route.shelf.put(one)
    manifest = blobs / "docker/registry/v2/blobs/sha256" / digest[:2] / digest / "data"
    manifest.write_bytes(manifest.read_bytes().replace(b'"size": ', b'"size":  '))
    with pytest.raises(DeploymentError, match="is not here and cannot be pulled"):
        deploy(route, one.id, "")
    assert containers(route.target._place) == []
