"""Who acts, as it is written and as it is made at an edge."""

from __future__ import annotations

import getpass

import pytest

from highroad.errors import ConfigError
from highroad.principal import VARIABLE, Principal, current_principal


@pytest.mark.parametrize("text", ["anna", "team:flight-data", "service:delays", "a.b@example.org"])
def test_a_principal_is_written_as_it_is_read(text):
    assert str(Principal.parse(text)) == text


def test_a_person_may_be_called_one():
    assert Principal.parse("person:anna") == Principal.parse("anna")


@pytest.mark.parametrize("text", ["", "team:", "group:x", "two words", "a,b", "team:a:b", "a'b"])
def test_what_is_no_principal_is_refused(text):
    with pytest.raises(ValueError, match="expected a login such as anna"):
        Principal.parse(text)


def test_the_variable_comes_before_the_service_account_before_the_login(monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "CORP anna")
    monkeypatch.delenv(VARIABLE, raising=False)
    assert str(current_principal()) == "CORP_anna"
    assert str(current_principal("delays")) == "service:delays"
    monkeypatch.setenv(VARIABLE, "ben")
    assert str(current_principal("delays")) == "ben"
    monkeypatch.setenv(VARIABLE, "group:x")
    with pytest.raises(ConfigError, match=f"{VARIABLE}: 'group:x'"):
        current_principal()
