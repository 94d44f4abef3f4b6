"""Any rule may only warn, or let some rows break it."""

from __future__ import annotations

import pyarrow as pa
import pytest
import yaml

from highroad.errors import ContractError
from highroad.products.checks import FAIL, PASS, check
from highroad.products.compatibility import compare
from highroad.products.contract import read_contract
from highroad.products.documents import write_document
from highroad.products.rules import rules_of
from highroad.products.tolerances import tolerance_faults

from .contracts_by_hand import NOW, contract_of, result

COLUMN = {"name": "v", "required": True, "logicalTypeOptions": {"pattern": "[a-z]"}}
TABLE = pa.table({"v": ["a"] * 97 + ["A"] * 2 + [None]})


def tolerating(folder, *entries):
    return contract_of(
        folder,
        [COLUMN],
        customProperties=[{"property": "highroad.tolerances", "value": list(entries)}],
    )


@pytest.mark.parametrize(
    ("given", "verdict", "passes"),
    [
        ({"mustBeLessOrEqualTo": 2}, PASS, True),
        ({"mustBeLessThan": 2}, FAIL, False),
        ({"mustBeLessOrEqualTo": 2, "unit": "percent"}, PASS, True),
        ({"mustBeLessThan": 1.9, "unit": "percent"}, FAIL, False),
        ({"mustBeBetween": [1, 3]}, PASS, True),
        ({"severity": "warning"}, FAIL, True),
    ],
)
def test_a_rule_takes_a_limit_and_a_severity(tmp_path, given, verdict, passes):
    nulls = {"rule": "v.required", "severity": "warning"}
    contract = tolerating(tmp_path, {"rule": "v.pattern", **given}, nulls)
    report = check(TABLE, contract, now=NOW)
    assert result(report, "v.pattern").verdict == verdict
    assert result(report, "v.pattern").failed_rows == 2
    assert (report.faults == []) is passes
    assert not [*tolerance_faults(contract, rules_of(contract))]


def test_without_a_tolerance_every_row_counts(tmp_path):
    report = check(TABLE, contract_of(tmp_path, [COLUMN]), now=NOW)
    assert [each.rule.id for each in report.faults] == ["v.required", "v.pattern"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"severity": "warning", "rule": "v.pat"}, "is of no rule. Did you mean 'v.pattern'"),
        ({"rule": "v.present", "mustBeLessThan": 1}, "only rules that count rows take one"),
        ({"rule": "rows.prose", "severity": "warning"}, "of a rule that is not checked"),
    ],
)
def test_a_tolerance_that_fits_no_rule_is_a_fault_and_tolerates_nothing(tmp_path, entry, said):
    contract = contract_of(
        tmp_path,
        [COLUMN],
        [{"name": "prose", "type": "text", "description": "nice"}],
        customProperties=[{"property": "highroad.tolerances", "value": [entry]}],
    )
    rules = rules_of(contract)
    (fault,) = tolerance_faults(contract, rules)
    assert said in fault and f"{contract.path.name}:5: " in fault
    assert {rule.severity for rule in rules} == {"error"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"severity": "warning"}, "names no rule"),
        ({"rule": "v.pattern"}, "no severity and no one operator"),
        ({"rule": "v.pattern", "mustBe": 1, "mustNotBe": 2}, "no one operator"),
        (
            {"rule": "v.pattern", "severity": "mild"},
            "severity is 'mild'; expected error or warning",
        ),
        (
            {"rule": "v.pattern", "mustBeLesThan": 1},
            "no key 'mustBeLesThan'. Did you mean 'mustBeLessThan'",
        ),
        ({"rule": "v.pattern", "mustBeLessThan": "few"}, "is 'few'; expected a number"),
        ({"rule": "v.pattern", "mustBeBetween": 3}, "is 3; expected two numbers"),
        ({"rule": "v.pattern", "mustBeLessThan": 1, "unit": "kg"}, "expected rows or percent"),
        ("v.pattern", "expected a list of {rule, severity}"),
    ],
)
def test_a_broken_tolerance_is_named_with_its_line(tmp_path, entry, said):
    contract = tolerating(tmp_path, entry)
    with pytest.raises(ContractError) as caught:
        rules_of(contract)
    assert said in str(caught.value) and f"{contract.path.name}:" in str(caught.value)


def test_a_wider_tolerance_breaks_readers_and_is_another_promise(tmp_path):
    old = tolerating(tmp_path, {"rule": "v.pattern", "mustBeLessOrEqualTo": 1})
    new = tolerating(tmp_path, {"rule": "v.pattern", "mustBeLessOrEqualTo": 5})
    (change,) = compare(old, new)
    assert (change.reader, change.writer) == ("breaking", "additive")
    assert old.fingerprint != new.fingerprint
    plain = contract_of(tmp_path, [COLUMN])
    assert read_contract(plain.path, "t.x").fingerprint == plain.fingerprint
    assert yaml.safe_load(write_document(new.document)) == yaml.safe_load(new.path.read_text())
