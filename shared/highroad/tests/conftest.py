"""Which tests are slow, and a small platform and project in a temporary folder."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from highroad.testing import postgresql as postgres
from highroad.tracking.database import Database, database_of

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("highroad", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("highroad")
PLATFORM = """
organisation: Test
store: store
pythons: ["3.11"]
base_image: python:3.12
layers: [01_raw, 08_reporting]
environments:
  base: {}
  prod: {store: "s3://bucket/prod"}
"""
SLOW_S = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in a folder `slow`."""
    for item in items:
        if "slow" in item.path.parts:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the tests that took over five seconds and are not marked slow."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in terminalreporter.getreports("passed"):
        if "slow" not in report.keywords:
            seconds[report.nodeid] += report.duration
    if long := {test: time for test, time in seconds.items() if time > SLOW_S}:
        terminalreporter.section("over 5 s and not marked slow")
        for test, time in sorted(long.items(), key=lambda item: -item[1]):
            terminalreporter.line(f"{time:.1f} s  {test}")


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """No project of an earlier test is the one that runs."""
    monkeypatch.setattr("kedro.framework.project.PACKAGE_NAME", None)


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """platform-conf with a base and a prod environment."""
    monkeypatch.delenv("HIGHROAD_PLATFORM_CONF", raising=False)
    monkeypatch.delenv("HIGHROAD_STORE", raising=False)
    return platform_in(tmp_path)


def platform_in(root: Path) -> Path:
    folder = root / "platform-conf"
    write(folder / "platform.yml", PLATFORM)
    write(folder / "base" / "globals.yml", "unit: km\nnested: {a: 1, b: 2}\n")
    (folder / "prod").mkdir()
    return folder


@pytest.fixture
def conf(platform: Path) -> Callable[[str, str], Path]:
    """Write a file below a project's conf folder; returns the conf folder."""
    folder = platform.parent / "projects" / "p" / "conf"
    (folder / "base").mkdir(parents=True)

    def add(name: str = "base/globals.yml", text: str = "{}") -> Path:
        write(folder / name, text)
        return folder

    return add


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real server of these tests' own."""
    if not postgres.is_installed():
        pytest.skip("PostgreSQL's programs are not installed")
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty record store of each kind."""
    if request.param == "sqlite":
        return database_of("sqlite:///records.db", tmp_path)
    url = request.getfixturevalue("postgresql")
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        # Sorted as people sort, as a server in production may be.
        connection.execute("DROP DATABASE IF EXISTS records WITH (FORCE)")
        connection.execute(
            "CREATE DATABASE records TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"
        )
    return database_of(url.replace("/postgres?", "/records?"), tmp_path)


@pytest.fixture
def install(tmp_path_factory, monkeypatch):
    """Install a package `added` of one module with entry points, as a wheel would, for one test."""

    def install(group: str, points: dict[str, str], module: str) -> None:
        site = tmp_path_factory.mktemp("site")
        (site / "added.py").write_text(module, encoding="utf-8")
        about = site / "added-1.0.dist-info"
        about.mkdir()
        about.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: added\nVersion: 1.0\n")
        lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
        about.joinpath("entry_points.txt").write_text("\n".join(lines))
        monkeypatch.syspath_prepend(site)
        monkeypatch.delitem(sys.modules, "added", raising=False)

    yield install
    sys.modules.pop("added", None)
