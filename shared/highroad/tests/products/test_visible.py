"""The products that somebody may see, and what lint says of the grants that decide it."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import write

from highroad.errors import AccessError, ConfigError, ContractError
from highroad.principal import Principal
from highroad.products.grant_lint import lint_grants
from highroad.products.visible import HIDDEN, visible_products

from .conftest import OWNS

ANNA, EVE = Principal("person", "anna"), Principal("person", "eve")


def test_without_grants_all_is_visible(contracts):
    seen = visible_products(contracts.parent, EVE)
    assert list(seen) == ["shop.orders"] and seen.shows("shop.gone")
    assert seen.redact("shop.orders") == "shop.orders" and "buyer" in seen.view("shop.orders").shown


def test_what_is_hidden_is_answered_as_what_is_not_there(governed):
    seen = visible_products(governed, EVE)
    assert list(seen) == ["shop.bills"] and list(visible_products(governed, ANNA)) == [
        "shop.bills",
        "shop.orders",
    ]
    answers = []
    for name in ("shop.orders", "shop.ordres"):
        with pytest.raises(ContractError) as refused:
            seen.contract(name)
        answers.append(str(refused.value).replace(name, "it"))
    assert answers[0] == answers[1] and "highroad access request it --why" in answers[0]
    assert not seen.shows("shop.orders") and not seen.shows("shop.gone")


def test_a_text_names_no_hidden_product(governed):
    seen = visible_products(governed, EVE)
    record = {
        "node": "f([shop.orders@pandas]) -> [shop.bills@pandas]",
        "n": [1, "myshop.orders shop.orderss"],
    }
    assert seen.redact(record) == {
        "node": f"f([{HIDDEN}@pandas]) -> [shop.bills@pandas]",
        "n": [1, "myshop.orders shop.orderss"],
    }


def test_a_tag_in_the_contract_masks_its_column(governed):
    assert visible_products(governed, EVE).view("shop.bills").masked == ("buyer",)


def test_a_change_of_a_file_counts_at_once(governed):
    assert not visible_products(governed, EVE).shows("shop.orders")
    write(governed / "access" / "shop.yml", OWNS + "- {who: everyone, may: describe, why: x}\n")
    assert visible_products(governed, EVE).shows("shop.orders")


def test_nothing_is_shown_under_grants_that_cannot_be_read(governed):
    write(governed / "access" / "shop.yml", "- {who: [anna]}\n")
    with pytest.raises(ConfigError, match=r"shop\.yml:1"):
        visible_products(governed, ANNA)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("shop.order", OWNS, "access/shop.order.yml:1: 'shop.order' is no product and no project. Did you mean"),
        ("shop", OWNS + "- {who: [anna], may: read, until: 2026-01-01, why: x}\n", "shop.yml:2: the grant expired on 2026-01-01"),
        ("shop", OWNS + "- {who: [anna], may: read, columns: [prize], why: x}\n", "no column 'prize'. Did you mean 'price'?"),
        ("shop", OWNS + "- {who: [anna], may: read, rows: [[prize, '=', 1]], why: x}\n", "`rows` name 'prize', which shop.bills has not"),
        ("shop", "- {who: [anna]}\n", "shop.yml:1: 'why': Field required."),
    ],
)  # fmt: skip
def test_lint_tells_what_is_wrong_with_a_grant(governed, file, text, message):
    assert lint_grants(governed, [], date(2026, 6, 1)) == []
    write(governed / "access" / f"{file}.yml", text)
    faults = lint_grants(governed, [], date(2026, 6, 1))
    assert any(message in fault for fault in faults), faults


def test_without_grants_lint_has_nothing_to_say(contracts):
    assert lint_grants(contracts.parent, [], date(2026, 6, 1)) == []


@pytest.mark.parametrize(
    ("grant", "error", "message"),
    [
        ("may: read", None, ""),  # of a column with a tag, drift counts nulls and nothing else
        ("may: read, columns: [id]", AccessError, "eve may read a part of shop.bills"),
        ("may: read, rows: [[id, '=', 1]]", AccessError, "eve may read a part of shop.bills"),
        ("may: describe", AccessError, "eve may not read shop.bills: no grant allows it. It is owned by shop"),
        ("may_not: describe", ContractError, "No contract for 'shop.bills'"),
    ],
)  # fmt: skip
def test_what_reads_all_of_a_product_needs_all_of_it(governed, grant, error, message):
    write(governed / "access" / "shop.bills.yml", f"- {{who: everyone, {grant}, why: x}}\n")
    seen = visible_products(governed, EVE)
    if error is None:
        assert seen.whole("shop.bills").product == "shop.bills"
        return
    with pytest.raises(error) as refused:
        seen.whole("shop.bills")
    assert message in str(refused.value)
