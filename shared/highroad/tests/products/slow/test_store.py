"""The slow tests of `test_store`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from products.test_store import FACTS, ids, rows

from highroad.errors import BusyError
from highroad.products.store import Table
from highroad.testing.ports import free_port


@pytest.fixture
def table(tmp_path) -> Table:
    return Table((tmp_path / "t").as_posix())


WRITER = """
    import sys
    import pyarrow as pa
    from highroad.products.store import Facts, Table
    table = Table(sys.argv[1])
    for round in range(1, 1000):
        data = pa.table({"month": ["2013-01"] * 20000, "id": pa.array([round] * 20000)})
        table.publish(data, ["month"], Facts(verdict="pass"), table.latest())
        print("published", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_killed_writer_leaves_the_old_version_or_the_new_one(table):
    table.publish(rows("2013-01", *[0] * 20000), ["month"], FACTS, None)
    seen = set()
    for number in range(12):
        words = [sys.executable, "-c", textwrap.dedent(WRITER), table.uri]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None and writer.stdout.readline().strip() == "published"
            end = time.monotonic() + 0.1 * number / 12
            while time.monotonic() < end:
                pass
            os.kill(writer.pid, signal.SIGKILL)
        found = ids(table)
        assert len(found) == 20000 and len(set(found)) == 1
        seen.add(table.latest())
    assert len(seen) > 5


def test_two_writers_at_once_lose_nothing(table):
    table.publish(rows("2013-00", 0), ["month"], FACTS, None)
    script = """
        import sys
        import pyarrow as pa
        from highroad.errors import BusyError
        from highroad.products.store import Facts, Table
        table, name = Table(sys.argv[1]), sys.argv[2]
        for number in range(10):
            month = f"{name}-{number}"
            while True:
                try:
                    data = pa.table({"month": [month], "id": pa.array([number], pa.int64())})
                    table.publish(data, ["month"], Facts(verdict="pass"), table.latest())
                    break
                except BusyError:
                    continue
    """
    writers = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(script), table.uri, name])
        for name in ("a", "b")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(table.partitions()) == 21
    assert table.facts().content.keys() == {each.name for each in table.partitions()}


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are POSIX")
def test_a_full_disk_leaves_the_old_version(table):
    table.publish(rows("2013-01", 1), ["month"], FACTS, None)
    script = """
        import resource, signal, sys
        import pyarrow as pa
        from highroad.errors import DataError
        from highroad.products.store import Facts, Table
        table = Table(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        data = pa.table({"month": ["2013-01"] * 200_000, "id": pa.array(range(200_000))})
        try:
            table.publish(data, ["month"], Facts(verdict="pass"), 0)
        except DataError as error:
            print(error)
    """
    words = [sys.executable, "-c", textwrap.dedent(script), table.uri]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "nothing was published" in done.stdout
    assert ids(table) == [1] and table.latest() == 0


@pytest.fixture(scope="module")
def bucket():
    """An S3 endpoint of its own process: one in this process would wait for the interpreter's lock."""
    import boto3
    from botocore.config import Config

    port = free_port()
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    told = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(words, stdout=quiet, stderr=quiet) as server,
    ):
        try:
            for name, value in told.items():
                patch.setenv(name, value)
            patient = Config(retries={"max_attempts": 30, "mode": "standard"})
            boto3.client("s3", config=patient).create_bucket(Bucket="products")
            yield "s3://products"
        finally:
            server.kill()


def test_an_object_store_is_the_same(bucket):
    table = Table(f"{bucket}/t")
    assert table.publish(rows("2013-01", 1), ["month"], FACTS, None) == 0
    assert table.publish(rows("2013-01", 1), ["month"], FACTS, 0) == 0
    assert table.publish(rows("2013-02", 2), ["month"], FACTS, 0) == 1
    with pytest.raises(BusyError):
        table.publish(rows("2013-02", 3), ["month"], FACTS, 0)
    assert ids(table) == [1, 2] and ids(table, 0) == [1]
