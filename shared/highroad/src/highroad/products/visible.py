"""The products that somebody may see: the one way from permissions to any list of products."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from highroad.access.decisions import Access, Columns, View
from highroad.access.grants import FOLDER, read_rules
from highroad.errors import AccessError
from highroad.principal import Principal
from highroad.products.checks.privacy import personal_columns
from highroad.products.contract import Contract, absent, find_contracts, read_contract

Value = TypeVar("Value")
HIDDEN = "***"
"""What stands for the name of a hidden product in a text that names it among other things."""


class VisibleProducts(dict[str, Path]):
    """The contract files of the products that somebody may see, by product; `visible_products` makes it.

    What lists products takes this, and cannot be given anything else.

    Attributes:
        principal: Who sees them.
        access: What they may do with them.
        platform_conf: The platform's folder.
    """

    def __init__(
        self, principal: Principal, access: Access, paths: Mapping[str, Path], platform_conf: Path
    ):
        visible = access.visible(principal)
        super().__init__({name: path for name, path in paths.items() if name in visible})
        self.principal = principal
        self.access = access
        self.platform_conf = platform_conf
        self._hidden = paths.keys() - visible

    def contract(self, product: str) -> Contract:
        """The contract of a product.

        Raises:
            ContractError: There is none, or it is hidden: the message is the same.
        """
        if product not in self:
            raise absent(product, self.platform_conf, self)
        return read_contract(self[product])

    def readable(self, product: str) -> View:
        """What they see of a product that they may read.

        Raises:
            ContractError: There is none, or it is hidden.
            AccessError: They may not read it.
        """
        decision = self.access.may(self.principal, "read", product)
        if not decision.allowed:
            owner = self.contract(product).owner
            raise AccessError(f"{decision.why} {how_to_ask(product, owner)}")
        return self.view(product)

    def whole(self, product: str) -> Contract:
        """The contract of a product whose rows and columns they may read without exception; tags need no grant.

        Raises:
            ContractError: There is none, or it is hidden.
            AccessError: They may not read it, or not all of it.
        """
        view, contract = self.readable(product), self.contract(product)
        shown = {*view.shown, *personal_columns(contract.table)}
        if view.rows is not None or not shown.issuperset(
            str(each.name) for each in contract.columns
        ):
            raise AccessError(
                f"{self.principal} may read a part of {product}, and this reads all of it. "
                f"{how_to_ask(product, contract.owner)}"
            )
        return contract

    def view(self, product: str) -> View:
        """What they see of its columns and rows."""
        return self.access.view(self.principal, product)

    def shows(self, product: str) -> bool:
        """Whether something that names this product may be shown; of one without contract only where nothing is hidden."""
        return product in self or self.access.rules is None

    def hides(self, product: str) -> bool:
        """Whether there is such a product, and it is hidden."""
        return product in self._hidden

    def redact(self, value: Value, asked: str = "") -> Value:
        """Plain values without the names of hidden products, but for those in what was asked."""
        if self._pattern is None:
            return value
        own = frozenset(self._pattern.findall(asked))
        struck: Value = _redacted(
            value, lambda name: name[0] if name[0] in own else HIDDEN, self._pattern
        )
        return struck

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        names = "|".join(map(re.escape, sorted(self._hidden, key=len, reverse=True)))
        return re.compile(rf"(?<![\w.])(?:{names})(?!\w)") if names else None


def readable(platform_conf: Path, principal: Principal, product: str) -> View:
    """What somebody sees of a product that they may read; raises as `VisibleProducts.readable`."""
    return visible_products(platform_conf, principal).readable(product)


def read_facts(platform_conf: Path, principal: Principal, product: str) -> dict[str, Any]:
    """What is kept of a decision to let somebody read: who, by which policies and grants, of which files."""
    access = access_of(platform_conf)
    if access.rules is None:
        return {}
    decision = access.may(principal, "read", product)
    return {
        "principal": str(principal),
        "policies": list(decision.policies),
        "grants": list(decision.grants),
        "digest": access.rules.digest,
    }


def how_to_ask(product: str, owner: str) -> str:
    """Who owns a product, and how to ask for a grant."""
    return f"It is owned by {owner or 'nobody'}; ask for a grant: `highroad access request {product} --why …`."


def visible_products(platform_conf: Path, principal: Principal) -> VisibleProducts:
    """The products that somebody may see; all of them where platform-conf has no `access` folder.

    Raises:
        ConfigError: The teams or grants cannot be read; nothing is shown then.
        ContractError: Two contracts are of one product.
    """
    paths = find_contracts(platform_conf)
    return VisibleProducts(principal, access_of(platform_conf, paths), paths, platform_conf)


def access_of(platform_conf: Path, contracts: Mapping[str, Path] | None = None) -> Access:
    """Teams and grants of a platform as they are today; `contracts` are its, where they were listed already.

    Raises:
        ConfigError: They cannot be read.
    """
    folder = platform_conf / FOLDER
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    stats = tuple((each.name, each.stat().st_mtime_ns, each.stat().st_size) for each in files)
    products = tuple(find_contracts(platform_conf) if contracts is None else contracts)
    return _access(platform_conf, datetime.now(UTC).date(), products, (folder.is_dir(), stats))


@lru_cache(maxsize=4)
def _access(conf: Path, day: date, products: tuple[str, ...], files: tuple[Any, ...]) -> Access:
    def columns_of(product: str) -> Columns:
        contract = read_contract(find_contracts(conf)[product])
        personal = personal_columns(contract.table)
        names = {str(each.name): str(each.physicalName or each.name) for each in contract.columns}
        tagged = frozenset(name for name, stored in names.items() if stored in personal)
        return Columns(tuple(names), tagged)

    return Access(read_rules(conf), products, day, columns_of)


def _redacted(value: Any, struck: Callable[[re.Match[str]], str], hidden: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return hidden.sub(struck, value)
    if isinstance(value, Mapping):
        return {
            _redacted(key, struck, hidden): _redacted(each, struck, hidden)
            for key, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(_redacted(each, struck, hidden) for each in value)
    return value
