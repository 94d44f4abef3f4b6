"""Who gains and who loses what, in words, since a git revision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from highroad.access import ACTIONS
from highroad.access.decisions import Access, View
from highroad.access.grants import EVERYONE
from highroad.principal import Principal
from highroad.products.contract import SUFFIXES
from highroad.products.visible import VisibleProducts, access_of
from highroad_workspace.git import common_ancestor, files_at
from highroad_workspace.leftovers import temporary_folder

_FOLDERS = ("platform-conf/access", "platform-conf/contracts")


def grant_changes(root: Path, base: str, products: VisibleProducts) -> list[str]:
    """What changed since a revision for everybody whom teams and grants name, a line each.

    What somebody gains or loses with a team of theirs is told of the team alone.

    Args:
        root: The repository.
        base: The revision; where it has gone on since HEAD left it, their common ancestor.
        products: Only these are told of.

    Raises:
        ConfigError: Teams or grants cannot be read, then or now.
        WorkspaceError: git does not know the revision.
    """
    ancestor = common_ancestor(root, base)
    with temporary_folder("access") as folder:
        for name, text in (
            item for each in _FOLDERS for item in files_at(root, ancestor, each).items()
        ):
            path = Path(folder, name)
            if path.suffix in SUFFIXES:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text)
        before = access_of(Path(folder, "platform-conf"))
        return list(_changes(before, products.access, products))


def _changes(before: Access, after: Access, products: VisibleProducts) -> Iterator[str]:
    known = {EVERYONE}.union(*(each.rules.known() for each in (before, after) if each.rules))
    told: dict[tuple[Principal, str], str] = {}
    for product in products:
        columns = products.view(product).columns
        for who in known:
            if change := _change(before, after, who, product, columns):
                told[who, product] = change
    for (who, product), change in sorted(told.items()):
        teams = (before.teams_of(who) & after.teams_of(who)) - {who}
        if change not in {told.get((team, product)) for team in teams}:
            yield f"{who} {change.replace('{}', product)}"


def _change(
    before: Access, after: Access, who: Principal, product: str, known: frozenset[str]
) -> str:
    """What changed, with a place for the product; empty where nothing did."""
    old, new = _allowed(before, who, product), _allowed(after, who, product)
    if len(new) > len(old):
        return f"gains: may {new[-1]} {{}}" + (f" (before: {old[-1]})" if old else "")
    if len(new) < len(old):
        return f"loses: may no longer {old[-1]} {{}}" + (f" (now: {new[-1]})" if new else "")
    if not new:
        return ""
    return _view_change(before.view(who, product), after.view(who, product), known)


def _allowed(access: Access, who: Principal, product: str) -> list[str]:
    """What somebody may do with a product, the most of it last."""
    return [each for each in ACTIONS if product in access.visible(who, each)]


def _view_change(old: View, new: View, known: frozenset[str]) -> str:
    more = [each for each in new.shown if each in known and each not in old.shown]
    less = [each for each in old.shown if each in known and each not in new.shown]
    words = [f"gains: sees {', '.join(more)} of {{}}"] if more else []
    words += [f"loses: no longer sees {', '.join(less)} of {{}}"] if less else []
    words += ["sees other rows of {}"] if old.rows != new.rows else []
    return "; ".join(words)
