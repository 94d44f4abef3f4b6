"""Contracts as they were at a git revision, held against those of the working tree."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from highroad.errors import ContractError
from highroad.products.compatibility import Change, bump_for, compare, version_fault
from highroad.products.contract import Contract, find_contracts, read_contract
from highroad.workspace.git import files_at


@dataclass(frozen=True)
class Difference:
    """What became of one product's contract since a revision.

    Attributes:
        product: The product.
        old: Its version then; empty where it had none, None where there was no contract.
        new: Its version now, likewise.
        bump: The step that the changes ask for: major, minor, patch or none.
        changes: What changed.
        fault: Why the new version says too little; empty where it says enough.
        warning: The same for a contract without a version.
    """

    product: str
    old: str | None
    new: str | None
    bump: str
    changes: list[Change]
    fault: str = ""
    warning: str = ""


def differences(root: Path, base: str) -> list[Difference]:
    """Every contract that changed between a git revision and the working tree, by product.

    Raises:
        WorkspaceError: git does not know the revision.
        ContractError: A contract cannot be read.
    """
    conf = root / "platform-conf"
    after = {name: read_contract(path) for name, path in find_contracts(conf).items()}
    before = _contracts_at(root, base)
    found = []
    for product in sorted({*before, *after}):
        old, new = before.get(product), after.get(product)
        changes = compare(old, new)
        if changes:
            found.append(_difference(product, old, new, changes))
    return found


def _difference(
    product: str, old: Contract | None, new: Contract | None, changes: list[Change]
) -> Difference:
    versions = (old.version if old else None, new.version if new else None)
    fault = warning = ""
    if old is not None and new is not None:
        if not new.version or not old.version:
            warning = (
                f"{new.where('id')}: {product} has no version; its readers cannot see the change."
            )
        else:
            try:
                fault = version_fault(old, new, changes) or ""
            except ValueError as error:
                raise ContractError(f"{new.where('version')}: {error}.") from None
    return Difference(product, *versions, bump_for(changes), changes, fault, warning)


def _contracts_at(root: Path, base: str) -> dict[str, Contract]:
    found = {}
    with tempfile.TemporaryDirectory(prefix="highroad-contracts-") as folder:
        for name, text in files_at(root, base, "platform-conf/contracts").items():
            path = Path(folder) / Path(name).name
            if path.suffix in (".yaml", ".yml"):
                path.write_bytes(text)
                found[path.stem] = read_contract(path)
    return found
