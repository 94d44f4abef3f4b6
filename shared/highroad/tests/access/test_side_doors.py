"""Canaries: a product, a column and a value that nobody can guess, searched for in all that a stranger is given."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from conftest import platform_in, write

from highroad.cli.commands import cli
from highroad.config.platform import load_platform
from highroad.datasets.data_product_dataset import DataProductDataset
from highroad.principal import VARIABLE, Principal
from highroad.products.admission import admission_of
from highroad.tracking.record import DatasetUse, Record
from highroad.tracking.writing import writer_of

PRODUCT, COLUMN, VALUE = "shop.qzvault", "qxcolumn", "QWVALUE"
CANARIES = ("qzvault", COLUMN, VALUE)
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: {product}
version: 1.0.0
status: active
team: {{name: o}}
schema:
  - name: {table}
    properties:
      - {{name: id, logicalType: integer, required: true, primaryKey: true}}
      - {{name: {column}, logicalType: string}}
    quality:
      - {{name: size, metric: rowCount, mustBeBetween: [1, 1000]}}
"""
PROJECT = """
[project]
name = "{name}"
version = "0"
requires-python = ">=3.11"
[tool.kedro]
package_name = "{name}"
project_name = "{name}"
kedro_init_version = "1.7.0"
source_dir = "src"
[tool.highroad]
description = "d"
owner = "o"
kind = "model"
{products}
"""
# What a stranger types, by command; `absent` is what there is no product of.
WORDS: dict[str, list[list[str]]] = {
    "access audit": [[PRODUCT], ["shop.open"], ["shop.qzvaul", "--json"]],
    "access catalog": [[], ["--json"], ["--as", "anna"]],
    "access why": [["eve", "read", PRODUCT], ["anna", "read", PRODUCT], ["anna", "read", f"shop.open.{COLUMN}"]],
    "access diff": [["HEAD"], ["HEAD~1"]],
    "access request": [[PRODUCT, "--why", "x"]],
    "adopt": [["nowhere"]],
    "codeowners": [[]],
    "contracts lint": [[], ["--json"]],
    "contracts coverage": [[], ["--json"]],
    "contracts diff": [["HEAD~1"], ["HEAD~1", "--json"]],
    "contracts check": [["rows.csv", "--contract", PRODUCT]],
    "contracts infer": [["rows.csv", "--product", "shop.other"]],
    "deploy": [["--project", "shop", "--env", "prod"]],
    "deployments list": [[]],
    "deployments status": [[]],
    "deployments run": [["--project", "shop", "--env", "prod"]],
    "deployments drill": [["--project", "nobody"]],
    "deployments reconcile": [["--project", "shop", "--env", "prod"]],
    "deployments verify": [[]],
    "portal": [["--help"]],  # its pages are walked below
    "load": [["--project", "nobody"]],
    "serve": [["--project", "nobody"]],
    "rollback": [["--project", "shop", "--env", "prod"]],
    "doctor": [["--project", "other"]],
    "drift": [[PRODUCT, "--reference", "x"], ["rows.csv", "--reference", PRODUCT], ["shop.qzvaul", "--reference", "x"]],
    "models list": [[], ["shop.qzvaul"]],
    "models show": [["shop.qzvaul"]],
    "models promote": [["shop.qzvaul", "--to", "staging", "--why", "x"]],
    "models rollback": [["shop.qzvaul", "--from", "staging", "--why", "x"]],
    "models register": [["shop"]],
    "init": [["."]],
    "new": [["fresh", "--consumes", PRODUCT, "--no-lock"], ["fresh", "--consumes", "shop.qzvaul", "--no-lock"]],
    "own": [["--organisation", "X", "--keep", "nobody"]],
    "lineage": [[], ["--json"], ["--html", "lineage.html"], [PRODUCT], ["shop.qzvaul"]],
    "image build": [["--project", "nobody"]],
    "image report": [["--project", "nobody"]],
    "image smoke": [["--project", "nobody"]],
    "image dockerfile": [["--project", "other"]],
    "image base": [["--help"]],
    "products status": [[], ["--json"], ["--check"]],
    "products history": [[PRODUCT], ["shop.qzvaul"], ["shop.open"]],
    "products show": [[PRODUCT], ["shop.open"], ["shop.open", "--json"], ["shop.qzvaul"]],
    "products retention": [[]],
    "products rewrite": [[PRODUCT], ["shop.qzvaul"]],
    "products verify": [[PRODUCT, "--deep"], ["shop.qzvaul"]],
    "releases make": [["--project", "nobody"]],
    "releases list": [[], ["--json"]],
    "releases show": [["shop"]],
    "releases compare": [["shop~1", "shop"]],
    "releases verify": [["shop"]],
    "releases fetch": [["shop"]],
    "reproduce": [["shop"]],
    "runs list": [[], ["--json"]],
    "runs show": [["shop"], ["shop", "--json"], ["reader"]],
    "runs compare": [["shop", "reader"], ["shop", "reader", "--json"]],
    "runs deliver": [[]],
    "starter": [["--combinations", "nothing"]],
    "trace": [["shop"], ["reader", "--json"], ["reader", "--html", "trace.html"], [PRODUCT], ["shop.qzvaul"]],
    "upgrade": [["--report"]],
    "workflow tasks": [["--project", "nobody"]],
    "workflow dag": [["--project", "nobody"]],
    "config explain": [["catalog.shop.open@pandas", "--project", "other"], ["platform.store"]],
    "config check": [["--help"]],
    "catalog": [["--project", "nobody"]],
    "summary": [[], ["--json"]],
}  # fmt: skip


