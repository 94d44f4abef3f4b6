"""`products status`: each contract once, each table once, and one that is broken hides no other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import write
from deltalake import write_deltalake
from fsspec.core import url_to_fs

from highroad.config.platform import load_platform
from highroad.errors import ContractError
from highroad.principal import Principal
from highroad.products import contract as contract_module
from highroad.products import status as status_module
from highroad.products import visible as visible_module
from highroad.products.commit_log import newest_version
from highroad.products.contract import contract_of, read_contract, read_head
from highroad.products.freshness import files_of, judge_freshness, promise_of
from highroad.products.status import statuses
from highroad.products.visible import visible_products
from highroad_workspace.projects import Project

from .conftest import ORDERS, orders


def reader(*products: str) -> Project:
    return Project("p", "/p", ">=3.11", True, "d", "o", "model", consumes=products)


@pytest.fixture
def found(contracts, tmp_path):
    """The statuses by product, for a reader of `shop.orders`."""

    def look(only=None):
        platform = load_platform.__wrapped__(contracts.parent)
        seen = visible_products(contracts.parent, Principal("person", "eve"))
        all_ = statuses(tmp_path, platform, [reader("shop.orders")], seen, only=only)
        return {each.product: each for each in all_}

    return look


def test_a_published_product_is_told_in_full(found, product):
    product().save({"2013-01": orders("2013-01", 1), "2013-02": orders("2013-02", 3, 5)})
    each = found()["shop.orders"]
    assert (each.version, each.rows, each.verdict, each.problem) == (0, 7, "pass", "")
    assert each.freshness.verdict == "fresh" and each.freshness.partition == "2013-02"
    assert (each.contract, each.owner, list(each.consumers)) == ("1.2.0", "shop", ["p"])
    assert list(found("shop.orders").values()) == [each]


def test_a_changed_contract_is_read_anew(found, product, contracts):
    product().save({"2013-01": orders("2013-01", 1)})
    assert found()["shop.orders"].verdict == "pass"
    write(contracts / "shop.orders.yaml", ORDERS.replace("minimum: 0", "minimum: 5"))
    assert found()["shop.orders"].verdict == "another contract"


def test_a_contract_that_is_only_worded_anew_passes(found, product, contracts):
    product().save({"2013-01": orders("2013-01", 1)})
    write(contracts / "shop.orders.yaml", ORDERS.replace("{name: shop}", "{name: till}"))
    each = found()["shop.orders"]
    assert (each.verdict, each.owner, each.rows) == ("pass", "till", 2)


def newest(table):
    return newest_version(*url_to_fs(table.uri))


def test_the_text_of_the_log_says_what_deltas_client_says(product):
    product().save({"2013-01": orders("2013-01", 1), "2013-02": orders("2013-02", 3)})
    product().save({"2013-02": orders("2013-02", 3, 5)})
    product().save({"2013/%": orders("2013-01", 9).assign(month="2013/%")})
    saved = product()
    table, contract = saved.table, saved.gate.contract
    latest, files = newest(table)
    assert latest == table.about() and latest.number == 2
    promise = promise_of(contract)
    theirs = files_of(table, latest)
    assert len(files) == len(theirs) == 3
    assert sum(each["num_records"] for each in files) == table.rows() == 9
    for moment in (datetime(2013, 2, 1, tzinfo=UTC), datetime(2013, 3, 1, tzinfo=UTC)):
        ours = judge_freshness(promise, latest, files, moment)
        assert ours == judge_freshness(promise, latest, theirs, moment)


def test_a_version_of_another_tool_is_left_to_deltas_client(found, product):
    product().save({"2013-01": orders("2013-01", 1)})
    table = product().table
    write_deltalake(table.uri, table.dataset().to_table(), mode="append", partition_by=["month"])
    assert newest(table) is None
    each = found()["shop.orders"]
    assert (each.version, each.rows, each.verdict) == (1, 4, "unchecked")


def test_a_log_whose_oldest_commits_are_gone_is_left_to_deltas_client(found, product):
    product().save({"2013-01": orders("2013-01", 1)})
    product().save({"2013-02": orders("2013-02", 3)})
    table = product().table
    table.open().create_checkpoint()
    Path(table.uri, "_delta_log", f"{0:020}.json").unlink()
    assert newest(table) is None
    assert found()["shop.orders"].rows == 4


def test_contracts_are_listed_once_and_what_is_not_published_is_not_parsed(
    found, contracts, product, monkeypatch
):
    product().save({"2013-01": orders("2013-01", 1)})
    for number in range(30):
        text = ORDERS.replace("shop.orders", f"shop.more_{number}")
        write(contracts / f"shop.more_{number}.yaml", text)
    listed, read = [], []
    find, real = visible_module.find_contracts, status_module.read_contract
    monkeypatch.setattr(visible_module, "find_contracts", lambda *a: listed.append(1) or find(*a))
    for module in (status_module, contract_module):
        monkeypatch.setattr(module, "read_contract", lambda path: read.append(path) or real(path))
    all_ = found()
    assert len(all_) == 31 and len(listed) == 1
    assert read == []  # the commit says which contract it was, to the byte
    assert all_["shop.more_7"].problem == "not published" and all_["shop.more_7"].owner == "shop"


def test_one_contract_is_found_without_a_listing(contracts, monkeypatch):
    monkeypatch.setattr(contract_module, "find_contracts", None)
    assert contract_of("shop.orders", contracts.parent).version == "1.2.0"


@pytest.mark.parametrize("product", ["shop.orders/../shop.orders", "../contracts/shop.orders", ""])
def test_a_path_is_no_product(contracts, product):
    (contracts / "shop.orders").mkdir()
    with pytest.raises(ContractError, match="No contract for"):
        contract_of(product, contracts.parent)


def test_two_files_of_one_product_are_refused(contracts):
    write(contracts / "shop.orders.yml", ORDERS)
    with pytest.raises(ContractError, match="one must go"):
        contract_of("shop.orders", contracts.parent)


def test_a_broken_contract_hides_no_other(found, contracts, product):
    product().save({"2013-01": orders("2013-01", 1)})
    write(contracts / "shop.broken.yaml", "kind: [\n")
    all_ = found()
    assert "shop.broken.yaml:" in all_["shop.broken"].problem
    assert all_["shop.orders"].verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "kind: DataContract\nversion: 1.2.3\nteam: {name: a}\nschema: []\n",
        "# a\nkind: DataContract\nteam:\n  # who\n  name: a  # b\n\nid: x\nversion: '2.0.0'\n",
        "{kind: DataContract, version: 1.2.3, team: {name: a}}\n",
        "kind: DataContract\nversion: 1.2.3\nteam: [{username: a}]\n",
        "kind: DataContract\nversion: 1.2.3\n",
        "kind: DataContract\nteam: {description: none}\n",
        "kind: DataContract\nversion: &v 1.2.3\nid: *v\nteam: {name: *v}\n",
        "description:\n  purpose: |\n    version: 9.9.9\n    team: b\nkind: DataContract\nversion: 1.2.3\nteam: {name: a}\n",
    ],
)
def test_the_head_of_a_contract_is_what_all_of_it_says(tmp_path, text):
    path = write(tmp_path / "shop.orders.yaml", text)
    whole = read_contract(path)
    assert read_head(path) == (whole.version, whole.owner)


@pytest.mark.parametrize(
    "text",
    [
        "kind: DataContract\nversion: 1.2\nteam: {name: a}\n",
        "kind: Other\nversion: 1.2.3\nteam: {name: a}\n",
        "kind: DataContract\nversion: 1.2.3\nversion: 1.2.4\nteam: {name: a}\n",
        "a: [\n",
    ],
)
def test_the_head_of_what_is_no_contract_is_refused(tmp_path, text):
    with pytest.raises(ContractError, match=r"shop\.orders\.yaml:\d"):
        read_head(write(tmp_path / "shop.orders.yaml", text))
