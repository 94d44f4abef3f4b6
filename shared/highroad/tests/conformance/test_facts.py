"""What is read by a few patterns is what the whole file says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from highroad.conformance.facts.locks import Lock, requirements

ROOT = Path(__file__).parents[4]
LOCKS = sorted([ROOT / "shared" / "highroad" / "uv.lock", *ROOT.glob("projects/*/uv.lock")])


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.parent.name)
def test_a_lock_read_by_patterns_is_the_lock_read_as_toml(path):
    text = path.read_text(encoding="utf-8")
    whole = tomllib.loads(text)
    lock = Lock(text)
    assert lock.requires_python == whole["requires-python"]
    versions = [
        (canonicalize_name(each["name"]), each["version"])
        for each in whole["package"]
        if "version" in each
    ]
    assert list(lock.versions()) == versions
    for package in whole["package"]:
        if "metadata" not in package:
            continue
        found = lock.requirements_of(package["name"])
        assert found is not None
        told = {
            "": package["metadata"].get("requires-dist", []),
            **package["metadata"].get("requires-dev", {}),
        }
        assert {group: {each.name for each in found[group]} for group in found} == {
            group: {canonicalize_name(each["name"]) for each in wanted}
            for group, wanted in told.items()
        }
    assert lock.requirements_of("no-such-package") is None


@pytest.mark.parametrize(
    "text",
    [
        "Kedro_Datasets[Pandas,json]<10,>=9.6",
        "kedro-datasets [json, pandas] >= 9.6, < 10",
        "kedro.datasets[json,pandas]<10,>=9.6; python_version < '3.12'",
    ],
)
def test_requirements_are_compared_normalized(text):
    assert requirements([text, {"include-group": "dev"}, "=="]) == requirements(
        ["kedro-datasets[json,pandas]>=9.6,<10"]
    )
