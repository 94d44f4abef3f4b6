"""A rule of a contract, the result of its check, and what every kind of rule can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from highroad.products.limits import NONE_ALLOWED, Limit, is_no_value

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

PASS, FAIL, ERROR, NOT_CHECKED = "pass", "fail", "error", "not-checked"
VERDICTS = (PASS, FAIL, ERROR, NOT_CHECKED)
SCHEMA, ROW, KEY, TABLE, QUERY, TIME = "schema", "row", "key", "table", "query", "time"
"""What a rule is about: the columns, each row by itself, rows that must differ, the table as a whole, a
query that the contract brings along, or the age of data, which needs a clock."""
STRICTER, WEAKER, OTHER = "stricter", "weaker", "other"
"""Whether a rule that changed asks more of data than before, less, or neither of the two."""
MIXED = b"highroad.mixed"
"""Field metadata of a column that has no one type; its value says why. No rule can be asked of it."""
Arguments = Mapping[str, Any]
At = tuple[str | int, ...]
"""A path of keys in a document."""
Faults = Iterator[tuple[At, str]]
"""What is wrong with a rule, each with the keys to it below the rule's."""


@dataclass(frozen=True)
class Rule:
    """One thing a contract declares.

    Attributes:
        id: Unique within a contract and table: `tailnum.pattern`, `rows.rowCount`.
        kind: Its kind; `UNCHECKED` where nothing can check it, then `reason` says why.
        columns: The columns it is about; empty for the table as a whole.
        words: The rule in the document's own words; empty where its kind has a sentence for it.
        arguments: What the kind needs, such as `values` or `value`.
        limit: What the measured value must be; for row rules the number of failing rows.
        severity: `error` or `warning`.
        tables: What a query may call its table, besides `{object}`.
        at: The path of keys to it in the document.
    """

    id: str
    kind: RuleKind
    columns: tuple[str, ...]
    words: str = ""
    arguments: Arguments = field(default_factory=dict)
    limit: Limit = NONE_ALLOWED
    severity: str = "error"
    reason: str = ""
    tables: tuple[str, ...] = ()
    at: At = ()

    @property
    def says(self) -> str:
        """The rule in words."""
        return self.words or self.kind.sentence(self)

    @property
    def about(self) -> str:
        """What it is about, as its kind says; empty where nothing can check it."""
        return self.kind.about

    @property
    def is_checked(self) -> bool:
        """Can it be checked?"""
        return self.kind is not UNCHECKED


@dataclass(frozen=True)
class Result:
    """The verdict on one rule.

    Attributes:
        rule: The rule.
        verdict: One of `VERDICTS`; `error` where the check itself could not be made.
        observed: What was measured: failing rows, a count, a type, a time; None where nothing.
        failed_rows: Rows that break the rule; None where rows are not what it is about.
        sample: Some failing rows, with the rule's and the key's columns, personal data masked.
        reason: Why it failed, erred or was not checked; empty for a pass.
    """

    rule: Rule
    verdict: str
    observed: Any = None
    failed_rows: int | None = None
    sample: Sequence[Mapping[str, Any]] = ()
    reason: str = ""

    @property
    def blocks(self) -> bool:
        """Does this stop a save or a run? A warning never does."""
        return self.rule.severity == "error" and self.verdict in (FAIL, ERROR)


@dataclass(frozen=True)
class Declared:
    """One thing that a contract declares, for the kind that reads it.

    Attributes:
        key: What it is: `required`, `minimum`, `nullValues`, `latency`, ….
        value: Its value in the document; of a metric, its arguments.
        model: The table, column, quality entry or promise that it stands in, as the standard's model.
        columns: The column it stands at; empty at a table.
        id: Of a rule that is made of it.
        at: The path of keys to it in the document.
        words: Its description in the document.
        limit: Of a quality entry.
        severity: Of a quality entry.
    """

    key: str
    value: Any
    model: Any
    columns: tuple[str, ...]
    id: str
    at: At
    words: str = ""
    limit: Limit = NONE_ALLOWED
    severity: str = "error"

    def rule(
        self,
        kind: RuleKind,
        *,
        id: str = "",
        columns: tuple[str, ...] | None = None,
        words: str = "",
        **arguments: Any,
    ) -> Rule:
        """A rule of a kind.

        Args:
            kind: The kind.
            id: Where it is not the declaration's.
            columns: Where they are not the declaration's.
            words: Where neither the document nor the kind's sentence has the right ones.
            arguments: What the kind needs.
        """
        of = self.columns if columns is None else columns
        return Rule(id or self.id, kind, of, self.words or words, arguments, self.limit,
                    self.severity, at=self.at)  # fmt: skip

    def unchecked(self, reason: str, words: str = "") -> Rule:
        """A rule that nothing here can check, with the reason."""
        says = self.words or words or f"{self.key} {self.value}"
        return Rule(self.id, UNCHECKED, self.columns, says, severity=self.severity, reason=reason,
                    at=self.at)  # fmt: skip


class Statistics(Protocol):
    """What is known of a table without reading its rows."""

    def nulls(self, column: str) -> int | None:
        """A column's nulls; None where that is not known."""

    def span(self, column: str) -> tuple[Any, Any] | None:
        """A column's least and greatest value, NaN aside; None where they are not known."""

    def repeats(self, column: str) -> bool:
        """Is this a text column of few values that are often repeated?"""


class Source(NamedTuple):
    """A table in SQL."""

    name: str
    schema: pa.Schema
    statistics: Statistics | None = None


