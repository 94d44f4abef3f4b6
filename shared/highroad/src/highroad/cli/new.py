"""`highroad new`: a project that conforms, in a second."""

from __future__ import annotations

from pathlib import Path

import click

from highroad.cli.access import complete as complete_product
from highroad.cli.options import verbose_option


def _complete(_: click.Context, parameter: click.Parameter, start: str) -> list[str]:
    from highroad.starter.choices import CHOICES

    options = next((each.options for each in CHOICES if each.name == parameter.name), ())
    return [name for name, _ in options if name.startswith(start)]


@click.command()
@click.argument("name")
@click.option(
    "--kind",
    "-k",
    default="minimal",
    show_default=True,
    shell_complete=_complete,
    help="data-product, model or minimal.",
)
@click.option(
    "--frame",
    "-f",
    default="pandas",
    show_default=True,
    shell_complete=_complete,
    help="pandas or polars.",
)
@click.option(
    "--consumes",
    "-c",
    multiple=True,
    metavar="PRODUCT",
    help="A data product that it reads.",
    shell_complete=complete_product,
)
@click.option(
    "--owner", "-o", default="", help="The team that owns it; default: the first of platform.yml."
)
@click.option(
    "--package",
    "-p",
    "packages",
    multiple=True,
    metavar="REQUIREMENT",
    help="What else it runs with.",
)
@click.option("--description", "-d", default="", help="What it is for, in a sentence.")
@click.option("--no-lock", is_flag=True, help="Write no lock, which takes the package index.")
@verbose_option
def new(
    name: str,
    kind: str,
    frame: str,
    consumes: tuple[str, ...],
    owner: str,
    packages: tuple[str, ...],
    description: str,
    no_lock: bool,
    verbose: bool,
) -> None:
    """Make the project NAME in projects/: it runs, is tested, linted and locked at once."""
    from highroad.cli.context import products_here
    from highroad.cli.errors import one_message
    from highroad.starter.choices import Answers
    from highroad.starter.making import make
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        answers = Answers(
            name, kind, frame, ",".join(consumes), owner, ",".join(packages), description
        )
        folder = make(answers, root, lock=not no_lock, products=products_here())
        click.echo(
            f"{folder.relative_to(root).as_posix()} is made. Next: nox -s \"run(project='{name}')\""
        )


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--organisation", "-o", help="Its name, as people read it; default: the folder's.")
@click.option("--project", "-p", default="example", show_default=True, help="The first project.")
@click.option("--no-lock", is_flag=True, help="Write no locks, which takes the package index.")
@verbose_option
def init(path: Path, organisation: str | None, project: str, no_lock: bool, verbose: bool) -> None:
    """Make a platform repository in the new folder PATH, with one project, from this version of Highroad.

    Exit 15 where it cannot be made there; nothing is left of it then.
    """
    from highroad.cli.errors import one_message
    from highroad.starter.initializing import initialize

    with one_message(verbose):
        name = organisation or path.absolute().name.replace("-", " ").title()
        initialize(path, name, project, lock=not no_lock, say=click.echo)


@click.command()
@click.option("--organisation", "-o", required=True, help="Its name, as people read it.")
@click.option("--keep", "-k", multiple=True, metavar="PROJECT", help="An example to keep.")
@verbose_option
def own(organisation: str, keep: tuple[str, ...], verbose: bool) -> None:
    """Make a clone of this repository an organisation's own: its name, its teams, without the examples."""
    from highroad.cli.errors import one_message
    from highroad.starter.owning import own as owned
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        owned(Path(find_root(Path.cwd())), organisation, keep, click.echo)


@click.command()
@click.option(
    "--combinations",
    default="pairwise",
    show_default=True,
    help="all, or pairwise: few that have every two values together.",
)
@verbose_option
def starter(combinations: str, verbose: bool) -> None:
    """Prove the template: make a project of each combination of choices, and run every session of it."""
    from highroad.cli.errors import one_message
    from highroad.starter.combinations import prove
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        prove(Path(find_root(Path.cwd())), combinations, click.echo)
