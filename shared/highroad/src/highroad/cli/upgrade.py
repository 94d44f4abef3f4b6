"""`highroad upgrade`: projects to today's template, with every edit of their teams."""

from __future__ import annotations

from pathlib import Path

import click

from highroad.cli.errors import one_message
from highroad.cli.options import verbose_option


@click.command()
@click.argument("projects", nargs=-1)
@click.option(
    "--report",
    "only_report",
    is_flag=True,
    help="Change nothing; say how each managed file stands.",
)
@click.option("--no-lock", is_flag=True, help="Write no locks, which takes the package index.")
@click.option(
    "--leave-conflicts",
    is_flag=True,
    help="Conflicts are no failure: a pull request shows them.",
)
@verbose_option
def upgrade(
    projects: tuple[str, ...],
    only_report: bool,
    no_lock: bool,
    leave_conflicts: bool,
    verbose: bool,
) -> None:
    """Bring PROJECTS, or all, to today's template; what their teams changed stays.

    Exit 16 where conflicts are left, or something stands in the way.
    """
    from highroad.errors import UpgradeError
    from highroad.starter import upgrading
    from highroad.starter.divergence import State
    from highroad.starter.extension import contracts_of
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        contracts = contracts_of(root)
        if only_report:
            for name, found, needless in upgrading.report(root, contracts, projects):
                click.echo(f"{name}:")
                width = max(len(each.state.value) for each in found)
                for each in found:
                    what = "" if each.state is State.PRISTINE else f": {each.what}"
                    click.echo(f"  {each.state.value.ljust(width)}  {each.file}{what}")
                for line in needless:
                    click.echo(f"  {line}")
            return
        done = upgrading.upgrade(root, contracts, projects, lock=not no_lock, say=click.echo)
        if not done:
            click.echo("Nothing to do: every project has what today's template gives.")
        left = [name for each in done for name in each.conflicts]
        if left and not leave_conflicts:
            raise UpgradeError(
                f"Merged, with conflicts left in {', '.join(left)}: edit them, take the markers out, "
                "write the lock (nox -s lock) and commit."
            )
