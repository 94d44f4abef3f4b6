"""Rules about contracts: what crosses a project's border is under one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from highroad.config.entries import stem
from highroad.conformance.inputs import PRODUCT
from highroad.conformance.rule import CatalogRule, Fault, Merged
from highroad.errors import ContractError


class ProductsHaveContracts(CatalogRule):
    """Every data product that a project publishes or consumes is under a contract of its owner's."""

    def faults(self, merged: Merged) -> Iterator[Fault]:
        from highroad.products.contract import contract_of, find_contracts
        from highroad.products.lint import out_of_range

        conf = merged.loader.platform_conf
        if not (conf / "contracts").is_dir():
            return
        owners = {each.name: each.owner for each in merged.workspace}
        known = find_contracts(conf)
        for product in sorted({*merged.project.publishes, *merged.project.consumes}):
            try:
                contract = contract_of(product, conf)
            except ContractError as error:
                yield Fault(f"{merged.project.name}/pyproject.toml", str(error))
                continue
            owner = owners.get(product.partition(".")[0], contract.owner)
            if contract.owner != owner:
                yield Fault(
                    contract.where("team", "name"),
                    f"the owner is '{contract.owner}', and [tool.highroad] of the project says "
                    f"'{owner}'; they must agree.",
                )
        yield from (Fault(*fault.split(": ", 1)) for fault in out_of_range(merged.project, conf))
        for name, key, settings in merged.entries:
            facts = (settings.get("metadata") or {}).get("highroad") or {}
            named = facts.get("contract")
            if PRODUCT.match(name) and stem(name) in known and named != stem(name):
                yield Fault(
                    merged.where(key),
                    f"'{name}' is a product without its contract; expected metadata: "
                    f"{{highroad: {{contract: {stem(name)}}}}}, as the platform's pattern has it.",
                )
            elif named and named not in known:
                yield Fault(
                    merged.where(key, "metadata"),
                    f"'{name}': there is no contract '{named}' in {conf / 'contracts'}.",
                )


class ProductsKeepTheirGate(CatalogRule):
    """A product is read and published under its own name with the platform's settings, and by no other way."""

    def faults(self, merged: Merged) -> Iterator[Fault]:
        from highroad.datasets.product_boundary import Boundary

        folders = (Path(merged.project.path), Path.cwd())
        boundary = Boundary(merged.loader, merged.project.name, folders)
        for name, key, settings in merged.entries:
            for breach in boundary.breaches(name, settings):
                yield Fault(merged.where(key, *breach.keys), breach.what)
