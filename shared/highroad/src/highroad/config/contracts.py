"""Catalog entries that name a contract get Kedro's validator for it, patterns too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highroad.errors import ConfigError

VALIDATOR = "highroad.products.validator.ContractValidator"


def with_contracts(catalog: Mapping[str, Any], platform_conf: str, store: str) -> dict[str, Any]:
    """The catalog with a `validator` in each entry whose `metadata.highroad` names a contract.

    Args:
        catalog: Entries and patterns by name; nothing in it is changed.
        platform_conf: The platform's folder, which holds the contracts.
        store: The store's root.

    Raises:
        ConfigError: An entry has a contract and another validator.
    """
    return {
        name: _with_contract(name, entry, platform_conf, store) for name, entry in catalog.items()
    }


def _with_contract(name: str, entry: Any, platform_conf: str, store: str) -> Any:
    metadata = entry.get("metadata") if isinstance(entry, Mapping) else None
    facts = metadata.get("highroad") if isinstance(metadata, Mapping) else None
    if not isinstance(facts, Mapping) or not facts.get("contract"):
        return entry
    contract = facts["contract"]
    if "validator" in entry:
        raise ConfigError(
            f"'{name}' has a contract, {contract}, and a validator of its own; one of them must go."
        )
    options = {"contract": contract, "platform_conf": platform_conf, "store": store}
    if facts.get("product"):
        options["uri"] = f"{store}/products/{facts['product']}"
    return {**entry, "validator": {"class": VALIDATOR, "options": options}}
