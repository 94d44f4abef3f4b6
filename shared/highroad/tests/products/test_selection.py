"""What a reader gets of a product under grants: rows and columns, of every kind, pushed into the scan."""

from __future__ import annotations

import pytest
from conftest import write

from highroad.errors import AccessError, ConfigError, ContractError, DataError

from .conftest import OWNS, orders

KINDS = ("pandas", "polars", "arrow", "duckdb", "partitions")
COLUMNS = ["month", "id", "price", "at"]


@pytest.fixture
def read(governed, product):
    """Publish orders of two months, grant something to everybody, and read as eve."""
    product(principal="anna").save(
        {"2013-01": orders("2013-01", 1), "2013-02": orders("2013-02", 3, 5)}
    )

    def made(grant: str, who: str | None = "eve", **options):
        write(governed / "access" / "shop.yml", OWNS)
        write(governed / "access" / "shop.orders.yml", grant)
        return product(principal=who, **options)

    return made


def rows_of(dataset) -> list[dict]:
    data = dataset.load()
    if isinstance(data, dict):
        return [row for name in sorted(data) for row in data[name]().to_dict("records")]
    for convert in ("collect", "to_arrow_table", "to_dicts", "to_pylist"):
        if hasattr(data, convert):
            data = getattr(data, convert)()
    rows = data if isinstance(data, list) else data.to_dict("records")
    return sorted(rows, key=lambda row: row["id"])


GRANT = "- {{who: everyone, may: read{}, why: x}}\n"


@pytest.mark.parametrize("kind", KINDS)
def test_a_tagged_column_is_there_and_has_no_values(read, kind):
    rows = rows_of(read(GRANT.format(""), kind=kind))
    assert len(rows) == 7 and {row["id"] for row in rows} == set(range(1, 8))
    assert all("buyer" in row and str(row["buyer"]) in ("None", "<NA>") for row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_and_columns_of_a_grant(read, kind):
    grant = GRANT.format(", columns: [id, buyer], rows: [[id, '>=', 3], [month, in, ['2013-02']]]")
    dataset = read(grant, kind=kind, rows=[["id", "<", 6]])
    rows = rows_of(dataset)
    assert [row["id"] for row in rows] == [3, 4, 5] and set(rows[0]) == {"id", "buyer"}
    assert rows[0]["buyer"] == "ann" and dataset.loaded_rows is None


@pytest.mark.parametrize("kind", KINDS)
def test_grants_add_up(read, kind):
    one, other = (GRANT.format(f", rows: [[id, '=', {number}]]") for number in (2, 7))
    assert [row["id"] for row in rows_of(read(one + other, kind=kind))] == [2, 7]


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_may_see_all_reads_all(read, kind):
    rows = rows_of(read(GRANT.format(", columns: ['*', buyer]"), kind=kind))
    assert len(rows) == 7 and {row["buyer"] for row in rows} == {"ann"}


def test_columns_that_are_asked_for_keep_their_order_and_types(read):
    table = read(GRANT.format(""), kind="arrow", columns=["buyer", "id"]).load()
    assert table.column_names == ["buyer", "id"] and str(table.schema.field("buyer").type) in (
        "string",
        "large_string",
    )


@pytest.mark.parametrize("asked", [{"columns": ["{}"]}, {"rows": [["{}", "=", "ann"]]}])
def test_a_hidden_column_is_answered_as_one_that_is_not_there(read, asked):
    grant, answers = GRANT.format(", columns: [id, price]"), set()
    for name in ("buyer", "bayer"):
        ((key, value),) = asked.items()
        value = [name] if key == "columns" else [[name, "=", "ann"]]
        with pytest.raises(Exception) as refused:
            read(grant, **{key: value}).load()
        cause = refused.value.__cause__ or refused.value
        assert isinstance(cause, DataError)
        answers.add(str(cause).replace(name, "it"))
    assert len(answers) == 1 and "Columns: id, price." in answers.pop()


def test_rows_cannot_be_chosen_by_a_masked_column(read):
    with pytest.raises(Exception, match="'buyer' is masked for you") as refused:
        read(GRANT.format(""), rows=[["buyer", "=", "ann"]]).load()
    assert isinstance(refused.value.__cause__ or refused.value, AccessError)


def test_what_may_be_described_may_not_be_read(read):
    with pytest.raises(
        AccessError, match=r"no grant allows it\. It is owned by shop; ask for a grant"
    ):
        read("- {who: everyone, may: describe, why: x}\n").require_allowed()


def test_what_is_hidden_is_not_there(read):
    with pytest.raises(ContractError, match=r"No contract for 'shop\.orders'"):
        read("[]\n").require_allowed()


def test_an_entry_that_names_no_principal_reads_nothing(read):
    with pytest.raises(ConfigError, match=r"principal: \$\{platform:principal\}"):
        read(GRANT.format(""), who=None).require_allowed()


def test_without_grants_nobody_is_asked(contracts, product):
    product().save({"2013-01": orders("2013-01", 1)})
    dataset = product()
    assert dataset.require_allowed() is None and set(dataset.load()["buyer"]) == {"ann"}


def test_a_read_says_under_which_grant(read):
    facts = read(GRANT.format("")).access_facts()
    assert facts["principal"] == "eve" and facts["grants"] == ["access/shop.orders.yml:1"]
