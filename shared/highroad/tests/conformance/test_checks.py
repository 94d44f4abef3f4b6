"""Each check passes where all is well, fails where something is not, and says where."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from highroad.conformance.check import Outcome
from highroad.conformance.checks.code import (
    ImageIsThePlatforms,
    NodesArePure,
    SecretsStayOut,
    TestsAreThere,
)
from highroad.conformance.checks.conventions import ConventionsHaveNotEnded
from highroad.conformance.checks.data import (
    ConfigurationCanBeRead,
    ContractsAgree,
    ScheduleKeepsPromises,
    longest_wait,
)
from highroad.conformance.checks.dependencies import (
    LicencesAreAllowed,
    LockIsCurrent,
    LockKeepsConstraints,
    PythonIsSupported,
)
from highroad.conformance.checks.records import LastRunIsOnRecord
from highroad.conformance.checks.repository import ActionsArePinned, CodeownersAreFresh
from highroad.conformance.checks.structure import (
    FilesAreInPlace,
    MetadataIsSound,
    OwnerIsKnown,
    ProjectIsDocumented,
)
from highroad.conformance.codeowners import FILE, render
from highroad.conformance.doctor import all_checks
from highroad.conformance.facts import licences
from highroad.conformance.facts.licences import Licences, is_allowed
from highroad.errors import HighroadError
from highroad.testing import CheckContract
from highroad.testing.checks import PLATFORM, PYPROJECT, facts_in

TestsAreThere.__test__ = False  # type: ignore[attr-defined]
SHOP = "projects/shop"
LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "kedro"
version = "1.7.1"

[[package]]
name = "shop"
version = "1.0.0"
source = { editable = "." }

[package.metadata]
requires-dist = [
    { name = "highroad", editable = "../../shared/highroad" },
    { name = "kedro", specifier = ">=1.7" },
]

[[package]]
name = "zipp"
version = "3.0.0"
"""
CONTRACT = """\
version: 1.2.0
team: {name: till}
slaProperties: [{property: latency, value: 1, unit: d}]
"""


def with_metadata(text: str) -> dict[str, str]:
    return {f"{SHOP}/pyproject.toml": PYPROJECT + text}


class TestFilesAreInPlace(CheckContract):
    check = FilesAreInPlace()
    good = {
        f"{SHOP}/src/shop/settings.py": "",
        f"{SHOP}/src/shop/pipeline_registry.py": "",
        f"{SHOP}/conf/base/catalog.yml": "{}",
    }
    bad = {**good, f"{SHOP}/conf/local/credentials.yml": "{}"}


class TestOwnerIsKnown(CheckContract):
    check = OwnerIsKnown()
    good: dict[str, str] = {}
    bad = {f"{SHOP}/pyproject.toml": PYPROJECT.replace('"till"', '"tills"')}

    def test_it_guesses_what_was_meant(self, tmp_path):
        (finding,) = self.check.run(facts_in(tmp_path, self.check, self.bad)).findings
        assert "Did you mean 'till'?" in finding.what and finding.where.endswith(
            "pyproject.toml:14"
        )


class TestProjectIsDocumented(CheckContract):
    check = ProjectIsDocumented()
    good = {f"{SHOP}/README.md": "# Shop\n" + "Sells things. " * 20}
    bad = {f"{SHOP}/README.md": "Shop"}


class TestLockIsCurrent(CheckContract):
    check = LockIsCurrent()
    good = {f"{SHOP}/uv.lock": LOCK}
    bad = {f"{SHOP}/uv.lock": LOCK.replace(">=1.7", ">=1.6")}

    @pytest.mark.parametrize(
        ("files", "says"),
        [
            ({}, "is missing"),
            ({f"{SHOP}/uv.lock": LOCK.replace(">=3.11", ">=3.12", 1)}, "is for Python >=3.12"),
            ({f"{SHOP}/uv.lock": LOCK.replace('"shop"', '"shelf"')}, "it is another project's"),
            (
                {
                    f"{SHOP}/uv.lock": LOCK,
                    f"{SHOP}/pyproject.toml": PYPROJECT
                    + '[dependency-groups]\ndev = ["pytest>=8"]\n',
                },
                "is stale of group dev in pytest",
            ),
        ],
    )
    def test_it_says_what_is_stale(self, tmp_path, files, says):
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert says in finding.what


