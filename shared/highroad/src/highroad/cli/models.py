"""`highroad models`: what is registered, promotion and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.errors import one_message
from highroad.cli.options import env_option, json_option, verbose_option
from highroad.cli.runs import SHOWN_OF_ID, reader_of
from highroad.cli.runs import complete as complete_run
from highroad.models import GATES, LONGEST_REASON, PROD, STAGING
from highroad.products.text_table import aligned
from highroad.tracking.record import SHORT

if TYPE_CHECKING:
    from highroad.models.gates import Judge
    from highroad.models.registry import ModelVersion, Registry
    from highroad.models.sources import Sources
    from highroad_workspace.projects import Project


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Models, and their versions and aliases, that begin so."""
    from highroad.errors import HighroadError

    try:
        registry = registry_of(context.params.get("env") or "base")
        name, at, _which = start.partition("@")
        if not at:
            return [each for each in registry.names() if each.startswith(start)]
        words = [
            f"{name}@{word}"
            for each in registry.versions(name)
            for word in (each.number, *each.aliases)
        ]
        return [word for word in words if word.startswith(start)]
    except HighroadError:
        return []


def complete_name(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Models that begin so."""
    return [each for each in complete(context, _, start) if "@" not in each]


def _only_a_name(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and "@" in value:
        raise click.BadParameter(f"expected the name of a model alone, {value.partition('@')[0]}.")
    return value


def _not_blank(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("expected a reason in words.")
    return value.strip()[:LONGEST_REASON]


model_argument = click.argument("model", shell_complete=complete)
why_option = click.option(
    "--why", required=True, callback=_not_blank, help="The reason, for those who come after."
)


@click.group()
def models() -> None:
    """Registered models: MODEL is a name (its newest version), NAME@3, or NAME@prod."""


@models.command("list")
@click.argument("name", required=False, shell_complete=complete_name, callback=_only_a_name)
@env_option
@json_option
@verbose_option
def list_(name: str | None, env: str, as_json: bool, verbose: bool) -> None:
    """The versions of a model, or of all: aliases, when and by which run it was made, metrics."""
    with one_message(verbose):
        registry = registry_of(env)
        if name is not None:
            registry.find(name)  # a misspelt name gets its hint
        found = [
            each
            for one in ([name] if name else registry.names())
            for each in registry.versions(one)
        ]
        if as_json:
            click.echo(json.dumps([_facts(each) for each in found], indent=2))
            return
        if not found:
            click.echo("no model is registered; a run that saves one does that", err=True)
        rows: list[tuple[str, ...]] = [("model", "aliases", "saved", "run", "commit", "metrics")]
        headlines = _headlines()
        rows += [_line(each, headlines) for each in found]
        for line in aligned(rows):
            click.echo(line)


@models.command()
@model_argument
@env_option
@json_option
@verbose_option
def show(model: str, env: str, as_json: bool, verbose: bool) -> None:
    """The card of MODEL, where its files are, and how it came to its aliases."""
    from highroad.models import folder
    from highroad.models.registered import files_of

    with one_message(verbose):
        registry = registry_of(env)
        found = registry.find(model)
        moves = [
            each for each in registry.moves(found.name) if found.number in (each.before, each.after)
        ]
        if as_json:
            click.echo(
                json.dumps({**_facts(found), "moves": [asdict(each) for each in moves]}, indent=2)
            )
            return
        text = files_of(found).read(folder.CARD).decode(errors="replace")
        click.echo("".join(each for each in text if each.isprintable() or each == "\n"))
        click.echo(f"{found}: {', '.join(found.aliases) or 'no alias'}; {found.folder}")
        for move in moves:
            click.echo(f"  {move}")


@models.command()
@model_argument
@click.option(
    "--to", "alias", type=click.Choice([STAGING, PROD]), required=True, help="Which alias."
)
@why_option
@click.option(
    "--waive",
    "waived",
    multiple=True,
    type=click.Choice(GATES),
    help="Promote though this gate says no; on record.",
)
@env_option
@json_option
@verbose_option
def promote(
    model: str,
    alias: str,
    why: str,
    waived: tuple[str, ...],
    env: str,
    as_json: bool,
    verbose: bool,
) -> None:
    """Give MODEL an alias, if it passes: files, order, metric, contracts, age of data."""
    from highroad.models.gates import Case, verdicts
    from highroad.models.promotion import promote as promoted

    with one_message(verbose):
        registry = registry_of(env)
        version = registry.find(model)
        sources = _sources_of(version, env)

        def judged(current: ModelVersion | None) -> Any:
            return verdicts(Case(version, alias, current, sources), _judge_of(version.name))

        move, found = promoted(
            registry, version, alias, judged, by=who_acts(), why=why, waived=waived
        )
        if as_json:
            click.echo(
                json.dumps(
                    {"model": str(version), "moved": asdict(move) if move else None}, indent=2
                )
            )
            return
        for each in found:
            click.echo(str(each))
        click.echo(f"{version} is {alias}" + ("" if move else " already"))


@models.command()
@click.argument("name", shell_complete=complete_name, callback=_only_a_name)
@click.option(
    "--from", "alias", type=click.Choice([STAGING, PROD]), required=True, help="Which alias."
)
@why_option
@env_option
@json_option
@verbose_option
def rollback(name: str, alias: str, why: str, env: str, as_json: bool, verbose: bool) -> None:
    """Give the alias of NAME back to the version that held it before."""
    from highroad.models.promotion import roll_back

    with one_message(verbose):
        move = roll_back(registry_of(env), name, alias, by=who_acts(), why=why)
        if as_json:
            click.echo(json.dumps(asdict(move), indent=2))
        elif move.after is None:
            click.echo(f"nothing is {alias} of {name} any more; it was {move.before}")
        else:
            click.echo(f"{name}@{move.after} is {alias} again; it was {move.before}")


@models.command()
@click.argument("run", shell_complete=complete_run)
@env_option
@verbose_option
def register(run: str, env: str, verbose: bool) -> None:
    """Register the models that RUN saved, where the registry was away then."""
    from highroad.models.registering import models_of
    from highroad.models.registering import register as registered

    with one_message(verbose):
        record = reader_of(env, whole=True).find(run)
        if not models_of(record):
            click.echo(f"run {record.id} of {record.project} saved no model", err=True)
        for version in registered(record, registry_of(env)):
            click.echo(f"{version} is registered")


def registry_of(env: str) -> Registry:
    """The registry of an environment."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.models.registry import Registry

    conf = find_platform_conf()
    url = load_platform(conf).models_url("base" if env == "local" else env, Path(conf).parent)
    return Registry(url)


def _judge_of(name: str) -> Judge:
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.models.gates import Judge
    from highroad.products.clock import now

    conf = Path(find_platform_conf())
    settings = load_platform(conf).models
    own = _own_settings(name)
    return Judge(
        own.get("metric"), own.get("may_lose", settings.may_lose), settings, conf, now(conf)
    )


def _own_settings(name: str) -> dict[str, Any]:
    owner, _, short = name.partition(".")
    found = next((each for each in _projects() if each.name == owner), None)
    return dict((found.models or {}).get(short, {})) if found else {}


def _headlines() -> dict[str, tuple[str, str]]:
    """The metric that each project shows, as (key, label)."""
    found = [(each.name, each.headline) for each in _projects()]
    return {name: (headline["key"], headline["label"]) for name, headline in found if headline}


def _projects() -> Sequence[Project]:
    """Those of the repository; none where it is not, as in an image."""
    from highroad_workspace.projects import find_projects, find_root

    root = find_root(Path.cwd())
    return find_projects(root) if any(Path(root).glob("projects/*/pyproject.toml")) else ()


def _sources_of(version: ModelVersion, env: str) -> Sources | None:
    from highroad.errors import DataError
    from highroad.models.sources import sources_of
    from highroad.tracking.tracing import Tracer

    reader = reader_of(env, whole=True)  # what a model was made from decides, and is not shown
    try:
        record = reader.find(version.run)
    except DataError:
        return None
    return sources_of(record, Tracer(reader))


def who_acts() -> str:
    """`user@host`; empty where the platform does not ask."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.principal import current_principal
    from highroad.tracking.surroundings import who

    if not load_platform(find_platform_conf()).records.who:
        return ""
    return "{user}@{host}".format(**who(current_principal()))


def _facts(version: ModelVersion) -> dict[str, Any]:
    return {**asdict(version), "folder": version.folder}


def _line(version: ModelVersion, headlines: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    return (
        str(version),
        ", ".join(version.aliases) or "-",
        version.saved_at[:19],
        version.run[:SHOWN_OF_ID],
        version.commit[:SHORT] + ("+" if version.commit.endswith("+") else ""),
        _headline(version, headlines),
    )


def _headline(version: ModelVersion, headlines: Mapping[str, tuple[str, str]]) -> str:
    key, label = headlines.get(version.name.partition(".")[0], ("", ""))
    if key not in version.metrics:
        key = label = next(iter(version.metrics), "")
    return f"{label} {version.metrics[key]:.4f}" if key else "-"
