"""An image of a project of this repository, on a real engine."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from highroad.config.platform import load_platform
from highroad.errors import EngineError, ImageError
from highroad.releases.base_image import STAND_IN, base_image, make_base_image
from highroad.releases.engine import Engine, find_engine
from highroad.releases.image import Image, build
from highroad.releases.layers import saved
from highroad.releases.making import release_of, require_same_commit
from highroad.releases.report import differences, report
from highroad.releases.secrets_scan import findings
from highroad.testing import registry
from highroad_workspace.projects import find_projects, project_named

# One worker builds the image, once.
pytestmark = pytest.mark.xdist_group("engine")
ROOT = Path(__file__).parents[5]
PLATFORM = load_platform(ROOT / "platform-conf")
FLIGHTS = project_named(find_projects(ROOT), "flights")
NAME = f"highroad-test-images-{os.getpid()}"
LOCKED_DOWN = ("--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp")


@pytest.fixture(scope="module")
def engine() -> Engine:
    try:
        found = find_engine()
        base_image(found, PLATFORM.base_image)
    except (EngineError, ImageError) as error:
        pytest.skip(f"NO IMAGE IS BUILT OR RUN BY THESE TESTS: {error}")
    return found


@pytest.fixture(scope="module")
def image(engine) -> Iterator[Image]:
    yield build(FLIGHTS, ROOT, engine, print, name=NAME)
    engine.call("image", "rm", "--force", NAME)


def inside(
    engine: Engine, image: Image, *words: str, user: str = "20002:20002"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [engine.command, "run", *LOCKED_DOWN, "--user", user, image.name, *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_built_twice_from_nothing_code_and_configuration_are_the_same_layers(engine, image):
    name = f"{NAME}-again"
    again = build(FLIGHTS, ROOT, engine, print, name=name, options=["--no-cache"])
    engine.call("image", "rm", name)
    # What the base lost (pip) is marked with the time at which it did; nothing else differs.
    assert [each[:24] for each in differences(image, again)] == ["layer 2 above the base: "]


def test_a_release_names_what_was_built(engine, image):
    require_same_commit(image.facts.labels, ROOT, image.name)
    release = release_of(FLIGHTS, ROOT, PLATFORM, image=image.facts.id)
    assert release.image == image.facts.id and release.lock == image.facts.labels["highroad.lock"]
    told = " ".join(f"{product}={version}" for product, version in release.produces.items())
    assert image.facts.labels["highroad.contracts.produces"] == told
    assert image.facts.labels["org.opencontainers.image.revision"] == release.commit


def test_the_report_finds_nothing_and_knows_what_the_image_is_made_of(engine, image, tmp_path):
    found = report(FLIGHTS, ROOT, engine, image, PLATFORM)
    assert found.faults == [] and 0 < found.own_mib < found.budget_mib
    assert "pyarrow" in dict(found.packages)
    (fault,) = report(FLIGHTS._replace(image_budget_mib=1), ROOT, engine, image, PLATFORM).faults
    assert "1 are allowed" in fault


@pytest.mark.parametrize("user", ["10001:10001", "20002:20002", "0:0"])
def test_any_user_may_run_it_and_it_has_neither_installers_nor_rights(engine, image, user):
    script = "import importlib.util as u, flights, highroad; print(u.find_spec('pip'))"
    done = inside(engine, image, "python", "-c", script, user=user)
    assert (done.stdout, done.stderr) == ("None\n", "")
    assert inside(engine, image, "sh", "-c", "command -v pip uv gcc cc").returncode


def test_exit_codes_are_the_families(engine, image):
    done = inside(engine, image, "kedro", "run", "--env", "nope")
    assert done.returncode == 4 and '"message": "No environment \'nope\'.' in done.stderr


def test_a_stopped_container_ends_its_run_at_once(engine, image, tmp_path):
    tmp_path.chmod(0o1777)
    name = NAME
    options = ["--name", name, "--volume", f"{tmp_path}:/app/store", *LOCKED_DOWN]
    with subprocess.Popen(
        [engine.command, "run", *options, image.name], stderr=subprocess.PIPE, text=True
    ) as container:
        assert container.stderr is not None
        assert any("land_flights" in line for line in container.stderr)
        engine.call("stop", "--time", "60", name)  # after which it would have been killed
        container.stderr.read()
    assert container.returncode not in (0, 137)


def test_a_planted_secret_is_found_wherever_it_was_put(engine, image, tmp_path):
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    lines = (
        f"FROM {image.name}", "USER 0", f"RUN echo {key} > /file && rm /file", f"ENV PLANTED={key}",
        "ARG DB_PASSWORD", "RUN true",
    )  # fmt: skip
    (tmp_path / "Dockerfile").write_text("\n".join(lines))
    planted = f"{NAME}-planted"
    words = ["build", "--quiet", "--tag", planted, "--build-arg"]
    engine.call(*words, "DB_PASSWORD=correct-horse", str(tmp_path))
    try:
        with saved(engine, planted) as content:
            found = "\n".join(map(str, findings(content)))
    finally:
        engine.call("image", "rm", planted)
    assert "the environment, PLANTED" in found and "the build's steps" in found
    assert "correct-horse" not in found and key not in found


def test_a_base_of_a_registry_is_pulled_by_its_digest_and_built_upon(engine, tmp_path):
    if not registry.is_installed():
        pytest.skip("NO BASE IMAGE IS PULLED: docker-registry is not installed")
    with registry.serving(tmp_path / "registry") as host:
        name = f"{host}/python"
        # Of its own: what the engine knows by its digest already, it does not ask a registry for.
        (tmp_path / "Dockerfile").write_text(
            f"FROM {STAND_IN}\nENV PYTHON_VERSION=3.11.2\nLABEL own={time.time_ns()}\n"
        )
        engine.call("build", "--quiet", "--tag", f"{name}:3.11", str(tmp_path))
        engine.call("push", "--quiet", f"{name}:3.11")
        digest = engine.facts(f"{name}:3.11").digests[0].partition("@")[2]
        engine.call("image", "rm", f"{name}:3.11")
        named = f"{name}@{digest}"
        assert engine.facts(named) is None
        told = []
        found = make_base_image(engine, named, told.append)
        assert (found.reference, found.python, found.is_stand_in) == (named, "3.11", False)
        assert told == [] and base_image(engine, named) == found
        gone = make_base_image(engine, f"{name}@sha256:{'0' * 64}", told.append)
        assert gone.is_stand_in
        (tmp_path / "Dockerfile").write_text(f"FROM {found.reference}\n")
        built = engine.call("build", "--quiet", str(tmp_path))
        assert engine.facts(built).layers[: len(found.layers)] == found.layers
        engine.call("image", "rm", named)
