"""The store in a bucket instead of a folder: a real project, real uploads, a server of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from highroad.datasets.atomic_files import install

ROOT = Path(__file__).parents[5]
BUCKET = "highroad-test"
MIB = 1 << 20


@pytest.fixture(scope="module")
def variables():
    """What a machine has whose store is in S3: the provider chain's variables, no file."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    server.stop()


@pytest.fixture
def bucket(variables, monkeypatch):
    """An empty bucket, seen through s3fs."""
    import s3fs

    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    install()
    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
    if files.exists(BUCKET):
        files.rm(BUCKET, recursive=True)
    files.mkdir(BUCKET)
    return files


def run_flights(variables, *more):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HIGHROAD_")}
    command = [sys.executable, "-m", "nox", "-s", "run(project='flights')", "--", *more]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=clean
        | variables
        | {"HIGHROAD_STORE": f"s3://{BUCKET}/store/", "HIGHROAD_LOG": "plain", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def written(files):
    """Every object of the store but run summaries, and when it was written."""
    found = files.find(f"{BUCKET}/store", detail=True)
    return {
        path.removeprefix(f"{BUCKET}/store/"): facts["LastModified"]
        for path, facts in found.items()
        if "/runs/" not in path
    }


def test_flights_runs_on_a_bucket_and_a_rerun_makes_no_month_again(bucket, variables):
    sample = ("--params", "landing.keep_every=200")
    run_flights(variables, *sample)
    fresh = written(bucket)
    months = [f"2013-{month:02}" for month in range(1, 13)]
    for product in ("departures", "weather"):
        assert {f"flights/01_raw/{product}/{month}.csv" for month in months} <= fresh.keys()
        assert f"flights/01_raw/{product}/manifest.json" in fresh
        published = [path for path in fresh if path.startswith(f"products/flights.{product}/")]
        assert len([path for path in published if path.endswith(".parquet")]) == len(months)
    assert not [path for path in fresh if path.startswith(("/", "store")) or "//" in path]
    again = run_flights(variables, *sample)
    now = written(bucket)
    measured = {"flights/08_reporting/quality.json"}
    assert {path for path in now if now[path] != fresh.get(path)} <= measured, again.stdout
    quality = json.loads(bucket.cat_file(f"{BUCKET}/store/flights/08_reporting/quality.json"))
    assert quality["departures"]["rows"] > 1_000


@pytest.mark.parametrize("mode", ["w", "wb"])
@pytest.mark.parametrize("mib", [1, 12], ids=["one part", "several parts"])
def test_half_an_object_is_never_seen(bucket, mode, mib):
    path = f"{BUCKET}/data"
    bucket.pipe_file(path, b"old")
    block = "x" * MIB if mode == "w" else b"x" * MIB
    with pytest.raises(KeyError), bucket.open(path, mode) as file:
        for _ in range(mib):
            file.write(block)
        raise KeyError
    assert bucket.cat_file(path) == b"old"
    uploads = bucket.call_s3("list_multipart_uploads", Bucket=BUCKET)
    assert not uploads.get("Uploads")
    with bucket.open(path, mode) as file:
        for _ in range(mib):
            file.write(block)
    assert bucket.size(path) == mib * MIB
