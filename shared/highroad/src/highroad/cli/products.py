"""`highroad products`: what there is, how old, from where, and what may go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.options import json_option, verbose_option

if TYPE_CHECKING:
    from highroad.config.platform import Platform
    from highroad.products.admission import PublishGate
    from highroad_workspace.projects import Project

env_option = click.option(
    "--env",
    "-e",
    "env",
    default="base",
    show_default=True,
    help="The environment whose store it is.",
)


@click.group()
def products() -> None:
    """Data products: status, history, one in full, rewriting, verification, retention."""


@products.command()
@env_option
@json_option
@click.option(
    "--check", is_flag=True, help="Exit with 10 unless every product is fresh and checked."
)
@verbose_option
def status(env: str, as_json: bool, check: bool, verbose: bool) -> None:
    """One line a product: version, rows, age against promise, last check, owner, consumers."""
    from highroad.errors import QualityError
    from highroad.products.status import render, statuses

    with one_message(verbose):
        root, platform, projects = _workspace()
        found = statuses(root, platform, projects, products_here(), env)
        _show([each.facts() for each in found], render(found), as_json)
        bad = [
            f"{each.product}: {each.problem or (each.freshness.reason if each.freshness else '') or each.verdict}"
            for each in found
            if each.problem
            or each.verdict != "pass"
            or (each.freshness and each.freshness.verdict in ("stale", "unknown"))
        ]
        if check and bad:
            raise QualityError("\n".join(bad))


@products.command()
@click.argument("product")
@env_option
@json_option
@verbose_option
def history(product: str, env: str, as_json: bool, verbose: bool) -> None:
    """The versions of PRODUCT, newest first: when, run, commit, contract, verdict."""
    from highroad.products.description import history as history_of

    with one_message(verbose):
        root, platform, _ = _workspace()
        products_here().contract(product)  # a misspelt name gets its hint
        facts = history_of(product, root, platform, env)
        lines = ["  ".join(str(value) or "-" for value in each.values()) for each in facts]
        _show(
            facts,
            "\n".join(["version  committed at  run  commit  contract  verdict", *lines]),
            as_json,
        )


@products.command()
@click.argument("product")
@env_option
@json_option
@verbose_option
def show(product: str, env: str, as_json: bool, verbose: bool) -> None:
    """PRODUCT in full: its columns and rules, who owns and reads it, and its latest version."""
    from highroad.products.description import describe

    with one_message(verbose):
        facts = describe(product, products_here(), *_workspace(), env)
        columns = facts["columns"]
        lines = [f"{product} {facts['contract']}: {facts['purpose']}"]
        lines += [
            f"  {key}: {', '.join(value) if isinstance(value, list) else value}"
            for key, value in facts.items()
            if value not in (None, "", [])
            and key not in ("product", "contract", "columns", "purpose")
        ]
        width = max(map(len, columns), default=0)
        lines += [
            f"  {name.ljust(width)}  {each['type']}{', masked' if 'masked' in each else ''}  {each['description']}".rstrip()
            for name, each in columns.items()
        ]
        _show(facts, "\n".join(lines), as_json)


@products.command()
@env_option
@click.option(
    "--keep-versions", type=int, default=30, show_default=True, help="Days an old version stays."
)
@click.option("--apply", is_flag=True, help="Remove; without it this only says what would go.")
@verbose_option
def retention(env: str, keep_versions: int, apply: bool, verbose: bool) -> None:
    """Remove rows that contracts no longer keep, and files of old versions; a dry run by itself."""
    from datetime import timedelta

    from highroad.products.clock import now
    from highroad.products.retention import retain
    from highroad.products.status import table_of

    with one_message(verbose):
        root, platform, _ = _workspace()
        conf = root / "platform-conf"
        products = products_here()
        for product in products:
            table = table_of(product, platform, root, env)
            if table.exists():
                keep = timedelta(days=keep_versions)
                click.echo(
                    retain(
                        table,
                        products.contract(product),
                        now(conf),
                        keep_versions=keep,
                        dry_run=not apply,
                    )
                )


@products.command()
@click.argument("product")
@env_option
@click.option(
    "--apply", is_flag=True, help="Rewrite; without it this only says what would be done."
)
@verbose_option
def rewrite(product: str, env: str, apply: bool, verbose: bool) -> None:
    """Bring the table of PRODUCT to the columns and types of its contract, in one version."""
    from highroad.products.rewriting import rewrite as rewrite_table

    with one_message(verbose):
        gate, projects = _gate(product, env)
        consumers = [each.name for each in projects if product in each.consumes]
        click.echo(rewrite_table(gate, consumers, dry_run=not apply))


@products.command()
@click.argument("product")
@env_option
@click.option("--deep", is_flag=True, help="Hash every file and check all rows; reads everything.")
@verbose_option
def verify(product: str, env: str, deep: bool, verbose: bool) -> None:
    """Is the latest version of PRODUCT what was committed, and does it keep its contract?"""
    from highroad.errors import QualityError

    with one_message(verbose):
        gate, _ = _gate(product, env)
        assert gate.table is not None
        version = gate.table.open().version()
        if deep:
            report = gate.verify_deep(version)
            if report.faults:
                raise QualityError(report.table())
        else:
            gate.verify(version)
        looked = "every file and all rows" if deep else "lengths, times and verdicts"
        click.echo(f"{product}, version {version}: {looked} are as they should be")


def _gate(product: str, env: str) -> tuple[PublishGate, tuple[Project, ...]]:
    from highroad.products.admission import admission_of

    root, platform, projects = _workspace()
    conf = root / "platform-conf"
    products_here().contract(product)  # a misspelt name gets its hint
    store = str(platform.store_root(env, root))
    return admission_of(product, str(conf), store, f"{store}/products/{product}"), projects


def _workspace() -> tuple[Path, Platform, tuple[Project, ...]]:
    from highroad.config.platform import load_platform
    from highroad_workspace.projects import find_projects, find_root

    root = Path(find_root(Path.cwd()))
    return root, load_platform(root / "platform-conf"), find_projects(root)


def _show(facts: Any, text: str, as_json: bool) -> None:
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else text)
