"""How much a column may move, from its contract's custom property `highroad.drift`.

It stands at the document, at the table or at a column, each adding to the one above:

    customProperties:
      - {property: highroad.drift, value: {psi: 0.1, ks: null, severity: warning}}

`null` leaves a measure out of the verdict, `false` in place of the mapping the whole column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from highroad.errors import ContractError
from highroad.products.contract import column_name
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from highroad.products.contract import Contract

PROPERTY = "highroad.drift"
MEASURES = ("psi", "js", "ks", "wasserstein", "nulls")
SEVERITIES = ("error", "warning")


@dataclass(frozen=True)
class Limits:
    """What a column's measures may be at most.

    PSI and Jensen–Shannon by default allow a bell curve to shift by nearly half its standard
    deviation, as is customary; KS and Wasserstein, which take finer notice, by a quarter.

    Attributes:
        psi: Population stability index.
        js: Jensen–Shannon distance, base 2.
        ks: Kolmogorov–Smirnov statistic; numbers only.
        wasserstein: Wasserstein-1 in standard deviations of the reference; numbers only.
        nulls: Difference of the shares of nulls.
        rows: A sample or reference of fewer rows has no verdict.
        severity: `error` or `warning`.
        judged: Whether there is a verdict at all.
    """

    psi: float | None = 0.2
    js: float | None = 0.2
    ks: float | None = 0.1
    wasserstein: float | None = 0.25
    nulls: float | None = 0.05
    rows: int = 100
    severity: str = "error"
    judged: bool = True

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Thresholds:
    """The limits of every column.

    Attributes:
        default: Of columns that have none of their own.
        columns: By column.
        personal: Columns whose values must not show.
    """

    default: Limits = field(default_factory=Limits)
    columns: Mapping[str, Limits] = field(default_factory=dict)
    personal: Collection[str] = ()

    def of(self, column: str) -> Limits:
        """The limits of a column."""
        return self.columns.get(column, self.default)


def thresholds_of(contract: Contract) -> Thresholds:
    """The limits that a contract sets.

    Raises:
        ContractError: A limit that is unknown, misspelt or no number; names file and line.
    """
    from highroad.products.checks.privacy import personal_columns

    table = contract.table
    at = ("schema", contract.tables.index(table))
    model = contract.model
    default = _laid_over(Limits(), model.customProperties, contract, ())
    default = _laid_over(default, table.customProperties, contract, at)
    columns = {
        column_name(each): _laid_over(
            default, each.customProperties, contract, (*at, "properties", index)
        )
        for index, each in enumerate(table.properties or [])
    }
    return Thresholds(default, columns, frozenset(personal_columns(table)))


def _laid_over(
    below: Limits, properties: Any, contract: Contract, at: tuple[str | int, ...]
) -> Limits:
    for index, each in enumerate(properties or []):
        if each.property != PROPERTY:
            continue
        keys = (*at, "customProperties", index)
        if isinstance(each.value, bool):
            below = replace(below, judged=each.value)
            continue
        if not isinstance(each.value, Mapping):
            raise ContractError(
                f"{contract.where(*keys)}: {PROPERTY} is {each.value!r}; expected a mapping such "
                "as {psi: 0.2}, or false."
            )
        for name, value in each.value.items():
            if fault := _fault(str(name), value):
                raise ContractError(f"{contract.where(*keys)}: {PROPERTY}: {fault}")
        below = replace(below, **{"judged": True, **each.value})
    return below


def _fault(name: str, value: Any) -> str:
    names = [each.name for each in fields(Limits) if each.name != "judged"]
    if name not in names:
        return f"no limit '{name}'.{meant(name, names)} Limits: {', '.join(names)}."
    if name == "severity":
        return "" if value in SEVERITIES else f"severity is {value!r}; expected error or warning."
    if value is None and name in MEASURES:
        return ""
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    whole = name != "rows" or isinstance(value, int)
    return "" if number and whole else f"{name} is {value!r}; expected a number from 0 on."
