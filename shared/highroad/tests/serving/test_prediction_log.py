"""Predictions are logged, come into Parquet by the hour, and are found by their ids."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from serving.conftest import row

from highroad.errors import DataError
from highroad.serving import prediction_log
from highroad.serving.compaction import compact
from highroad.serving.finding import find_prediction
from highroad.serving.prediction_log import SPOOL, Header, PredictionLog
from highroad.serving.scoring import Scorer

FACTS = {
    "project": "demo",
    "release": "r1",
    "environment": "prod",
    "image": "sha256:1",
    "commit": "c",
}
COLUMNS = [("word", "text"), ("size", "number"), ("count", "number"), ("weight", "number")]
HEADER = Header(FACTS, "demo.classifier", 3, "a" * 32, COLUMNS)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "store" / "demo" / "07_model_output" / "predictions" / "classifier"


@pytest.fixture
def answered(assignment):
    """Have one request answered and logged; returns the ids."""
    scorer = Scorer(assignment(), "r1")

    def answer(log: PredictionLog, *rows: dict, **more) -> list[str]:
        body = json.dumps({"rows": rows, **more}, indent=1).encode()
        given = scorer.answer(body)
        log.add(body, given.body, given.rows)
        return [each["id"] for each in json.loads(given.body)["predictions"]]

    return answer


def test_a_stopped_service_leaves_parquet_by_the_hour(place, answered):
    log = PredictionLog(str(place), HEADER)
    one, two = answered(log, row(word="blue", weight=None), row(size=0.5))
    (three,) = answered(log, row(size=99), row(count=8), partial=True)
    log.close()
    (file,) = place.rglob("*.parquet")
    assert file.parent.name.startswith("hour=") and file.parent.parent.name.startswith("date=")
    assert [each.name for each in place.iterdir()] == [file.parent.parent.name] and log.written == 2
    found = {each["prediction_id"]: each for each in pq.read_table(file).to_pylist()}
    assert list(found) == [one, two, three]
    assert (
        found[one]["inputs"] == row(word="blue", weight=None)
        and found[three]["inputs"]["count"] == 8
    )
    assert found[two]["model_version"] == 3 and found[two]["image"] == "sha256:1"


def test_what_a_killed_service_left_is_kept(place, answered):
    log = PredictionLog(str(place), HEADER)
    (one,) = answered(log, row())
    log.flush()
    assert compact(str(place)) == []  # it is still written
    log._close()  # as the system does of a process that is killed
    (spool,) = place.glob(f"*{SPOOL}")
    with spool.open("ab") as file:
        file.write(b'{"at":1,"rows":1,"requ')
    (place / f"0{SPOOL}").touch()
    again = PredictionLog(str(place), HEADER)
    again.close()
    (file,) = place.rglob("*.parquet")
    assert pq.read_table(file)["prediction_id"].to_pylist() == [one] and not spool.exists()


def test_a_full_spool_is_followed_by_another(place, answered, monkeypatch):
    monkeypatch.setattr(prediction_log, "MOST_SPOOLED", 0)
    log = PredictionLog(str(place), HEADER)
    ids = []
    for _ in range(3):
        ids += answered(log, row())
        log.flush()
    log.close()
    tables = [pq.read_table(file) for file in place.rglob("*.parquet")]
    assert len(tables) == 3 and not list(place.glob(f"*{SPOOL}"))
    assert {each["prediction_id"][0].as_py() for each in tables} == set(ids)


def test_a_prediction_is_found_by_its_id_before_and_after_it_is_parquet(place, answered, tmp_path):
    log = PredictionLog(str(place), HEADER)
    one, two = answered(log, row(), row(count=8))
    log.flush()
    for _ in range(2):
        found = find_prediction(str(tmp_path / "store"), two)
        assert found["inputs"]["count"] == 8 and found["run"] == "a" * 32
        log.close()
    with pytest.raises(DataError, match=r"no prediction p.*-7 of 20"):
        find_prediction(str(tmp_path / "store"), f"{one[:-2]}-7")


def test_a_log_that_cannot_be_written_is_counted_and_said_once(place, answered, capsys):
    log = PredictionLog(str(place), HEADER)
    place.rmdir()
    place.write_text("in the way")
    for _ in range(2):
        answered(log, row())
        log.flush()
    assert log.lost == 2 and log.written == 0
    assert capsys.readouterr().err.count("predictions are not logged") == 1
