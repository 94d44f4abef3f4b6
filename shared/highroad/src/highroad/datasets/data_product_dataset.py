"""A version of a data product, as the reader wants it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError

from highroad.access.grants import FOLDER as GRANTS
from highroad.errors import ConfigError, ContractError
from highroad.principal import Principal
from highroad.products.admission import PublishGate, admission_of
from highroad.products.enforcement import are_off
from highroad.products.partition import Partition
from highroad.products.publishing import Piece, Publication, Published
from highroad.products.references import parse_reference
from highroad.products.scanning import scan
from highroad.products.selection import select
from highroad.products.snapshot import Snapshot
from highroad.products.sources import declared_sources
from highroad.products.store import Table
from highroad.products.tables import KINDS, from_dataset
from highroad.products.visible import read_facts, readable
from highroad_workspace.ranges import version_range

if TYPE_CHECKING:
    from highroad.access.decisions import View


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
        principal: Who reads, as the platform's configuration has it: `${platform:principal}`. Where platform-conf
            has grants, they see the rows and columns that these give them, and other columns masked or not at all.
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
        principal: str | None = None,
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
        self._saved: set[Partition] = set()
        self.loaded_rows: int | None = None
        self.written_rows: int | None = None
        self._project = project
        self._principal = principal
        self._place = (product, platform_conf, store, f"{store}/products/{product}")
        self._filepath = self._place[3]

    @property
    def table(self) -> Table:
        """The product's table."""
        return Table(self._place[3])

    @property
    def gate(self) -> PublishGate:
        """What checks this product in this process."""
        return admission_of(*self._place)

    def require_contract(self) -> None:
        """Refuse to go on without a contract: whoever computes first learns it too late.

        Raises:
            ContractError: There is none, or it cannot be read.
        """
        if not self._is_off():
            _ = self.gate.contract

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

    def access_facts(self) -> dict[str, Any]:
        """Under which grants and policies the principal reads; empty where the platform has no grants."""
        if not (Path(self._place[1]) / GRANTS).is_dir() or self._principal is None:
            return {}
        principal = Principal.parse(self._principal)
        return read_facts(Path(self._place[1]), principal, self.product)

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

    def _lineage_of(self, published: Published) -> dict[str, Any]:
        return {
            "fields": [(each.name, str(each.type)) for each in published.schema],
            "sources": declared_sources(self.gate.contract),
            "assertions": published.report.assertions(),
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
            ContractError: It was published under a contract version that the project does not accept.
        """
        if self._held is None:
            chosen = self._chosen if self._chosen is not None else version
            self._held = self.table.open(chosen).version()
        if not self._is_off():
            self.gate.verify(self._held)
            self._require_accepted(self._held)
        return self._held

    def _require_accepted(self, version: int) -> None:
        """Hold the contract that a version was published under against what the project accepts."""
        root = Path(self._place[1]).parent
        accepted = accepted_range(
            root / "projects" / self._project / "pyproject.toml", self.product
        )
        published = self.table.facts(version).contract_version
        if accepted and published and not version_range(accepted).contains(published):
            raise ContractError(
                f"{self.product}, version {version}: published under contract {published}; "
                f"'{self._project}' accepts {accepted}. Adapt the project and its range in "
                "[tool.highroad.consumes], or read an older version: `version:` in the catalog."
            )

    def require_fresh(self) -> None:
        """Refuse a latest version that is older than the contract promises; a chosen one may be.

        Raises:
            QualityError: It is older, or nothing says how old it is.
        """
        if self._chosen is None and not self._is_off():
            self.gate.require_fresh(self.hold())

    def require_allowed(self) -> View | None:
        """What the principal may see; None where the platform has no grants.

        Raises:
            AccessError: They may not read the product; says who owns it and how to ask.
            ContractError: There is none, or it is hidden.
            ConfigError: The entry names no principal, or the grants cannot be read.
        """
        products = Path(self._place[1])
        if not (products / GRANTS).is_dir():
            return None
        if self._principal is None:
            raise ConfigError(
                f"'{self.product}': the entry names no principal, and platform-conf has grants. Add "
                "`principal: ${platform:principal}` to the pattern of products in platform-conf/base/catalog.yml."
            )
        return readable(products, Principal.parse(self._principal), self.product)

    def refresh(self) -> None:
        """Let go of the version: the next load reads the latest, or the one the catalog names."""
        self._held = None
        self._saved = set()

    def load(self) -> Any:
        view = self.require_allowed()
        version = self.hold()
        # The log knows the rows of a whole version; of a part, the part itself has to tell.
        snapshot = self.table.snapshot(version)
        is_part = self._rows or (view is not None and view.rows is not None)
        self.loaded_rows = None if is_part else snapshot.rows()
        data = self._read(snapshot, view)
        self.gate.remember(data)
        return data

    def save(self, data: Any) -> None:
        self._require_owner()
        if isinstance(data, dict) and not data:
            self.written_rows, self._held = 0, self.table.latest()  # no partition was due
            self._published = None
        elif isinstance(data, Piece):
            publication = data.stream.open(self._publication)
            if not (isinstance(data.data, dict) and not data.data):
                publication.add(data.data)
            self.written_rows = 0
            if data.is_last:
                self._note(publication.publish_added())
        else:
            publication = self._publication()
            rows = publication.prepare(data)
            self._require_first(rows.replaced)
            self._note(publication.publish(rows))
            self._saved |= {*rows.replaced}

    def managed_settings(self) -> dict[str, str]:
        """The settings that are the platform's to give, with the product they are of."""
        product, platform_conf, store, _ = self._place
        return {
            "product": product,
            "platform_conf": platform_conf,
            "store": store,
            "project": self._project,
            **({"principal": self._principal} if self._principal is not None else {}),
        }

    def _require_owner(self) -> None:
        from kedro.framework import project

        owner, running = self.product.partition(".")[0], project.PACKAGE_NAME or self._project
        if running != owner:
            raise DatasetError(
                f"'{self.product}' belongs to the project '{owner}' and is not saved by '{running}'; "
                "publish a product of your own."
            )

    def _require_first(self, replaced: Iterable[Partition]) -> None:
        """Refuse rows that would replace what this dataset has just saved, as pieces do without hooks."""
        if again := [each.name for each in replaced if each in self._saved]:
            raise DatasetError(
                f"'{self.product}' was saved already, and these rows would replace "
                f"{', '.join(again[:3]) if any(again) else 'all of it'}. A node that yields needs Highroad's "
                "hooks, which make one version of all pieces; a script that saves again calls `refresh()` "
                "of the dataset in between."
            )

    def _is_off(self) -> bool:
        """Whether contracts are switched off, where the environment allows that."""
        return are_off(Path(self._place[1]), self._place[2])

    def _publication(self) -> Publication:
        return Publication(self.gate, is_checked=not self._is_off())

    def _note(self, published: Published | None) -> None:
        if published is None:  # all pieces were empty
            self._held, self._published = self.table.latest(), None
            return
        self._held = published.version
        self.written_rows = published.rows
        self._published = self._lineage_of(published)

    def _read(self, snapshot: Snapshot, view: View | None) -> Any:
        selection = select(self.product, view, self._columns, self._rows, snapshot.schema.names)
        if self._kind == "polars":
            return selection.polars(scan(snapshot, self.table.options))
        if self._kind != "partitions":
            return from_dataset(snapshot.dataset(), self._kind, selection)
        if not snapshot.by:
            raise DatasetError(f"'{self.product}' is not partitioned; load it as pandas or polars.")

        def one(partition: Partition) -> Any:
            return lambda: from_dataset(snapshot.dataset([partition]), "pandas", selection)

        return Partitions({each.name: one(each) for each in snapshot.partitions})

    def _exists(self) -> bool:
        return self.table.exists()

    def _release(self) -> None:
        self.refresh()

    def _describe(self) -> dict[str, Any]:
        return {"product": self.product, "kind": self._kind, "version": self._chosen}


def accepted_range(pyproject: Path, product: str) -> str:
    """The contract versions of a product that a project accepts; empty where it does not say."""
    if not pyproject.is_file():
        return ""
    content = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    consumes = content.get("tool", {}).get("highroad", {}).get("consumes")
    return str(consumes.get(product, "")) if isinstance(consumes, dict) else ""
