"""`highroad access`: what a person types, and what is answered to whom."""

from __future__ import annotations

import json
import subprocess

import pytest
from click.testing import CliRunner, Result
from conftest import write

from highroad.cli.access import complete
from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.principal import VARIABLE, Principal
from highroad.products.visible import read_facts
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

from .conftest import OWNS

PYPROJECT = """
[project]
name = "shop"
[tool.kedro]
package_name = "shop"
[tool.highroad]
description = "d"
owner = "shop"
kind = "model"
publishes = ["shop.orders", "shop.bills"]
"""
ABSENT = "No contract for"


@pytest.fixture(autouse=True)
def repository(governed, monkeypatch):
    """A repository with shop.orders, which anna alone may see, and shop.bills, which all may read."""
    root = governed.parent
    (root / "projects").mkdir(exist_ok=True)
    monkeypatch.chdir(root)
    return root


def call(who: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["access", *words], env={VARIABLE: who})


def git(root, *words):
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def committed(repository, monkeypatch):
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")
    git(repository, "init", "-q")
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", "first")
    return repository


def test_the_catalog_is_what_somebody_may_see():
    anna, eve = (json.loads(call(who, "catalog", "--json").output) for who in ("anna", "eve"))
    assert [each["product"] for each in anna] == ["shop.bills", "shop.orders"]
    assert [(each["product"], each["may"]) for each in eve] == [
        ("shop.bills", ["describe", "read"])
    ]
    assert anna[1]["may"][-1] == "administer" and anna[1]["owner"] == "shop"
    assert "shop.orders" in call("anna", "catalog").output


def test_of_somebody_else_one_sees_what_one_may_see_oneself():
    assert "shop.orders" not in call("eve", "catalog", "--as", "anna").output
    assert "shop.orders" not in call("anna", "catalog", "--as", "eve").output


def test_why_says_which_grant_and_what_is_left_out():
    allowed = call("eve", "why", "eve", "read", "shop.bills")
    assert allowed.exit_code == 0
    assert allowed.output.startswith(
        "eve may read shop.bills: access/shop.bills.yml:1 (team:everyone"
    )
    assert "masked: buyer" in allowed.output
    column = call("eve", "why", "eve", "read", "shop.bills.buyer", "--json")
    assert json.loads(column.output)["mask"] == "null"


def test_what_is_not_allowed_ends_with_19():
    refused = call("anna", "why", "eve", "publish", "shop.bills")
    assert refused.exit_code == 19 and "eve may not publish shop.bills" in refused.output
    assert call("anna", "why", "eve", "read", "shop.orders").exit_code == 19
    assert call("eve", "why", "eve", "read", "shop.bills.nothing").exit_code == 19
    assert call("eve", "why", "a b", "read", "shop.bills").exit_code == 2


def test_rows_are_told_as_far_as_their_columns_may_be_known(repository):
    write(repository / "platform-conf" / "access" / "teams.yml", "shop: [anna]\nbillers: [ben]\n")
    write(
        repository / "platform-conf" / "access" / "shop.bills.yml",
        "- {who: [ben], may: read, rows: [[price, '<', 3]], why: x}\n"
        "- {who: everyone, may: read, columns: [id], rows: [[id, '=', 3]], why: x}\n",
    )
    assert "rows: price < 3 or id = 3" in call("anna", "why", "ben", "read", "shop.bills").output
    told = call("eve", "why", "ben", "read", "shop.bills").output
    assert "rows: id = 3" in told and "price <" not in told


@pytest.mark.parametrize("words", [["why", "eve", "read"], ["why", "anna", "read"]])
def test_a_hidden_product_is_answered_as_one_that_is_not_there(words):
    answers = {
        (result.exit_code, result.output.replace(name, "it"))
        for name in ("shop.orders", "shop.ordres")
        for result in [call("eve", *words, name)]
    }
    assert len(answers) == 1 and ABSENT in answers.pop()[1]


def test_a_request_is_the_same_whether_or_not_there_is_such_a_product():
    words = ("--why", "to bill", "--column", "buyer", "--until", "2027-03-31")
    one, other = (call("eve", "request", name, *words) for name in ("shop.orders", "shop.ordres"))
    assert one.output.replace("orders", "ordres") == other.output and one.exit_code == 0
    assert one.output.splitlines()[0] == "# platform-conf/access/shop.orders.yml"
    assert "until: 2027-03-31" in one.output and "- buyer" in one.output
    assert call("eve", "request", "orders", "--why", "x").exit_code == 19


