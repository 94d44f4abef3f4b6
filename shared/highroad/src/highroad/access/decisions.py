"""What somebody may do with a product: one decision, what of its columns and rows they see, and all they may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

from highroad.access import ACTIONS, Action
from highroad.access.grants import EVERYONE, Grant, Rows, Rules
from highroad.access.policies import decide
from highroad.principal import Principal

NULL = "null"
"""The mask: a column keeps its name and type, and has no values."""
_OPEN = "platform-conf has no access/, so everybody may do everything"


class Columns(NamedTuple):
    """A product's columns, and those of them whose tags or classification call for a grant that names them."""

    names: tuple[str, ...]
    tagged: frozenset[str]


@dataclass(frozen=True)
class Decision:
    """Whether somebody may do something with a product, and why.

    Attributes:
        allowed: Whether they may.
        why: One sentence.
        mask: `null` where they may know the column and not its values; empty where they see them.
        rows: They see rows for which one of these holds; None for all rows.
        policies: The ids of the policies that allow it.
        grants: The places of the grants that the decision follows from.
    """

    allowed: bool
    why: str
    mask: str = ""
    rows: tuple[Rows, ...] | None = None
    policies: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """What a reader sees of a product.

    Attributes:
        shown: Columns with their values.
        masked: Columns without them.
        rows: They see rows for which one of these holds; None for all rows.
    """

    shown: tuple[str, ...]
    masked: tuple[str, ...]
    rows: tuple[Rows, ...] | None

    @property
    def columns(self) -> frozenset[str]:
        """All columns that they may know of."""
        return frozenset((*self.shown, *self.masked))


class Access:
    """Teams and grants of one day, over the products that there are.

    Args:
        rules: Teams and grants; None where the platform has none, and everybody may do everything.
        products: All products.
        day: The day, against which grants expire.
        columns_of: The columns of a product.
    """

    def __init__(
        self,
        rules: Rules | None,
        products: Collection[str],
        day: date,
        columns_of: Callable[[str], Columns] = lambda product: Columns((), frozenset()),
    ):
        self.rules = rules
        self.products = frozenset(products)
        self._columns_of = cache(columns_of)
        self._visible: dict[tuple[Principal, str], frozenset[str]] = {}
        self._teams: dict[Principal, set[Principal]] = {}
        for team, members in rules.teams.items() if rules else ():
            for member in members:
                self._teams.setdefault(member, set()).add(Principal("team", team))
        self._grants: dict[str, list[Grant]] = {}
        for grant in rules.grants if rules else ():
            if grant.holds(day):
                self._grants.setdefault(grant.scope, []).append(grant)
        self._sets = _sets_of(self._grants, self.products)

    def teams_of(self, principal: Principal) -> frozenset[Principal]:
        """All teams that somebody is in, within other teams too; everybody is in `everyone`."""
        known = self.rules.teams if self.rules else {}
        reached = {EVERYONE}
        left = [Principal("team", each) for each in principal.groups if each in known]
        left += self._teams.get(Principal(principal.kind, principal.name), ())
        while left:
            team = left.pop()
            if team not in reached:
                reached.add(team)
                left += self._teams.get(team, ())
        return frozenset(reached)

    def visible(self, principal: Principal, action: Action = "describe") -> frozenset[str]:
        """All products that somebody may describe, or may do something else with."""
        if self.rules is None:
            return self.products
        key = (principal, action)
        if key not in self._visible:
            subjects = [Principal(principal.kind, principal.name), *self.teams_of(principal)]
            granted = self._sets[action]
            denied = self._sets[f"no_{action}"]
            products: set[str] = set().union(*(granted.get(each, ()) for each in subjects))
            self._visible[key] = frozenset(
                products.difference(*(denied.get(each, ()) for each in subjects))
            )
        return self._visible[key]

    def may(
        self, principal: Principal, action: Action, product: str, column: str | None = None
    ) -> Decision:
        """Whether somebody may do something with a product, or with one of its columns.

        What they may not even describe is answered as what does not exist.
        """
        absent = Decision(False, f"There is no '{product}' for {principal}.")
        if product not in self.products:
            return absent
        if self.rules is None:
            return Decision(True, f"{principal} may {action} {product}: {_OPEN}.")
        teams = self.teams_of(principal)
        subjects = {Principal(principal.kind, principal.name), *teams}
        grants = list(self._grants_of(product))
        named = _named(grants)
        verdict = decide(str(principal), map(str, teams), action, product, named)
        applying = [each for each in grants if subjects & {*each.who}]
        if not verdict.allowed:
            if product not in self.visible(principal):
                return absent
            denied = [each for each in applying if each.denies]
            because = f"{_told(denied)} denies it" if denied else "no grant allows it"
            reason = "; ".join(verdict.errors) or because
            why = f"{principal} may not {action} {product}: {reason}."
            return Decision(False, why, grants=tuple(each.place for each in denied))
        granting = [each for each in applying if _grants(each, action)]
        rows = _rows(granting) if action == "read" else None
        decision = Decision(
            True,
            f"{principal} may {action} {product}: {_told(granting)}.",
            rows=rows,
            policies=verdict.policies,
            grants=tuple(each.place for each in granting),
        )
        return decision if column is None else self._of_column(decision, principal, product, column)

    def view(self, principal: Principal, product: str) -> View:
        """What somebody sees of a product's columns and rows; nothing of one they may not read."""
        columns = self._columns_of(product)
        if self.rules is None:
            return View(columns.names, (), None)
        subjects = {Principal(principal.kind, principal.name), *self.teams_of(principal)}
        is_described = product in self.visible(principal)
        applying = [
            each
            for each in self._grants_of(product)
            if is_described and not each.denies and subjects & {*each.who}
        ]
        is_read = product in self.visible(principal, "read")
        reading = [each for each in applying if is_read and _grants(each, "read")]
        # Whom a condition lets see what cannot be told where it is on a column that is not there.
        reading = [each for each in reading if {one for one, _, _ in each.rows} <= {*columns.names}]
        rows = _rows(reading)
        shown, masked = [], []
        for name in columns.names:
            showing = [
                each for each in reading if each.shows(name, is_tagged=name in columns.tagged)
            ]
            # Of rows that only another grant shows, this one's columns are not shown.
            if showing and _covers(_rows(showing), rows):
                shown.append(name)
            elif any(each.names(name) for each in applying):
                masked.append(name)
        return View(tuple(shown), tuple(masked), rows)

    def _of_column(
        self, decision: Decision, principal: Principal, product: str, column: str
    ) -> Decision:
        view = self.view(principal, product)
        if column not in view.columns:
            return Decision(False, f"There is no '{product}.{column}' for {principal}.")
        mask = NULL if column in view.masked else ""
        why = f"{decision.why.rstrip('.')}; {column} is {'masked' if mask else 'shown'}."
        return Decision(True, why, mask, decision.rows, decision.policies, decision.grants)

    def _grants_of(self, product: str) -> Iterator[Grant]:
        yield from self._grants.get(product, ())
        yield from self._grants.get(product.partition(".")[0], ())


