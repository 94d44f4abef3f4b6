"""The slow tests of `test_writing`."""

from __future__ import annotations

import json
import multiprocessing

from lineage.test_writing import lines
from lineage.workers import put_some


def test_many_writers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    work = [context.Process(target=put_some, args=(tmp_path, each)) for each in range(8)]
    for each in work:
        each.start()
    for each in work:
        each.join()
    found = [json.loads(line) for line in lines(tmp_path) if line]
    assert len({(each["writer"], each["number"]) for each in found}) == len(found) == 400
