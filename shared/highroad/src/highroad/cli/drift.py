"""`highroad drift`: how far partitions of a product, or files, moved from a reference."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.options import html_option, write_page

if TYPE_CHECKING:
    from highroad.products.contract import Contract
    from highroad.products.drift import Drift, PartitionDrift
    from highroad.products.store import Table


@click.command()
@click.argument("data", metavar="PRODUCT_OR_PATH")
@click.option(
    "--reference",
    required=True,
    help="A partition; PRODUCT[@VERSION][/PARTITION]; a table's path; or a profile (.json).",
)
@click.option(
    "--sample", "samples", multiple=True, help="Only these partitions; default: all others."
)
@click.option("--by", help="The column of partitions; default: as the contract says.")
@click.option("--contract", help="The contract whose limits hold; default: the product's.")
@click.option("--env", "-e", "env", default="base", show_default=True, help="Whose store.")
@click.option(
    "--profile", "kept", type=click.Path(path_type=Path), help="Keep the reference's profile here."
)
@html_option
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of text.")
@click.option("--check", is_flag=True, help="Exit with 10 where a column drifted or is unknown.")
@click.option("--verbose", "-v", is_flag=True, help="Show the traceback of an error.")
def drift(
    data: str,
    reference: str,
    samples: tuple[str, ...],
    by: str | None,
    contract: str | None,
    env: str,
    kept: Path | None,
    html: Path | None,
    as_json: bool,
    check: bool,
    verbose: bool,
) -> None:
    """How far a product's partitions, or Parquet files, moved from a reference, column by column."""
    from highroad.errors import QualityError

    with one_message(verbose):
        found = _compared(data, reference, samples, by, contract, env)
        if kept is not None and found.profile is not None:
            kept.write_text(found.profile.to_json(), encoding="utf-8")
        click.echo(found.to_json() if as_json else found.table())
        if html is not None:
            from highroad.products.drift.page import render

            write_page(render(found), html, "drift", err=as_json)
        if check and found.reasons:
            raise QualityError("\n".join(found.reasons))


def _compared(
    data: str,
    reference: str,
    samples: tuple[str, ...],
    by: str | None,
    contract: str | None,
    env: str,
) -> Drift | PartitionDrift:
    from highroad.errors import DataError
    from highroad.products.drift import Thresholds, compare, compare_partitions, read_profile
    from highroad.products.drift.stored import profile_at, rows_at
    from highroad.products.drift.thresholds import thresholds_of
    from highroad.products.references import parse_reference

    product = None if Path(data).exists() or "://" in data else data
    table, promised = _product(product, env) if product else (None, None)
    if contract is not None:
        promised = _product(contract, env)[1]
    sample = table.dataset() if table else data
    limits = thresholds_of(promised) if promised else Thresholds()
    parts = promised.partitioned_by if promised else []
    if Path(reference).exists() or "://" in reference:
        stored = reference.endswith(".json")
        against: Any = read_profile(Path(reference)) if stored else reference
        return compare(sample, against, limits, name=data, leave_out=parts)
    named = parse_reference(reference)
    if named is not None and (named.product != product or not named.partition):
        place = (*_product(named.product, env), named.partition, named.version)
        rows = partial(rows_at, *place)
        return compare(sample, profile_at(*place), limits, name=data, leave_out=parts, rows=rows)
    column = by or (parts[0] if len(parts) == 1 else None)
    if column is None:
        raise DataError(
            f"{reference}: no such file, and '{data}' is stored by {len(parts)} columns: name the one "
            "of its partitions with --by."
        )
    partition, version = (named.partition, named.version) if named else (reference, None)
    kept: dict[str, Any] = {}
    if table and promised and [column] == parts:
        at = (table, promised, partition, version)
        kept = {"profile": profile_at(*at), "rows": partial(rows_at, *at)}
    return compare_partitions(sample, column, partition, limits, name=data, only=samples, **kept)


def _product(name: str, env: str) -> tuple[Table, Contract]:
    """A product's table in an environment's store, and its contract."""
    from highroad.config.platform import load_platform
    from highroad.products.status import table_of

    products = products_here()
    contract, conf = products.whole(name), products.platform_conf
    return table_of(name, load_platform(conf), conf.parent, env), contract
