"""`highroad deploy`, `rollback` and `deployments`: releases to an environment, and what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.context import project_context, workspace_context
from highroad.cli.errors import one_message
from highroad.cli.images import tell
from highroad.cli.models import who_acts
from highroad.cli.options import json_option, project_option, verbose_option
from highroad.cli.releases import SHOWN_OF_ID, complete
from highroad.cli.stopping import Stopped, stoppable
from highroad.products.text_table import aligned

if TYPE_CHECKING:
    from highroad.deployments.deploying import Route
    from highroad.deployments.ledger import Entry, Ledger


def complete_env(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Environments that something is deployed to."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.errors import HighroadError

    try:
        found = load_platform(find_platform_conf()).environments
    except HighroadError:
        return []
    return [name for name, each in found.items() if each.deploy and name.startswith(start)]


env_option = click.option(
    "--env", "-e", "env", required=True, shell_complete=complete_env, help="The environment."
)
why_option = click.option("--why", default="", help="Why, for the ledger.")


@click.command()
@project_option
@env_option
@click.option("--release", "-r", shell_complete=complete, help="Default: see above.")
@why_option
@verbose_option
def deploy(project: str | None, env: str, release: str | None, why: str, verbose: bool) -> None:
    """Bring a release to an environment, where it takes the place of what is there.

    The first environment gets the newest release, which has to run there once. One that comes after
    another gets what is in that one, and refuses anything else. What does not hold is taken back.
    """
    from highroad.deployments.deploying import deploy as deployed

    with one_message(verbose), _stoppable():
        route = _route(project, env)
        found = deployed(route, release, why)
        _say(route, f"{found.project} {found.version}, release {found.id[:SHOWN_OF_ID]}")


@click.command()
@project_option
@env_option
@click.option("--to", "wanted", shell_complete=complete, help="Default: the one before.")
@why_option
@verbose_option
def rollback(project: str | None, env: str, wanted: str | None, why: str, verbose: bool) -> None:
    """Return to the good release that was there before; nothing is built."""
    from highroad.deployments.deploying import roll_back

    with one_message(verbose), _stoppable():
        route = _route(project, env)
        found = roll_back(route, wanted, why)
        _say(route, f"back to {found.project} {found.version}, release {found.id[:SHOWN_OF_ID]}")


@click.group()
def deployments() -> None:
    """Deployments: what is where, and who brought it there."""


@deployments.command("list")
@click.option("--project", "-P", "project", help="Only this project's.")
@click.option("--env", "-e", "env", shell_complete=complete_env, help="Only this environment's.")
@click.option(
    "--most", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many."
)
@json_option
@verbose_option
def list_(project: str | None, env: str | None, most: int, as_json: bool, verbose: bool) -> None:
    """The ledger: when, project, environment, what, release, what came of it, by whom and why."""
    with one_message(verbose):
        found = _ledger().entries(project, env, most)
        if as_json:
            click.echo(json.dumps([_facts(each) for each in found], indent=2))
            return
        if not found:
            click.echo("nothing was deployed yet", err=True)
        rows: list[tuple[str, ...]] = [
            ("when", "project", "env", "what", "release", "step", "by", "why")
        ]
        rows += [_line(each) for each in found]
        for line in aligned(rows):
            click.echo(line)


@deployments.command()
@json_option
@verbose_option
def status(as_json: bool, verbose: bool) -> None:
    """What is in place of every project, in every environment, and by which target."""
    from highroad.deployments.target import settings_of

    with one_message(verbose):
        root, projects, platform = workspace_context()
        ledger = _ledger()
        envs = {
            name: settings_of(platform, name, root / "platform-conf").target
            for name, each in platform.environments.items()
            if each.deploy
        }
        found = {
            (project.name, env): ledger.standing(project.name, env)
            for project in projects
            for env in envs
        }
        if as_json:
            told = [
                {
                    "project": name,
                    "environment": env,
                    "target": envs[env],
                    "release": each.release,
                    "good": each.good,
                }
                for (name, env), each in found.items()
            ]
            click.echo(json.dumps(told, indent=2))
            return
        rows: list[tuple[str, ...]] = [
            ("project", *(f"{env} ({target})" for env, target in envs.items()))
        ]
        for project in projects:
            there = (found[project.name, env].release for env in envs)
            rows.append((project.name, *(each[:SHOWN_OF_ID] if each else "-" for each in there)))
        for line in aligned(rows):
            click.echo(line)


@deployments.command()
@project_option
@env_option
@verbose_option
def run(project: str | None, env: str, verbose: bool) -> None:
    """Run the release in place once, now, as its schedule would."""
    from highroad.errors import DeploymentError

    with one_message(verbose), _stoppable():
        route = _route(project, env)
        there = route.standing().release
        if there is None:
            raise DeploymentError(f"Nothing of {route.project} is deployed to {env}.")
        found = route.target.run(route.shelf.find(there).release, tell)
        click.echo(f"{route.project}: ran in {env}, {found.get('run', 'without a record')}")


@deployments.command()
@project_option
@verbose_option
def drill(project: str | None, verbose: bool) -> None:
    """Deploy a good release and broken ones, apart from all else: does the good one stay? Exit 14 if not."""
    from highroad.deployments.drill import drill as drilled
    from highroad.errors import DeploymentError

    with one_message(verbose), _stoppable():
        here = project_context(project)
        found = drilled(here.project, here.projects, here.platform, here.root, tell)
        for each in found:
            click.echo(f"{here.project.name}: {each}")
        if failed := [each.what for each in found if not each.held]:
            raise DeploymentError(f"The drill of {here.project.name} failed: {', '.join(failed)}.")


@deployments.command()
@project_option
@env_option
@verbose_option
def reconcile(project: str | None, env: str, verbose: bool) -> None:
    """Have exactly that running which the ledger says, as after a machine was lost."""
    from highroad.deployments.deploying import reconcile as reconciled

    with one_message(verbose), _stoppable():
        route = _route(project, env)
        found = reconciled(route)
        named = (
            f"{found.project} {found.version}, release {found.id[:SHOWN_OF_ID]}"
            if found
            else "nothing"
        )
        _say(route, named)


@deployments.command()
@click.option("--accept", "why", help="Go on from what is there, and say in the ledger why.")
@verbose_option
def verify(why: str | None, verbose: bool) -> None:
    """See that no row of the ledger was changed or removed; exit 8 where one was."""
    with one_message(verbose):
        ledger = _ledger()
        for each in ledger.accept(who_acts(), why) if why else ():
            click.echo(f"accepted: {each.message}")
        count = ledger.verify()
        click.echo(f"ledger verified, rows: {count}")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C and SIGTERM undo what was begun, and leave with the exit code that shells have for them."""
    try:
        with stoppable():
            yield
    except Stopped as stopped:
        click.secho(f"error: {stopped}; what was in place stays.", fg="red", err=True)
        raise click.exceptions.Exit(stopped.exit_code) from None


