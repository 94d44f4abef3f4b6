"""A version of a data product, as the reader wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError

from highroad.errors import BusyError
from highroad.products.admission import Admission, Checked, admission_of
from highroad.products.checks.report import Report
from highroad.products.commits import Facts
from highroad.products.digest import grouped
from highroad.products.enforcement import are_off
from highroad.products.references import parse_reference
from highroad.products.sources import declared_sources
from highroad.products.store import MOST_TRIES, Table
from highroad.products.tables import KINDS, as_arrow, from_dataset, gather, partitions_of
from highroad.runs import current_run

if TYPE_CHECKING:
    import pyarrow as pa


class Partitions(dict[str, Any]):
    """Functions that load one partition each, by name; a dict that can be remembered."""


class DataProductDataset(AbstractDataset[Any, Any]):
    """Read a data product at one version, or publish the next one; a Delta table underneath.

    A dataset holds the version it first read until it is told to `refresh`, so a run sees one
    state of each product however long it takes. Only the owning project saves. Saving is
    atomic and idempotent: rows that are there already make no new version.

    Who the owner is follows from the product's name, which is its contract's, and from the package that
    runs; `project` says who asks where none does, as in a script.

    Args:
        product: The data product, `<project>.<product>`.
        store: The store's root; the table is `<store>/products/<product>`.
        platform_conf: The platform's folder, which holds the contract.
        project: The project that this catalog belongs to.
        kind: How `load` gives it: pandas (nullable types), polars (lazy), arrow, duckdb, or
            partitions (functions by partition name). `save` takes any of these.
        columns: Read only these columns; None means all.
        rows: Read only rows for which all conditions hold, such as `[[month, ">=", "2013-06"]]`.
        version: Read this version; None means the latest when first read.
        metadata: Anything; Kedro ignores it.

    Raises:
        ValueError: `kind` is none of these, `product` no product's name, or `version` no number.
    """

    def __init__(
        self,
        *,
        product: str,
        store: str,
        platform_conf: str,
        project: str,
        kind: str = "pandas",
        columns: Sequence[str] | None = None,
        rows: Sequence[Sequence[Any]] | None = None,
        version: int | None = None,
        metadata: dict[str, Any] | None = None,
    ):
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, found {kind!r}.")
        if parse_reference(product) != (product, None, ""):
            raise ValueError(f"product: expected <project>.<product>, found {product!r}.")
        if not isinstance(version, int | None):
            raise ValueError(
                f"version: expected a number, found {version!r}; a product has versions of its own, so "
                "take `versioned` out of its entry."
            )
        self.product = product
        self.metadata = metadata
        self._kind = kind
        self._columns = list(columns) if columns else None
        self._rows = [(str(one), str(two), three) for one, two, three in rows or []]
        self._chosen = version
        self._held: int | None = None
        self._published: dict[str, Any] | None = None
        self.loaded_rows: int | None = None
        self.written_rows: int | None = None
        self._project = project
        self._place = (product, platform_conf, store, f"{store}/products/{product}")
        self._filepath = self._place[3]

    @property
    def table(self) -> Table:
        """The product's table."""
        return Table(self._place[3])

    @property
    def gate(self) -> Admission:
        """What checks this product in this process."""
        return admission_of(*self._place)

    @property
    def held_version(self) -> int | None:
        """The version this dataset read or published; None before it did either."""
        return self._held

    def data_version(self) -> tuple[str, str | None]:
        """The version this dataset read or published."""
        return ("delta", str(self._held)) if self._held is not None else ("unknown", None)

    def contract_facts(self) -> dict[str, str]:
        """What the version says of its contract: `version`, `fingerprint` and `verdict`."""
        if self._held is None:
            return {}
        facts = self.table.facts(self._held)
        return {
            "version": facts.contract_version,
            "fingerprint": facts.fingerprint,
            "verdict": facts.verdict,
        }

    def lineage_facts(self, *, saved: bool) -> dict[str, Any]:
        """What was checked; of what was saved also its columns, and where its contract has them from.

        A version that was read passed as a whole when it was published; its rules were told then.
        """
        if saved and self._published is not None:
            return self._published
        facts = self.contract_facts()
        passed = facts.get("verdict") == "pass"
        about = f"contract {facts.get('version')}"
        return {"assertions": [{"assertion": about, "success": True}] if passed else []}

    def _lineage_of(self, checked: Checked) -> dict[str, Any]:
        return {
            "fields": [(each.name, str(each.type)) for each in checked.data.schema],
            "sources": declared_sources(self.gate.contract),
            "assertions": checked.report.assertions(),
        }

    def hold(self, version: int | None = None) -> int:
        """Settle on a version and refuse one that breaks its contract.

        Args:
            version: Rather this than the latest; what the catalog names comes first.

        Returns:
            The version.

        Raises:
            DataError: There is none.
            DataValidationError: It breaks the contract.
        """
        if self._held is None:
            chosen = self._chosen if self._chosen is not None else version
            self._held = self.table.open(chosen).version()
        if not self._is_off():
            self.gate.verify(self._held)
        return self._held

    def require_fresh(self) -> None:
        """Refuse a latest version that is older than the contract promises; a chosen one may be.

        Raises:
            QualityError: It is older, or nothing says how old it is.
        """
        if self._chosen is None and not self._is_off():
            self.gate.require_fresh(self.hold())

    def refresh(self) -> None:
        """Let go of the version: the next load reads the latest, or the one the catalog names."""
        self._held = None

    def load(self) -> Any:
        version = self.hold()
        data = self._read(version, self._kind, self._rows)
        # The log knows the rows of a whole version; of a part, the part itself has to tell.
        self.loaded_rows = None if self._rows else self.table.rows(version)
        self.gate.remember(data)
        return data

    def save(self, data: Any) -> None:
        self._require_owner()
        if isinstance(data, dict) and not data:
            self.written_rows, self._held = 0, self.table.latest()  # no partition was due
            self._published = None
            return
        for left in range(MOST_TRIES, 0, -1):
            checked = self._checked(data)
            by = self.gate.contract.partitioned_by
            rows = grouped(checked.data, by)
            try:
                self._held = self.table.publish(
                    rows,
                    by,
                    self._facts(checked),
                    checked.on_top_of,
                    partial(self._keep_profiles, checked, rows),
                )
                is_new = self._held != checked.on_top_of
                self.written_rows = len(checked.data) if is_new else 0
                self._published = self._lineage_of(checked)
                return
            except BusyError:
                if left == 1:
                    raise

    def managed_settings(self) -> dict[str, str]:
        """The settings that are the platform's to give, with the product they are of."""
        product, platform_conf, store, _ = self._place
        return {
            "product": product,
            "platform_conf": platform_conf,
            "store": store,
            "project": self._project,
        }

    def _require_owner(self) -> None:
        from kedro.framework import project

        owner, running = self.product.partition(".")[0], project.PACKAGE_NAME or self._project
        if running != owner:
            raise DatasetError(
                f"'{self.product}' belongs to the project '{owner}' and is not saved by '{running}'; "
                "publish a product of your own."
            )

    def _keep_profiles(self, checked: Checked, rows: pa.Table, content: Mapping[str, str]) -> None:
        from highroad.products.drift.stored import keep_profiles

        made_at = checked.report.checked_at.isoformat()
        keep_profiles(self.table, rows, self.gate.contract, content, made_at)

    def _checked(self, data: Any) -> Checked:
        if not self._is_off():
            return self.gate.taken(data) or self.gate.admit(data)
        by = self.gate.contract.partitioned_by
        rows = gather(data, by) if isinstance(data, dict) else as_arrow(data)
        unchecked = Report(
            self.product, self.gate.contract.version, "", "", len(rows), self.gate.now, []
        )
        return Checked(rows, unchecked, self.table.latest())

    def _facts(self, checked: Checked) -> Facts:
        run = current_run()
        report = checked.report
        return Facts(
            run=run.id if run else "",
            commit=run.commit if run else "",
            contract_version=report.contract_version,
            fingerprint=report.fingerprint,
            verdict="pass" if report.results else "unchecked",
            published_at=report.checked_at.isoformat(),
        )

    def _is_off(self) -> bool:
        """Whether contracts are switched off, where the environment allows that."""
        return are_off(Path(self._place[1]), self._place[2])

    def _read(self, version: int, kind: str, rows: Sequence[tuple[str, str, Any]]) -> Any:
        if kind == "polars":
            return self._scan(version, rows)
        if kind == "partitions":
            (column,) = self.gate.contract.partitioned_by or [""]
            if not column:
                raise DatasetError(
                    f"'{self.product}' is not partitioned; load it as pandas or polars."
                )
            names = self.table.partitions(column, version)

            def one(more: Sequence[tuple[str, str, Any]]) -> Any:
                return self._read(version, "pandas", [*rows, *more])

            return Partitions(partitions_of(one, column, names))
        dataset = self.table.dataset(version)
        return from_dataset(dataset, kind, self._columns, rows)

    def _scan(self, version: int, rows: Sequence[tuple[str, str, Any]]) -> Any:
        import polars as pl

        frame = pl.scan_delta(
            self.table.uri, version=version, storage_options=self.table.options or None
        )
        for column, operator, value in rows:
            frame = frame.filter(_expression(pl.col(column), operator, value))
        return frame.select(self._columns) if self._columns else frame

    def _exists(self) -> bool:
        return self.table.exists()

    def _release(self) -> None:
        self.refresh()

    def _describe(self) -> dict[str, Any]:
        return {"product": self.product, "kind": self._kind, "version": self._chosen}


def _expression(column: Any, operator: str, value: Any) -> Any:
    if operator in ("in", "not in"):
        found = column.is_in(list(value))
        return found if operator == "in" else ~found
    return {
        "=": column.__eq__,
        "==": column.__eq__,
        "!=": column.__ne__,
        "<": column.__lt__,
        "<=": column.__le__,
        ">": column.__gt__,
        ">=": column.__ge__,
    }[operator](value)
