"""`highroad new`: a project that conforms, in a second."""

from __future__ import annotations

import sys
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
    default="",
    shell_complete=_complete,
    help="data-product, model or minimal (the default).",
)
@click.option(
    "--frame",
    "-f",
    default="",
    shell_complete=_complete,
    help="pandas (the default) or polars.",
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
    "--owner", "-o", default="", help="The team that owns it, of `owners` in platform.yml."
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
    """Make the project NAME in projects/: it runs, is tested, linted and locked at once.

    On a terminal, what no option says is asked.
    """
    from highroad.cli.context import products_here
    from highroad.cli.errors import one_message
    from highroad.starter.choices import Answers
    from highroad.starter.making import make
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        answers = Answers(
            name,
            kind or _asked("kind", root),
            frame or _asked("frame", root),
            ",".join(consumes) or _asked("consumes", root),
            owner or _asked("owner", root),
            ",".join(packages),
            description,
        )
        files = make(answers, root, lock=not no_lock, products=products_here())
        click.echo(f"projects/{name} is made, with:")
        for path in sorted(files):
            click.echo(f"  {path}")
        click.echo("Next:")
        click.echo(f"  nox -s \"run(project='{name}')\"")
        click.echo(f"  nox -s \"test(project='{name}')\"")
        click.echo(f"  nox -s conform -- --project {name}")


def _asked(name: str, root: Path) -> str:
    """The answer to one choice: of a person on a terminal, else the choice's default.

    Raises:
        StarterError: Nobody can be asked, and there is no default: who owns it is somebody's decision.
    """
    from highroad.cli.context import products_here
    from highroad.config.platform import load_platform
    from highroad.conformance.codeowners import PLATFORM
    from highroad.errors import StarterError
    from highroad.starter.choices import CHOICES

    choice = next(choice for choice in CHOICES if choice.name == name)
    options = [option for option, _ in choice.options]
    if name == "owner":
        options = [
            team for team in load_platform(root / "platform-conf").owners if team != PLATFORM
        ]
        if len(options) < 2:
            return "".join(options)
        if not sys.stdin.isatty():
            raise StarterError(
                f"The owner is not given; expected --owner with one of {', '.join(options)}."
            )
    if not sys.stdin.isatty():
        return choice.default
    if name == "consumes":
        click.echo(f"Data products: {', '.join(sorted(products_here())) or 'there is none'}")
    kind = click.Choice(options) if options else None
    default = choice.default or (None if options else "")
    return str(click.prompt(choice.what, default, type=kind, show_default=bool(default)))


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