def _route(name: str | None, env: str) -> Route:
    from highroad.deployments.routes import place_of, route_to

    here = project_context(name)
    place = place_of(here.project, env, here.platform, here.root)
    return route_to(place, here.projects, who_acts(), tell)


def _ledger() -> Ledger:
    from highroad.deployments.routes import ledger_of

    root, _, platform = workspace_context()
    return ledger_of(platform, root)


def _say(route: Route, named: str) -> None:
    address = route.target.address()
    serves = f", at http://{address}" if address else ""
    click.echo(f"{route.environment}: {named}{serves}")


def _facts(entry: Entry) -> dict[str, Any]:
    each = entry.deployment
    return {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="seconds"),
        "deployment": each.id,
        "project": each.project,
        "environment": each.environment,
        "release": each.release,
        "kind": each.kind,
        "step": entry.step,
        "by": each.by,
        "why": each.why,
        "detail": dict(entry.detail),
    }


def _line(entry: Entry) -> tuple[str, ...]:
    each = entry.deployment
    reason = str(entry.detail.get("reason", "")).partition("\n")[0]
    return (
        entry.at.isoformat(timespec="seconds")[:19],
        each.project,
        each.environment,
        each.kind,
        each.release[:SHOWN_OF_ID],
        entry.step,
        each.by or "-",
        reason[:100] or each.why or "-",
    )
