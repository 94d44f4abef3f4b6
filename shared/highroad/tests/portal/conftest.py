"""A small platform with a project, and its portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from highroad.config.platform import load_platform
from highroad.portal.app import portal_app
from highroad.principal import Principal
from highroad.starter.choices import Answers
from highroad.starter.initializing import initialize
from highroad.starter.making import make
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

FAILED = f"{2:032x}"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A platform of two projects, one of which reads the other's product; its last run failed."""
    folder = tmp_path_factory.mktemp("portal")
    (folder / "gitconfig").write_text("[user]\nname = t\nemail = t@example.com\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        patch.setenv("GIT_CEILING_DIRECTORIES", str(folder))
        for name in ("STORE", "RECORDS", "MODELS", "PLATFORM_CONF"):
            patch.delenv(f"HIGHROAD_{name}", raising=False)
        root = folder / "acme"
        initialize(root, "Acme", "sales", lock=False, say=lambda _: None)
        make(Answers("counts", "data-product"), root, lock=False)
        make(Answers("reader", "minimal", consumes="counts.counts"), root, lock=False)
        writer = writer_of(load_platform(root / "platform-conf"), "base", root)
        use = DatasetUse("counts.counts@pandas", "/s/counts", "delta", "0", 5)
        for id_, status, error in ((f"{1:032x}", "finished", None), (FAILED, "failed", "boom <b>")):
            writer.put(
                Record(id_, "reader", "local", status, "2026-01-01T00:00:00+00:00", "x", 1.5,
                       inputs=(use,), error=error)
            )  # fmt: skip
        yield root


@pytest.fixture
def client(repository: Path) -> TestClient:
    """A browser's requests to the portal."""
    return client_of(repository)


@pytest.fixture(scope="module")
def shared_client(repository: Path) -> TestClient:
    """One for many examples."""
    return client_of(repository)


def client_of(root: Path, principal: Principal | None = None) -> TestClient:
    return TestClient(
        portal_app(root, principal=principal),
        "http://127.0.0.1",
        raise_server_exceptions=False,
        follow_redirects=False,
        headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0"},
    )
