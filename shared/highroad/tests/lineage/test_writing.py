"""Events reach a file or a server, or wait for it; a run never waits long, and never fails of it."""

from __future__ import annotations

import json
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lineage.workers import event
from openlineage.client import OpenLineageClient, event_v2
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from processes import run_clean

from highroad.config.platform import load_platform
from highroad.errors import ConfigError, DataError
from highroad.lineage import sending, writing
from highroad.lineage.facets import EVENT
from highroad.lineage.sending import KEY_VARIABLE, TIMEOUT_S, Files, Server
from highroad.lineage.writing import END_S, BackgroundWriter, EventWriter, writer_to
from highroad.testing.ports import free_port
from highroad.tracking.spool import Spool


def lines(folder: Path) -> list[str]:
    return [
        line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()
    ]


def test_events_are_lines_of_a_file_a_day(tmp_path):
    writer = EventWriter(Files(tmp_path / "lineage"), Spool(tmp_path / "spool"))
    writer.put("a", event(1, text="ä\n\udcff"))  # as in the name of a file that is not UTF-8
    writer.put("b", event(2, nan=float("nan")))
    assert [json.loads(each)["number"] for each in lines(tmp_path / "lineage")] == [1, 2]
    assert '"nan":"NaN"' in lines(tmp_path / "lineage")[1]
    (path,) = (tmp_path / "lineage").iterdir()
    assert path.stem in {f"{datetime.now(UTC):%Y-%m-%d}", path.stem}


def test_it_is_the_file_that_open_lineages_own_client_writes(tmp_path):
    one = event_v2.RunEvent(
        eventType=event_v2.RunState.START,
        eventTime="2026-01-01T00:00:00.000+00:00",
        producer="urn:x",
        run=event_v2.Run("01a20000-0000-7000-8000-000000000001"),
        job=event_v2.Job("n", "j"),
        inputs=[],
        outputs=[],
    )
    FileTransport(FileConfig(log_file_path=str(tmp_path / "theirs"), append=True)).emit(one)
    (theirs,) = map(json.loads, (tmp_path / "theirs").read_text().splitlines())
    EventWriter(Files(tmp_path / "ours"), Spool(tmp_path / "spool")).put("a", theirs)
    assert json.loads(lines(tmp_path / "ours")[0]) == theirs and theirs["schemaURL"] == EVENT


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path):
    (tmp_path / f"{datetime.now(UTC):%Y-%m-%d}.jsonl").write_text('{"half')
    Files(tmp_path).send('{"whole":1}')
    assert lines(tmp_path) == ['{"half', '{"whole":1}']


FULL = """
import sys
from pathlib import Path
from highroad.lineage.sending import Files
from highroad.lineage.writing import EventWriter
from highroad.tracking.spool import Spool
folder = Path(sys.argv[1])
EventWriter(Files(folder / "lineage"), Spool(folder / "spool")).put("a", {"number": 7, "text": "x" * 500})
"""


@pytest.mark.parametrize(("limit", "waits"), [(4096, 1), (0, 0)])
def test_a_full_disk_spools_what_fits_and_warns(tmp_path, limit, waits):
    """The system refuses files beyond a length, as a full disk does: the day's, or all."""
    path = tmp_path / "lineage" / f"{datetime.now(UTC):%Y-%m-%d}.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps(event(text="x" * 3700)) + "\n")

    def full() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = run_clean([sys.executable, "-c", FULL, str(tmp_path)], tmp_path, full)
    assert done.returncode == 0, done.stderr
    assert ("wait in" if waits else "is lost") in done.stderr
    spool = Spool(tmp_path / "spool")
    assert len(spool.waiting()) == waits
    later = EventWriter(Files(path.parent), spool)
    later.put("b", event(8))
    good = [json.loads(line) for line in lines(path.parent) if line.endswith("}")]
    assert [each["number"] for each in good] == [0, 8, 7][: 2 + waits] and not spool.waiting()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A busy machine is none of these tests' troubles."""
    monkeypatch.setattr(writing, "END_S", 60)
    monkeypatch.setattr(sending, "TIMEOUT_S", 30)


def background(server_url: str, tmp_path: Path) -> BackgroundWriter:
    return BackgroundWriter(Server(server_url), Spool(tmp_path / "spool"))


def test_a_server_gets_what_open_lineages_own_client_would_send(server, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "k3y-of-the-server")
    writer = background(server.url, tmp_path)
    writer.put("a", event(1))
    writer.put("b", event(2))
    writer.close()
    assert [each["number"] for each in server.events] == [1, 2] and not Spool(
        tmp_path / "spool"
    ).waiting()
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)
    auth = ApiKeyTokenProvider({"apiKey": "k3y-of-the-server"})
    client = OpenLineageClient(transport=HttpTransport(HttpConfig(url=server.url, auth=auth)))
    client.emit(
        event_v2.RunEvent(
            eventType=event_v2.RunState.START,
            eventTime="2026-01-01T00:00:00.000+00:00",
            run=event_v2.Run("01a20000-0000-7000-8000-000000000001"),
            job=event_v2.Job("n", "j"),
        )
    )
    (ours, _, theirs) = server.requests
    assert ours[0] == theirs[0] == "/api/v1/lineage"
    for header in ("Authorization", "Content-Type"):
        assert ours[1][header] == theirs[1][header]


def dead(server, monkeypatch) -> str:
    return f"http://127.0.0.1:{free_port()}"


def hanging(server, monkeypatch) -> str:
    server.hold.clear()
    return server.url


