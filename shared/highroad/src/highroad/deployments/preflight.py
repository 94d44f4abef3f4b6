"""What must be true before anything is touched; all that is not, at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from highroad.deployments.place import Place
from highroad.errors import ConfigError, DataError, HighroadError
from highroad.principal import Principal
from highroad.products.freshness import STALE
from highroad.products.status import Status, statuses
from highroad.products.visible import visible_products
from highroad.releases.release import CREDENTIALS, VARIABLE
from highroad.releases.shelf import Kept
from highroad.releases.signing import SIGNERS, are_named, signer_of
from highroad.schedules import cron_fields
from highroad.tracking.database import database_of
from highroad_workspace.projects import Project
from highroad_workspace.ranges import version_range


def faults(place: Place, kept: Kept, projects: tuple[Project, ...]) -> Iterator[str]:
    """What forbids to deploy a release to a place, whatever runs it there.

    Args:
        place: Where.
        kept: The release as it is kept.
        projects: Every project.
    """
    yield from _of_signature(kept, place.root / "platform-conf" / SIGNERS)
    yield from _of_records(place)
    yield from _of_products(place, projects)
    yield from _of_credentials(place, kept)
    try:
        cron_fields(place.project.schedule or "@daily")
    except ValueError as error:
        yield f"`schedule` of [tool.highroad] in pyproject.toml: {error}"


def _of_signature(kept: Kept, signers: Path) -> Iterator[str]:
    """Where the platform names who may sign, releases are signed by one of them."""
    try:
        if not are_named(signers):
            return
        if kept.signature:
            signer_of(kept.release.to_json(), kept.signature, signers)
        else:
            yield (
                f"the release is not signed, and {SIGNERS} names who may sign; make it again with "
                "HIGHROAD_SIGNING_KEY set"
            )
    except (ConfigError, DataError) as error:
        yield str(error)


def _of_records(place: Place) -> Iterator[str]:
    """Runs write there: it answers, and its schema is brought up to date before one begins."""
    url = place.platform.records_url(place.environment, place.root)
    try:
        with database_of(url, place.root).connect():
            pass
    except HighroadError as error:
        yield f"the record store of {place.environment} cannot be used or brought up to date: {error}"


def _of_products(place: Place, projects: tuple[Project, ...]) -> Iterator[str]:
    """What the project reads is there, under a contract that it takes, whole and fresh."""
    wanted = place.project.consumes
    if not wanted:
        return
    service = Principal("service", place.project.name)
    products = visible_products(place.root / "platform-conf", service)
    for product in wanted if products.access.rules else ():
        if product not in products.access.visible(service, "read"):
            yield (
                f"no grant lets {service} read {product}; ask for one: `highroad access request {product} "
                f"--for {service} --why …`"
            )
    found = statuses(place.root, place.platform, projects, products, place.environment)
    for each in (status for status in found if status.product in wanted):
        if problem := _problem(each, (place.project.ranges or {}).get(each.product)):
            yield f"{each.product} in {place.environment}: {problem}"


def _problem(status: Status, accepted: str | None) -> str:
    if status.version is None:
        producer = status.product.partition(".")[0]
        return f"{status.problem}; deploy {producer} there, and have it run, first"
    if accepted and not version_range(accepted).contains(status.contract):
        return f"its contract is {status.contract}, and {accepted} is accepted"
    if status.verdict != "pass":
        return f"its last check says {status.verdict}"
    if status.freshness and status.freshness.verdict == STALE:
        return f"stale: {status.freshness.reason}"
    return ""


def _of_credentials(place: Place, kept: Kept) -> Iterator[str]:
    """What the catalog asks for and no file of the release holds is given here."""
    needs = kept.release.needs.get(place.environment, "").split()
    own = _local_credentials(Path(place.project.path))
    for need in needs:
        kind, _, name = need.partition(":")
        if kind == CREDENTIALS and name not in own:
            yield (
                f"credentials '{name}' are missing; the environment's catalog names them. Put them into "
                f"projects/{place.project.name}/conf/local/credentials.yml of the machine that deploys"
            )
        if kind == VARIABLE and name not in place.settings.passes:
            yield (
                f"the configuration reads the variable {name}; name it in environments.{place.environment}."
                "deploy.passes of platform.yml, so that containers get it"
            )


def _local_credentials(project: Path) -> set[str]:
    found: set[str] = set()
    for path in sorted((project / "conf" / "local").glob("credentials*.y*ml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found |= set(content) if isinstance(content, dict) else set()
    return found
