"""A data product's contract: one Open Data Contract Standard document, read without loss.

The standard's own model (`open-data-contract-standard`) checks the types of what it knows. It
drops keys it does not know without a word, and a misspelt `requird: true` with them, so the
document as written is kept beside the model and says which keys were not understood.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from highroad.access.grants import FOLDER as GRANTS
from highroad.config.positions import LOADER, line_of
from highroad.errors import ContractError
from highroad.products.documents import read_document
from highroad_workspace.metadata import meant

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        OpenDataContractStandard,
        SchemaObject,
        SchemaProperty,
    )

FOLDER = "contracts"
SUFFIXES = (".yaml", ".yml")
WAIVERS = "highroad.waivers"
TOLERANCES = "highroad.tolerances"
OPTIONS = "highroad."
_HEAD = re.compile(r"^(?:kind|version|team):.*?(?=^[^\s#-]|\Z)", re.MULTILINE | re.DOTALL)
_PROMISES = ("schema", "slaProperties")
"""The parts of a document that data is checked against."""


@dataclass(frozen=True)
class Waiver:
    """Why a rule need not be checked, and the ISO date after which that no longer holds."""

    rule: str
    reason: str
    expires: str


@dataclass(frozen=True)
class Contract:
    """One product's contract.

    Attributes:
        product: The data product, `<project>.<product>`; the file's name.
        path: The file.
        document: What the file says, unknown keys included.
        model: The same as the standard's model, unknown keys left out.
        digest: SHA-256 of the file, texts and comments included; empty for one that is no file.
    """

    product: str
    path: Path
    document: Mapping[str, Any] = field(repr=False)
    model: OpenDataContractStandard = field(repr=False)
    digest: str = ""

    @property
    def version(self) -> str:
        """The contract's semantic version; empty where the document has none."""
        return self.model.version or ""

    @property
    def owner(self) -> str:
        """The team that answers for the product; empty where the document names none."""
        team = self.model.team
        return (team.name or "") if team is not None and not isinstance(team, list) else ""

    @property
    def tables(self) -> list[SchemaObject]:
        """The tables the document describes."""
        return list(self.model.schema_ or [])

    @property
    def table(self) -> SchemaObject:
        """The product's one table.

        Raises:
            ContractError: The document describes none, or several and none of the product's name.
        """
        name = self.product.rpartition(".")[2]
        named = [each for each in self.tables if each.name in (name, self.product)]
        chosen = named if len(self.tables) != 1 else self.tables
        if len(chosen) != 1:
            raise ContractError(
                f"{self.where('schema')}: expected one table called '{name}', found "
                f"{', '.join(str(each.name) for each in self.tables) or 'none'}."
            )
        return chosen[0]

    @property
    def columns(self) -> list[SchemaProperty]:
        """The columns of the product's table, in order."""
        return list(self.table.properties or [])

    @property
    def partitioned_by(self) -> list[str]:
        """The columns the product is stored by, outermost first; empty for one piece."""
        parts = [each for each in self.columns if each.partitioned]
        return [
            str(each.name)
            for each in sorted(parts, key=lambda each: each.partitionKeyPosition or 0)
        ]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what data is checked against; descriptions and other texts do not count."""
        from highroad.products.texts import without_texts

        promises = {key: without_texts(self.document.get(key)) for key in _PROMISES}
        if tolerances := self.custom(TOLERANCES):
            promises[TOLERANCES] = tolerances
        text = json.dumps(promises, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def waivers(self) -> list[Waiver]:
        """The custom property `highroad.waivers`: rules that need not be checked.

        Raises:
            ContractError: It is no list of mappings.
        """
        found = self.custom(WAIVERS) or []
        if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found):
            raise ContractError(
                f"{self.where_custom(WAIVERS)}: {WAIVERS} is {found!r}; expected a list of "
                "{rule, reason, expires}."
            )
        return [
            Waiver(*(str(each.get(key) or "") for key in ("rule", "reason", "expires")))
            for each in found
        ]

    def custom(self, name: str, default: Any = None) -> Any:
        """The value of a custom property of the document."""
        for each in self.model.customProperties or []:
            if each.property == name:
                return each.value
        return default

    def where_custom(self, name: str, *keys: str | int) -> str:
        """`where` a custom property of the document stands, or a key of its value."""
        for index, each in enumerate(self.model.customProperties or []):
            if each.property == name:
                inside: tuple[str | int, ...] = ("value", *keys) if keys else ()
                return self.where("customProperties", index, *inside)
        return self.where("customProperties")

    def where(self, *keys: str | int) -> str:
        """`file:line` of a key in the document, or of the nearest key above it."""
        text = self.path.read_text(encoding="utf-8") if self.path.is_file() else ""
        path = [str(key) for key in keys]
        while path:
            if line := line_of(text, path):
                return f"{self.path}:{line}"
            path.pop()
        return str(self.path)

    def unknown_keys(self) -> Iterator[tuple[list[str], str]]:
        """Keys that the standard does not know: the path to each, and the likely meaning."""
        known = self.model.model_dump(by_alias=True, exclude_unset=True)
        yield from _unknown(self.document, known, [])


def column_name(column: SchemaProperty) -> str:
    """What a column is called in tables."""
    return str(column.physicalName or column.name)


def find_contracts(platform_conf: Path) -> dict[str, Path]:
    """The contract files of a platform, by product.

    Raises:
        ContractError: Two files are of one product.
    """
    found: dict[str, Path] = {}
    folder = platform_conf / FOLDER
    paths = folder.iterdir() if folder.is_dir() else ()
    for path in sorted(paths, key=lambda each: each.name):
        if path.suffix not in SUFFIXES:
            continue
        if path.stem in found:
            raise ContractError(
                f"{path}: {found[path.stem].name} is of '{path.stem}' too; one must go."
            )
        found[path.stem] = path
    return found


def contract_of(product: str, platform_conf: Path) -> Contract:
    """The contract of a product.

    Raises:
        ContractError: There is none, or it cannot be read.
    """
    folder = platform_conf / FOLDER
    is_name = Path(product).name == product
    paths = [path for suffix in SUFFIXES if (path := folder / f"{product}{suffix}").is_file()]
    if is_name and len(paths) == 1:
        return read_contract(paths[0])
    raise absent(
        product, platform_conf, find_contracts(platform_conf)
    )  # refuses two of one product


def absent(product: str, platform_conf: Path, known: Iterable[str]) -> ContractError:
    """What is said of a product that has no contract among those that are known."""
    folder = platform_conf / FOLDER
    ask = f", or ask for it: `highroad access request {product} --why …`"
    return ContractError(
        f"No contract for '{product}' in {folder}.{meant(product, [*known])} "
        f"Write {folder / product}.yaml (`highroad contracts infer FILE --product {product}` drafts it)"
        f"{ask if (platform_conf / GRANTS).is_dir() else ''}."
    )


class Head(NamedTuple):
    """The version and the owner of a contract, empty where it names none."""

    version: str
    owner: str


def read_head(path: Path) -> Head:
    """Version and owner of a contract, in a tenth of the time that all of it takes to read.

    Only their lines are parsed where both begin a line once, as in any contract in YAML's block style; else all
    of it is read.

    Raises:
        ContractError: All of it had to be read and cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8")
        blocks = _HEAD.findall(text)
        keys = [block.partition(":")[0] for block in blocks]
        if sorted(keys) == ["kind", "team", "version"]:
            head = yaml.load("".join(blocks), LOADER)
            team, version = head["team"], head["version"]
            owner = team.get("name", "") if isinstance(team, dict) else None
            if (
                head["kind"] == "DataContract"
                and isinstance(version, str)
                and isinstance(owner, str)
            ):
                return Head(version, owner)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        pass  # read_contract says what and where
    contract = read_contract(path)
    return Head(contract.version, contract.owner)


