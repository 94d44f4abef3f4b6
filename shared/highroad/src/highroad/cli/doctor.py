"""`highroad doctor` and `codeowners`: does each project conform, and what is the next step?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from highroad.cli.errors import one_message
from highroad.cli.options import verbose_option


@click.command()
@click.option(
    "--project", "-P", "projects", multiple=True, help="Only this one; `repository` is the rest."
)
@click.option("--check", "-c", "checks", multiple=True, help="Only this check.")
@click.option(
    "--all", "all_checks", is_flag=True, help="Show every check, not only what is missing."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of text.")
@click.option(
    "--sarif", type=click.Path(dir_okay=False, path_type=Path), help="Write SARIF to this file too."
)
@verbose_option
def doctor(
    projects: tuple[str, ...],
    checks: tuple[str, ...],
    all_checks: bool,
    as_json: bool,
    sarif: Path | None,
    verbose: bool,
) -> None:
    """Check that projects conform: which level each holds, and what stands in the way of the next.

    Exit 13 where one holds less than it must: `conformance` of its [tool.highroad], else of platform.yml.
    """
    from datetime import date

    from highroad.conformance.doctor import diagnose
    from highroad.conformance.sarif import document
    from highroad.conformance.table import lines
    from highroad.errors import ConformanceError
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        found = diagnose(Path(find_root(Path.cwd())), date.today(), projects=projects, only=checks)
        if sarif:
            sarif.write_text(json.dumps(document(found), indent=2) + "\n", encoding="utf-8")
        if as_json:
            click.echo(json.dumps([each.summary for each in found], indent=2))
        else:
            for line in lines(found, all_checks=all_checks):
                click.echo(line)
        if short := [each for each in found if not each.is_enough]:
            told = ", ".join(
                f"{each.subject} ({each.level or 'no level'}, not {each.required})"
                for each in short
            )
            raise ConformanceError(f"These do not hold the level that they must: {told}.")


@click.command()
@click.option("--write", is_flag=True, help="Write .github/CODEOWNERS; else it is printed.")
@verbose_option
def codeowners(write: bool, verbose: bool) -> None:
    """CODEOWNERS, from the owners of projects."""
    from highroad.conformance.codeowners import FILE, render
    from highroad.conformance.facts.repository import RepositoryFacts
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        text = render(RepositoryFacts(root))
        if write:
            (root / FILE).parent.mkdir(exist_ok=True)
            (root / FILE).write_text(text, encoding="utf-8")
        click.echo(f"{FILE} is written" if write else text, nl=write)
