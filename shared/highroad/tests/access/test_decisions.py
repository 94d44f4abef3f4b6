"""What somebody may do, held against Cedar and against the simplest thing that could say so."""

from __future__ import annotations

import os
import random
from datetime import date

import cedarpy
import pytest

from highroad.access import ACTIONS, policies
from highroad.access.decisions import NULL, Access, Columns
from highroad.access.grants import EVERYONE, Grant, Rules, read_rules
from highroad.principal import Principal

DAY = date(2026, 6, 1)
ANNA, BEN, EVE = (Principal("person", name) for name in ("anna", "ben", "eve"))
PRODUCTS = ("shop.orders", "shop.bills", "store.stock")
COLUMNS = Columns(("id", "price", "buyer"), frozenset({"buyer"}))
QUESTIONS = int(os.environ.get("HIGHROAD_ACCESS_QUESTIONS", "3000"))


@pytest.fixture
def access(grants):
    """Access under the grants of files, on a day."""

    def made(**files: str) -> Access:
        return Access(read_rules(grants(**files)), PRODUCTS, DAY, lambda product: COLUMNS)

    return made


def test_the_policies_fit_their_schema():
    assert cedarpy.validate_policies(policies.POLICIES, policies.SCHEMA).validation_passed


def test_without_rules_everybody_may_do_everything():
    access = Access(None, PRODUCTS, DAY, lambda product: COLUMNS)
    assert (
        access.visible(EVE) == {*PRODUCTS} and access.may(EVE, "administer", "shop.orders").allowed
    )
    assert access.view(EVE, "shop.orders").shown == COLUMNS.names
    assert not access.may(EVE, "read", "shop.nothing").allowed


def test_a_product_without_a_grant_is_answered_as_one_that_does_not_exist(access):
    of_shop = access(shop="- {who: [team:shop], may: read, why: x}\n")
    hidden, missing = (of_shop.may(EVE, "read", f"{each}.stock") for each in ("store", "stare"))
    assert (hidden.why.replace("store", "stare"), hidden.grants) == (missing.why, missing.grants)
    assert not hidden.allowed and of_shop.visible(EVE) == frozenset()


def test_a_grant_reaches_teams_within_teams_and_the_actions_below_it(access):
    of_shop = access(shop="- {who: [team:shop], may: publish, why: they sell}\n")
    assert of_shop.visible(BEN) == {"shop.orders", "shop.bills"}
    allowed = [of_shop.may(BEN, action, "shop.orders").allowed for action in ACTIONS]
    assert allowed == [True, True, True, False]
    decision = of_shop.may(BEN, "read", "shop.orders")
    assert decision.policies == ("read",) and decision.grants == ("access/shop.yml:1",)
    assert decision.why == "ben may read shop.orders: access/shop.yml:1 (team:shop: they sell)."
    assert of_shop.may(BEN, "administer", "shop.orders").why.endswith("no grant allows it.")


def test_a_denial_wins_and_reaches_the_actions_above_it(access):
    of_shop = access(
        shop="- {who: everyone, may: administer, why: x}\n- {who: [ben], may_not: read, why: on leave}\n"
    )
    assert of_shop.may(BEN, "describe", "shop.orders").allowed
    for action in ACTIONS[1:]:
        decision = of_shop.may(BEN, action, "shop.orders")
        assert (
            not decision.allowed and "access/shop.yml:2 (ben: on leave) denies it" in decision.why
        )
    assert of_shop.may(ANNA, "administer", "shop.orders").allowed


def test_a_grant_ends_with_its_last_day(access):
    text = "- {{who: everyone, may: read, until: {}, why: x}}\n"
    assert access(shop=text.format("2026-06-01")).visible(EVE)
    assert not access(shop=text.format("2026-05-31")).visible(EVE)


def test_groups_of_an_identity_provider_count_where_the_team_is_known(access):
    of_shop = access(shop="- {who: [team:shop], may: read, why: x}\n")
    assert of_shop.visible(Principal("person", "zoe", ("clerks", "unknown")))
    assert not of_shop.visible(Principal("person", "zoe", ("unknown",)))


def test_a_name_means_the_same_only_within_its_kind(access):
    of_shop = access(shop="- {who: [anna], may: read, why: x}\n")
    assert of_shop.visible(ANNA)
    assert not of_shop.visible(Principal("team", "anna"))
    assert not of_shop.visible(Principal("service", "anna"))


@pytest.mark.parametrize(
    ("grant", "shown", "masked"),
    [
        ("may: describe", [], ["id", "price", "buyer"]),
        ("may: read", ["id", "price"], ["buyer"]),
        ("may: read, columns: ['*', buyer]", ["id", "price", "buyer"], []),
        ("may: read, columns: ['*']", ["id", "price"], ["buyer"]),
        ("may: read, columns: [id]", ["id"], []),
        ("may: read, columns: [buyer]", ["buyer"], []),
        ("may: read, rows: [[gone, '=', 1]]", [], ["id", "price", "buyer"]),
    ],
)
def test_columns_are_shown_masked_or_not_there(access, grant, shown, masked):
    view = access(shop=f"- {{who: everyone, {grant}, why: x}}\n").view(EVE, "shop.orders")
    assert (list(view.shown), list(view.masked)) == (shown, masked)


