"""`highroad drift`: how partitions of a product, or files, moved from a reference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from highroad.cli.errors import one_message


@click.command()
@click.argument("product")
@click.option("--reference", required=True, help="The partition the others are held against.")
@click.option(
    "--sample", "samples", multiple=True, help="Only these partitions; default: all others."
)
@click.option("--env", "-e", "env", default="base", show_default=True, help="Whose store.")
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write the page here.")
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of text.")
@click.option("--check", is_flag=True, help="Exit with 10 where a column drifted.")
@click.option("--verbose", "-v", is_flag=True, help="Show the traceback of an error.")
def drift(
    product: str,
    reference: str,
    samples: tuple[str, ...],
    env: str,
    page: Path | None,
    as_json: bool,
    check: bool,
    verbose: bool,
) -> None:
    """How partitions of PRODUCT moved from one of them, by the limits its contract names."""
    from highroad.errors import QualityError

    with one_message(verbose):
        found = _compared(product, reference, samples, env)
        if page is not None:
            from highroad.products.drift.page import render

            page.write_text(render(found), encoding="utf-8")
        if as_json:
            click.echo(json.dumps([each.facts() for each in found], indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(each.table() for each in found))
            if page is not None:
                click.echo(f"Page: {page}")
        if check and (drifted := [each.name for each in found if each.verdict != "stable"]):
            raise QualityError(f"{product} drifted from {reference} in {', '.join(drifted)}")


def _compared(product: str, reference: str, samples: tuple[str, ...], env: str) -> list[Any]:
    from highroad.config.platform import load_platform
    from highroad.errors import DataError
    from highroad.products.contract import contract_of
    from highroad.products.drift import compare, limits_of, profile_of
    from highroad.products.drift.profile import is_time
    from highroad.products.status import table_of
    from highroad.workspace.metadata import meant
    from highroad.workspace.projects import find_root

    root = Path(find_root(Path.cwd()))
    conf = root / "platform-conf"
    contract = contract_of(product, conf)
    by = contract.partitioned_by
    if len(by) != 1:
        raise DataError(
            f"'{product}' is stored by {len(by)} columns; partitions of one are compared."
        )
    table = table_of(product, load_platform(conf), root, env)
    names = table.partitions(by[0])
    for name in (reference, *samples):
        if name not in names:
            raise DataError(f"'{product}' has no partition '{name}'.{meant(name, names)}")

    def rows(name: str) -> Any:
        import pyarrow.dataset as ds

        return table.dataset().to_table(filter=ds.field(by[0]) == name)

    start = rows(reference)
    profile = profile_of(start, f"{product} {reference}")
    # Times move on with the partitions by themselves.
    times = {field.name for field in start.schema if is_time(field.type)}
    limits, out = limits_of(contract), frozenset(by) | times
    return [
        compare(rows(name), profile, limits, name=name, leave_out=out)
        for name in samples or [each for each in names if each != reference]
    ]
