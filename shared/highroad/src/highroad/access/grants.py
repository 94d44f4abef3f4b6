"""Teams and grants as `platform-conf/access/` has them, read and checked with file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from highroad.access import ACTIONS, Action
from highroad.config.positions import LOADER, duplicates, line_of, yaml_fault
from highroad.errors import ConfigError
from highroad.principal import Principal
from highroad_workspace.metadata import meant

FOLDER = "access"
TEAMS = "teams.yml"
EVERYONE = Principal("team", "everyone")
"""A team that everybody is in, whether or not they are known."""
ALL = "*"
"""In `columns`: every column but those with a tag."""
Operator = Literal["=", "==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Rows = tuple[tuple[str, str, Any], ...]
"""Conditions on columns that hold together."""


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _as_principal(value: object) -> object:
    if value == EVERYONE.name:
        return EVERYONE
    return Principal.parse(str(value))


Someone = Annotated[Principal, BeforeValidator(_as_principal)]


class _Written(BaseModel):
    """One grant as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: Annotated[list[Someone], BeforeValidator(_as_list), Field(min_length=1)]
    may: Action | None = None
    may_not: Action | None = None
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    rows: Annotated[list[tuple[str, Operator, Any]], Field(min_length=1)] | None = None
    until: date | None = None
    why: Annotated[str, Field(pattern=r"\S")]

    @model_validator(mode="after")
    def _says_one_thing(self) -> _Written:
        if (self.may is None) == (self.may_not is None):
            raise ValueError(f"expected either `may` or `may_not`, one of {', '.join(ACTIONS)}")
        for name, operator, value in self.rows or ():
            if isinstance(value, (list, dict)) != (operator in ("in", "not in")) or value is None:
                raise ValueError(
                    f"rows: [{name}, {operator}, {value!r}]; expected one value, or a list after `in` and `not in`"
                )
        if self.may_not and (self.columns or self.rows):
            raise ValueError("`may_not` is of the whole product; expected no columns and no rows")
        return self


@dataclass(frozen=True)
class Grant:
    """What somebody may do with a product, or may not.

    Attributes:
        scope: A product, or a project for all of its products; the file's name.
        who: To whom it applies.
        action: What they may do, or may not.
        denies: Whether they may not; that wins over every grant.
        columns: Only these columns; None for all but those with a tag.
        rows: Only rows for which all conditions hold; empty for all.
        until: The last day; None where it does not end.
        why: The reason.
        place: `access/flights.yml:3`; names the grant in decisions and records.
    """

    scope: str
    who: tuple[Principal, ...]
    action: Action
    denies: bool
    columns: tuple[str, ...] | None
    rows: Rows
    until: date | None
    why: str
    place: str

    def holds(self, day: date) -> bool:
        """Whether it has not expired."""
        return self.until is None or day <= self.until

    def names(self, column: str) -> bool:
        """Whether the column is among those it is about."""
        return self.columns is None or ALL in self.columns or column in self.columns

    def shows(self, column: str, *, is_tagged: bool) -> bool:
        """Whether it shows the column's values: of one with a tag only where it names it."""
        if is_tagged:
            return self.columns is not None and column in self.columns
        return self.names(column)


@dataclass(frozen=True)
class Rules:
    """All teams and grants of a platform.

    Attributes:
        teams: The members of each team.
        grants: All grants.
        digest: SHA-256 of the files.
    """

    teams: Mapping[str, tuple[Principal, ...]]
    grants: tuple[Grant, ...]
    digest: str

    def known(self) -> set[Principal]:
        """Everybody who is named: teams and their members, and whom grants name."""
        named = {member for members in self.teams.values() for member in members}
        named |= {Principal("team", name) for name in self.teams}
        return named | {each for grant in self.grants for each in grant.who}


def read_rules(platform_conf: Path) -> Rules | None:
    """The teams and grants of a platform; None where it has no folder of them.

    Raises:
        ConfigError: Every fault, with file, line and key, what was expected and the way out.
    """
    folder = platform_conf / FOLDER
    if not folder.is_dir():
        return None
    faults: list[str] = []
    teams: dict[str, tuple[Principal, ...]] = {}
    grants: list[Grant] = []
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        is_yaml = path.suffix.lower() in (".yaml", ".yml")
        if path.is_dir() or (is_yaml and path.suffix != ".yml"):
            faults.append(f"{path}: expected a file whose name ends in .yml. Rename or move it.")
            continue
        if path.suffix != ".yml":
            continue
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode() + content)
        try:
            text = content.decode()
            values = yaml.load(text, LOADER)
        except UnicodeDecodeError:
            faults.append(f"{path}:1: not UTF-8; expected text in UTF-8. Save the file as such.")
            continue
        except yaml.YAMLError as error:
            faults.append(yaml_fault(str(path), error))
            continue
        faults += [
            f"{path}:{line}: '{key}' is here and on line {first}; expected each key once. Delete one."
            for key, line, first in duplicates(text)
        ]
        try:
            if path.name == TEAMS:
                teams = dict(_teams(path, text, values))
            else:
                grants += _grants(path, text, values)
        except ConfigError as error:
            faults += str(error).splitlines()
    faults += _unknown_teams(folder, teams, grants)
    if faults:
        raise ConfigError("\n".join(faults))
    return Rules(teams, tuple(grants), digest.hexdigest())


