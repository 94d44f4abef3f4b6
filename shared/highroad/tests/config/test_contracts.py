"""Entries that name a contract get its validator; nothing else does."""

from __future__ import annotations

import pytest

from highroad.config import PlatformConfigLoader
from highroad.config.contracts import VALIDATOR
from highroad.errors import ConfigError


def test_entries_and_patterns_with_a_contract_get_its_validator(conf):
    source = conf(
        "base/catalog.yml",
        "plain: {type: MemoryDataset}\n"
        "scores:\n  type: MemoryDataset\n  metadata: {highroad: {contract: p.scores}}\n"
        '"{owner}.{name}@x":\n  type: MemoryDataset\n'
        '  metadata: {highroad: {contract: "{owner}.{name}", product: "{owner}.{name}"}}\n',
    )
    catalog = PlatformConfigLoader(source)["catalog"]
    assert "validator" not in catalog["plain"]
    options = catalog["scores"]["validator"]["options"]
    assert catalog["scores"]["validator"]["class"] == VALIDATOR
    assert options["contract"] == "p.scores" and "uri" not in options
    pattern = catalog["{owner}.{name}@x"]["validator"]["options"]
    assert pattern["uri"].endswith("store/products/{owner}.{name}")


def test_a_second_validator_is_refused(conf):
    source = conf(
        "base/catalog.yml",
        "scores:\n  type: MemoryDataset\n  validator: my.Own\n"
        "  metadata: {highroad: {contract: p.scores}}\n",
    )
    with pytest.raises(ConfigError, match=r"'scores' has a contract, p\.scores, and a validator"):
        PlatformConfigLoader(source)["catalog"]
