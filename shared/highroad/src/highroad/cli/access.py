"""`highroad access`: which products somebody may see, why, and how to ask for more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.access import ACTIONS, Action
from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.options import env_option, json_option, verbose_option
from highroad.principal import Principal, current_principal
from highroad.products.text_table import aligned

if TYPE_CHECKING:
    from datetime import datetime

    from highroad.products.visible import VisibleProducts


class _Someone(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.4
    name = "who"

    def convert(self, value: Any, param: Any, ctx: Any) -> Principal:
        try:
            return value if isinstance(value, Principal) else Principal.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Products that begin so and that whoever asks may see."""
    from highroad.errors import HighroadError

    try:
        return [each for each in products_here() if each.startswith(start)]
    except HighroadError:
        return []


@click.group()
def access() -> None:
    """Who may see what: the catalog that grants make, one decision, what changed, asking for a grant."""


@access.command()
@click.option("--as", "who", type=_Someone(), help="Whose catalog; default: your own.")
@json_option
@verbose_option
def catalog(who: Principal | None, as_json: bool, verbose: bool) -> None:
    """The products that somebody may see: version, what they may do, owner.

    Of somebody else's, you are shown what you may see yourself.
    """
    from highroad.products.contract import read_head

    with one_message(verbose):
        products = products_here()
        someone = who or products.principal
        seen = products.access.visible(someone)
        facts = []
        for product, path in products.items():
            if product in seen:
                may = [
                    each for each in ACTIONS if product in products.access.visible(someone, each)
                ]
                head = read_head(path)
                facts.append(
                    {"product": product, "contract": head.version, "may": may, "owner": head.owner}
                )
        if as_json:
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
            return
        rows = [("product", "contract", "may", "owner")]
        rows += [
            (
                str(each["product"]),
                str(each["contract"]),
                ", ".join(each["may"]),
                str(each["owner"]),
            )
            for each in facts
        ]
        for line in aligned(rows):
            click.echo(line)


@access.command()
@click.argument("who", type=_Someone())
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("product", shell_complete=complete)
@json_option
@verbose_option
def why(who: Principal, action: Action, product: str, as_json: bool, verbose: bool) -> None:
    """Whether WHO may ACTION a PRODUCT, or one column of it: PRODUCT.COLUMN; exits with 19 where not."""
    from dataclasses import asdict

    from highroad.errors import AccessError

    with one_message(verbose):
        products = products_here()
        owner, name, column = [*product.split(".", 2), "", ""][:3]
        product = f"{owner}.{name}"
        products.contract(product)
        if column and column not in products.view(product).columns:
            raise AccessError(f"There is no '{product}.{column}' for {products.principal}.")
        decision = products.access.may(who, action, product, column or None)
        facts = products.redact(asdict(decision))
        if as_json:
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False, default=str))
        if not decision.allowed:
            raise AccessError(facts["why"])
        if not as_json:
            click.echo(facts["why"])
            for line in _limits(products, who, product) if action == "read" else ():
                click.echo(f"  {line}")


@access.command()
@click.argument("base", default="origin/main")
@verbose_option
def diff(base: str, verbose: bool) -> None:
    """Who gains and who loses what since the git revision BASE, in words."""
    from highroad.products.grant_diff import grant_changes

    with one_message(verbose):
        products = products_here()
        changes = grant_changes(products.platform_conf.parent, base, products)
        for line in changes:
            click.echo(line)
        if not changes:
            click.echo(f"nobody gains or loses anything since {base}")


@access.command()
@click.argument("product", shell_complete=complete)
@click.option("--why", "reason", required=True, help="What it is needed for.")
@click.option("--may", "action", type=click.Choice(ACTIONS), default="read", show_default=True)
@click.option("--for", "who", type=_Someone(), help="For whom; default: yourself.")
@click.option(
    "--column", "columns", multiple=True, help="Only this column; one with a tag must be named."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day that it is needed.")
@click.option("--branch", help="Commit the grant to this new branch instead of printing it.")
@verbose_option
def request(
    product: str,
    reason: str,
    action: Action,
    who: Principal | None,
    columns: tuple[str, ...],
    until: datetime | None,
    branch: str | None,
    verbose: bool,
) -> None:
    """The grant of PRODUCT that its owner would have to agree to: printed, or on a branch.

    The answer is the same whether or not there is such a product.
    """
    from highroad.errors import AccessError
    from highroad.products.grant_request import file_of, grant_on_branch, requested_grant
    from highroad.products.references import parse_reference
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        if parse_reference(product) != (product, None, ""):
            raise AccessError(f"'{product}' is no product's name; expected <project>.<product>.")
        someone = who or current_principal()
        day = until.date() if until else None
        grant = requested_grant(someone, action, reason, columns, day)
        if branch is None:
            click.echo(f"# {file_of(product)}\n{grant}", nl=False)
            return
        grant_on_branch(Path(find_root(Path.cwd())), product, grant, branch)
        click.echo(f"branch {branch} has the grant in {file_of(product)}; push it for review")


@access.command()
@click.argument("product", shell_complete=complete)
@click.option(
    "--most", "-n", type=click.IntRange(1), default=100, show_default=True, help="How many."
)
@env_option
@json_option
@verbose_option
def audit(product: str, most: int, env: str, as_json: bool, verbose: bool) -> None:
    """The runs that read PRODUCT, newest first: when, who, which version, under which grants.

    For those who may administer it.
    """
    from highroad.cli.runs import SHOWN_OF_ID, reader_of
    from highroad.config.platform import load_platform
    from highroad.errors import AccessError
    from highroad.products.status import table_of

    with one_message(verbose):
        products = products_here()
        products.contract(product)
        decision = products.access.may(products.principal, "administer", product)
        if not decision.allowed:
            raise AccessError(decision.why)
        conf = products.platform_conf
        place = table_of(product, load_platform(conf), conf.parent, env).uri
        reads = [
            (record, use)
            for direction, record in reader_of(env).using(place, most=most)
            for use in record.inputs
            if direction == "in" and use.place == place
        ]
        facts = [
            {
                "run": record.id,
                "began_at": record.began_at,
                "project": record.project,
                "principal": (use.access or {}).get("principal") or record.who.get("user", ""),
                "version": use.version,
                "grants": list((use.access or {}).get("grants", ())),
                "digest": (use.access or {}).get("digest", ""),
            }
            for record, use in reads
        ]
        if as_json:
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
            return
        rows = [("began", "principal", "project", "run", "version", "grants")]
        rows += [
            (
                str(each["began_at"])[:19],
                str(each["principal"]) or "-",
                str(each["project"]),
                str(each["run"])[:SHOWN_OF_ID],
                str(each["version"]),
                ", ".join(each["grants"]) or "-",
            )
            for each in facts
        ]
        for line in aligned(rows):
            click.echo(line)


def _limits(products: VisibleProducts, who: Principal, product: str) -> list[str]:
    """What is left out of what somebody reads, as far as whoever asks may know the columns."""
    view, own = products.access.view(who, product), products.view(product).columns
    masked = [each for each in view.masked if each in own]
    lines = [f"masked: {', '.join(masked)}"] if masked else []
    if view.rows is not None:
        rows = [
            " and ".join(f"{name} {operator} {value}" for name, operator, value in conditions)
            for conditions in view.rows
            if {name for name, _, _ in conditions} <= own
        ]
        lines.append(f"rows: {' or '.join(rows) or 'some'}")
    return lines
