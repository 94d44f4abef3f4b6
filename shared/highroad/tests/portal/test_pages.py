"""Every page is a page and JSON, loads nothing from elsewhere, and says what is wrong where something is."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from portal.conftest import FAILED, client_of

from highroad.cli.commands import cli
from highroad.portal import app
from highroad.portal.rendering import age, markdown
from highroad.principal import Principal

PAGES = (
    "/", "/search?q=counts", "/products", "/products?q=nothing", "/products/counts.counts", "/projects",
    "/projects/reader", "/runs", "/runs?project=reader", "/runs/reader", f"/runs/compare?one=reader~1&two={FAILED}",
    "/models", "/releases", "/lineage", "/lineage?of=reader", "/launch", "/explore?name=arrivals",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_html_and_json_at_one_address(client, path):
    page = client.get(path)
    assert page.status_code == 200, page.text
    assert page.text.startswith("<!doctype html>") and "it shows what" in page.text
    assert not re.search(r"<script(?![^>]* src=)| style=|<style| on\w+=|javascript:", page.text)
    loaded = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', page.text)
    assert loaded and all(each.startswith("/static/") for each in loaded)
    facts = client.get(path, headers={"Accept": "application/json"})
    assert facts.headers["content-type"] == "application/json" and isinstance(facts.json(), dict)


def test_answers_are_kept_from_other_sites_and_shared_caches(client):
    for path in ("/", "/static/htmx.min.js", "/static/style.css", "/nowhere", "/starter.zip"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"].startswith("private") and "Accept" in headers["vary"]
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_product_is_what_the_command_shows(client, repository, monkeypatch):
    monkeypatch.chdir(repository)
    shown = CliRunner().invoke(cli, ["products", "show", "counts.counts", "--json"])
    facts = client.get("/products/counts.counts", headers={"Accept": "application/json"}).json()
    assert json.loads(shown.stdout).items() <= facts.items()
    assert facts["accepts"].keys() == {"reader"} and facts["columns"]


def test_home_says_what_needs_somebody(client):
    needs = client.get("/", headers={"Accept": "application/json"}).json()["needs"]
    assert {"severity": "bad", "what": "reader", "link": f"/runs/{FAILED}"}.items() <= needs[
        0
    ].items()
    assert {each["why"] for each in needs if each["what"] == "counts.counts"} == {"not published"}
    page = client.get("/").text
    assert "boom &lt;b&gt;" in page and "boom <b>" not in page


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "Not found"),
        ("/products/counts.count", 404, "Did you mean &#39;counts.counts&#39;?"),
        ("/projects/readr", 404, "Did you mean &#39;reader&#39;?"),
        ("/runs/readr", 404, "no run"),
        ("/models/nothing", 404, "No model"),
        ("/releases/nothing", 404, "nothing"),
        ("/lineage?of=readr", 404, "Did you mean &#39;reader&#39;?"),
        ("/runs/compare?one=reader", 400, "Two runs are compared"),
        ("/search?q=a&q=b", 400, "expected once"),
        (f"/search?q={'a' * 201}", 400, "at most 200"),
    ],
)
def test_what_is_not_there_is_a_page_with_a_hint(client, path, status, words):
    answer = client.get(path)
    assert answer.status_code == status and words in answer.text
    assert client.get(path, headers={"Accept": "application/json"}).json()["status"] == status


def test_a_record_store_that_is_away_hides_what_is_in_it_and_nothing_else(
    repository, tmp_path, monkeypatch
):
    root = tmp_path / "acme"
    shutil.copytree(repository, root)
    monkeypatch.setenv("HIGHROAD_RECORDS", "postgresql://nobody@127.0.0.1:9/none")
    client = client_of(root)
    home = client.get("/")
    assert home.status_code == 200 and "Part of this page is missing" in home.text
    assert "not published" in home.text
    assert client.get("/products/counts.counts").status_code == 200
    assert client.get("/launch").status_code == 200
    for path in ("/runs", "/runs/reader", "/projects", "/lineage", "/releases"):
        assert client.get(path).status_code == 503


def test_methods_that_pages_do_not_have_are_refused(client):
    for path in PAGES:
        assert client.post(path).status_code == 405
        assert client.head(path).status_code == 200


def test_markdown_brings_no_markup_pictures_or_local_links():
    html = markdown(
        "# A\n<script>x</script> ![pic](http://x/y.png) [a](b.md) [c](https://d) [e](javascript:f)"
    )
    assert (
        "<script" not in html
        and "<img" not in html
        and "javascript:" not in html.replace("(javascript:", "")
    )
    assert '<a href="https://d">' in html and "b.md" not in html and "<h2>A</h2>" in html


def test_an_age_is_in_words():
    assert age(None) == "–" and age(7200) == "2 h" and age(-57600) == "16 h ahead"


def test_what_is_vendored_is_what_is_said_of_it():
    static = Path(app.__file__).with_name("static")
    rows = re.findall(
        r"\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|", (static / "VENDORED.md").read_text()
    )
    assert {name for name, _ in rows} == {path.name for path in static.glob("*.min.js")}
    for name, digest in rows:
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() == digest


def test_what_is_hidden_is_on_no_page_in_no_document_and_in_no_archive(repository, tmp_path):
    root = tmp_path / "acme"
    shutil.copytree(repository, root, symlinks=True)
    (root / "platform-conf" / "access").mkdir()
    (root / "platform-conf" / "access" / "teams.yml").write_text("shop: [anna]\n")
    anna, eve = (client_of(root, Principal("person", name)) for name in ("anna", "eve"))
    grants = root / "platform-conf" / "access" / "counts.counts.yml"
    grants.write_text("- {who: [team:shop], what: read, why: she sells}\n")
    broken = anna.get("/products")
    assert broken.status_code == 503 and "counts.counts" not in broken.text
    grants.write_text("- {who: [team:shop], may: read, why: she sells}\n")
    json_ = {"Accept": "application/json"}
    assert "counts.counts" in anna.get("/products", headers=json_).text
    absent = eve.get("/products/counts.counts").status_code
    assert absent == eve.get("/products/counts.nothing").status_code == 404
    for path in (*PAGES, "/metadata/client", "/starter.zip?name=a&consumes=counts.counts"):
        for headers in ({}, json_):
            answer = eve.get(path, headers=headers).text.replace("consumes=counts.counts", "")
            asked = path.startswith("/products/")
            assert asked or "counts.counts" not in answer, path
