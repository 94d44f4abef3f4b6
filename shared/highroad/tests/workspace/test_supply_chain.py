"""What workflows fetch is what its hash says, and what runs a project's code holds no key to a registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[4]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_tools_are_installed_by_their_hashes(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"\buvx\b|uv tool run|uv run --no-project|(?<!uv )pipx? install|npm |curl ", text
    )
    for job in yaml.safe_load(text)["jobs"].values():
        scripts = "\n".join(step.get("run", "") for step in job["steps"])
        if re.search(r"\b(nox|pip-audit) ", scripts):
            assert "--require-hashes -r .github/" in scripts
            assert (
                scripts.index("--require-hashes")
                < re.search(r"\bnox -s|/pip-audit", scripts).start()
            )


@pytest.mark.parametrize("name", ["tools.txt", "audit.txt"])
def test_every_requirement_has_a_version_and_hashes(name):
    text = (ROOT / ".github" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        assert re.match(r"[\w.-]+(\[\w+\])?==\S+ ", line) and "--hash=sha256:" in line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_that_may_write_says_why(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"\s+[\w-]+: write\b", line):
            assert re.search(r"# \w+", line), line


def test_the_audit_reads_with_no_right_to_write():
    jobs = yaml.safe_load(
        (ROOT / ".github" / "workflows" / "audit.yml").read_text(encoding="utf-8")
    )["jobs"]
    assert jobs["advisories"]["permissions"] == {"contents": "read"}
    assert jobs["issue"]["permissions"] == {"issues": "write"}
