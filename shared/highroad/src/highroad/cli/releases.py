"""`highroad releases`: what was released, what differs, and whether it is what it says."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from highroad.cli.context import products_here
from highroad.cli.errors import one_message
from highroad.cli.models import registry_of, who_acts
from highroad.cli.options import env_option, json_option, project_option, verbose_option
from highroad.models import STAGING
from highroad.products.text_table import aligned

if TYPE_CHECKING:
    from highroad.releases.shelf import Kept, Shelf
    from highroad_workspace.projects import Project

SHOWN_OF_ID = 12


def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
    """Releases and projects that begin so."""
    from highroad.errors import HighroadError

    try:
        found = shelf_of(context.params.get("env") or "base").recent(most=200)
    except HighroadError:
        return []
    words = dict.fromkeys(
        [each.release.project for each in found] + [each.release.id for each in found]
    )
    return [word for word in words if word.startswith(start)]


release_argument = click.argument("release", shell_complete=complete)


@click.group()
def releases() -> None:
    """Releases: RELEASE is an id, its beginning, or a project: `delays` is its newest, `delays~1` the one before."""


@releases.command()
@project_option
@click.option(
    "--passed", multiple=True, metavar="SESSION", help="A session that passed on this commit."
)
@env_option
@verbose_option
def make(project: str | None, passed: tuple[str, ...], env: str, verbose: bool) -> None:
    """Put on record what a project's image is; made again it is the same release.

    HIGHROAD_SIGNING_KEY names the SSH key that signs it. Where the platform has a registry, the image goes
    there first and the release beside it.
    """
    from highroad.cli.context import project_context
    from highroad.cli.images import image_of
    from highroad.releases.image import push
    from highroad.releases.making import release_of, require_same_commit, tasks_in
    from highroad.releases.registry import Registry
    from highroad.releases.signing import sign

    with one_message(verbose):
        here = project_context(project)
        engine, image = image_of(here)
        require_same_commit(image.facts.labels, here.root, image.name)
        release = release_of(
            here.project,
            here.root,
            here.platform,
            image=push(image, engine) if here.platform.image_registry else image.facts.id,
            sbom=here.root / "dist" / "images" / here.project.name / "sbom.cdx.json",
            models=_models_of(here.project, env),
            passed=passed,
            tasks=tasks_in(here.project, engine, image.facts.id),
        )
        key = os.environ.get("HIGHROAD_SIGNING_KEY")
        signature = sign(release.to_json(), Path(key)) if key else ""
        if registry := Registry.of(release.image):
            registry.put(release, signature)
        kept = shelf_of(env).put(release, by=who_acts(), signature=signature)
        signed = ", signed" if kept.signature else ""
        dirty = ", of no commit: production does not take it" if release.is_dirty else ""
        click.echo(f"{release.project} {release.version}: release {release.id}{signed}{dirty}")


@releases.command("list")
@click.option("--project", "-P", "project", help="Only this project's.")
@click.option(
    "--most", "-n", type=click.IntRange(1), default=20, show_default=True, help="How many."
)
@env_option
@json_option
@verbose_option
def list_(project: str | None, most: int, env: str, as_json: bool, verbose: bool) -> None:
    """The newest releases: when, project, version, commit, image, by whom, signed or not."""
    with one_message(verbose):
        found = shelf_of(env).recent(project, most)
        if as_json:
            click.echo(json.dumps([_facts(each) for each in found], indent=2))
            return
        if not found:
            click.echo("no release was made yet", err=True)
        rows: list[tuple[str, ...]] = [
            ("release", "made", "project", "version", "commit", "image", "by", "signed")
        ]
        rows += [_line(each) for each in found]
        for line in aligned(rows):
            click.echo(line)


@releases.command()
@release_argument
@env_option
@json_option
@verbose_option
def show(release: str, env: str, as_json: bool, verbose: bool) -> None:
    """All that RELEASE's manifest says."""
    from highroad.config.platform import find_platform_conf

    with one_message(verbose):
        kept = shelf_of(env).find(release)
        facts = products_here(find_platform_conf()).redact(_facts(kept))
        if as_json:
            click.echo(json.dumps(facts, indent=2))
            return
        click.echo(f"{kept.release.project} {kept.release.version}, release {kept.release.id}")
        for key, value in facts.items():
            for line in _told(key, value):
                click.echo(f"  {line}")


