"""Check a table against a contract: every declared rule gives exactly one result."""

from highroad.products.checks.engine import check
from highroad.products.checks.report import Report
from highroad.products.rule import ERROR, FAIL, NOT_CHECKED, PASS, Result

__all__ = ["ERROR", "FAIL", "NOT_CHECKED", "PASS", "Report", "Result", "check"]