class RuleKind(ABC):
    """All that is true of one kind of rule; registered under the entry-point group `highroad.rules`.

    Most kinds inherit one of `highroad.products.rules.RowKind`, `SchemaKind` or `AgeKind`, which say how
    such a rule is checked. One that inherits this class measures the table as a whole with `sql`.

    Attributes:
        name: How it is called in messages.
        about: What its rules are about, such as `ROW`.
        reads: What it reads of a contract: `column.<key>`, `option.<key>` of logicalTypeOptions,
            `metric.<name>` of quality entries, `promise.<property>` of slaProperties, and `table` and
            `column` as a whole.
        is_count: Is what it measures a count, from 0 up?
        shows_limit: Is its limit a part of what it asks in words?
        is_of_product: Is its promise of the product as a whole, whatever element it names?
        is_told_by_columns: Does a change of the columns tell a change of its rules already?
    """

    name: ClassVar[str]
    about: ClassVar[str] = TABLE
    reads: ClassVar[tuple[str, ...]] = ()
    is_count: ClassVar[bool] = False
    shows_limit: ClassVar[bool] = False
    is_of_product: ClassVar[bool] = False
    is_told_by_columns: ClassVar[bool] = False

    @abstractmethod
    def read(self, declared: Declared) -> Iterator[Rule]:
        """The rules that one declaration means; none leaves it to other kinds that read such."""

    @abstractmethod
    def sentence(self, rule: Rule) -> str:
        """A rule in words."""

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        """The result where columns and clock decide it; None where rows must be measured."""
        for name in rule.columns:
            if schema.get_field_index(name) < 0:
                return Result(rule, ERROR, reason=f"no column '{name}'")
            metadata = schema.field(name).metadata or {}
            if MIXED in metadata and self.about != QUERY:
                return Result(rule, ERROR, reason=metadata[MIXED].decode())
        why = self.unsuited(rule, schema)
        return Result(rule, ERROR, reason=why) if why else None

    def unsuited(self, rule: Rule, schema: pa.Schema) -> str:
        """Why the rule cannot be asked of its columns' types; empty where it can."""
        return ""

    def known(self, rule: Rule, rows: int, statistics: Statistics | None, schema: pa.Schema) -> Any:
        """What the number of rows and statistics tell of the measure; None where rows must be read."""
        return None

    def sql(self, rule: Rule, source: Source) -> str:
        """A scalar subquery that measures the rule, in parentheses."""
        raise NotImplementedError

    def frame(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        """The same as a Polars expression; None where DuckDB is to measure it."""
        return None

    def breaks(self, rule: Rule, schema: pa.Schema) -> str:
        """Of a rule about rows or keys, the SQL condition that is true for rows that break it."""
        raise NotImplementedError

    def frame_breaks(self, rule: Rule, schema: pa.Schema) -> pl.Expr | None:
        """The same as a Polars expression; None where DuckDB is to find them."""
        return None

    def decoded(self, value: Any) -> Any:
        """What DuckDB measured, as `judged` takes it."""
        return value

    def on_no_rows(self) -> Any:
        """What is measured of a table without rows, where nothing of the rule can fail there."""
        return 0

    def judged(self, rule: Rule, value: Any, rows: int, now: datetime) -> Result:
        """The result of a measured value.

        Args:
            rule: The rule.
            value: What was measured.
            rows: Rows of the table.
            now: The time that ages are counted from.
        """
        count = int(value or 0) if self.about in (ROW, KEY) else None
        observed = value if count is None else count
        try:
            verdict = PASS if rule.limit.holds(observed, rows) else FAIL
        except TypeError:
            kind = type(observed).__name__
            why = f"{kind} cannot be compared with {rule.limit.value!r}"
            return Result(rule, ERROR, observed, reason=why)
        is_open = verdict == FAIL and is_no_value(observed)
        why = "the query's result is null or NaN; expected a value" if is_open else ""
        return Result(rule, verdict, observed, failed_rows=count, reason=why)

    def divides(self, rule: Rule) -> bool:
        """Does the rule hold of a table where it holds of each part of it?"""
        return self.about in (SCHEMA, ROW, KEY)

    def change(self, old: Arguments, new: Arguments) -> str:
        """`STRICTER`, `WEAKER` or `OTHER` as its arguments changed; empty where they ask the same."""
        return OTHER

    def meaning(self, old: Rule | None, new: Rule | None, how: str) -> str:
        """The kind of change to the contract that a change of a rule is; see `compatibility.MEANINGS`.

        Args:
            old: The rule before; None for one that comes.
            new: The rule after; None for one that goes.
            how: `STRICTER`, `WEAKER` or `OTHER`, limits and severity counted in.
        """
        return how

    def lint(self, rule: Rule, column: Any, rules: Sequence[Rule]) -> Faults:
        """Faults of a rule that show without data, each with the keys to it below `rule.at`.

        Args:
            rule: The rule.
            column: Its column, as the standard's model; None where it is about none or several.
            rules: All rules of the table.
        """
        return iter(())

    def failure(self, rule: Rule, problem: str) -> str:
        """How a lint tells a problem that the rule has with a table without rows."""
        return problem


class _Unchecked(RuleKind):
    """What nothing here can check; the rule says why."""

    name = about = ""

    def read(self, declared: Declared) -> Iterator[Rule]:
        yield from ()  # it is not registered: what is left over is given to it

    def sentence(self, rule: Rule) -> str:
        return rule.words

    def decided(self, rule: Rule, schema: pa.Schema, now: datetime) -> Result | None:
        return Result(rule, NOT_CHECKED, reason=rule.reason)


UNCHECKED = _Unchecked()
