"""`highroad serve`: a project's scoring API on this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.errors import one_message
from highroad.cli.options import env_option, project_option, verbose_option
from highroad_workspace.leftovers import temporary_folder

if TYPE_CHECKING:
    from highroad.serving.assignment import Assignment

ADDRESS = "127.0.0.1"


@click.command()
@project_option
@click.option(
    "--model", "wanted", default="", help="A version, such as 3 or prod; default: the newest."
)
@click.option("--port", type=int, help="Where to listen; default: the project's port.")
@env_option
@verbose_option
def serve(project: str | None, wanted: str, port: int | None, env: str, verbose: bool) -> None:
    """Serve the project's registered model on this machine until Ctrl-C; prints a request that works."""
    with one_message(verbose):
        assignment = chosen(project, env, wanted)
        where = f"{ADDRESS}:{port or assignment.settings.port}"
        click.echo(f"{assignment.model}@{assignment.version} at http://{where}: /v1/score /v1/contract /v1/model /metrics")  # fmt: skip
        if rows := sample_rows(assignment, 1):
            body = json.dumps({"rows": rows}).replace("'", "'\\''")
            click.echo(f"curl -s http://{where}/v1/score -d '{body}'")
    sys.stdout.flush()
    words, environ = service(assignment, port or assignment.settings.port, env)
    os.execve(words[0], words, environ)  # what the registry's client took goes with this process


@click.command()
@project_option
@click.option(
    "--model", "wanted", default="", help="A version, such as 3 or prod; default: the newest."
)
@click.option("--seconds", default=10.0, show_default=True, help="How long each part takes.")
@click.option("--connections", default=8, show_default=True, help="How many ask at once.")
@click.option("--rows", default=1, show_default=True, help="Rows of a request.")
@env_option
@verbose_option
def load(
    project: str | None,
    wanted: str,
    seconds: float,
    connections: int,
    rows: int,
    env: str,
    verbose: bool,
) -> None:
    """Start the project's service, load it to its maximum and then to half of it, and report."""
    with one_message(verbose):
        from highroad.errors import DataError

        assignment = chosen(project, env, wanted)
        samples = sample_rows(assignment, max(200, rows))
        if len(samples) < rows:
            raise DataError(
                f"{assignment.model}@{assignment.version}: {len(samples)} rows of its test data keep the contract; "
                f"{rows} required for a request."
            )
        bodies = [
            json.dumps({"rows": samples[start : start + rows]}).encode()
            for start in range(0, len(samples) - rows + 1, rows)
        ]
        click.echo("\n".join(report(assignment, bodies, seconds, connections, env)))


def report(
    assignment: Assignment, bodies: list[bytes], seconds: float, connections: int, env: str
) -> Iterator[str]:
    """Lines about a service under load."""
    import asyncio

    import msgspec

    from highroad.serving.load import load as loaded
    from highroad.serving.load import running

    with temporary_folder("load") as folder:
        told = msgspec.structs.replace(assignment, log=folder)  # what a test asks is no prediction
        with running(lambda port: service(told, port, env)) as (address, measured):
            yield f"{assignment.model}@{assignment.version}, {connections} connections, {len(bodies):,} requests in turn"
            before = measured()
            most = asyncio.run(loaded(address, bodies, seconds, connections))
            after = measured()
            yield from ("", "as fast as it answers", *most.lines())
            cpu = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
            yield f"{len(most.latencies_s) / cpu:,.0f} answers a CPU-second of the service"
            half = asyncio.run(loaded(address, bodies, seconds, connections, most.per_second / 2))
            yield from ("", "at half of that rate", *half.lines(), "")
            yield f"memory {measured()['process_resident_memory_bytes'] / 2**20:.0f} MiB; start to ready {before['process_cpu_seconds_total']:.2f} s of CPU"


def chosen(project: str | None, env: str, wanted: str) -> Assignment:
    """What is to be served.

    Raises:
        HighroadError: There is nothing.
    """
    from highroad.cli.context import project_context
    from highroad.errors import ConfigError

    context = project_context(project)
    try:
        from highroad.serving.choosing import choose
    except ImportError as error:
        raise ConfigError(
            f"{error.name} is not installed here; depend on highroad[serving] in the project's pyproject.toml."
        ) from error
    return choose(context.project.name, context.project.serves or {}, context.root, env, wanted)


def service(assignment: Assignment, port: int, env: str) -> tuple[list[str], dict[str, str]]:
    """The words and the environment of the process that serves."""
    import msgspec

    from highroad.serving import VARIABLE

    told = {VARIABLE: msgspec.json.encode(assignment).decode(), "HIGHROAD_ENV": env}
    words = [sys.executable, "-m", "highroad.serving", assignment.project, str(port), ADDRESS]
    return words, {**os.environ, **told}


def sample_rows(assignment: Assignment, count: int) -> list[dict[str, Any]]:
    """Rows of the model's test data that keep the contract."""
    import io

    import pyarrow.parquet as pq
    from fsspec.core import url_to_fs

    from highroad.models import folder
    from highroad.models.bundle import TARGET_COLUMN
    from highroad.serving.contract import Contract
    from highroad.serving.model import ServedModel

    fs, place = url_to_fs(assignment.folder)
    manifest = folder.read_manifest(fs, place)
    if folder.TEST_DATA not in manifest.files:
        return []
    table = pq.read_table(io.BytesIO(folder.read(fs, place, manifest, folder.TEST_DATA)))
    rows = table.drop([TARGET_COLUMN]).slice(0, 20 * count).to_pylist()
    rows = [{key: None if value != value else value for key, value in row.items()} for row in rows]
    model = ServedModel(assignment.folder, assignment.digest)
    _, good = Contract(model.about.inputs, assignment.settings).faults({"rows": rows})
    return [rows[number] for number, _ in good[:count]]