class TestLockKeepsConstraints(CheckContract):
    check = LockKeepsConstraints()
    good = {f"{SHOP}/uv.lock": LOCK, "platform-conf/constraints.txt": "kedro>=1.7  # hooks\n"}
    bad = {**good, "platform-conf/constraints.txt": "# why\nzipp >= 3.19  # CVE-2024-5569\n"}

    def test_it_says_why_and_where(self, tmp_path):
        (finding,) = self.check.run(facts_in(tmp_path, self.check, self.bad)).findings
        assert "zipp 3.0.0 is locked" in finding.what
        assert "CVE-2024-5569 (platform-conf/constraints.txt:2)" in finding.what

    @pytest.mark.parametrize(
        ("version", "expected"),
        [
            ("2.5.0+cpu", Outcome.FAIL),
            ("2.6.0+cpu", Outcome.PASS),
            ("2.7.0rc1", Outcome.PASS),
            ("2.6.0.dev1", Outcome.FAIL),
        ],
    )
    def test_local_versions_and_pre_releases_are_compared(self, tmp_path, version, expected):
        files = {
            f"{SHOP}/uv.lock": LOCK.replace('"zipp"', '"torch"').replace('"3.0.0"', f'"{version}"'),
            "platform-conf/constraints.txt": "torch>=2.6  # before, loading a file could run code\n",
        }
        assert self.check.run(facts_in(tmp_path, self.check, files)).outcome is expected

    def test_without_constraints_there_is_nothing_to_keep(self, tmp_path):
        result = self.check.run(facts_in(tmp_path, self.check, {f"{SHOP}/uv.lock": LOCK}))
        assert result.outcome is Outcome.NOT_APPLICABLE


class TestPythonIsSupported(CheckContract):
    check = PythonIsSupported()
    good: dict[str, str] = {}
    bad = {f"{SHOP}/pyproject.toml": PYPROJECT.replace(">=3.11", ">=3.14")}

    def test_a_range_that_nobody_can_read_is_unknown(self, tmp_path):
        files = {f"{SHOP}/pyproject.toml": PYPROJECT.replace(">=3.11", "=>3.11")}
        result = self.check.run(facts_in(tmp_path, self.check, files))
        assert result.outcome is Outcome.UNKNOWN and "requires-python" in result.reason


