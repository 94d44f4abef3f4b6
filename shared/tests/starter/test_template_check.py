"""A project is held against the template it was made from, in the files that stay the template's."""

from __future__ import annotations

from highroad.conformance.check import Outcome
from highroad.conformance.doctor import all_checks
from highroad.starter.checks import TemplateIsCurrent
from highroad.starter.extension import VERSION, design_of
from highroad.starter.making import MANAGED, RECORD, render
from highroad.testing import CheckContract
from highroad.testing.checks import FILES, facts_in

SHOP = "projects/shop"


def made(tmp_path):
    """What the template gives for `shop`."""
    facts = facts_in(tmp_path, TemplateIsCurrent())
    answers = {"kind": "minimal", "frame": "pandas", "owner": "till"}
    files = render(design_of("shop", answers, facts.repository.root))
    kept = {name: text for name, text in files.items() if name.endswith(MANAGED) or name == RECORD}
    return {f"{SHOP}/{name}": text for name, text in kept.items()}


class TestTemplateIsCurrent(CheckContract):
    check = TemplateIsCurrent()

    def setup_method(self):
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            self.good = made(Path(folder))
        self.bad = self.good | {f"{SHOP}/src/shop/settings.py": "# mine\n"}

    def test_an_older_template_is_named(self, tmp_path):
        record = self.good[f"{SHOP}/{RECORD}"].replace(f'version = "{VERSION}"', 'version = "0"')
        files = self.bad | {f"{SHOP}/{RECORD}": record}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert finding.where == f"{SHOP}/src/shop/settings.py"
        assert f"made from template 0, today's is {VERSION}" in finding.what

    def test_a_file_that_is_gone_is_told(self, tmp_path):
        files = {name: text for name, text in self.good.items() if "__main__" not in name}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert finding.what == "is missing"

    def test_a_record_that_nobody_can_read_is_unknown_and_none_is_not_asked(self, tmp_path):
        assert (
            self.check.run(facts_in(tmp_path, self.check, FILES)).outcome is Outcome.NOT_APPLICABLE
        )
        files = {f"{SHOP}/{RECORD}": "[template]\n"}
        result = self.check.run(facts_in(tmp_path, self.check, files))
        assert result.outcome is Outcome.UNKNOWN and RECORD in result.reason


def test_the_library_adds_it_as_a_team_would():
    assert "template-is-current" in {each.name for each in all_checks()}
