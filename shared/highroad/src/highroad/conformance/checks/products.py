"""Checks of catalog entries that are data products."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from highroad.config.entries import stem
from highroad.conformance.check import CatalogCheck, Finding
from highroad.conformance.checks.inputs import PRODUCT

if TYPE_CHECKING:
    from highroad.conformance.facts.catalog import Merged


class ProductsNameTheirContract(CatalogCheck):
    """The catalog entry of a data product names the product's contract, and the contract exists."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        from highroad.products.contract import find_contracts

        conf = merged.loader.platform_conf
        known = find_contracts(conf)
        for name, key, settings in merged.entries:
            facts = (settings.get("metadata") or {}).get("highroad") or {}
            named = facts.get("contract")
            if PRODUCT.match(name) and stem(name) in known and named != stem(name):
                yield Finding(
                    merged.where(key),
                    f"'{name}' is a product without its contract; expected metadata: "
                    f"{{highroad: {{contract: {stem(name)}}}}}, as the platform's pattern has it.",
                )
            elif named and named not in known:
                yield Finding(
                    merged.where(key, "metadata"),
                    f"'{name}': there is no contract '{named}' in {conf / 'contracts'}.",
                )


class ProductsKeepTheirGate(CatalogCheck):
    """A product is read and published under its own name with the platform's settings, and by no other way."""

    def findings(self, merged: Merged) -> Iterator[Finding]:
        from highroad.datasets.product_boundary import Boundary

        folders = (Path(merged.project.path), Path.cwd())
        boundary = Boundary(merged.loader, merged.project.name, folders)
        for name, key, settings in merged.entries:
            for breach in boundary.breaches(name, settings):
                yield Finding(merged.where(key, *breach.keys), breach.what)
