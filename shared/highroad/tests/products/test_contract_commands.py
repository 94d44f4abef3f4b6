"""`highroad contracts`: what each command prints, and how it leaves."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result
from conftest import write
from deltalake import write_deltalake

from highroad.cli.contracts import contracts
from highroad.config.platform import load_platform

from .test_compatibility import START, column, drop
from .test_lint import GOOD

PROJECT = """
[project]
name = "shop"
[tool.kedro]
package_name = "shop"
[tool.highroad]
description = "d"
owner = "sales"
kind = "model"
publishes = ["shop.orders"]
"""
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com")


@pytest.fixture
def root(platform: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the project `shop` and its product `shop.orders`; the current folder."""
    load_platform.cache_clear()
    root = platform.parent
    write(root / "projects" / "shop" / "pyproject.toml", PROJECT)
    write(root / "projects" / "shop" / "src" / "shop" / "__init__.py", "")
    write(platform / "contracts" / "shop.orders.yaml", GOOD)
    monkeypatch.chdir(root)
    return root


def run(*words: str) -> Result:
    return CliRunner().invoke(contracts, words)


def put(root: Path, document: dict, name: str = "shop.orders") -> Path:
    return write(root / "platform-conf" / "contracts" / f"{name}.yaml", yaml.safe_dump(document))


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def commit(root: Path, message: str = "x") -> None:
    git(root, "add", "-A")
    git(root, *IDENTITY, "commit", "-qm", message)


@pytest.fixture
def committed(root: Path) -> Path:
    """`root` with START as its contract, committed."""
    git(root, "init", "-qb", "main")
    put(root, START)
    commit(root)
    return root


def test_lint(root):
    assert run("lint").output == "1 contracts are sound\n"
    assert json.loads(run("lint", "--json").output) == {"faults": []}
    write(
        root / "platform-conf/contracts/shop.orders.yaml", GOOD.replace("id: shop.orders", "id: x")
    )
    told = run("lint")
    assert told.exit_code == 9
    assert "platform-conf/contracts/shop.orders.yaml:3: id is 'x'" in told.output
    assert str(root) not in told.output
    told = run("lint", "--json")
    assert told.exit_code == 9 and len(json.loads(told.stdout)["faults"]) == 1


def test_lint_tells_all_faults_of_all_contracts_and_of_the_ranges_at_once(root):
    write(root / "platform-conf/contracts/shop.sales.yaml", "kind: [")
    write(
        root / "platform-conf/contracts/shop.orders.yaml", GOOD.replace("id: shop.orders", "id: x")
    )
    more = '[tool.highroad.consumes]\n"shop.orders" = ">=3"\n'
    write(root / "projects" / "shop" / "pyproject.toml", PROJECT + more)
    told = run("lint").output
    assert "shop.orders.yaml:3: id is 'x'" in told and "shop.sales.yaml:1: not valid YAML" in told
    assert (
        "projects/shop/pyproject.toml:12: accepts 'shop.orders' >=3, and its contract is 1.2.0"
        in told
    )


def test_coverage(root):
    told = run("coverage")
    assert told.exit_code == 0
    assert told.output == "shop → shop.orders: 1.2.0, 2 of 2 columns, 8 rules, 0 waived\n"


