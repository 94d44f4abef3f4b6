"""Reference profiles beside a product's versions: made at publication, found by version and partition.

They lie in the table's folder, one file for the rows of each partition, under the SHA-256 of those
rows, which every commit holds. So a version has the profiles of all its partitions, also of those
it took over, and publishing the same rows again writes nothing. Delta leaves folders alone whose
names begin with `_`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from highroad.errors import DataError
from highroad.products.commits import parts_of
from highroad.products.drift.columns import BareProfile
from highroad.products.drift.profile import Profile, Provenance
from highroad.products.drift.profiling import profile_of
from highroad.products.drift.sources import Source, table_of
from highroad.products.drift.thresholds import thresholds_of
from highroad.products.partition import Partition
from highroad.products.store import Table
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.contract import Contract

FOLDER = "_profiles"
OLD_FORMATS = (b'{"highroad_profile":1,',)
"""How the files of formats begin that are not read any more."""


def keep_profiles(
    table: Table, data: pa.Table, contract: Contract, content: Mapping[str, str], made_at: str
) -> None:
    """Write the profile of each partition of some rows; whatever is there already is written again.

    Args:
        table: The product's table.
        data: The rows that are about to be published.
        contract: Says what they are partitioned by, and which columns are personal: of those no
            value is kept.
        content: SHA-256 of each partition's rows, by its name.
        made_at: ISO 8601 in UTC.
    """
    personal = thresholds_of(contract).personal
    for partition, rows in parts_of(data, contract.partitioned_by):
        provenance = Provenance(
            product=contract.product,
            partition=partition,
            contract_version=contract.version,
            fingerprint=contract.fingerprint,
            made_at=made_at,
        )
        found = profile_of(rows, provenance, leave_out=contract.partitioned_by, personal=personal)
        table.write_beside(f"{FOLDER}/{content[partition]}.json", found.to_json().encode())


def profile_at(
    table: Table, contract: Contract, partition: str = "", version: int | None = None
) -> Profile:
    """The profile of a version's partition: as it was stored, or else made of its rows.

    It is made anew where none was stored, where it is of an older format, and where a column that
    is personal by now shows in the one that was.

    Args:
        table: The product's table.
        contract: As it stands now.
        partition: Its name; empty for a table without partitions.
        version: None means the latest.

    Raises:
        DataError: There is no such version or partition, or the stored profile is broken.
    """
    about = table.about(version)
    content = about.facts.content or {}
    personal = thresholds_of(contract).personal
    if content and partition not in content:
        raise DataError(
            f"{contract.product}, version {about.number}: no partition '{partition}'."
            f"{meant(partition, [*content])} Partitions: {', '.join(filter(None, content)) or 'none'}."
        )
    if partition in content and (found := _read(table, content[partition])):
        shown = {name for name, each in found.columns.items() if not isinstance(each, BareProfile)}
        if shown.isdisjoint(personal):
            return found.of_version(str(about.number))
    source = _rows(table, contract, partition, about.number)
    provenance = Provenance(contract.product, str(about.number), partition)
    return profile_of(source, provenance, leave_out=contract.partitioned_by, personal=personal)


def rows_at(
    table: Table, contract: Contract, partition: str = "", version: int | None = None
) -> Source | None:
    """The rows that `profile_at` gives the profile of; None where the store no longer has them."""
    try:
        gone = table.damage(version)
    except DataError:
        return None
    return None if gone else _rows(table, contract, partition, version)


def _rows(table: Table, contract: Contract, partition: str, version: int | None) -> Source:
    by = contract.partitioned_by
    chosen = [Partition.from_name(partition, len(by))] if partition else None
    return table_of(table.snapshot(version).dataset(chosen))


def stale_profiles(table: Table, *, dry_run: bool) -> list[str]:
    """Profiles of rows that no version still known has; removed unless it is a dry run."""
    known = {digest for each in table.history() for digest in (each.facts.content or {}).values()}
    stale = [name for name in table.names_beside(FOLDER) if name.removesuffix(".json") not in known]
    if not dry_run:
        table.remove_beside([f"{FOLDER}/{name}" for name in stale])
    return stale


def _read(table: Table, digest: str) -> Profile | None:
    name = f"{FOLDER}/{digest}.json"
    text = table.read_beside(name)
    if text is None or text.startswith(OLD_FORMATS):
        return None
    return Profile.from_json(text.decode(), f"{table.uri}/{name}")