class TestLicencesAreAllowed(CheckContract):
    check = LicencesAreAllowed()
    _METADATA = f"{SHOP}/.venv/lib/python3.11/site-packages/kedro-1.7.1.dist-info/METADATA"
    _ALLOWS = PLATFORM + "licences: {allowed: [Apache-2.0]}\n"
    good = {
        f"{SHOP}/uv.lock": LOCK,
        "platform-conf/platform.yml": _ALLOWS,
        _METADATA: "Name: kedro\nLicense-Expression: Apache-2.0\n\nText\n",
    }
    bad = {
        **good,
        _METADATA: "Name: kedro\nLicense: Copyright\n        \n        all\n"
        "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)\n\nText\n",
    }

    def test_an_exception_lets_a_package_be(self, tmp_path):
        platform = self._ALLOWS.replace("]}", "], exceptions: {Kedro: we asked}}")
        files = {**self.bad, "platform-conf/platform.yml": platform}
        assert self.check.run(facts_in(tmp_path, self.check, files)).outcome is Outcome.PASS

    def test_what_is_not_installed_is_unknown(self, tmp_path):
        files = {name: text for name, text in self.good.items() if name != self._METADATA}
        assert self.check.run(facts_in(tmp_path, self.check, files)).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("MIT", True),
            ("GPL-3.0-only OR MIT", True),
            ("MIT AND Apache-2.0", True),
            ("MIT AND (GPL-2.0 OR LGPL-3.0)", False),
            ("(MIT OR Apache-2.0) AND GPL-3.0-only", False),
            ("(mit or apache-2.0) and Apache-2.0", True),
            ("MIT WITH Classpath-exception-2.0", False),
            ("MIT AND", False),
            ("", False),
        ],
    )
    def test_of_alternatives_one_is_enough(self, expression, expected):
        assert is_allowed(expression, {"MIT", "Apache-2.0"}) is expected

    def test_without_the_extra_the_message_names_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "license_expression", None)
        licences._licensing.cache_clear()
        with pytest.raises(HighroadError, match=r"depend on highroad\[conformance\]"):
            is_allowed("MIT", ["MIT"])

    def test_a_deprecated_identifier_allows_what_it_became(self):
        assert is_allowed("GPL-3.0-only", ["GPL-3.0"])

    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            ("License: Apache 2.0", "Apache-2.0"),
            ("License: Apache License, Version 2.0", "Apache-2.0"),
            ("License: Apache License v2.0", "Apache-2.0"),
            ("License: The MIT License (MIT)", "MIT"),
            ("License: BSD-3-Clause\nClassifier: License :: OSI Approved :: BSD License", "BSD-3-Clause"),
            ("License: BSD 3-Clause License", "BSD-3-Clause"),
            ("License: BSD License", "BSD"),
            ("License: MIT or Apache-2.0", "MIT OR Apache-2.0"),
            ("License: Copyright 2018 A\n        \n        rights\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
            ("Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            (
                "Classifier: License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)",
                "LGPL-3.0-or-later",
            ),
            (
                "Classifier: License :: OSI Approved :: MIT License\n"
                "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
                "GPL-3.0-only AND MIT",
            ),
            ("License: MIT\nLicense-Expression: Zlib", "Zlib"),
            ("License: UNKNOWN", ""),
        ],
    )  # fmt: skip
    def test_spellings_of_licences_are_understood(self, tmp_path, metadata, expected):
        path = tmp_path / "lib/python3.11/site-packages/x_y-1.0.dist-info/METADATA"
        path.parent.mkdir(parents=True)
        path.write_text(f"Name: x-y\n{metadata}\n\nText\n")
        assert Licences().installed(tmp_path) == {"x-y": expected}


class TestSecretsStayOut(CheckContract):
    check = SecretsStayOut()
    good = {
        f"{SHOP}/conf/base/parameters.yml": "a: 1\n",
        f"{SHOP}/src/shop/nodes.py": "key = 'AKIAIOSFODNN7EXAMPLE'\n",  # pragma: allowlist secret
    }
    bad = {f"{SHOP}/conf/base/parameters.yml": "a: 1\npassword: hunter22-and-more\n"}

    def test_it_says_the_line_and_not_the_secret(self, tmp_path):
        token = "gh" + "p_" + "a1" * 20
        files = {f"{SHOP}/src/shop/nodes.py": f"x = 1\ny = '{token}'\n"}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert finding.where == f"{SHOP}/src/shop/nodes.py:2" and token not in str(finding)


class TestNodesArePure(CheckContract):
    check = NodesArePure()
    good = {
        f"{SHOP}/src/shop/nodes.py": "import math\n",
        f"{SHOP}/src/shop/pipeline.py": "from kedro.pipeline import node\n",
    }
    bad = {f"{SHOP}/src/shop/nodes.py": "import math\nfrom kedro.io import DataCatalog\n"}


class TestTestsAreThere(CheckContract):
    check = TestsAreThere()
    good = {
        f"{SHOP}/tests/test_shop.py": "def test_a():\n    pass\n\nclass B:\n    async def test_b(self): ...\n",
        **with_metadata("least_tests = 2\n"),
    }
    bad = {**good, **with_metadata("least_tests = 3\n")}


