"""A first draft of a contract, inferred from a file with data."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_CATEGORIES, _ROWS_OF_A_CATEGORY = 20, 10
"""So many texts at most are categories, in so many rows for each."""
_PERSONAL_NAME = re.compile(
    r"(?i)(\b|_)(e?mail|phone|mobile|(first|last|sur|full)_?name|address|street|birth\w*|iban|ssn|passport|ip)(\b|_)"
)
_PERSONAL_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}|\+\d[\d ()/-]{7,}|(\d{1,3}\.){3}\d{1,3}")


def infer_contract(path: Path, product: str, owner: str = "") -> str:
    """Draft the contract of a product as YAML.

    Types are those that the store keeps; the description of a column says where the file has another.
    The rest is a guess from the rows of the file, which comments at the top of the draft list with what it
    stands on: a column without a null is required; the first one whose integers or texts all differ is the
    key; numbers of which none is negative have the minimum 0; few texts in many rows are categories; names
    and values that look personal are classified as confidential.

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
        columns: list[dict[str, Any]] = []
        guesses: list[str] = []
        for field in data.schema:
            values = data.to_table(columns={"": ds.field(field.name)}).column(0)
            column = _column(field, values)
            has_key = any("primaryKey" in earlier for earlier in columns)
            if evidence := "; ".join(_guess(column, values, has_key)):
                guesses.append(f"- {field.name}: {evidence}")
            columns.append(column)
        if path.suffix == ".csv":
            _keep_leading_zeros(path, columns)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {str(error).splitlines()[0]}.") from error
    if not columns:
        raise DataError(f"{path}: it has no columns; expected at least one.")
    comments = [
        f"Drafted from {path.name}, {data.count_rows():,} rows. Guesses, for a person to confirm:"
    ]
    comments += guesses or ["- none"]
    return "".join(f"# {' '.join(line.split())}\n" for line in comments) + write_document(
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
    return column


def _guess(column: dict[str, Any], values: pa.ChunkedArray, has_key: bool) -> Iterator[str]:
    """Add to a column what its values suggest; says each guess with its evidence."""
    import pyarrow.compute as pc

    rows, logical = len(values), column.get("logicalType")
    if values.null_count == rows:
        return
    if column.get("required"):
        yield "required (no null)"
    if (
        logical in ("integer", "number")
        and (least := pc.min(values).as_py()) is not None
        and least >= 0
    ):
        column["logicalTypeOptions"] = {"minimum": 0}
        yield f"minimum 0 (the least is {least})"
    if logical not in ("integer", "string"):
        return
    distinct = pc.count_distinct(values).as_py()
    if distinct == rows > 1 and not has_key:
        column |= {"unique": True, "primaryKey": True}
        yield "key (all values differ)"
    elif (
        logical == "string"
        and 0 < distinct * _ROWS_OF_A_CATEGORY <= rows
        and distinct <= _CATEGORIES
    ):
        names = sorted(filter(None, values.unique().to_pylist()))
        column["enum"] = [{"value": name} for name in names]
        yield f"categories ({distinct} values)"
    if _PERSONAL_NAME.search(column["name"]):
        evidence = "its name"
    elif logical == "string" and any(
        _PERSONAL_VALUE.fullmatch(text) for text in values.slice(0, 1000).to_pylist() if text
    ):
        evidence = "its values"
    else:
        return
    column |= {"classification": "confidential", "tags": ["PII"]}
    yield f"personal data (by {evidence})"


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
