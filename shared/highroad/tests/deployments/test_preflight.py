"""All that is not as it must be, told at once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write
from releases.test_release import ONE

from highroad.config.platform import Deploy, load_platform
from highroad.deployments.place import Place
from highroad.deployments.preflight import faults
from highroad.deployments.target import settings_of
from highroad.errors import ConfigError
from highroad.releases.shelf import Kept
from highroad_workspace.projects import find_projects, project_named

ROOT = Path(__file__).parents[4]
PLATFORM = load_platform(ROOT / "platform-conf")
PROJECTS = find_projects(ROOT)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBlLW5vLXJlYWwta2V5LWF0LWFsbC1vZi1ub2JvZHkx"
NEEDY = replace(ONE, needs={"prod": "credentials:warehouse variable:TOKEN_OF_LAKE"})


@pytest.fixture
def place(tmp_path, monkeypatch) -> Place:
    monkeypatch.setenv("HIGHROAD_STORE", str(tmp_path))
    monkeypatch.delenv("HIGHROAD_RECORDS", raising=False)
    delays = project_named(PROJECTS, "delays")
    return Place(delays, "prod", Deploy(), PLATFORM, ROOT)


def found(place: Place, release=ONE, signature="") -> list[str]:
    return list(faults(place, Kept(release, 1, "", "", signature), PROJECTS))


def test_products_that_are_not_there_are_named_with_who_makes_them(place):
    told = found(place)
    assert [each.partition(" ")[0] for each in told] == [
        "flights.departures", "flights.fleet", "flights.weather",
    ]  # fmt: skip
    assert "not published; deploy flights there, and have it run, first" in told[0]


def test_credentials_and_variables_are_asked_for_where_they_have_to_stand(place):
    told = [each for each in found(place, NEEDY) if not each.startswith("flights.")]
    assert "'warehouse' are missing" in told[0] and "conf/local/credentials.yml" in told[0]
    assert "TOKEN_OF_LAKE" in told[1] and "environments.prod.deploy.passes" in told[1]
    passing = replace(place, settings=Deploy(passes=["TOKEN_OF_LAKE"]))
    assert not any("TOKEN_OF_LAKE" in each for each in found(passing, NEEDY))


def test_where_signers_are_named_a_release_is_signed(place, tmp_path):
    (tmp_path / "platform-conf").mkdir()
    (tmp_path / "platform-conf" / "release-signers").write_text(f"ann@example.org {KEY}\n")
    (tmp_path / "platform-conf" / "contracts").mkdir()
    elsewhere = replace(place, root=tmp_path, project=place.project._replace(consumes=()))
    (told,) = found(elsewhere)
    assert "not signed" in told and "HIGHROAD_SIGNING_KEY" in told
    (told,) = found(elsewhere, signature="nonsense")
    assert "signature does not hold" in told


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "ann@example.org\n", None, "dangling"])
def test_signers_that_cannot_be_read_let_nothing_pass(place, tmp_path, text):
    signers = tmp_path / "platform-conf" / "release-signers"
    (tmp_path / "platform-conf" / "contracts").mkdir(parents=True)
    if text is None:
        signers.mkdir()
    elif text == "dangling":
        signers.symlink_to(tmp_path / "gone")
    else:
        signers.write_text(text)
    elsewhere = replace(place, root=tmp_path, project=place.project._replace(consumes=()))
    for signature in ("", "nonsense"):
        (told,) = found(elsewhere, signature=signature)
        assert "release-signers" in told and "ann@example.org" not in told
        assert "It names who may sign releases, a line each: name@example.org ssh-" in told


def test_a_schedule_that_is_none_is_a_fault(place):
    wrong = replace(place, project=place.project._replace(schedule="61 * * * *"))
    assert any("is no schedule" in each for each in found(wrong))


def test_records_that_cannot_be_kept_are_a_fault(place, monkeypatch):
    monkeypatch.setenv("HIGHROAD_RECORDS", "postgresql://nobody@127.0.0.1:9/none")
    assert any("record store of prod cannot be used" in each for each in found(place))


@pytest.mark.parametrize(
    ("env", "says"),
    [("base", "nothing is deployed to"), ("prd", r"not there. Did you mean 'prod'\?")],
)
def test_an_environment_that_is_no_place_is_said(env, says):
    with pytest.raises(ConfigError, match=says):
        settings_of(PLATFORM, env, ROOT / "platform-conf")


def test_a_service_account_that_may_not_read_is_refused_before_it_is_deployed(place, tmp_path):
    conf = tmp_path / "platform-conf"
    shutil.copytree(ROOT / "platform-conf" / "contracts", conf / "contracts")
    shutil.copy(ROOT / "platform-conf" / "platform.yml", conf)
    write(conf / "access" / "teams.yml", "makers: [service:delays]\n")
    write(conf / "access" / "flights.fleet.yml", "- {who: [team:makers], may: read, why: x}\n")
    write(conf / "access" / "flights.yml", "- {who: everyone, may: describe, why: x}\n")
    told = [each for each in found(replace(place, root=tmp_path)) if each.startswith("no grant")]
    assert [each.split()[5] for each in told] == ["flights.departures;", "flights.weather;"]
    assert "`highroad access request flights.weather --for service:delays --why …`" in told[1]