def test_of_a_column_the_decision_says_whether_it_is_masked(access):
    of_shop = access(shop="- {who: everyone, may: read, columns: [id, '*'], why: x}\n")
    assert of_shop.may(EVE, "read", "shop.orders", "id").mask == ""
    masked = of_shop.may(EVE, "read", "shop.orders", "buyer")
    assert masked.allowed and masked.mask == NULL and masked.why.endswith("buyer is masked.")
    assert not of_shop.may(EVE, "read", "shop.orders", "nothing").allowed


def test_rows_of_several_grants_add_up_and_columns_only_where_all_rows_are_theirs(access):
    one = "- {who: everyone, may: read, columns: [id], rows: [[id, '<', 3]], why: x}\n"
    other = "- {who: [eve], may: read, columns: [id, price], rows: [[id, '>', 7]], why: x}\n"
    of_shop = access(shop=one + other)
    view = of_shop.view(EVE, "shop.orders")
    assert view.rows == ((("id", "<", 3),), (("id", ">", 7),))
    assert view.shown == ("id",) and view.masked == ("price",)
    assert of_shop.view(ANNA, "shop.orders").rows == ((("id", "<", 3),),)
    assert of_shop.may(EVE, "read", "shop.orders").rows == view.rows
    whole = access(shop=one + other + "- {who: [eve], may: read, why: x}\n").view(
        EVE, "shop.orders"
    )
    assert whole.rows is None and whole.shown == ("id", "price")


def test_what_may_not_be_read_has_no_values(access):
    of_shop = access(
        shop="- {who: everyone, may: read, columns: ['*', buyer], why: x}\n"
        "- {who: [eve], may_not: read, why: x}\n- {who: [ben], may_not: describe, why: x}\n"
    )
    assert of_shop.view(EVE, "shop.orders").shown == ()
    assert of_shop.view(BEN, "shop.orders").columns == frozenset()


def test_a_policy_that_errs_is_a_no(access, monkeypatch):
    broken = cedarpy.PolicySet.from_str(
        "permit (principal, action, resource) when { resource.missing == 1 };"
    )
    monkeypatch.setattr(policies, "_policies", lambda: broken)
    decision = access(shop="- {who: everyone, may: read, why: x}\n").may(EVE, "read", "shop.orders")
    assert not decision.allowed and "missing" in decision.why


def test_what_cedar_cannot_parse_is_a_no():
    verdict = policies.decide("anna", ["team:\ud800"], "read", "shop.orders", {})
    assert not verdict.allowed and verdict.errors


def _drawn(random: random.Random) -> tuple[Rules, list[str], list[Principal]]:
    """Teams within teams, and grants of all kinds to all kinds of people."""
    people = [Principal("person", f"p{each}") for each in range(20)]
    people += [Principal("service", f"s{each}") for each in range(3)]
    names = [f"t{each}" for each in range(8)]
    teams = {}
    for index, name in enumerate(names):
        inner = [Principal("team", each) for each in random.sample(names[:index], min(index, 1))]
        teams[name] = (*random.sample(people, random.randrange(5)), *inner)
    products = [f"d{each % 4}.p{each}" for each in range(24)]
    subjects = [*people, *(Principal("team", each) for each in names), EVERYONE]
    weights = [4] * (len(subjects) - 1) + [1]
    grants = tuple(
        Grant(
            scope=random.choice([*products, *products, "d0", "d1", "d9"]),
            who=tuple(random.choices(subjects, weights, k=random.randrange(1, 3))),
            action=random.choice(ACTIONS),
            denies=random.random() < 0.2,
            columns=None,
            rows=(),
            until=random.choice([None, None, DAY, date(2026, 5, 31)]),
            why="w",
            place=f"access/x.yml:{each}",
        )
        for each in range(80)
    )
    return Rules(teams, grants, ""), products, [*people, Principal("person", "stranger")]


def _oracle(rules: Rules, who: Principal, action: str, product: str) -> bool:
    """The same question, asked the slow way."""

    def is_in(team: Principal) -> bool:
        members = rules.teams.get(team.name, ()) if team.kind == "team" else ()
        return team in (EVERYONE, who) or any(map(is_in, members))

    rank = ACTIONS.index(action)
    holding = [
        grant
        for grant in rules.grants
        if grant.scope in (product, product.split(".")[0])
        and (grant.until is None or grant.until >= DAY)
        and any(map(is_in, grant.who))
    ]
    if any(grant.denies and ACTIONS.index(grant.action) <= rank for grant in holding):
        return False
    return any(not grant.denies and ACTIONS.index(grant.action) >= rank for grant in holding)


def test_cedar_the_visible_set_and_an_oracle_agree():
    drawn = random.Random(20260601)
    asked = allowed = 0
    while asked < QUESTIONS:
        rules, products, people = _drawn(drawn)
        access = Access(rules, products, DAY)
        for _ in range(500):
            who, action, product = (drawn.choice(each) for each in (people, ACTIONS, products))
            expected = _oracle(rules, who, action, product)
            assert (product in access.visible(who, action)) == expected, (who, action, product)
            assert access.may(who, action, product).allowed == expected, (who, action, product)
            asked += 1
            allowed += expected
    assert asked * 0.1 < allowed < asked * 0.9
