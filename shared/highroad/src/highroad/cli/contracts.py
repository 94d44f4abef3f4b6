"""`highroad contracts`: lint them all, say what changed, hold a file against one, draft one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.options import json_option, verbose_option


@click.group()
def contracts() -> None:
    """Contracts of data products: lint, diff, check a file, draft one from a file."""


@contracts.command()
@json_option
@verbose_option
def lint(as_json: bool, verbose: bool) -> None:
    """Every fault of every contract at once, with file and line."""
    from datetime import UTC, datetime

    from highroad.config.platform import load_platform
    from highroad.errors import ContractError
    from highroad.products.grant_lint import lint_grants
    from highroad.products.lint import lint_contracts, out_of_range
    from highroad_workspace.projects import find_projects, find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        conf, projects = root / "platform-conf", find_projects(root)
        faults = lint_contracts(conf, load_platform(conf), projects, datetime.now(UTC).date())
        faults += [fault for project in projects for fault in out_of_range(project, conf)]
        faults += lint_grants(conf, projects, datetime.now(UTC).date())
        faults = [fault.replace(f"{root.as_posix()}/", "") for fault in faults]
        if as_json:
            click.echo(json.dumps({"faults": faults}, indent=2, ensure_ascii=False))
        if faults:
            told = f"{len(faults)} fault(s)" if as_json else "\n".join(faults)
            raise ContractError(told)
        if not as_json:
            click.echo(f"{len(products_here())} contracts are sound")


@contracts.command()
@json_option
@verbose_option
def coverage(as_json: bool, verbose: bool) -> None:
    """What enters and leaves each project, under which contract, with how many rules; fails on gaps."""
    from highroad.errors import ContractError
    from highroad.products.coverage import coverage as covered
    from highroad_workspace.projects import find_projects, find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        found = covered(find_projects(root), products_here())
        if as_json:
            click.echo(json.dumps([each.facts() for each in found], indent=2))
        else:
            for each in found:
                arrow = "→" if each.direction == "out" else "←"
                columns = f"{each.columns_with_rules} of {each.columns} columns"
                told = f"{each.contract}, {columns}, {each.rules} rules, {each.waived} waived"
                click.echo(
                    f"{each.project} {arrow} {each.product}: {told if each.contract else 'no contract'}"
                )
        if gaps := [each.product for each in found if not each.contract]:
            raise ContractError(f"without a contract: {', '.join(gaps)}")


@contracts.command()
@click.argument("base", default="origin/main")
@json_option
@verbose_option
def diff(base: str, as_json: bool, verbose: bool) -> None:
    """What changed since the git revision BASE, for readers and for writers.

    Fails where a contract's version does not say enough; one without a version only warns.
    """
    from highroad.errors import ContractError
    from highroad.products.history import differences
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        root = Path(find_root(Path.cwd()))
        found, products = differences(root, base), products_here()
        seen = [each for each in found if not products.hides(each.product)]
        if as_json:
            facts = [
                {**each.__dict__, "changes": [change.__dict__ for change in each.changes]}
                for each in seen
            ]
            click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        else:
            for each in seen:
                click.echo(f"{each.product} {each.old or '-'} → {each.new or '-'}: {each.bump}")
                for change in each.changes:
                    sides = f"readers: {change.reader}; writer: {change.writer}"
                    click.echo(f"  {change.what} ({sides}: {change.why})")
            if not seen:
                click.echo(f"no contract changed since {base}")
        for each in found:
            if each.warning:
                click.echo(f"warning: {each.warning}", err=True)
        if faults := [each.fault for each in found if each.fault]:
            raise ContractError("\n".join(faults).replace(f"{root.as_posix()}/", ""))


@contracts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--contract", "product", required=True, help="The product whose contract holds.")
@click.option("--all", "everything", is_flag=True, help="Show passed rules too.")
@json_option
@verbose_option
def check(file: Path, product: str, everything: bool, as_json: bool, verbose: bool) -> None:
    """Hold FILE against a contract: Parquet, CSV, or the folder of a Delta table."""
    from highroad.errors import QualityError
    from highroad.products.checks import check as checked
    from highroad.products.clock import now
    from highroad.products.csv_files import read_csv
    from highroad.products.tables import open_file
    from highroad_workspace.projects import find_root

    with one_message(verbose):
        conf = Path(find_root(Path.cwd())) / "platform-conf"
        contract = products_here().contract(product)
        is_csv = file.suffix == ".csv" and file.is_file()
        data = read_csv(file, contract) if is_csv else open_file(file)
        report = checked(data, contract, now=now(conf))
        click.echo(report.to_json() if as_json else report.table(everything))
        if not report.passed:
            names = ", ".join(each.rule.id for each in report.faults)
            raise QualityError(f"{file} breaks the contract of {product}: {names}")


@contracts.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--product", required=True, help="The product: <project>.<product>.")
@verbose_option
def infer(file: Path, product: str, verbose: bool) -> None:
    """Draft the contract of PRODUCT from FILE (Parquet, CSV, Delta table) on standard output."""
    from highroad.products.infer import infer_contract
    from highroad_workspace.projects import find_projects, find_root

    with one_message(verbose):
        projects = find_projects(Path(find_root(Path.cwd())))
        owners = {each.name: each.owner for each in projects}
        click.echo(
            infer_contract(file, product, owners.get(product.partition(".")[0], "")), nl=False
        )