@releases.command()
@click.argument("one", shell_complete=complete)
@click.argument("two", shell_complete=complete)
@env_option
@json_option
@verbose_option
def compare(one: str, two: str, env: str, as_json: bool, verbose: bool) -> None:
    """What differs between the releases ONE and TWO of a project."""
    from highroad.config.platform import find_platform_conf
    from highroad.releases.release import differences, only_models_differ

    with one_message(verbose):
        shelf = shelf_of(env)
        first, second = shelf.find(one).release, shelf.find(two).release
        products = products_here(find_platform_conf())
        found = products.redact(differences(first, second))
        if as_json:
            click.echo(json.dumps(found, indent=2))
            return
        click.echo(f"{first.project} {first.id[:SHOWN_OF_ID]} → {second.id[:SHOWN_OF_ID]}")
        for each in found:
            click.echo(f"  {each}")
        if not found:
            click.echo("  nothing: they are one release")
        elif only_models_differ(first, second):
            click.echo("  code, lock, image, contracts and configuration are equal")


@releases.command()
@release_argument
@env_option
@verbose_option
def verify(release: str, env: str, verbose: bool) -> None:
    """Hold RELEASE against its id, its signature against who may sign, and both and its image against the registry."""
    from highroad.config.platform import find_platform_conf
    from highroad.releases.signing import SIGNERS, signer_of
    from highroad.releases.verifying import in_registry

    with one_message(verbose):
        kept = shelf_of(env).find(release)
        click.echo(f"manifest: is what its id {kept.release.id[:SHOWN_OF_ID]} says")
        if kept.signature:
            signers = Path(find_platform_conf()) / SIGNERS
            who = signer_of(kept.release.to_json(), kept.signature, signers)
            click.echo(f"signature: of {who}")
        else:
            click.echo("signature: none")
        click.echo(f"registry: {in_registry(kept)}")


@releases.command()
@click.argument("release")
@project_option
@env_option
@verbose_option
def fetch(release: str, project: str | None, env: str, verbose: bool) -> None:
    """Take RELEASE, by its whole id, from the registry into this record store."""
    from highroad.cli.context import project_context
    from highroad.releases.image import name_of
    from highroad.releases.verifying import fetched

    with one_message(verbose):
        here = project_context(project)
        found = fetched(
            release, here.platform.image_registry and name_of(here.project, here.platform)
        )
        kept = shelf_of(env).put(found.release, by=who_acts(), signature=found.signature)
        click.echo(f"{kept.release.project} {kept.release.version}: release {kept.release.id}")


def shelf_of(env: str) -> Shelf:
    """The releases of an environment's record store."""
    from highroad.config.platform import find_platform_conf, load_platform
    from highroad.releases.shelf import Shelf
    from highroad.tracking.database import database_of

    conf = Path(find_platform_conf())
    url = load_platform(conf).records_url("base" if env == "local" else env, conf.parent)
    return Shelf(database_of(url, conf.parent))


def _models_of(project: Project, env: str) -> dict[str, str]:
    """Of each model, the version in staging, else the newest."""
    if not project.models:
        return {}
    registry, found = registry_of(env), dict[str, str]()
    for name in project.models:
        versions = registry.versions(f"{project.name}.{name}")
        chosen = [each for each in versions if STAGING in each.aliases] or versions
        found |= {str(each): each.digest for each in chosen[:1]}
    return found


def _facts(kept: Kept) -> dict[str, Any]:
    return {
        "id": kept.release.id,
        "made_at": kept.made_at,
        "made_by": kept.made_by,
        "is_signed": bool(kept.signature),
        **asdict(kept.release),
    }


def _told(key: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{key} {name}: {each}" for name, each in value.items()]
    if isinstance(value, (list, tuple)):
        return [f"{key}: {', '.join(value)}"] if value else []
    return [f"{key}: {value}"] if value not in ("", None) else []


def _line(kept: Kept) -> tuple[str, ...]:
    release = kept.release
    return (
        release.id[:SHOWN_OF_ID],
        kept.made_at[:19],
        release.project,
        release.version,
        release.commit[:SHOWN_OF_ID] + ("+" if release.is_dirty else ""),
        release.image.removeprefix("sha256:")[:SHOWN_OF_ID],
        kept.made_by or "-",
        "yes" if kept.signature else "no",
    )
