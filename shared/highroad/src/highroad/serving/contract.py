"""What a request has to be: a contract from the model's signature, with what its team says of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import msgspec

from highroad.errors import ConfigError
from highroad.serving.assignment import FieldRule, Settings
from highroad.serving.model import Input

NUMBER, INTEGER, BOOLEAN, STRING = "number", "integer", "boolean", "string"
MOST_FAULTS = 1_000
_LONGEST = 80
_MOST_BITS = 1023


class Rule(msgspec.Struct, frozen=True):
    """What one column of a request may hold; None of `least`, `most` and `categories` limits nothing."""

    name: str
    type: str
    nulls: bool
    least: float | None
    most: float | None
    categories: list[str] | None

    def expected(self) -> str:
        """In words."""
        if self.categories is not None:
            shown = ", ".join(self.categories[:10]) + (", …" if len(self.categories) > 10 else "")
            what = f"one of {shown}"
        else:
            what = {NUMBER: "a number", INTEGER: "a whole number", BOOLEAN: "true or false", STRING: "a text"}[self.type]  # fmt: skip
        bounds = (("from", self.least), ("to", self.most))
        what += "".join(f" {word} {bound:.17g}" for word, bound in bounds if bound is not None)
        return f"{what}{' or null' if self.nulls else ''}"

    def fault(self, value: Any) -> str:
        """The kind of fault of a value: `null`, `type`, `range` or `category`; empty where there is none."""
        if value is None:
            return "" if self.nulls else "null"
        if not self._is_of_type(value):
            return "type"
        if self.categories is not None:
            return "" if value in self.categories else "category"
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:  # more than a double holds
            return "range"
        if self.least is not None and value < self.least:
            return "range"
        return "range" if self.most is not None and value > self.most else ""

    def _is_of_type(self, value: Any) -> bool:
        if isinstance(value, bool):
            return self.type == BOOLEAN
        if self.type == NUMBER:
            return isinstance(value, (int, float))
        if self.type == INTEGER:
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return self.type == STRING and isinstance(value, str)

    def annotation(self) -> Any:
        """The type by which msgspec decodes it."""
        kind: Any = {NUMBER: float, INTEGER: int, BOOLEAN: bool, STRING: str}[self.type]
        if self.categories:
            kind = Literal[tuple(self.categories)]
        elif self.least is not None or self.most is not None:
            least, most = self.least, self.most
            if self.type == INTEGER:
                least = None if least is None else max(math.ceil(least), -(2**63))
                most = None if most is None else min(math.floor(most), 2**63 - 1)
            kind = Annotated[kind, msgspec.Meta(ge=least, le=most)]
        return kind | None if self.nulls else kind

    def odcs(self) -> dict[str, Any]:
        """As a property of an ODCS contract."""
        found: dict[str, Any] = {"name": self.name, "logicalType": self.type, "required": not self.nulls}  # fmt: skip
        limits = {"minimum": self.least, "maximum": self.most}
        if options := {key: value for key, value in limits.items() if value is not None}:
            found["logicalTypeOptions"] = options
        if self.categories is not None:
            found["enum"] = [{"value": each} for each in self.categories]
        return found

    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        found: dict[str, Any] = {"type": [self.type, "null"] if self.nulls else self.type}
        limits = {"minimum": self.least, "maximum": self.most}
        found |= {key: value for key, value in limits.items() if value is not None}
        if self.categories is not None:
            found["enum"] = [*self.categories, *([None] if self.nulls else [])]
        return found


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong in a request: in which row, in which field, and what was expected there."""

    row: int | None
    field: str
    kind: str
    expected: str
    found: Any = None