def _grants(grant: Grant, action: str) -> bool:
    return not grant.denies and ACTIONS.index(grant.action) >= ACTIONS.index(action)


def _reached(grant: Grant) -> Iterator[str]:
    """The sets that a grant puts its people in: of what it allows also less, of what it denies also more."""
    index = ACTIONS.index(grant.action)
    for action in ACTIONS[index:] if grant.denies else ACTIONS[: index + 1]:
        yield f"{'no_' if grant.denies else ''}{action}"


def _named(grants: Iterable[Grant]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = {}
    for grant in grants:
        for key in _reached(grant):
            named.setdefault(key, set()).update(map(str, grant.who))
    return named


def _sets_of(
    grants: Mapping[str, list[Grant]], products: Iterable[str]
) -> dict[str, dict[Principal, set[str]]]:
    """For each action, and for its denial, the products of everybody whom grants name."""
    scopes: dict[str, list[str]] = {}
    for product in products:
        scopes.setdefault(product.partition(".")[0], []).append(product)
        scopes[product] = [product]
    sets: dict[str, dict[Principal, set[str]]] = {
        f"{prefix}{action}": {} for action in ACTIONS for prefix in ("", "no_")
    }
    for scope, of_scope in grants.items():
        for grant in of_scope:
            for key in _reached(grant):
                for each in grant.who:
                    sets[key].setdefault(each, set()).update(scopes.get(scope, ()))
    return sets


def _rows(grants: Iterable[Grant]) -> tuple[Rows, ...] | None:
    """The rows that any of the grants gives; None for all of them."""
    rows = dict.fromkeys(each.rows for each in grants)
    return None if () in rows else tuple(rows)


def _covers(one: tuple[Rows, ...] | None, other: tuple[Rows, ...] | None) -> bool:
    return one is None or (other is not None and {*other} <= {*one})


def _told(grants: Iterable[Grant]) -> str:
    return "; ".join(
        f"{each.place} ({', '.join(map(str, each.who))}: {each.why.rstrip('.')})" for each in grants
    )