def test_a_request_on_a_branch_is_a_grant_once_it_is_merged(committed):
    words = ("request", "shop.orders", "--for", "anna", "--why", "to bill", "--branch", "ask")
    assert call("anna", *words).exit_code == 0
    assert not (committed / "platform-conf" / "access" / "shop.orders.yml").exists()
    again = call("anna", *words)
    assert again.exit_code == 19 and "ask" in again.output
    git(committed, "merge", "-q", "ask")
    assert "shop.orders.yml:1" in call("anna", "why", "anna", "read", "shop.orders").output


def test_the_diff_says_who_gains_and_who_loses_what(committed):
    assert "nobody gains or loses anything since HEAD" in call("anna", "diff", "HEAD").output
    access = committed / "platform-conf" / "access"
    write(access / "teams.yml", "shop: [anna]\nguests: [eve]\n")
    write(access / "shop.yml", OWNS + "- {who: [team:guests], may: publish, why: x}\n")
    write(access / "shop.bills.yml", "- {who: everyone, may: describe, why: x}\n")
    assert call("anna", "diff", "HEAD").output.splitlines() == [
        "eve gains: may publish shop.bills (before: read)",
        "eve gains: may publish shop.orders",
        "team:everyone loses: may no longer read shop.bills (now: describe)",
        "team:guests gains: may publish shop.bills (before: read)",
        "team:guests gains: may publish shop.orders",
    ]


def test_the_diff_tells_of_columns_and_rows(committed):
    write(
        committed / "platform-conf" / "access" / "shop.bills.yml",
        "- {who: everyone, may: read, columns: [id, buyer], rows: [[id, '<', 3]], why: x}\n",
    )
    (line,) = call("anna", "diff", "HEAD").output.splitlines()
    assert line.startswith(
        "team:everyone gains: sees buyer of shop.bills; loses: no longer sees month, price"
    )
    assert line.endswith("sees other rows of shop.bills")
    assert "price" not in call("eve", "diff", "HEAD").output


def test_what_anna_loses_and_may_not_see_is_not_told_to_others(committed):
    write(committed / "platform-conf" / "access" / "shop.yml", "[]\n")
    assert "shop.orders" not in call("anna", "diff", "HEAD").output


def test_completion_knows_what_may_be_seen(monkeypatch):
    for who, products in (("anna", ["shop.bills", "shop.orders"]), ("eve", ["shop.bills"])):
        monkeypatch.setenv(VARIABLE, who)
        assert complete(None, None, "shop.") == products


def test_broken_grants_are_one_error_with_file_and_line(repository):
    write(repository / "platform-conf" / "access" / "shop.yml", "- {who: [anna]}\n")
    broken = call("anna", "catalog")
    assert broken.exit_code == 4 and "shop.yml:1: 'why': Field required" in broken.output
    write(repository / "projects" / "shop" / "pyproject.toml", PYPROJECT)
    write(repository / "projects" / "shop" / "src" / "shop" / "__init__.py", "")
    linted = CliRunner().invoke(cli, ["contracts", "lint"])
    assert linted.exit_code == 9 and "platform-conf/access/shop.yml:1" in linted.output


def test_the_audit_says_who_read_what_under_which_grant_to_those_who_own_it(repository, governed):
    access = read_facts(governed, Principal("person", "eve"), "shop.bills")
    assert access["grants"] == ["access/shop.bills.yml:1"] and access["policies"] == ["read"]
    place = f"{repository}/store/products/shop.bills"
    use = DatasetUse("shop.bills@pandas", place, "delta", "3", 10, access=access)
    load_platform.cache_clear()
    writer = writer_of(load_platform(governed), "base", repository)
    writer.put(
        Record(
            "1" * 32, "reader", "base", "finished", "2026-01-01T00:00:00.000+00:00", inputs=(use,)
        )
    )
    (read,) = json.loads(call("anna", "audit", "shop.bills", "--json").output)
    assert (read["principal"], read["version"]) == ("eve", "3") and len(read["digest"]) == 64
    assert read["grants"] == ["access/shop.bills.yml:1"]
    assert "eve        reader" in call("anna", "audit", "shop.bills").output
    refused = call("eve", "audit", "shop.bills")
    assert refused.exit_code == 19 and "eve may not administer shop.bills" in refused.output