def trickling(server, monkeypatch) -> str:
    server.trickles = True
    return server.url


def garbage(server, monkeypatch) -> str:
    server.raw = b"\x00\xff garbage " * 100
    return server.url


def status(number: int):
    def of(server, monkeypatch) -> str:
        server.status = number
        return server.url

    of.__name__ = f"status_{number}"
    return of


@pytest.mark.parametrize(
    "trouble",
    [
        dead,
        hanging,
        trickling,
        garbage,
        *map(status, (301, 302, 307, 400, 401, 404, 429, 500, 503)),
    ],
)
def test_a_server_in_trouble_neither_holds_nor_loses(
    server, tmp_path, caplog, monkeypatch, trouble
):
    with monkeypatch.context() as patch:
        patch.setattr(writing, "END_S", END_S)
        patch.setattr(sending, "TIMEOUT_S", TIMEOUT_S)
        writer = background(trouble(server, monkeypatch), tmp_path)
        began = time.monotonic()
        writer.put("a", event(1))
        writer.put("b", event(2))
        writer.close()
        assert time.monotonic() - began < END_S + 30  # where the server would hold it for ever
    assert caplog.text.count("wait in") == 1 and "delivered later" in caplog.text
    spool = Spool(tmp_path / "spool")
    assert [json.loads(path.read_text())["number"] for path in spool.waiting()] == [1, 2]
    server.hold.set()
    server.status, server.raw, server.trickles = 201, None, False
    later = background(server.url, tmp_path)
    later.put("c", event(3))
    later.close()
    found = [each["number"] for each in server.events]
    assert set(found) == {1, 2, 3} and not spool.waiting()
    arriving = iter(found)  # in their order; what hung may arrive once more, at any time
    assert all(number in arriving for number in (1, 2, 3))


def test_one_event_that_is_refused_holds_up_no_other(server, tmp_path, caplog):
    spool = Spool(tmp_path / "spool")
    spool.keep("a", "no event")
    spool.keep("b", json.dumps(event(2)))
    real = Server(server.url)

    class Choosy(Server):
        def send(self, text: str) -> bool:
            server.status = 400 if text == "no event" else 201
            return real.send(text)

    assert BackgroundWriter(Choosy(server.url), spool).deliver() == 1
    assert [path.stem for path in spool.waiting()] == ["a"]
    writer = BackgroundWriter(Choosy(server.url), spool)
    writer.put("c", event(3))
    writer.close()
    assert "refuses them" in caplog.text and [path.stem for path in spool.waiting()] == ["a"]


def test_where_nothing_can_be_kept_it_is_sent_all_the_same(server, tmp_path, caplog):
    (tmp_path / "spool").write_text("no folder")
    writer = background(server.url, tmp_path)
    writer.put("a", event(1))
    writer.close()
    assert [each["number"] for each in server.events] == [1] and not caplog.text
    lost = background(dead(server, None), tmp_path)
    lost.put("a", event(1))
    lost.close()
    assert "are lost" in caplog.text


def test_each_run_of_a_process_delivers_its_own(server, tmp_path):
    writer = background(server.url, tmp_path)
    for number in (1, 2, 3):
        writer.put(f"{number}", event(number))
        writer.close()
    assert [each["number"] for each in server.events] == [1, 2, 3]


def test_a_server_that_is_away_is_said_by_whom_waits_for_it(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.keep("a", "{}")
    writer = BackgroundWriter(Server(dead(None, None)), spool)
    with pytest.raises(DataError, match=r"/api/v1/lineage: .*refused"):
        writer.deliver()
    assert len(spool.waiting()) == 1


@pytest.mark.parametrize(
    ("said", "line", "kind"),
    [
        ("", "lineage: nowhere", type(None)),
        ("", "", EventWriter),
        ("", "lineage: https://marquez.example.org/", BackgroundWriter),
        ("nowhere", "lineage: https://marquez.example.org", type(None)),
        ("http://localhost:5000", "lineage: nowhere", BackgroundWriter),
    ],
)
def test_the_platform_says_where_events_go(platform, monkeypatch, said, line, kind):
    load_platform.cache_clear()
    path = platform / "platform.yml"
    path.write_text(f"{path.read_text()}{line}\n")
    monkeypatch.setenv("HIGHROAD_LINEAGE", said)
    assert type(writer_to(load_platform(platform), "base", platform.parent)) is kind


def test_an_environment_may_send_them_elsewhere(platform, monkeypatch):
    load_platform.cache_clear()
    monkeypatch.delenv("HIGHROAD_LINEAGE", raising=False)
    path = platform / "platform.yml"
    path.write_text(path.read_text().replace("base: {}", "base: {lineage: nowhere}"))
    found = load_platform(platform)
    assert (found.lineage_to("base"), found.lineage_to("prod")) == ("nowhere", "files")


@pytest.mark.parametrize("bad", ["https://u@e.org", "marquez", "ftp://e.org", "https://e.org/?key=x"])  # fmt: skip
def test_what_is_no_place_for_events_is_named(platform, monkeypatch, bad):
    load_platform.cache_clear()
    monkeypatch.setenv("HIGHROAD_LINEAGE", bad)
    with pytest.raises(ConfigError, match="HIGHROAD_LINEAGE: expected files, nowhere or the URL"):
        load_platform(platform).lineage_to("base")
    path = platform / "platform.yml"
    path.write_text(f"{path.read_text()}lineage: '{bad}'\n")
    load_platform.cache_clear()
    with pytest.raises(ConfigError, match="'lineage'"):
        load_platform(platform)