class Contract:
    """The rules of every column, and the decoder that they make.

    Args:
        inputs: What the model takes.
        settings: What the team says.

    Raises:
        ConfigError: It says something of a column that is not there, or that the model cannot do.
    """

    def __init__(self, inputs: Sequence[Input], settings: Settings):
        names = [each.name for each in inputs]
        for name in settings.fields:
            if name not in names:
                raise ConfigError(f"serves.fields: the model takes no column '{name}'.{_near(name, names)}")  # fmt: skip
        self.rules = [_rule(each, settings, settings.fields.get(each.name, FieldRule())) for each in inputs]  # fmt: skip
        self._names = {rule.name: rule for rule in self.rules}
        fields: list[Any] = [
            (f"f{number}", rule.annotation(), msgspec.field(name=rule.name))
            for number, rule in enumerate(self.rules)
        ]
        row: Any = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False)
        parts: list[Any] = [("rows", list[row]), ("partial", bool, False)]
        request = msgspec.defstruct("Request", parts, forbid_unknown_fields=True, gc=False)
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(request).decode
        """A request without a fault, at once; raises msgspec.ValidationError on the first one."""

    def faults(self, request: Any) -> tuple[list[Fault], list[tuple[int, tuple[Any, ...]]]]:
        """Every fault of a decoded request, and its rows without one, each with its number."""
        if not isinstance(request, Mapping) or not isinstance(request.get("rows"), list):
            return [Fault(None, "rows", "type", 'an object such as {"rows": [{…}]}')], []
        found = [Fault(None, key, "unknown", "rows, and perhaps partial") for key in request if key not in ("rows", "partial")]  # fmt: skip
        if not isinstance(request.get("partial", False), bool):
            found.append(Fault(None, "partial", "type", "true or false", _shown(request["partial"])))  # fmt: skip
        good = []
        for number, row in enumerate(request["rows"]):
            before = len(found)
            found += self._faults_of(number, row)
            if len(found) == before:
                good.append((number, tuple(row[name] for name in self._names)))
        return found, good

    def _faults_of(self, number: int, row: Any) -> Iterator[Fault]:
        if not isinstance(row, Mapping):
            yield Fault(number, "", "type", "an object with a value for each column", _shown(row))
            return
        for name, rule in self._names.items():
            if name not in row:
                yield Fault(number, name, "missing", rule.expected())
            elif kind := rule.fault(row[name]):
                yield Fault(number, name, kind, rule.expected(), _shown(row[name]))
        for name in row:
            if name not in self._names:
                yield Fault(number, _shown(name), "unknown", f"a column of the contract.{_near(name, list(self._names))}")  # fmt: skip

    def odcs(self, model: str, version: int) -> dict[str, Any]:
        """The whole as an ODCS document."""
        return {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": f"{model}.requests",
            "name": f"{model}.requests",
            "version": f"1.{version}.0",
            "status": "active",
            "description": {"purpose": f"What {model} has to be asked with."},
            "schema": [
                {
                    "name": "rows",
                    "logicalType": "object",
                    "properties": [rule.odcs() for rule in self.rules],
                }
            ],
        }


def _rule(given: Input, settings: Settings, said: FieldRule) -> Rule:
    kind = _type_of(given)
    nulls = given.takes_null and given.nulls is not False if said.nulls is None else said.nulls
    if nulls and not given.takes_null:
        raise ConfigError(f"serves.fields: {given.name}: the model does not take nulls.")
    categories = given.categories
    if settings.unknown_categories == "map" and given.takes_unknown:
        categories = None
    if said.categories is not None:
        if strange := sorted(set(said.categories) - set(given.categories or ())):
            raise ConfigError(f"serves.fields: {given.name}: the model does not know {', '.join(strange)}.")  # fmt: skip
        categories = said.categories
    seen = (given.least, given.most) if settings.out_of_range == "reject" else (None, None)
    least, most = (
        own if own is not None else bound if isinstance(bound, (int, float)) else None
        for own, bound in zip((said.least, said.most), seen, strict=True)
    )
    return Rule(given.name, kind, nulls, least, most, categories)


def _type_of(given: Input) -> str:
    if given.categories is not None:
        return STRING
    if given.type == "bool":
        return BOOLEAN
    return INTEGER if given.type.lstrip("u").startswith("int") else NUMBER


def _shown(value: Any) -> Any:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _near(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, names, n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
