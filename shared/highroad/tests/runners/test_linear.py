"""The linear runner does what Kedro's does, and asks the pipeline once."""

from __future__ import annotations

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node, pipeline
from kedro.runner import SequentialRunner

from highroad.runners import LinearRunner


def chain(length: int) -> Pipeline:
    return pipeline(
        [node(lambda value: value + 1, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(length)]
    )


def run(runner, length: int):
    catalog = DataCatalog({"d0": MemoryDataset(0)})
    return {name: data.load() for name, data in runner.run(chain(length), catalog).items()}, catalog


def test_same_outputs_and_the_same_datasets_released():
    ours, our_catalog = run(LinearRunner(), 20)
    theirs, their_catalog = run(SequentialRunner(), 20)
    assert ours == theirs == {"d20": 20}
    assert [name for name in our_catalog if our_catalog[name].exists()] == [
        name for name in their_catalog if their_catalog[name].exists()
    ]


def test_free_inputs_and_outputs_are_computed_once_not_once_a_node(monkeypatch):
    asked = {"inputs": 0, "outputs": 0}
    for name in asked:
        original = getattr(Pipeline, name)

        def counting(self, *, name=name, original=original):
            asked[name] += 1
            return original(self)

        monkeypatch.setattr(Pipeline, name, counting)
    run(LinearRunner(), 5)
    few = dict(asked)
    run(LinearRunner(), 50)
    assert {name: asked[name] - few[name] for name in asked} == few
