"""The contract as Kedro's native validator: what a catalog entry that names one gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highroad.products.admission import admission_of
from highroad.products.checks import check
from highroad.products.publishing import Piece, Publication


class ContractValidator:
    """Check what is saved and loaded against a contract; the data itself never changes.

    The platform's configuration loader gives one to every catalog entry, and so to every
    dataset a pattern answers for, whose `metadata.highroad` names a contract.

    Args:
        contract: The product whose contract holds.
        platform_conf: The platform's folder.
        store: The store's root.
        uri: The product's table, for entries that publish or read it; None for others.
    """

    def __init__(self, contract: str, platform_conf: str, store: str, uri: str | None = None):
        self._gate = admission_of(contract, platform_conf, store, uri)

    def validate(self, data: Any) -> Any:
        """The data as it came; of a product that is to be saved, its rows together with their check.

        Raises:
            DataValidationError: A rule blocks.
        """
        if self._gate.table is None:
            report = check(data, self._gate.contract, now=self._gate.now)
            self._gate.refuse_faults(data, report, publishing=True)
            return data
        if isinstance(data, Piece) or (isinstance(data, Mapping) and not data):
            return data  # pieces are checked when all are there; no partition was due
        return data if self._gate.is_loaded(data) else Publication(self._gate).prepare(data)