def _teams(path: Path, text: str, values: Any) -> Iterator[tuple[str, tuple[Principal, ...]]]:
    if not isinstance(values, dict):
        raise ConfigError(f"{path}:1: expected teams with their members, `flight-data: [anna]`.")
    for name, members in values.items():
        line = line_of(text, [str(name)])
        try:
            team = Principal.parse(f"team:{name}")
            if team == EVERYONE:
                raise ValueError("everybody is in `everyone` already; choose another name")
            if not isinstance(members, list) or not all(isinstance(each, str) for each in members):
                raise ValueError(
                    f"expected a list of members, [anna, service:x]; found {members!r}"
                )
            yield str(name), tuple(map(Principal.parse, members))
        except ValueError as error:
            raise ConfigError(f"{path}:{line}: '{name}': {error}.") from None
    if circle := _circle(values):
        line = line_of(text, [circle[0]])
        raise ConfigError(
            f"{path}:{line}: the teams {' → '.join(circle)} contain each other; expected none within itself. "
            "Take one of them out of another."
        )


def _circle(teams: Mapping[str, Sequence[str]]) -> list[str]:
    """A way from a team back to itself; empty where there is none."""
    inner = {
        name: [each.removeprefix("team:") for each in members if each.startswith("team:")]
        for name, members in teams.items()
    }
    done: set[str] = set()

    def search(way: list[str]) -> list[str]:
        for name in inner.get(way[-1], ()):
            if name in way:
                return [*way[way.index(name) :], name]
            if name not in done and (circle := search([*way, name])):
                return circle
        done.add(way[-1])
        return []

    return next(filter(None, (search([name]) for name in inner)), [])


def _grants(path: Path, text: str, values: Any) -> Iterator[Grant]:
    if not isinstance(values, list):
        raise ConfigError(f"{path}:1: expected a list of grants, each with who, may and why.")
    faults = []
    items: Any = yaml.compose(text, LOADER)
    for index, value in enumerate(values):
        try:
            grant = _Written.model_validate(value)
        except ValidationError as error:
            faults += [_fault(path, text, index, each) for each in error.errors()]
            continue
        yield Grant(
            path.stem,
            tuple(grant.who),
            grant.may or grant.may_not or "describe",
            grant.may is None,
            None if grant.columns is None else tuple(grant.columns),
            tuple((name, operator, _hashable(value)) for name, operator, value in grant.rows or ()),
            grant.until,
            grant.why.strip(),
            f"{FOLDER}/{path.name}:{items.value[index].start_mark.line + 1}",
        )
    if faults:
        raise ConfigError("\n".join(faults))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _fault(path: Path, text: str, index: int, fault: Any) -> str:
    keys = [str(part) for part in fault["loc"]]
    at = [str(index), *keys]
    while line_of(text, at) is None and len(at) > 1:
        at.pop()
    where = f"{path}:{line_of(text, at) or 1}"
    if fault["type"] == "extra_forbidden":
        fields = list(_Written.model_fields)
        return (
            f"{where}: unknown key '{keys[0]}'.{meant(keys[0], fields)} Known: {', '.join(fields)}."
        )
    message = fault["msg"].removeprefix("Value error, ")
    if not keys:
        return f"{where}: {message}."
    found = "" if fault["type"] == "missing" else f"; found {fault['input']!r}"
    return f"{where}: '{keys[0]}': {message}{found}."


def _unknown_teams(
    folder: Path, teams: Mapping[str, tuple[Principal, ...]], grants: Sequence[Grant]
) -> Iterator[str]:
    """Grants and teams that name a team, and grants that name somebody, whom no team has."""
    known = {str(each) for members in teams.values() for each in members}
    known |= {f"team:{name}" for name in teams}
    named = [(f"{folder.parent}/{grant.place}", each) for grant in grants for each in grant.who]
    named += [
        (f"{folder / TEAMS}", each)
        for members in teams.values()
        for each in members
        if each.kind == "team" and each.name not in teams
    ]
    for place, each in named:
        is_known = each.name in teams if each.kind == "team" else str(each) in known
        if not is_known and each != EVERYONE:
            yield (
                f"{place}: nobody knows '{each}'.{meant(str(each), sorted(known))} Expected a team of "
                f"{FOLDER}/{TEAMS} or a member of one. Add it there, or correct the name."
            )
