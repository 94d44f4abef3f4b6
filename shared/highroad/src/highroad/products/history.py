"""Contracts as they were at a git revision, held against those of the working tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from highroad.errors import ContractError
from highroad.products.compatibility import (
    VERSION,
    Change,
    bump_for,
    compare,
    removal_fault,
    version_fault,
)
from highroad.products.contract import SUFFIXES, Contract, find_contracts, read_contract
from highroad_workspace.git import common_ancestor, files_at
from highroad_workspace.leftovers import temporary_folder

FOLDER = "platform-conf/contracts"


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
        warning: What cannot be judged: a contract without a version, or one unreadable before.
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

    Where the revision has gone on since HEAD left it, the comparison starts at their common
    ancestor: what others changed since is not undone here.

    Raises:
        WorkspaceError: git does not know the revision.
        ContractError: A contract of the working tree cannot be read.
    """
    conf = root / "platform-conf"
    after = {name: read_contract(path) for name, path in find_contracts(conf).items()}
    # GitHub names the parent of a branch's first push so: nothing was there before.
    is_first = len(base) in (40, 64) and not base.strip("0")
    before = {} if is_first else _contracts_at(root, common_ancestor(root, base))
    called = {new.fingerprint: name for name, new in after.items() if name not in before}
    found = []
    for product in sorted({*before, *after}):
        old, new = before.get(product), after.get(product)
        if isinstance(old, str):
            if new is not None:
                found.append(_not_compared(product, new, old))
            continue
        changes = compare(old, new)
        if old is not None and new is None and old.fingerprint in called:
            other = called[old.fingerprint]
            changes = [replace(each, what=f"{each.what}; '{other}' says the same now")
                       for each in changes]  # fmt: skip
        if changes:
            found.append(_difference(product, old, new, changes))
    return found


def _difference(
    product: str, old: Contract | None, new: Contract | None, changes: list[Change]
) -> Difference:
    fault = warning = ""
    if old is not None and not VERSION.match(old.version):
        known = f"version '{old.version}' was no semantic one" if old.version else "had no version"
        warning = f"{product} {known}; its readers cannot see the change."
    elif old is not None and new is None:
        fault = (
            f"platform-conf/contracts/{old.path.name}: {told}"
            if (told := removal_fault(old))
            else ""
        )
    elif old is not None and new is not None:
        if not new.version:
            warning = (
                f"{new.where('id')}: {product} has no version; its readers cannot see the change."
            )
        else:
            try:
                fault = version_fault(old, new, changes) or ""
            except ValueError as error:
                raise ContractError(f"{new.where('version')}: {error}.") from None
    versions = (old.version if old else None, new.version if new else None)
    return Difference(product, *versions, bump_for(changes), changes, fault, warning)


def _not_compared(product: str, new: Contract, why: str) -> Difference:
    warning = f"{new.where('id')}: {product} was not compared, it could not be read before: {why}"
    return Difference(product, None, new.version, "none", [], warning=warning)


def _contracts_at(root: Path, revision: str) -> dict[str, Contract | str]:
    """The contracts of a revision, by product; one that cannot be read as the reason why."""
    found: dict[str, Contract | str] = {}
    with temporary_folder("contracts") as folder:
        for name, text in files_at(root, revision, FOLDER).items():
            path = Path(folder) / Path(name).name
            if path.suffix in SUFFIXES and name == f"{FOLDER}/{path.name}":
                path.write_bytes(text)
                try:
                    found[path.stem] = read_contract(path)
                except ContractError as error:
                    found[path.stem] = str(error).replace(folder, f"{revision[:12]}:{FOLDER}")
    return found