def commands(group: click.Group = cli, path: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """Two products of shop, of which a stranger may read one but for a column; a run made the other, another read it."""
    root = tmp_path_factory.mktemp("canaries")
    conf = platform_in(root)
    for product, table in ((PRODUCT, "qzvault"), ("shop.open", "open")):
        text = CONTRACT.format(product=product, table=table, column=COLUMN)
        write(conf / "contracts" / f"{product}.yaml", text)
    write(conf / "access" / "teams.yml", "o: [anna]\n")
    write(conf / "access" / "shop.yml", "- {who: [team:o], may: administer, why: x}\n")
    open_ = "- {who: everyone, may: read, columns: [id], why: x}\n"
    write(conf / "access" / "shop.open.yml", open_)
    for name, products in {
        "shop": f'publishes = ["{PRODUCT}", "shop.open"]',
        "reader": f'consumes = {{"{PRODUCT}" = ">=1"}}',
        "other": 'consumes = {"shop.open" = ">=1"}',
    }.items():
        folder = root / "projects" / name
        write(folder / "pyproject.toml", PROJECT.format(name=name, products=products))
        write(folder / "src" / name / "__init__.py", "")
        write(folder / "conf" / "base" / "catalog.yml", "{}\n")
    write(root / "rows.csv", "id\n1\n")
    return root


@pytest.fixture(autouse=True)
def stranger(repository, monkeypatch):
    """Somebody without a grant, in the repository."""
    monkeypatch.chdir(repository)
    for name in [name for name in os.environ if name.startswith("HIGHROAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(VARIABLE, "eve")
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "a")
        monkeypatch.setenv(f"{name}_EMAIL", "a@example.org")
    for cached in (load_platform, admission_of):
        cached.cache_clear()
    if (repository / "store").exists():
        return
    conf = repository / "platform-conf"
    import pandas as pd

    for product in (PRODUCT, "shop.open"):
        DataProductDataset(
            product=product, store=f"{repository}/store", platform_conf=str(conf), project="shop"
        ).save(pd.DataFrame({"id": [1, 2], COLUMN: [VALUE, VALUE]}))
    use = DatasetUse(f"{PRODUCT}@pandas", f"{repository}/store/products/{PRODUCT}", "delta", "0", 2)
    copy = DatasetUse("copy", f"{repository}/{PRODUCT}.parquet", "sha256", "ab" * 32)
    writer = writer_of(load_platform(conf), "base", repository)
    for number, (project, ways) in enumerate(
        {"shop": {"outputs": (use, copy)}, "reader": {"inputs": (use,)}}.items(), 1
    ):
        writer.put(
            Record(
                f"{number:032x}", project, "base", "failed", "2026-01-01T00:00:00.000+00:00",
                nodes=({"name": f"f([{PRODUCT}@pandas]) -> [rows]"},), error=f"{PRODUCT} is stale",
                selection={"from_inputs": [f"{PRODUCT}@pandas"]}, warnings=(f"{PRODUCT}: old",),
                parameters={"source": PRODUCT}, metrics={f"{PRODUCT}#metrics": {"a": 1}}, **ways,
            )
        )  # fmt: skip
    for words in (["init", "-q"], ["add", "noxfile.py"], ["commit", "-q", "-m", "x"], ["add", "-A"], ["commit", "-q", "-m", "y"]):  # fmt: skip
        write(repository / "noxfile.py", "")
        subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True)


def test_every_command_has_words():
    assert sorted(commands()) == sorted(WORDS)


def written(root: Path) -> dict[Path, int]:
    return {
        path: path.stat().st_mtime_ns
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts and path.suffix not in (".db", ".lock")
    }


@pytest.mark.parametrize(
    ("command", "words"),
    [(command, words) for command, listed in WORDS.items() for words in listed],
    ids=lambda value: value if isinstance(value, str) else " ".join(value) or "-",
)
def test_no_command_gives_a_stranger_what_is_hidden(repository, command, words):
    before = written(repository)
    result = CliRunner().invoke(cli, [*command.split(), *words])
    told = f"{result.output}\n{result.exception!r}"
    asked = " ".join(words)
    for canary in CANARIES:
        for line in told.splitlines():
            left = line
            for word in sorted({*words, *asked.split()}, key=len, reverse=True):
                left = left.replace(word, "")
            assert canary not in left, line
    for path, time in written(repository).items():
        if before.get(path) != time:
            content = path.read_bytes()
            assert not any(each.encode() in content for each in CANARIES), path


@pytest.mark.parametrize("command", ["products", "drift"])
@pytest.mark.parametrize("name", [PRODUCT, "shop.qzvaulx"])
def test_hidden_and_absent_end_alike(command, name):
    words = {
        "products": ["products", "history", name],
        "drift": ["drift", name, "--reference", "x"],
    }[command]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 9 and f"Did you mean '{PRODUCT}'" not in result.output


@pytest.mark.parametrize(
    "words", [["trace"], ["lineage"], ["access", "request"], ["access", "why", "eve", "read"], ["new", "x", "--consumes"], ["runs", "show"]]
)  # fmt: skip
def test_no_completion_gives_it_away(words):
    complete = ShellComplete(cli, {}, "highroad", "_HIGHROAD_COMPLETE")
    values = [each.value for each in complete.get_completions(words, "shop.")]
    assert "shop.qzvault" not in values


def test_whoever_may_see_it_does(monkeypatch):
    monkeypatch.setenv(VARIABLE, "anna")
    for words in (
        ["products", "status"],
        ["lineage"],
        ["runs", "show", "shop"],
        ["access", "catalog"],
    ):
        assert PRODUCT in CliRunner().invoke(cli, words).output, words
    assert COLUMN in CliRunner().invoke(cli, ["products", "show", PRODUCT]).output


PAGES = (
    "/", "/search?q=qz", "/search?q=vault", "/products", "/products/shop.open", "/products/shop.qzabsent",
    "/projects", "/projects/shop", "/projects/reader", "/runs", "/runs/shop", "/runs/reader",
    "/runs/compare?one=shop&two=reader", "/models", "/models/shop.qzabsent", "/releases", "/releases/shop",
    "/lineage", "/lineage?what=shop", "/health", "/launch", "/launch?consumes=shop.open", "/metadata/client",
    "/explore?name=fresh&consumes=shop.qzabsent", "/explore?name=fresh&consumes=shop.open", "/nowhere",
)  # fmt: skip


@pytest.mark.parametrize("form", ["text/html", "application/json", "text/plain"])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_gives_a_stranger_what_is_hidden(repository, page, form):
    from starlette.testclient import TestClient

    from highroad.portal.app import portal_app

    app = portal_app(repository, principal=Principal.parse("eve"))
    client = TestClient(app, "http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get(page, headers={"Accept": form})
    assert not any(each in answer.text for each in CANARIES), answer.text


def test_a_hidden_page_is_answered_as_one_that_is_not_there(repository):
    from starlette.testclient import TestClient

    from highroad.portal.app import portal_app

    app = portal_app(repository, principal=Principal.parse("eve"))
    client = TestClient(app, "http://127.0.0.1", raise_server_exceptions=False)
    one, other = (client.get(f"/products/{name}") for name in (PRODUCT, "shop.qzvaulx"))
    assert one.status_code == other.status_code == 404
    assert one.text.replace(PRODUCT, "it") == other.text.replace("shop.qzvaulx", "it")