class TestImageIsThePlatforms(CheckContract):
    check = ImageIsThePlatforms()
    good: dict[str, str] = {}
    bad = {
        f"{SHOP}/Dockerfile": "FROM scratch\n",
        f"{SHOP}/pyproject.toml": PYPROJECT.replace('"kedro>=1.7"', '"kedro>=1.7", "Jupyter_Lab"'),
    }


class TestConfigurationCanBeRead(CheckContract):
    check = ConfigurationCanBeRead()
    good = {
        f"{SHOP}/conf/base/catalog.yml": "a: {type: pandas.CSVDataset, metadata: {kedro-viz: {layer: 01_raw}}}\n_b: 1\n"
    }
    bad = {f"{SHOP}/conf/base/catalog.yml": "a:\n  type: [\n"}

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("a: [\n", "not valid YAML"),
            ("- a\n", "a list; expected keys with values"),
            ("a: 1\nb: 2\na: 3\n", "'a' stands here and on line 1"),
        ],
    )
    def test_it_says_what_is_wrong(self, tmp_path, text, says):
        files = {f"{SHOP}/conf/prod/catalog_more.yml": text}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert says in finding.what


class TestContractsAgree(CheckContract):
    check = ContractsAgree()
    good = {
        **with_metadata('publishes = ["shop.sales"]\n'),
        "platform-conf/contracts/shop.sales.yaml": CONTRACT,
    }
    bad = {**good, "platform-conf/contracts/shop.sales.yaml": CONTRACT.replace("till", "eve")}

    @pytest.mark.parametrize(
        ("metadata", "contract", "says"),
        [
            ('publishes = ["shop.sale"]\n', CONTRACT, "Did you mean 'shop.sales'?"),
            ('publishes = ["shop.sales"]\n', "version: [", "cannot be read as a contract"),
            (
                'publishes = ["shop.sales"]\n[tool.highroad.consumes]\n"shop.sales" = ">=2"\n',
                CONTRACT,
                "is at 1.2.0, and >=2 is accepted",
            ),
        ],
    )
    def test_it_says_what_is_wrong(self, tmp_path, metadata, contract, says):
        files = {**with_metadata(metadata), "platform-conf/contracts/shop.sales.yaml": contract}
        found = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert {each.what for each in found if says in each.what} == {each.what for each in found}
        assert found

    def test_without_products_it_is_not_asked(self, tmp_path):
        assert self.check.run(facts_in(tmp_path, self.check)).outcome is Outcome.NOT_APPLICABLE


class TestScheduleKeepsPromises(CheckContract):
    check = ScheduleKeepsPromises()
    _CONTRACT = {"platform-conf/contracts/shop.sales.yaml": CONTRACT}
    good = {**with_metadata('publishes = ["shop.sales"]\nschedule = "0 6 * * *"\n'), **_CONTRACT}
    bad = {**with_metadata('publishes = ["shop.sales"]\nschedule = "0 6 * * 1-5"\n'), **_CONTRACT}

    @pytest.mark.parametrize(
        ("more", "says"),
        [("", "there is no schedule"), ('schedule = "@dayly"\n', "is no schedule")],
    )
    def test_it_says_what_is_wrong(self, tmp_path, more, says):
        files = {**with_metadata(f'publishes = ["shop.sales"]\n{more}'), **self._CONTRACT}
        (finding,) = self.check.run(facts_in(tmp_path, self.check, files)).findings
        assert says in finding.what

    def test_weekends_are_the_longest_wait(self):
        assert longest_wait("0 6 * * 1-5").days == 3 and longest_wait("@hourly").seconds == 3600

    def test_what_promises_nothing_is_not_asked(self, tmp_path):
        assert self.check.run(facts_in(tmp_path, self.check)).outcome is Outcome.NOT_APPLICABLE


class TestActionsArePinned(CheckContract):
    check = ActionsArePinned()
    good = {".github/workflows/ci.yml": f"- uses: a/b@{'0' * 40} # v1\n- uses: ./here\n"}
    bad = {".github/workflows/ci.yml": "steps:\n  - uses: a/b@v1\n"}