def test_check_holds_files_of_each_form_against_a_contract(root, tmp_path):
    good = pa.table({"id": pa.array([1, 2]), "state": ["new", "paid"]})
    bad = pa.table({"id": pa.array([1, -1]), "state": ["new", "PAID"]})
    for name, table in (("good", good), ("bad", bad)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
        pyarrow.csv.write_csv(table, tmp_path / f"{name}.csv")
        write_deltalake(tmp_path / f"{name}.delta", table)
    for form in ("parquet", "csv", "delta"):
        sound = run("check", str(tmp_path / f"good.{form}"), "--contract", "shop.orders")
        assert sound.exit_code == 0, (form, sound.output)
        told = run("check", str(tmp_path / f"bad.{form}"), "--contract", "shop.orders")
        assert told.exit_code == 10, (form, told.output)
        assert "state.pattern" in told.output and "rows.few" in told.output
    told = run("check", str(tmp_path / "bad.parquet"), "--contract", "shop.orders", "--json")
    verdicts = {each["rule"]: each["verdict"] for each in json.loads(told.stdout)["results"]}
    assert told.exit_code == 10 and verdicts["state.pattern"] == "fail"
    assert verdicts["id.logicalType"] == "pass"


@pytest.mark.parametrize(
    ("name", "content"),
    [("none.parquet", None), ("cut.parquet", b"PAR1"), ("odd.txt", b"x"), ("odd.csv", b'a,b\n1\n"'), ("empty.csv", b"")],
)  # fmt: skip
def test_check_of_what_is_no_table_is_one_message(root, tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    told = run("check", str(path), "--contract", "shop.orders")
    assert told.exit_code == 8 and name in told.output and "Traceback" not in told.output


def test_check_without_such_a_contract_suggests(root):
    told = run("check", "x.parquet", "--contract", "shop.order")
    assert told.exit_code == 9 and "Did you mean 'shop.orders'" in told.output


def test_diff_reads_the_old_contracts_from_git(committed):
    assert "no contract changed" in run("diff", "HEAD").output
    changed = copy.deepcopy(START)
    drop(changed, "price")
    put(committed, changed)
    told = run("diff", "HEAD")
    assert told.exit_code == 9 and "the column 'price' goes" in told.output
    assert "says too little" in told.output and "Expected 2.0.0 or higher" in told.output
    assert "platform-conf/contracts/shop.orders.yaml:" in told.output
    put(committed, {**changed, "version": "2.0.0"})
    told = run("diff", "HEAD", "--json")
    (found,) = json.loads(told.stdout)
    assert told.exit_code == 0 and found["bump"] == "major"
    assert {each["reader"] for each in found["changes"]} == {"breaking"}
    assert all(each["why"] for each in found["changes"])
    assert run("diff", "nowhere").exit_code == 3
    assert run("diff", "--", "-x").exit_code == 3


def test_a_product_that_goes_or_is_renamed_needs_its_readers_to_be_told(committed):
    path = committed / "platform-conf/contracts/shop.orders.yaml"
    path.rename(path.with_name("shop.sales.yaml"))
    told = run("diff", "HEAD")
    assert told.exit_code == 9
    assert "the product goes; 'shop.sales' says the same now" in told.output
    assert "the product comes" in told.output
    assert (
        "platform-conf/contracts/shop.orders.yaml: shop.orders 1.2.0 goes, and its readers"
        in told.output
    )
    put(committed, {**START, "status": "deprecated", "version": "1.2.1"})
    (committed / "platform-conf/contracts/shop.sales.yaml").unlink()
    assert run("diff", "HEAD").exit_code == 0
    commit(committed)
    path.unlink()
    told = run("diff", "HEAD")
    assert told.exit_code == 0 and "the product goes" in told.output


@pytest.mark.parametrize("version", [None, "soon"])
def test_without_a_version_it_only_warns(committed, version):
    start = (
        {**START, "version": version}
        if version
        else {k: v for k, v in START.items() if k != "version"}
    )
    put(committed, start)
    commit(committed)
    changed = copy.deepcopy(start)
    drop(changed, "price")
    put(committed, changed)
    told = run("diff", "HEAD")
    assert told.exit_code == 0 and "warning: " in told.stderr
    assert "the column 'price' goes" in told.stdout


def test_a_contract_that_was_broken_before_can_be_mended(committed):
    write(committed / "platform-conf/contracts/shop.orders.yaml", "kind: [")
    commit(committed)
    put(committed, START)
    told = run("diff", "HEAD")
    assert told.exit_code == 0
    assert "was not compared, it could not be read before" in told.stderr


def test_what_others_changed_since_is_not_undone_here(committed):
    git(committed, "checkout", "-qb", "mine")
    git(committed, "checkout", "-q", "main")
    changed = copy.deepcopy(START) | {"version": "1.3.0"}
    column(changed, "price")["required"] = True
    put(committed, changed)
    commit(committed)
    git(committed, "checkout", "-q", "mine")
    assert "no contract changed since main" in run("diff", "main").output


def test_at_the_first_push_every_product_comes(committed):
    told = run("diff", "0" * 40)
    assert told.exit_code == 0 and "the product comes" in told.output


def test_a_csv_is_read_with_the_contracts_types_and_not_with_guesses(root, tmp_path):
    text = GOOD.replace("int64}", "int32}").replace('"[a-z]+"', '"[0-9]{3}"')
    text = text.replace("- {name: state", "- {name: day, logicalType: date}\n      - {name: state")
    write(root / "platform-conf/contracts/shop.orders.yaml", text)
    path = tmp_path / "orders.csv"
    path.write_text("id,day,state\n1,2013-01-01,007\n2,,008\n", encoding="utf-8")
    told = run("check", str(path), "--contract", "shop.orders")
    assert told.exit_code == 0, told.output
    path.write_text("id,day,state\n1.5,2013-01-01,007\n2,soon,\n", encoding="utf-8")
    told = run("check", str(path), "--contract", "shop.orders").output
    assert "id.physicalType" in told and "day.logicalType" in told and "state" not in told


def test_the_contract_that_the_docs_begin_with_is_sound(root):
    pages = Path(__file__).parents[4] / "docs" / "pages" / "how-to"
    text = (pages / "write-a-contract.md").read_text(encoding="utf-8")
    example, waivers, tolerances = re.findall(r"```yaml\n(.*?)```", text, re.S)
    path = write(root / "platform-conf/contracts/shop.orders.yaml", example)
    assert run("lint").output == "1 contracts are sound\n"
    path.write_text(example + tolerances, encoding="utf-8")
    assert run("lint").exit_code == 0
    path.write_text(example + tolerances.replace("state.enum", "stat.enum"), encoding="utf-8")
    assert "'stat.enum' is of no rule. Did you mean 'state.enum'" in run("lint").output
    prose = "      - {type: text, name: nice, description: Nice}\nslaProperties:"
    example = example.replace("slaProperties:", prose)
    path.write_text(example, encoding="utf-8")
    assert "'rows.nice' is not checked" in run("lint").output
    path.write_text(example + waivers.replace("2027-03-31", "2999-03-31"), encoding="utf-8")
    assert run("lint").exit_code == 0


def test_a_contract_drafted_from_a_file_is_sound_and_holds_of_it(root):
    table = pa.table(
        {
            "id": [1, 2, 3],
            "state": ["new", None, "paid"],
            "small": pa.array([1, 1, 2], pa.uint8()),
            "price": [1.5, 2.5, 3.5],
            "at": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
            "tags": [["a"], [], None],
            "nothing": pa.nulls(3),
        }
    )
    pq.write_table(table, root / "orders.parquet")
    drafted = run("infer", "orders.parquet", "--product", "shop.orders")
    assert drafted.exit_code == 0, drafted.output
    document = yaml.safe_load(drafted.output)
    columns = {each["name"]: each for each in document["schema"][0]["properties"]}
    assert columns["id"] == {
        "name": "id", "logicalType": "integer", "physicalType": "int64", "required": True,
        "logicalTypeOptions": {"minimum": 0}, "unique": True, "primaryKey": True,
    }  # fmt: skip
    assert columns["state"] == {"name": "state", "logicalType": "string", "physicalType": "string"}
    assert (
        columns["small"]["physicalType"] == "int16" and "uint8" in columns["small"]["description"]
    )
    assert "unique" not in columns["small"] and "unique" not in columns["price"]
    assert columns["tags"]["logicalType"] == "array"
    assert document["team"] == {"name": "sales"}
    write(root / "platform-conf" / "contracts" / "shop.orders.yaml", drafted.output)
    assert run("lint").exit_code == 0, run("lint").output
    stored = table.set_column(2, "small", table["small"].cast(pa.int16()))
    pq.write_table(
        stored.set_column(6, "nothing", pa.nulls(3, pa.string())), root / "stored.parquet"
    )
    checked = run("check", "stored.parquet", "--contract", "shop.orders")
    assert checked.exit_code == 0, checked.output


def test_a_type_that_the_store_cannot_keep_is_named_in_the_draft_and_by_lint(root):
    pq.write_table(pa.table({"at": pa.array([1], pa.time64("us"))}), root / "times.parquet")
    drafted = run("infer", "times.parquet", "--product", "shop.orders")
    assert "cannot keep this type" in drafted.output
    write(root / "platform-conf" / "contracts" / "shop.orders.yaml", drafted.output)
    assert "which the store cannot keep" in run("lint").output


def test_a_draft_from_csv_keeps_leading_zeros(root):
    write(root / "plants.csv", "code,rows\n007,1\n12,20\n")
    columns = yaml.safe_load(run("infer", "plants.csv", "--product", "shop.orders").output)
    kinds = {each["name"]: each["logicalType"] for each in columns["schema"][0]["properties"]}
    assert kinds == {"code": "string", "rows": "integer"}


def test_a_draft_guesses_key_categories_and_personal_data_and_says_on_what(root):
    people = "id,contact,state,note\n" + "".join(
        f"{number},p{number}@example.com,{'new' if number % 2 else 'paid'},n{number}\n"
        for number in range(40)
    )
    write(root / "people.csv", people)
    draft = run("infer", "people.csv", "--product", "shop.people").output
    columns = {
        column["name"]: column for column in yaml.safe_load(draft)["schema"][0]["properties"]
    }
    assert [name for name, column in columns.items() if "primaryKey" in column] == ["id"]
    assert columns["state"]["enum"] == [{"value": "new"}, {"value": "paid"}]
    assert [name for name, column in columns.items() if "classification" in column] == ["contact"]
    assert "# - contact: required (no null); personal data (by its values)\n" in draft
    assert "# Drafted from people.csv, 40 rows." in draft and "categories (2 values)" in draft


@pytest.mark.parametrize("name", ["missing.parquet", "broken.parquet", "empty.csv", "notes.txt"])
def test_a_file_that_cannot_be_drafted_from_is_one_message(root, name):
    if name != "missing.parquet":
        write(root / name, "" if name == "empty.csv" else "no parquet")
    result = run("infer", name, "--product", "shop.orders")
    assert result.exit_code != 0 and name in result.output and "Traceback" not in result.output
