"""`highroad lineage`: what was made from what, across all projects."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from highroad.cli.errors import one_message
from highroad.cli.options import (
    env_option,
    html_option,
    json_option,
    verbose_option,
    write_page,
)
from highroad.cli.runs import deliver_events, reader_of

if TYPE_CHECKING:
    from highroad.lineage.graph import Graph

LATEST = 50
"""Runs of each project that the graph looks back at."""
logger = logging.getLogger("highroad.lineage")


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Projects and data that begin so."""
    from highroad.errors import HighroadError

    try:
        graph = _graph(context.params.get("env") or "base")
    except HighroadError:
        return []
    return sorted({each.title for each in graph.nodes if each.title.startswith(start)})


@click.command()
@click.argument("what", required=False, shell_complete=complete)
@env_option
@json_option
@html_option
@verbose_option
def lineage(what: str | None, env: str, as_json: bool, html: Path | None, verbose: bool) -> None:
    """The last runs of all projects, and the products, models and files between them.

    WHAT is a project, a product or another dataset: only what it was made from, and what was made of it.
    Events that waited for a lineage server are delivered first.
    """
    with one_message(verbose):
        try:
            deliver_events(env)
        except Exception as problem:  # the graph is drawn from records and needs no server
            logger.warning("Lineage events still wait: %s", problem)
        graph = _graph(env)
        graph = graph.around(what) if what is not None else graph
        if html is not None:
            from highroad.lineage.page import render

            runs = sum(each.kind == "run" for each in graph.nodes)
            sub = f"{runs} runs and the data between them"
            write_page(render(graph, f"Lineage of {what or 'all projects'}", sub), html, "lineage")
        elif as_json:
            click.echo(json.dumps(graph.to_dict(), indent=2))
        elif graph.nodes:
            click.echo(str(graph))
        if not graph.nodes:
            click.echo("no run is on record; `nox -s run` makes some", err=True)


def _graph(env: str) -> Graph:
    from highroad.lineage.graph import graph_of

    reader = reader_of(env)
    return graph_of(
        record for name in reader.projects() for record in reader.recent(name, most=LATEST)
    )
