"""What a version of a model has to pass before it takes an alias."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from highroad.config.entries import stem
from highroad.config.platform import Models
from highroad.errors import DataError, HighroadError
from highroad.models import AGE, CONTRACTS, FILES, METRIC, ORDER, PROD, STAGING, folder
from highroad.models.bundle import IS_ARRAY, MODEL, TARGET_COLUMN
from highroad.models.files import NAMES, decode, require_allowed
from highroad.models.registered import files_of
from highroad.models.registry import ModelVersion
from highroad.models.sources import Sources
from highroad.products.contract import contract_of
from highroad.products.freshness import freshness_of
from highroad.products.store import Table
from highroad.tracking.record import DatasetUse

_LONGEST = 500


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
        sources: What it was made from; None where the run that made it is not on record.
    """

    version: ModelVersion
    alias: str
    current: ModelVersion | None
    sources: Sources | None


def verdicts(case: Case, judge: Judge) -> list[Verdict]:
    """What every gate says, all of them whatever one says.

    Args:
        case: Which version wants what.
        judge: By what it is judged.
    """
    asked: dict[str, Callable[[], str]] = {
        FILES: lambda: _files(case),
        ORDER: lambda: _order(case),
        METRIC: lambda: _metric(case, judge),
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


def _files(case: Case) -> str:
    files = files_of(case.version)
    for name in files.manifest.files:
        files.read(name)
    return f"all {len(files.manifest.files)} are what was registered"


def _order(case: Case) -> str:
    if case.alias == PROD and STAGING not in case.version.aliases:
        raise DataError(f"{case.version} is not in {STAGING}; promote it there first.")
    return "is in staging" if case.alias == PROD else "any version may"


def _metric(case: Case, judge: Judge) -> str:
    nothing = f"nothing is {case.alias} yet to be compared with"
    if judge.metric is None:
        if case.current is None:
            return nothing
        project, _, name = case.version.name.partition(".")
        raise DataError(
            f"nothing says by which metric {case.version.name} is judged; name a scorer of scikit-learn in "
            f'[tool.highroad.models] of projects/{project}/pyproject.toml: {name} = {{ metric = "roc_auc" }}.'
        )
    test = _test_data(case.version)
    new = _score(case.version, judge, test)
    says = f"{judge.metric} {new:.4f} on {len(test.target):,} rows"
    if case.current is None:
        return f"{says}; {nothing}"
    old = _score(case.current, judge, test)
    says = f"{judge.metric} {new:.4f}, {case.current} has {old:.4f} on the same {len(test.target):,} rows"
    if not new >= old - judge.may_lose:
        raise DataError(f"{says}; it may lose {judge.may_lose:g}.")
    return says


class _Test(NamedTuple):
    features: Any
    target: Any
    of: str


def _test_data(version: ModelVersion) -> _Test:
    import pyarrow.parquet as pq

    files = files_of(version)
    if folder.TEST_DATA not in files.manifest.files:
        raise DataError(
            f"{version} has no test data to compare on; have the node that makes it return "
            "'test_data' and 'test_target'."
        )
    table = pq.read_table(io.BytesIO(files.read(folder.TEST_DATA)))
    is_array = IS_ARRAY in (table.schema.metadata or {})
    frame = table.to_pandas()
    target = frame.pop(TARGET_COLUMN).to_numpy()
    if not is_array:
        return _Test(frame, target, version.name)
    array = frame.to_numpy()
    return _Test(array[:, 0] if array.dtype == object else array, target, version.name)


def _score(version: ModelVersion, judge: Judge, test: _Test) -> float:
    from sklearn.metrics import get_scorer, get_scorer_names

    if judge.metric not in get_scorer_names():
        raise DataError(f"'{judge.metric}' is no scorer of scikit-learn, such as roc_auc or r2.")
    files = files_of(version)
    kind = files.manifest.kind
    require_allowed(kind, judge.platform.pickles, files.place)
    where = f"{files.place}/{NAMES[kind]}"
    model = decode(files.read(NAMES[kind]), kind, judge.platform.trusted, where)[MODEL]
    try:
        score = float(get_scorer(judge.metric)(model, test.features, test.target))
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{version} cannot be measured by {judge.metric} on the test data of {test.of}: {reason}"
        ) from error
    if not math.isfinite(score):
        raise DataError(f"{judge.metric} of {version} is {score} on the test data of {test.of}.")
    return score


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
    oldest = max(ages, key=lambda name: ages[name])
    says = f"{oldest} is {ages[oldest]:.0f} d old"
    if ages[oldest] > judge.platform.oldest_data_days:
        raise DataError(f"{says}; at most {judge.platform.oldest_data_days:g} d may be.")
    return f"{says}, the oldest of {len(ages)}"


def _ages(products: Sequence[DatasetUse], judge: Judge) -> Iterator[tuple[str, float]]:
    for use in products:
        name = stem(use.name)
        table = Table(str(use.place))
        version = table.about(int(str(use.version)))
        found = freshness_of(table, contract_of(name, judge.conf), version, judge.now)
        if found.age is None:
            raise DataError(f"the age of {use.name} is unknown: {found.reason}.")
        yield name, found.age.total_seconds() / 86_400


def _products(case: Case) -> Sequence[DatasetUse]:
    """The products it was made from; what nobody can say of must not pass for good."""
    found = case.sources
    if found is None:
        raise DataError(
            f"run {case.version.run or 'unknown'}, which made it, is not on record; nothing says "
            "what it was made from."
        )
    if found.unknown:
        raise DataError(
            f"made from {', '.join(found.unknown)}, which no contract vouches for and no run on record made."
        )
    if not found.products:
        raise DataError(
            f"run {case.version.run} read nothing on record; nothing vouches for its data."
        )
    return found.products


def plain(found: Sequence[Verdict]) -> tuple[Mapping[str, Any], ...]:
    """As the registry keeps them, at a length that it takes."""
    return tuple(
        {"gate": each.gate, "passed": each.passed, "says": each.says[:_LONGEST]} for each in found
    )
