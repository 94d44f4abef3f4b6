"""CSV files, which have no types of their own, read as a contract has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from highroad.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from highroad.products.contract import Contract


def read_csv(path: Path, contract: Contract) -> pa.Table:
    """A CSV file with the contract's types where its values allow them.

    Texts stay as they are written (`007` is no number); an empty field is null. A column with a
    value that is not of its type keeps the type its values suggest, and its rules say so.

    Raises:
        DataError: The file is no CSV.
    """
    import pyarrow as pa
    from pyarrow import csv

    from highroad.products.contract import column_name
    from highroad.products.types import arrow_type

    wanted = {
        column_name(each): arrow_type(each.physicalType, each.logicalType)
        for each in contract.columns
    }
    # A decimal that is read as a double first is no longer what was written.
    texts = {
        name: pa.string()
        for name, kind in wanted.items()
        if pa.types.is_string(kind) or pa.types.is_decimal(kind)
    }
    options = csv.ConvertOptions(column_types=texts, strings_can_be_null=True)
    try:
        table = csv.read_csv(path, convert_options=options)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path}: cannot be read as CSV: {str(error).splitlines()[0]}.") from error
    for index, name in enumerate(table.column_names):
        kind = wanted.get(name, pa.null())
        if table.schema.types[index] == kind or pa.types.is_null(kind):
            continue
        try:
            column = table.column(index).cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
        table = table.set_column(index, name, column)
    return table
