"""Kinds of rules, one module each, and how a contract is read as rules.

A kind is a class named by an entry point of the group `highroad.rules`; see `RuleKind`.
"""

from highroad.products.rule import Declared, Result, Rule, RuleKind, Source
from highroad.products.rules.bases import AgeKind, RowKind, SchemaKind
from highroad.products.rules.reading import kinds, rules_of

__all__ = [
    "AgeKind",
    "Declared",
    "Result",
    "RowKind",
    "Rule",
    "RuleKind",
    "SchemaKind",
    "Source",
    "kinds",
    "rules_of",
]
