"""A first draft of a contract, inferred from a file with data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from highroad.errors import DataError
from highroad.products.documents import write_document
from highroad.products.stored_types import stored_type
from highroad.products.tables import open_file
from highroad.products.types import LOGICAL, fits_logical

if TYPE_CHECKING:
    import pyarrow as pa

_NARROWEST = ("integer", *LOGICAL)
"""An integer is a number too, and says more."""


def infer_contract(path: Path, product: str, owner: str = "") -> str:
    """Draft the contract of a product as YAML.

    Types are those that the store keeps; the description of a column says where the file has another.
    A column without a null is required, and one of integers or texts whose values differ is unique.

    Args:
        path: A Parquet or CSV file, a folder of Parquet files, or a Delta table.
        product: `<project>.<product>`.
        owner: The team that answers for it.

    Raises:
        DataError: The file cannot be read, or has no columns.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        data = open_file(path)
        data = data if isinstance(data, ds.Dataset) else ds.dataset(data)
        columns = [
            _column(field, data.to_table(columns={"": ds.field(field.name)}).column(0))
            for field in data.schema
        ]
        if path.suffix == ".csv":
            _keep_leading_zeros(path, columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {str(error).splitlines()[0]}.") from error
    if not columns:
        raise DataError(f"{path}: it has no columns; expected at least one.")
    return write_document(
        {
            "kind": "DataContract",
            "apiVersion": "v3.2.0",
            "id": product,
            "version": "0.1.0",
            "status": "draft",
            "team": {"name": owner},
            "schema": [{"name": product.rpartition(".")[2], "properties": columns}],
        }
    )


def _column(field: pa.Field, values: pa.ChunkedArray) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = field.type
    stored = stored_type(kind if kind != pa.null() else pa.string())
    kept = stored if stored is not None else kind
    logical = next((each for each in _NARROWEST if fits_logical(each, kept)), None)
    column: dict[str, Any] = {"name": field.name}
    if logical:
        column["logicalType"] = logical
    column["physicalType"] = str(kept)
    if stored is None:
        column["description"] = "The store cannot keep this type; convert the column."
    elif stored != kind:
        column["description"] = f"{kind} in the file; the store keeps it as {stored}."
    if len(values) and not values.null_count:
        column["required"] = True
        if (
            logical in ("integer", "string")
            and pc.count_distinct(values).as_py() == len(values) > 1
        ):
            column["unique"] = True
    return column


def _keep_leading_zeros(path: Path, columns: list[dict[str, Any]]) -> None:
    """Take `007` for a text; CSV does not say, and an integer would lose what is written."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    numbers = {each["name"]: each for each in columns if each["logicalType"] == "integer"}
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(numbers, pa.string()), include_columns=[*numbers]
    )
    if numbers:
        texts = csv.read_csv(path, convert_options=options)
        for name, column in numbers.items():
            if pc.any(pc.match_substring_regex(texts.column(name), r"^[+-]?0\d")).as_py():
                column |= {"logicalType": "string", "physicalType": "string"}
