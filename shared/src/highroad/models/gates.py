"""What a version of a model has to pass before it takes an alias."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from highroad.config.platform import Models
from highroad.errors import DataError, HighroadError
from highroad.models import files, folder
from highroad.models.bundle import MODEL
from highroad.models.registry import PROD, STAGING, ModelVersion
from highroad.products.contract import contract_of
from highroad.products.freshness import freshness_of
from highroad.products.store import Table
from highroad.tracking.record import DatasetUse, Record

FILES, ORDER, METRIC, CONTRACTS, AGE = "files", "order", "metric", "contracts", "age of data"
GATES = (FILES, ORDER, METRIC, CONTRACTS, AGE)


@dataclass(frozen=True)
class Verdict:
    """What a gate says.

    Attributes:
        gate: Its name.
        passed: Whether it lets the version through.
        says: Why, in words.
    """

    gate: str
    passed: bool
    says: str

    def __str__(self) -> str:
        return f"{'pass' if self.passed else 'FAIL'}  {self.gate}: {self.says}"


@dataclass(frozen=True)
class Judge:
    """How models are judged.

    Attributes:
        metric: The name of a scorer of scikit-learn, `roc_auc` or `neg_mean_absolute_error`:
            larger is better. None where the project names none.
        may_lose: How much worse than the one in place it may be.
        platform: What the platform asks for.
        conf: The platform's folder, which holds the contracts.
        now: The platform's time, with a time zone.
    """

    metric: str | None
    may_lose: float
    platform: Models
    conf: Path
    now: datetime


@dataclass(frozen=True)
class Case:
    """A version that wants an alias.

    Attributes:
        version: The version.
        alias: What it wants.
        current: What has it now; None where nothing has.
        record: Of the run that made it; None where it is not on record.
    """

    version: ModelVersion
    alias: str
    current: ModelVersion | None
    record: Record | None


def verdicts(case: Case, judge: Judge, fs: Any) -> list[Verdict]:
    """What every gate says, all of them whatever one says.

    Args:
        case: Which version wants what.
        judge: By what it is judged.
        fs: The fsspec file system that the models lie on.
    """
    asked: dict[str, Callable[[], str]] = {
        FILES: lambda: _files(case, fs),
        ORDER: lambda: _order(case),
        METRIC: lambda: _metric(case, judge, fs),
        CONTRACTS: lambda: _contracts(case),
        AGE: lambda: _age(case, judge),
    }
    found = []
    for gate, ask in asked.items():
        try:
            found.append(Verdict(gate, True, ask()))
        except HighroadError as no:
            found.append(Verdict(gate, False, str(no)))
    return found


def _files(case: Case, fs: Any) -> str:
    version = case.version
    manifest = folder.read_manifest(fs, version.folder)
    if manifest.digest != version.digest:
        raise DataError(
            f"{version.folder}: its manifest is not the one that was registered: SHA-256 "
            f"{manifest.digest[:12]}, expected {version.digest[:12]}."
        )
    folder.verify(fs, version.folder, manifest)
    return f"all {len(manifest.files)} are what was registered"


def _order(case: Case) -> str:
    if case.alias == PROD and STAGING not in case.version.aliases:
        raise DataError(f"{case.version} is not in {STAGING}; promote it there first.")
    return "is in staging" if case.alias == PROD else "any version may"


def _metric(case: Case, judge: Judge, fs: Any) -> str:
    if case.current is None:
        return f"nothing is {case.alias} yet to be compared with"
    if judge.metric is None:
        project, _, name = case.version.name.partition(".")
        raise DataError(
            f"nothing says by which metric {case.version.name} is judged; name a scorer of scikit-learn in "
            f'[tool.highroad.models] of projects/{project}/pyproject.toml: {name} = {{ metric = "roc_auc" }}.'
        )
    features, target, rows = _test_data(case.version, fs)
    new, old = (_score(each, judge, fs, features, target) for each in (case.version, case.current))
    says = f"{judge.metric} {new:.4f}, {case.current} has {old:.4f} on the same {rows:,} rows"
    if not new >= old - judge.may_lose:
        raise DataError(f"{says}; it may lose {judge.may_lose:g}.")
    return says


def _test_data(version: ModelVersion, fs: Any) -> tuple[Any, Any, int]:
    import pandas as pd

    manifest = folder.read_manifest(fs, version.folder)
    if folder.TEST_DATA not in manifest.files:
        raise DataError(
            f"{version} has no test data to compare on; have the node that makes it return "
            "'test_data' and 'test_target'."
        )
    data = folder.read(fs, version.folder, manifest, folder.TEST_DATA)
    frame = pd.read_parquet(io.BytesIO(data))
    target = frame.pop(folder.TARGET_COLUMN)
    is_array = list(frame) == [f"x{index}" for index in range(frame.shape[1])]
    return (frame.to_numpy() if is_array else frame), target, len(frame)


def _score(version: ModelVersion, judge: Judge, fs: Any, features: Any, target: Any) -> float:
    from sklearn.metrics import get_scorer, get_scorer_names

    if judge.metric not in get_scorer_names():
        raise DataError(f"'{judge.metric}' is no scorer of scikit-learn, such as roc_auc or r2.")
    manifest = folder.read_manifest(fs, version.folder)
    files.require_allowed(manifest.kind, judge.platform.pickles, version.folder)
    file = files.NAMES[manifest.kind]
    data = folder.read(fs, version.folder, manifest, file)
    where = f"{version.folder}/{file}"
    model = files.decode(data, manifest.kind, judge.platform.trusted, where)[MODEL]
    try:
        return float(get_scorer(judge.metric)(model, features, target))
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{version} cannot be measured by {judge.metric} on the test data of {version.name}: {reason}"
        ) from error


def _contracts(case: Case) -> str:
    products = _products(case)
    wrong = [
        f"{use.name} at {use.kind} {use.version}: {(use.contract or {}).get('verdict')}"
        for use in products
        if (use.contract or {}).get("verdict") != "pass"
    ]
    if wrong:
        raise DataError(f"made from what did not hold its contract: {'; '.join(wrong)}.")
    return f"all {len(products)} products it was made from held theirs"


def _age(case: Case, judge: Judge) -> str:
    ages = dict(_ages(_products(case), judge))
    if not ages:
        return "made from no data product"
    oldest = max(ages, key=lambda name: ages[name])
    says = f"{oldest} is {ages[oldest]:.0f} d old"
    if ages[oldest] > judge.platform.oldest_data_days:
        raise DataError(f"{says}; at most {judge.platform.oldest_data_days:g} d may be.")
    return f"{says}, the oldest of {len(ages)}"


def _ages(products: Sequence[DatasetUse], judge: Judge) -> Iterator[tuple[str, float]]:
    for use in products:
        name = use.name.partition("@")[0]
        table = Table(str(use.place))
        version = table.about(int(str(use.version)))
        found = freshness_of(table, contract_of(name, judge.conf), version, judge.now)
        if found.age is None:
            raise DataError(f"the age of {use.name} is unknown: {found.reason}.")
        yield name, found.age.total_seconds() / 86_400


def _products(case: Case) -> list[DatasetUse]:
    if case.record is None:
        raise DataError(
            f"run {case.version.run or 'unknown'}, which made it, is not on record; nothing says "
            "what it was made from."
        )
    return [use for use in case.record.inputs if use.kind == "delta"]


def plain(found: Sequence[Verdict]) -> tuple[Mapping[str, Any], ...]:
    """As the registry keeps them."""
    return tuple({"gate": each.gate, "passed": each.passed, "says": each.says} for each in found)
