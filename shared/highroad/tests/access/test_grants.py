"""Teams and grants as files: what they mean, and every way in which they are wrong, with file and line."""

from __future__ import annotations

from datetime import date

import pytest
from conftest import write

from highroad.access.grants import EVERYONE, Principal, read_rules
from highroad.errors import ConfigError

GRANT = "- who: [team:shop]\n  may: read\n  why: they sell\n"


def test_without_a_folder_there_are_no_rules(tmp_path):
    assert read_rules(tmp_path) is None


def test_a_grant_says_who_may_what_with_which_columns_and_rows_until_when_and_why(grants):
    text = (
        "- {who: everyone, may: describe, why: open}\n"
        "- who: [anna, service:shop]\n  may: read\n  columns: ['*', buyer]\n"
        "  rows: [[month, in, ['2013-01']], [price, <, 3]]\n  until: 2027-03-31\n  why: to bill\n"
        "- {who: [team:guests], may_not: read, why: not theirs}\n"
    )
    rules = read_rules(grants(shop__orders=text))
    everyone, some, nobody = rules.grants
    assert everyone.who == (EVERYONE,) and everyone.action == "describe" and not everyone.denies
    assert some.who == (Principal("person", "anna"), Principal("service", "shop"))
    assert some.columns == ("*", "buyer") and some.until == date(2027, 3, 31)
    assert some.rows == (("month", "in", ("2013-01",)), ("price", "<", 3))
    assert some.place == "access/shop.orders.yml:2" and some.scope == "shop.orders"
    assert nobody.denies and nobody.action == "read" and nobody.place == "access/shop.orders.yml:8"


def test_the_digest_changes_with_any_file(grants):
    before = read_rules(grants(shop=GRANT)).digest
    assert read_rules(grants(shop=GRANT)).digest == before
    assert read_rules(grants(shop=GRANT + "# note\n")).digest != before


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("who: [anna]\n", 1, "expected a list of grants"),
        ("- who: [anna\n", 2, "not valid YAML"),
        (GRANT + "- {who: [anna], may: view, why: x}\n", 4, "'may': Input should be 'describe', 'read'"),
        (GRANT + "  column: [a]\n", 4, "unknown key 'column'. Did you mean 'columns'?"),
        ("- {who: [], may: read, why: x}\n", 1, "should have at least 1 item"),
        ("- {may: read, why: x}\n", 1, "'who': Field required"),
        ("- {who: [anna], may: read}\n", 1, "'why': Field required"),
        ("- {who: [anna], may: read, why: ' '}\n", 1, "'why'"),
        ("- {who: [anna], why: x}\n", 1, "either `may` or `may_not`"),
        ("- {who: [anna], may: read, may_not: read, why: x}\n", 1, "either `may` or `may_not`"),
        ("- {who: [anna], may_not: read, columns: [a], why: x}\n", 1, "no columns and no rows"),
        ("- {who: [group:x], may: read, why: x}\n", 1, "'group:x' is no principal"),
        ("- {who: [team:shops], may: read, why: x}\n", 1, "Did you mean 'team:shop'?"),
        ("- {who: [ana], may: read, why: x}\n", 1, "nobody knows 'ana'. Did you mean 'anna'?"),
        ("- {who: [anna], may: read, until: soon, why: x}\n", 1, "'until'"),
        ("- {who: [anna], may: read, rows: [[a, like, b]], why: x}\n", 1, "'rows'"),
        ("- {who: [anna], may: read, rows: [[a, '=']], why: x}\n", 1, "'rows'"),
        ("- {who: [anna], may: read, rows: [[a, in, b]], why: x}\n", 1, "or a list after `in`"),
        ("- {who: [anna], may: read, rows: [[a, '=', [b]]], why: x}\n", 1, "expected one value"),
        ("- {who: [anna], may: read, rows: [[a, '=', null]], why: x}\n", 1, "expected one value"),
        ("- {who: [{kind: person, name: anna}], may: read, why: x}\n", 1, "is no principal"),
        ("- who: [anna]\n  may: read\n  may: describe\n  why: x\n", 3, "'0.may' is here and on line 2"),
    ],
)  # fmt: skip
def test_a_wrong_grant_is_refused_with_its_line(grants, text, line, message):
    with pytest.raises(ConfigError) as refused:
        read_rules(grants(shop=text))
    assert f"shop.yml:{line}:" in str(refused.value) and message in str(refused.value)


@pytest.mark.parametrize(
    ("teams", "message"),
    [
        ("a: [team:b]\nb: [team:c]\nc: [team:b]\n", "teams.yml:2: the teams b → c → b contain each other"),
        ("a: [team:a]\n", "the teams a → a contain each other"),
        ("a: [team:x]\n", "nobody knows 'team:x'"),
        ("everyone: [anna]\n", "everybody is in `everyone` already"),
        ("a: anna\n", "expected a list of members"),
        ("a: [1]\n", "expected a list of members"),
        ("[anna]\n", "expected teams with their members"),
        ("a b: [anna]\n", "'team:a b' is no principal"),
    ],
)  # fmt: skip
def test_wrong_teams_are_refused(grants, teams, message):
    with pytest.raises(ConfigError, match=r"teams\.yml") as refused:
        read_rules(grants(teams))
    assert message in str(refused.value)


def test_every_fault_of_every_file_is_told_at_once(grants):
    with pytest.raises(ConfigError) as refused:
        read_rules(grants(shop="- {who: [anna]}\n", store="x\n"))
    assert "shop.yml:1" in str(refused.value) and "store.yml:1" in str(refused.value)


@pytest.mark.parametrize("name", ["shop.yaml", "shop.YML", "more/shop.yml"])
def test_a_file_with_another_ending_does_not_pass_unread(grants, name):
    folder = grants()
    write(folder / "access" / name, GRANT)
    with pytest.raises(ConfigError, match="expected a file whose name ends in"):
        read_rules(folder)


def test_what_is_no_text_is_refused(grants):
    folder = grants()
    (folder / "access" / "shop.yml").write_bytes(b"- \xff\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_rules(folder)
