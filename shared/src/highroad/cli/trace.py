"""`highroad trace`: the chain behind a run, a file or a product's version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from highroad.cli.errors import one_message
from highroad.cli.lineage import html_option
from highroad.cli.runs import complete, env_option, json_option, reader_of, verbose_option

if TYPE_CHECKING:
    from highroad.tracking.tracing import Trace


@click.command()
@click.argument("what", shell_complete=complete)
@env_option
@json_option
@html_option
@verbose_option
def trace(what: str, env: str, as_json: bool, html: Path | None, verbose: bool) -> None:
    """The chain around WHAT: what it was made from, up to raw inputs, and what read it.

    WHAT is a file, a data product (`flights.departures`, its latest version; `flights.departures@3`),
    or a run: its id, the beginning of one, or a project for its last run.
    """
    with one_message(verbose):
        found = _traced(what, env)
        if html is not None:
            from highroad.lineage.chain import graph_of_trace
            from highroad.lineage.page import write_page

            write_page(graph_of_trace(found), html, f"Trace of {what}", found.says)
            click.echo(f"wrote {html}")
        else:
            click.echo(json.dumps(found.to_dict(), indent=2) if as_json else str(found))


def _traced(what: str, env: str) -> Trace:
    from highroad.products.references import parse_reference
    from highroad.tracking.tracing import Tracer

    reader = reader_of(env)
    tracer = Tracer(reader)
    if Path(what).is_file():
        return tracer.of_file(Path(what))
    product = parse_reference(what)
    if product is None:
        return tracer.of_run(reader.find(what))
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.products.contract import contract_of
    from highroad.products.status import table_of

    conf = find_platform_conf()
    contract_of(product.product, conf)  # a misspelt name gets its hint
    table = table_of(product.product, load_platform(conf), conf.parent, env)
    version = table.open(product.version).version()
    return tracer.of_data(table.uri, "delta", str(version), product.product)