class TestCodeownersAreFresh(CheckContract):
    check = CodeownersAreFresh()
    bad = {FILE: "* @eve\n"}

    @pytest.fixture(autouse=True)
    def _written(self, tmp_path_factory):
        facts = facts_in(tmp_path_factory.mktemp("same"), self.check)
        type(self).good = {FILE: render(facts)}

    def test_projects_come_by_name_and_the_platforms_paths_last(self, tmp_path):
        more = {
            "projects/a_b/pyproject.toml": PYPROJECT.replace("shop", "a_b"),
            "projects/a_b/src/a_b/__init__.py": "",
        }
        lines = render(facts_in(tmp_path, self.check, more)).splitlines()
        paths = [line.split()[0] for line in lines[1:]]
        assert paths[:4] == [
            "*",
            "/projects/a_b/",
            "/platform-conf/contracts/a_b.*",
            "/projects/shop/",
        ]
        assert paths[-1] == "/shared/" and lines[4].endswith(" @example/till")


def test_a_run_that_is_not_there_is_unknown(tmp_path):
    check = LastRunIsOnRecord()
    assert check.run(facts_in(tmp_path, check)).outcome is Outcome.UNKNOWN
    assert not (tmp_path / "store").exists()


def test_what_depends_on_no_library_keeps_no_record(tmp_path):
    check = LastRunIsOnRecord()
    files = {f"{SHOP}/pyproject.toml": PYPROJECT.replace('"highroad", ', "")}
    assert check.run(facts_in(tmp_path, check, files)).outcome is Outcome.FAIL


def test_only_what_git_tracks_is_looked_at(tmp_path):
    check = FilesAreInPlace()
    files = {**TestFilesAreInPlace.bad, ".gitignore": "**/conf/local/\n"}
    assert check.run(facts_in(tmp_path, check, files)).outcome is Outcome.PASS


def test_every_check_has_a_test_here():
    text = Path(__file__).read_text(encoding="utf-8")
    others = {
        MetadataIsSound,
        LastRunIsOnRecord,
    }  # here, and in test_doctor.py
    here = "highroad.conformance."
    kinds = {type(check) for check in all_checks() if type(check).__module__.startswith(here)}
    assert not [each for each in kinds - others if f"class Test{each.__name__}(" not in text]


ENDS = """\
- {what: style of its own, instead: Remove it., key: tool.ruff, warned: 2026-01-01, enforced: 2026-03-01}
- {what: notebooks, instead: Move them., path: src/*.ipynb, warned: 2026-02-01, enforced: 2026-06-01}
"""
ENDING = {"platform-conf/deprecations.yml": ENDS}


class TestConventionsHaveNotEnded(CheckContract):
    check = ConventionsHaveNotEnded()
    good = ENDING
    bad = {**ENDING, f"{SHOP}/pyproject.toml": PYPROJECT + "\n[tool.ruff]\nline-length = 60\n"}

    @pytest.mark.parametrize(
        ("today", "outcome", "told"),
        [
            (date(2025, 12, 31), Outcome.NOT_APPLICABLE, []),
            (date(2026, 1, 1), Outcome.PASS, ["style"]),
            (date(2026, 2, 28), Outcome.PASS, ["style", "notebooks"]),
            (date(2026, 3, 1), Outcome.FAIL, ["style"]),
            (date(2026, 6, 1), Outcome.FAIL, ["style", "notebooks"]),
        ],
    )
    def test_it_warns_from_one_day_and_fails_from_another(self, tmp_path, today, outcome, told):
        files = {**self.bad, f"{SHOP}/src/shop/try.ipynb": "{}"}
        facts = facts_in(tmp_path, self.check, files)
        facts.repository.today = today
        result = self.check.run(facts)
        assert result.outcome is outcome
        assert [each.what.split()[0].rstrip(":") for each in result.findings] == told
        wheres = {"style": f"{SHOP}/pyproject.toml:17", "notebooks": f"{SHOP}/src/shop/try.ipynb"}
        assert [each.where for each in result.findings] == [wheres[name] for name in told]
