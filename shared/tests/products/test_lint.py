"""Faults of contracts that show without data: all at once, with file and line."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from conftest import write
from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.errors import ContractError
from highroad.products.contract import read_contract
from highroad.products.documents import parse_document
from highroad.products.lint import lint_contracts, out_of_range
from highroad.workspace.projects import Project

GOOD = """\
kind: DataContract
apiVersion: v3.2.0
id: shop.orders
version: 1.2.0
status: active
team: {name: sales}
servers: [{server: base, type: local, environment: base, path: products/shop.orders}]
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, physicalType: int64}
      - {name: state, logicalType: string, logicalTypeOptions: {pattern: "[a-z]+"}}
    quality:
      - {type: sql, name: few, query: "SELECT count(*) FROM {object} WHERE id < 0", mustBe: 0}
"""
SHOP = Project(
    "shop", "/x/projects/shop", ">=3.11", True, "d", "sales", "model", publishes=("shop.orders",)
)


@pytest.fixture
def faults(platform):
    def find(text: str = GOOD, shop: Project = SHOP) -> list[str]:
        load_platform.cache_clear()
        write(platform / "contracts" / "shop.orders.yaml", text)
        return lint_contracts(platform, load_platform(platform), [shop], date(2026, 1, 1))

    return find


def test_a_sound_contract_has_none(faults):
    assert faults() == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("id: shop.orders", "id: shop.order", 3, "expected 'shop.orders', the file's name"),
        ("version: 1.2.0", "version: '1.2'", 4, "is no semantic version"),
        ("name: sales", "name: stores", 6, "[tool.highroad] of shop says 'sales'"),
        ("environment: base", "environment: basse", 7, "is not in platform.yml; known: base, prod"),
        ("products/shop.orders", "products/orders", 7, "the product lies at 'products/shop.orders'"),
        ("logicalType: integer", "logicalType: intger", 11, "Did you mean 'integer'?"),
        ("name: id, ", "name: id, requird: true, ", 11, "Did you mean 'required'?"),
        ("[a-z]+", "[a-z", 12, "the pattern is none"),
        ("[a-z]+", "(?=a)b", 12, "the pattern is none"),
        ("name: state", "name: id", 8, "the column 'id' stands 2 times"),
        ("WHERE id", "WHERE idd", 14, "the query failed"),
        ("SELECT count(*) FROM {object} WHERE id < 0", "DROP TABLE data", 14, "expected one SELECT"),
        ("mustBe: 0", "expected: 0", 14, "expected one operator such as mustBe"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line(faults, old, new, line, said):
    found = faults(GOOD.replace(old, new, 1))
    assert any(f"shop.orders.yaml:{line}:" in each and said in each for each in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", ": not valid YAML"),
        ("kind: DataContract\nkind: x\n", ":2: the key 'kind' stands at line 1 already"),
        ("kind: Other\n", "expected 'DataContract'"),
        ("kind: DataContract\nschema: {}\n", ":2: 'schema'"),
        ("kind: DataContract\nschema:\n- name: x\n  properties: 3\n", ":4: 'schema.0.properties'"),
        ("- 1\n", "expected a mapping"),
        ("a: &a [*a]\n", "an alias refers to what it is part of"),
        ("\n".join(["a0: &a0 [1,1,1,1,1,1,1,1,1,1]", *(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9))]), "once its aliases are written out"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_read_is_named(faults, text, said):
    (found,) = faults(text)
    assert said in found


def test_bytes_that_are_no_text_are_named(platform, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"kind: \xff\xfe")
    with pytest.raises(ContractError, match=r"c\.yaml: cannot be read as UTF-8"):
        read_contract(path)


def test_products_and_contracts_belong_together(faults):
    (fault,) = faults(shop=SHOP._replace(publishes=("shop.orders", "shop.sales")))
    assert "publishes 'shop.sales', which has no contract" in fault
    (fault,) = faults(shop=SHOP._replace(publishes=()))
    assert "no project publishes 'shop.orders'" in fault


WAIVERS = "customProperties:\n- property: highroad.waivers\n  value:\n  - {rule: rows.nice, reason: %s, expires: %s}\n"
PROSE = "      - {type: text, name: nice, description: Nice}\n"


@pytest.mark.parametrize(
    ("reason", "expires", "said"),
    [
        ("why not", "2026-06-01", None),
        ("why not", "2025-06-01", "expired on 2025-06-01"),
        ("why not", "soon", "expected an ISO date"),
        ("''", "2026-06-01", "gives no reason"),
    ],
)
def test_what_is_not_checked_needs_a_waiver_that_holds(faults, reason, expires, said):
    found = faults(GOOD + PROSE + WAIVERS % (reason, expires))
    assert not found if said is None else any(said in each for each in found)
    (unwaived,) = faults(GOOD + PROSE)
    assert ":15: 'rows.nice' is not checked: prose, for people" in unwaived


def test_a_version_out_of_a_consumers_range_is_a_fault(faults, platform):
    faults()
    reader = SHOP._replace(name="reader", ranges={"shop.orders": ">=2"})
    (fault,) = out_of_range(reader, platform)
    assert "accepts 'shop.orders' >=2, and its contract is 1.2.0" in fault
    assert out_of_range(reader._replace(ranges={"shop.orders": ">=1,<2"}), platform) == []


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8), plain, max_size=5))
def test_unknown_keys_survive(document):
    text = yaml.safe_dump(document)
    read = parse_document(text, "x")
    assert read == document
    assert parse_document(yaml.safe_dump(read), "x") == document


def test_the_commands(faults, platform, monkeypatch, tmp_path):
    root = platform.parent
    write(
        root / "projects" / "shop" / "pyproject.toml",
        '[project]\nname = "shop"\n[tool.kedro]\npackage_name = "shop"\n[tool.highroad]\n'
        'description = "d"\nowner = "sales"\nkind = "model"\npublishes = ["shop.orders"]\n',
    )
    write(root / "projects" / "shop" / "src" / "shop" / "__init__.py", "")
    monkeypatch.chdir(root)
    run = CliRunner().invoke
    faults()
    assert run(cli, ["contracts", "lint"]).output == "1 contracts are sound\n"
    faults(GOOD.replace("id: shop.orders", "id: x"))
    told = run(cli, ["contracts", "lint"])
    assert told.exit_code == 9
    assert "platform-conf/contracts/shop.orders.yaml:3: id is 'x'" in told.output
    faults()
    told = run(cli, ["contracts", "coverage"])
    assert told.exit_code == 0
    assert told.output == "shop → shop.orders: 1.2.0, 2 of 2 columns, 8 rules, 0 waived\n"
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"id": [1, -1], "state": ["new", "PAID"]}), path)
    told = run(cli, ["contracts", "check", str(path), "--contract", "shop.orders"])
    assert told.exit_code == 10 and "state.pattern" in told.output and "rows.few" in told.output
    told = run(cli, ["contracts", "check", str(path), "--contract", "shop.order"])
    assert told.exit_code == 9 and "Did you mean 'shop.orders'" in told.output
    told = run(cli, ["contracts", "check", "nowhere", "--contract", "shop.orders"])
    assert told.exit_code == 8 and "no such file" in told.output
