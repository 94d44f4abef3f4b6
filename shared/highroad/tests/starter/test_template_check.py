"""A project is held against the template it was made from, in the files that the template manages."""

from __future__ import annotations

import hashlib
import json
import tempfile
from itertools import product
from pathlib import Path

from highroad.conformance.check import Outcome
from highroad.conformance.doctor import all_checks
from highroad.starter.checks import TemplateIsCurrent
from highroad.starter.extension import VERSION, design_of
from highroad.starter.making import MANAGED, given, render
from highroad.starter.record import CHOSEN, GIVEN
from highroad.testing import CheckContract
from highroad.testing.checks import FILES, facts_in

SHOP = "projects/shop"
SETTINGS = f"{SHOP}/src/shop/settings.py"


def made():
    """What the template gives for `shop`."""
    with tempfile.TemporaryDirectory() as folder:
        facts = facts_in(Path(folder), TemplateIsCurrent())
        answers = {"kind": "minimal", "frame": "pandas", "owner": "till"}
        design = design_of("shop", answers, facts.repository.root)
        files = {**render(design), GIVEN: given(design)}
    kept = (*MANAGED, CHOSEN, GIVEN)
    return {f"{SHOP}/{name}": text for name, text in files.items() if name.endswith(kept)}


class TestTemplateIsCurrent(CheckContract):
    check = TemplateIsCurrent()

    def setup_method(self):
        self.good = made()
        self.bad = self.good | {SETTINGS: "# mine\n"}

    def test_an_older_template_is_named(self, tmp_path):
        before = self.good[f"{SHOP}/{GIVEN}"].replace(f'version = "{VERSION}"', 'version = "0"', 1)
        files = self.bad | {f"{SHOP}/{GIVEN}": before}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert finding.where == SETTINGS
        assert f"was given template 0, today's is {VERSION}" in finding.what

    def test_a_file_that_is_gone_is_told(self, tmp_path):
        files = {name: text for name, text in self.good.items() if "__main__" not in name}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert finding.what == "is missing"

    def test_what_is_accepted_passes(self, tmp_path):
        accepted = '\n[[accepted]]\nfile = "src/shop/settings.py"\nreason = "why"\nowner = "till"\n'
        chosen = self.good[f"{SHOP}/{CHOSEN}"] + accepted
        files = self.bad | {f"{SHOP}/{CHOSEN}": chosen}
        assert self.check.run(facts_in(tmp_path, self.check, files)).outcome is Outcome.PASS

    def test_without_a_record_it_is_not_asked(self, tmp_path):
        outcome = self.check.run(facts_in(tmp_path, self.check, FILES)).outcome
        assert outcome is Outcome.NOT_APPLICABLE


MANAGED_BY = {"1": "fed448f73937", "2": "f87d33fe1a52"}  # pragma: allowlist secret
"""The beginning of the SHA-256 of what each version of the template gives; one that projects were given never changes."""


def test_a_change_of_what_projects_are_given_raises_the_version(tmp_path):
    root = facts_in(tmp_path, TemplateIsCurrent()).repository.root
    digest = hashlib.sha256()
    for kind, frame in product(("data-product", "model", "minimal"), ("pandas", "polars")):
        answers = {"kind": kind, "frame": frame, "owner": "till"}
        digest.update(json.dumps(render(design_of("shop", answers, root), MANAGED)).encode())
    assert MANAGED_BY.get(VERSION) == digest.hexdigest()[:12], (
        "Projects get something else: raise VERSION in starter/extension.py, and add its digest here."
    )


def test_the_library_adds_it_as_a_team_would():
    assert "template-is-current" in {each.name for each in all_checks()}
