"""`highroad trace`: the chain behind a run, a file, a model's or a product's version."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.models import complete as complete_model
from highroad.cli.models import registry_of
from highroad.cli.options import (
    env_option,
    html_option,
    json_option,
    verbose_option,
    write_page,
)
from highroad.cli.runs import complete as complete_run
from highroad.cli.runs import reader_of

if TYPE_CHECKING:
    from highroad.tracking.tracing import Trace, Tracer

_PREDICTION = re.compile(r"p[0-9a-f]{32}-\d+")


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Runs and projects; behind a dot, products and models."""
    from highroad.config.platform import find_platform_conf
    from highroad.errors import HighroadError

    if "." not in start:
        return complete_run(context, _, start)
    try:
        products = list(products_here(find_platform_conf()))
    except HighroadError:
        products = []
    return [each for each in products if each.startswith(start)] + complete_model(context, _, start)


@click.command()
@click.argument("what", shell_complete=complete)
@env_option
@json_option
@html_option
@verbose_option
def trace(what: str, env: str, as_json: bool, html: Path | None, verbose: bool) -> None:
    """The chain around WHAT: what it was made from, up to raw inputs, and what read it.

    WHAT is a file, a data product (`flights.departures`, its latest version; `flights.departures@3`),
    a model (`delays.classifier`, `delays.classifier@3`, `delays.classifier@prod`), a prediction by the id that a
    service answered with, or a run: its id, the beginning of one, or a project for its last run.
    """
    with one_message(verbose):
        found = _traced(what, env)
        if html is not None:
            from highroad.lineage.chain import graph_of_trace
            from highroad.lineage.page import render

            text = render(graph_of_trace(found), f"Trace of {what}", found.says)
            write_page(text, html, "trace")
        else:
            click.echo(json.dumps(found.to_dict(), indent=2) if as_json else str(found))


def _traced(what: str, env: str) -> Trace:
    from highroad.config.platform import find_platform_conf
    from highroad.tracking.tracing import Tracer

    reader = reader_of(env)
    tracer = Tracer(reader)
    if Path(what).is_file():
        return tracer.of_file(Path(what))
    if _PREDICTION.fullmatch(what):
        return _of_prediction(tracer, what, env)
    name = what.partition("@")[0].partition("/")[0]
    if "." not in name:
        return tracer.of_run(reader.find(what))
    products = products_here(find_platform_conf())
    if name in products:
        return _of_product(tracer, what, env)
    return _of_model(tracer, what, env, list(products))


def _of_prediction(tracer: Tracer, what: str, env: str) -> Trace:
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.serving.finding import find_prediction

    conf = find_platform_conf()
    environment = "base" if env == "local" else env
    row = find_prediction(load_platform(conf).store_root(environment, conf.parent), what)
    version = registry_of(env).find(f"{row['model']}@{row['model_version']}")
    return tracer.of_prediction(row, version.place, version.stamp)


def _of_product(tracer: Tracer, what: str, env: str) -> Trace:
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import DataError
    from highroad.products.references import parse_reference
    from highroad.products.status import table_of

    reference = parse_reference(what)
    if reference is None:
        raise DataError(
            f"'{what}' names no version of a product; expected such as flights.departures@3."
        )
    conf = find_platform_conf()
    table = table_of(reference.product, load_platform(conf), conf.parent, env)
    version = table.open(reference.version).version()
    return tracer.of_data(table.uri, "delta", str(version), reference.product)


def _of_model(tracer: Tracer, what: str, env: str, products: Sequence[str]) -> Trace:
    from highroad.errors import DataError
    from highroad_workspace.metadata import meant

    name = what.partition("@")[0]
    registry = registry_of(env)
    known = registry.names()
    if name not in known:
        both = [*products, *known]
        raise DataError(
            f"'{name}' is no file, product or model.{meant(name, both)} "
            f"Products: {', '.join(products)}; models: {', '.join(known) or 'none registered'}."
        )
    version = registry.find(what)
    return tracer.of_data(version.place, "kedro", version.stamp, str(version))
