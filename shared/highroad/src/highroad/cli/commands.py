"""The click commands of `highroad`: each reads its arguments and calls one function."""

from __future__ import annotations

import json
from pathlib import Path

import click

from highroad import __version__
from highroad.cli.access import access
from highroad.cli.adopt import adopt
from highroad.cli.context import project_path
from highroad.cli.contracts import contracts
from highroad.cli.deployments import deploy, deployments, rollback
from highroad.cli.doctor import codeowners, doctor
from highroad.cli.drift import drift
from highroad.cli.errors import one_message
from highroad.cli.images import image
from highroad.cli.lineage import lineage
from highroad.cli.models import models
from highroad.cli.new import init, new, own, starter
from highroad.cli.options import project_option, verbose_option
from highroad.cli.portal import portal
from highroad.cli.products import products
from highroad.cli.releases import releases
from highroad.cli.reproduce import reproduce
from highroad.cli.runs import runs
from highroad.cli.serve import load, serve
from highroad.cli.trace import trace
from highroad.cli.upgrade import upgrade
from highroad.cli.workflows import workflow

env_option = click.option(
    "--env", "-e", "env", default="local", show_default=True, help="The environment."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def cli() -> None:
    """Highroad: the golden path's commands. `plan` and `projects` have their own --help."""


cli.add_command(access)
cli.add_command(adopt)
cli.add_command(codeowners)
cli.add_command(contracts)
cli.add_command(deploy)
cli.add_command(deployments)
cli.add_command(rollback)
cli.add_command(doctor)
cli.add_command(drift)
cli.add_command(models)
cli.add_command(init)
cli.add_command(new)
cli.add_command(own)
cli.add_command(lineage)
cli.add_command(image)
cli.add_command(portal)
cli.add_command(products)
cli.add_command(releases)
cli.add_command(reproduce)
cli.add_command(runs)
cli.add_command(load)
cli.add_command(serve)
cli.add_command(starter)
cli.add_command(trace)
cli.add_command(upgrade)
cli.add_command(workflow)


@cli.group()
def config() -> None:
    """Platform and project configuration."""


@config.command()
@click.argument("key")
@project_option
@env_option
@verbose_option
def explain(key: str, project: str | None, env: str, verbose: bool) -> None:
    """Print KEY's value, the file and line it comes from, and what it overrode.

    KEY starts with catalog, parameters, globals or platform: `parameters.train.seed`,
    `catalog.flights.departures@pandas`, `platform.store`. `threads` prints how many native
    threads a process gets and how they wait. Outside of a project it is the first one's value.
    """
    from highroad.config.explain import THREADS, explain_threads
    from highroad.config.explain import explain as explained

    with one_message(verbose):
        kind, _, name = key.partition(".")
        if kind == THREADS:  # the same for every project
            click.echo(explain_threads(name))
        else:
            click.echo(explained(project_path(project, or_first=True), env, key))


@config.command()
@project_option
@verbose_option
def check(project: str | None, verbose: bool) -> None:
    """Read platform.yml and, of every environment, each kind of configuration."""
    from highroad.config.explain import check as checked

    with one_message(verbose):
        for line in checked(project_path(project)):
            click.echo(line)


@cli.command()
@project_option
@click.option("--env", "-e", "envs", multiple=True, help="Only these environments.")
@verbose_option
def catalog(project: str | None, envs: tuple[str, ...], verbose: bool) -> None:
    """Check the merged catalog of each environment; all faults at once, with file and line."""
    from highroad.conformance.catalog import check_catalogs

    with one_message(verbose):
        click.echo(check_catalogs(project_path(project), envs))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of a table.")
@click.option("--env", "-e", "env", default="base", show_default=True, help="Whose store.")
@verbose_option
def summary(as_json: bool, env: str, verbose: bool) -> None:
    """The last run of every project in one table."""
    from highroad.cli.summary import summaries, table

    with one_message(verbose):
        found = summaries(Path.cwd(), "base" if env == "local" else env)
        click.echo(json.dumps(found, indent=2) if as_json else table(found))