def read_contract(path: Path, product: str | None = None) -> Contract:
    """Read one contract; the product is the file's name unless given.

    Raises:
        ContractError: The document is not YAML, or not of the standard; file, line, what was
            found and expected.
    """
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    # Before the document is read: of a file that changes meanwhile, the digest must not fit.
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    document = read_document(path)
    aliases = {info.alias or name for name, info in OpenDataContractStandard.model_fields.items()}
    if document.get("kind") != "DataContract":
        line = line_of(path.read_text(encoding="utf-8"), ["kind"]) or 1
        raise ContractError(
            f"{path}:{line}: kind is {document.get('kind')!r}; expected 'DataContract', as the Open Data "
            "Contract Standard has it from version 3 on."
        )
    try:
        model = OpenDataContractStandard(
            **{key: document[key] for key in document if key in aliases}
        )
    except ValidationError as error:
        text = path.read_text(encoding="utf-8")
        faults = []
        for each in error.errors():
            keys = [
                str(part) for part in each["loc"] if str(part) in _written(document, each["loc"])
            ]
            line = line_of(text, keys) or 1
            # YAML takes 1.0 for a number, and on, off, yes and no for truths.
            is_bare = each["type"] == "string_type" and isinstance(each["input"], (int, float))
            faults.append(
                f"{path}:{line}: '{'.'.join(keys)}': {each['msg']}; found {each['input']!r}."
                f"{' Put it in quotes.' if is_bare else ''}"
            )
        raise ContractError("\n".join(dict.fromkeys(faults))) from error
    return Contract(product or path.stem, path, document, model, digest)


def _written(value: Any, loc: tuple[int | str, ...]) -> set[str]:
    """The parts of a pydantic location that stand in the document; a union adds its own names."""
    parts: set[str] = set()
    for part in loc:
        inside: Any = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inside, Mapping) and part in inside:
            value = inside[part]
            parts.add(str(part))
    return parts


def _unknown(written: Any, known: Any, path: list[str]) -> Iterator[tuple[list[str], str]]:
    if isinstance(written, Mapping) and isinstance(known, Mapping):
        for key, value in written.items():
            here = [*path, str(key)]
            if key in known:
                yield from _unknown(value, known[key], here)
            elif value is not None:
                yield here, meant(str(key), _fields(path))
    elif isinstance(written, list) and isinstance(known, list):
        for index, (value, other) in enumerate(zip(written, known, strict=False)):
            yield from _unknown(value, other, [*path, str(index)])


def _fields(path: list[str]) -> list[str]:
    """The keys the standard has at a place of a document, for a hint."""
    from open_data_contract_standard import model

    named = [part for part in path if not part.isdigit()]
    kinds = {
        "schema": model.SchemaObject,
        "properties": model.SchemaProperty,
        "quality": model.DataQuality,
        "slaProperties": model.ServiceLevelAgreementProperty,
        "servers": model.Server,
        "team": model.Team,
        "support": model.Support,
    }
    kind: Any = kinds.get(named[-1]) if named else model.OpenDataContractStandard
    return [info.alias or name for name, info in kind.model_fields.items()] if kind else []
