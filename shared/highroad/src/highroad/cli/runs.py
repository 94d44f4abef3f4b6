"""`highroad runs`: what ran, with what, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.options import env_option, json_option, verbose_option
from highroad.products.text_table import aligned

if TYPE_CHECKING:
    from highroad.config.platform import Platform
    from highroad.tracking.reading import RecordReader
    from highroad.tracking.record import DatasetUse, Record

SHOWN_OF_ID = 15
"""Characters that tell runs apart, unless they began in the same millisecond."""


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Ids of runs and projects that begin so."""
    from highroad.errors import HighroadError
    from highroad.tracking.reading import ids_beginning

    try:
        return list(ids_beginning(reader_of(context.params.get("env") or "base"), start))
    except HighroadError:
        return []


run_argument = click.argument("run", shell_complete=complete)


@click.group()
def runs() -> None:
    """Runs on record: RUN is an id, its beginning, or a project: `delays` is its last, `delays~1` the one before."""


@runs.command("list")
@click.option("--project", "-P", "project", help="Only this project's.")
@click.option(
    "--most", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many."
)
@env_option
@json_option
@verbose_option
def list_(project: str | None, most: int, env: str, as_json: bool, verbose: bool) -> None:
    """The newest runs: when, project, how it ended, seconds, rows, commit."""
    with one_message(verbose):
        found = reader_of(env).recent(project, most=most)
        if as_json:
            click.echo(json.dumps([_brief(each) for each in found], indent=2))
            return
        if not found:
            click.echo("no run is on record; `nox -s run` makes some", err=True)
        rows: list[tuple[str, ...]] = [
            ("run", "began", "project", "env", "status", "seconds", "rows in", "out", "commit")
        ]
        rows += [_line(each) for each in found]
        for line in aligned(rows):
            click.echo(line)


@runs.command()
@run_argument
@env_option
@json_option
@verbose_option
def show(run: str, env: str, as_json: bool, verbose: bool) -> None:
    """All that is on record of RUN."""
    with one_message(verbose):
        found = reader_of(env).find(run)
        click.echo(json.dumps(asdict(found), indent=2) if as_json else _shown(found))


@runs.command()
@click.argument("one", shell_complete=complete)
@click.argument("two", shell_complete=complete)
@env_option
@json_option
@verbose_option
def compare(one: str, two: str, env: str, as_json: bool, verbose: bool) -> None:
    """What differs between the runs ONE and TWO: code, lock, parameters, data, contracts, metrics."""
    from highroad.tracking.comparing import differences

    with one_message(verbose):
        reader = reader_of(env)
        first, second = reader.find(one), reader.find(two)
        found = differences(first, second)
        if as_json:
            click.echo(json.dumps([asdict(each) for each in found], indent=2))
            return
        click.echo(f"{first.project} {first.id} → {second.project} {second.id}")
        for each in found:
            click.echo(f"  {each}")
        if not found:
            click.echo("  nothing that is on record differs")


@runs.command()
@env_option
@verbose_option
def deliver(env: str, verbose: bool) -> None:
    """Bring records and lineage events to where they could not be delivered when their runs ended."""
    with one_message(verbose):
        records = _writer(env).deliver()
        click.echo(f"delivered: {records} records, {deliver_events(env)} lineage events")


def reader_of(env: str, *, whole: bool = False) -> RecordReader:
    """The records of an environment, with those that waited delivered.

    Args:
        env: The environment.
        whole: Records as they are, for a decision; otherwise as whoever gave the command may see them.
    """
    from highroad.tracking.reading import RecordReader

    writer = _writer(env)
    writer.deliver()
    if whole:
        return RecordReader(writer.database)
    return RecordReader(writer.database, products_here(_platform(env)[2] / "platform-conf"))


def deliver_events(env: str) -> int:
    """Bring lineage events that wait to where they belong; counts them.

    Raises:
        HighroadError: The server cannot be reached.
    """
    from highroad.lineage.writing import writer_to

    writer = writer_to(*_platform(env))
    return writer.deliver() if writer is not None else 0


def _writer(env: str) -> Any:
    from highroad.tracking.writing import writer_of

    return writer_of(*_platform(env))


def _platform(env: str) -> tuple[Platform, str, Path]:
    from highroad.config.platform import find_platform_conf, load_platform

    folder = find_platform_conf()
    return load_platform(folder), "base" if env == "local" else env, folder.parent


def _brief(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "project": record.project,
        "environment": record.environment,
        "status": record.status,
        "began_at": record.began_at,
        "seconds": record.seconds,
        "commit": record.code.get("commit"),
        "dirty": record.code.get("dirty"),
        "error": record.error,
    }


def _line(record: Record) -> tuple[str, ...]:
    return (
        record.id[:SHOWN_OF_ID],
        record.began_at[:19],
        record.project,
        record.environment,
        record.status,
        "-" if record.seconds is None else f"{record.seconds:.1f}",
        _rows(record.inputs),
        _rows(record.outputs),
        record.short_commit,
    )


def _rows(uses: tuple[DatasetUse, ...]) -> str:
    counts = [each.rows for each in uses]
    known = sum(each or 0 for each in counts)
    return f"{known:,}{'+?' if None in counts else ''}"


def _shown(record: Record) -> str:
    lines = [f"{record.project} {record.id}: {record.status}"]
    who = " on ".join(filter(None, (record.who.get("user"), record.who.get("host"))))
    facts = {
        "began": f"{record.began_at}{f', {record.seconds} s' if record.seconds is not None else ''}",
        "environment": record.environment,
        "by": who,
        "commit": f"{record.short_commit}{' with uncommitted changes' if record.code.get('dirty') else ''}",
        "lock": str(record.code.get("lock") or "unknown")[:12],
        "versions": ", ".join(f"{key} {value}" for key, value in record.versions.items()),
        "selection": ", ".join(f"{key} {value}" for key, value in record.selection.items()),
        "configuration": record.config[:12],
        "error": record.error or "",
    }
    lines += [f"  {key}: {value}" for key, value in facts.items() if value]
    lines += ["  tasks:"] if record.tasks else []
    for task in record.tasks:
        again = f", try {task['attempt']}" if task["attempt"] > 1 else ""
        took = f", {task['seconds']} s" if task["seconds"] is not None else ""
        on = f" on {task['host']}" if task["host"] else ""
        lines.append(f"    {task['name']}: {task['status']}{took}{again}{on}")
    for title, uses in (("read", record.inputs), ("wrote", record.outputs)):
        lines += [f"  {title}:"] if uses else []
        lines += [f"    {_use(each)}" for each in uses]
    if record.metrics:
        from highroad.tracking.comparing import flat

        lines += ["  metrics:"]
        lines += [
            f"    {key}: {value:.6g}" if isinstance(value, float) else f"    {key}: {value}"
            for key, value in flat(record.metrics).items()
            if not isinstance(value, (list, tuple))
        ]
    lines += [f"  warning: {each}" for each in record.warnings]
    return "\n".join(lines)


def _use(use: DatasetUse) -> str:
    from highroad.tracking.record import version_told

    version = version_told(use.kind, use.version)
    rows = "" if use.rows is None else f", {use.rows:,} rows"
    contract = ""
    if use.contract:
        contract = f", contract {use.contract.get('version')} {use.contract.get('verdict')}"
    return f"{use.name}: {version}{rows}{contract}"
