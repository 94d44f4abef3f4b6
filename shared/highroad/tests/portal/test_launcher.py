"""The launcher: one metadata document, and the same bytes from the command, the archive and Explore."""

from __future__ import annotations

import io
import itertools
import shutil
import tarfile
import zipfile

import pytest
from click.testing import CliRunner

from highroad.cli.commands import cli
from highroad.portal.launcher import MEDIA_TYPE, answers_of, command_of, query_of
from highroad.starter.choices import CHOICES, Answers

QUERY = (
    "name=arrivals&kind={}&frame={}&consumes={}&description=What+arrives&packages=httpx%3E%3D0.27"
)
FRAMES = ("pandas", "polars")
COMBINATIONS = [
    *itertools.product(("minimal", "data-product"), FRAMES, ("counts.counts",)),
    *itertools.product(("model",), FRAMES, ("",)),
]


def unzipped(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def untarred(content: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {name: archive.extractfile(name).read().decode() for name in archive.getnames()}


@pytest.mark.parametrize(("kind", "frame", "consumes"), COMBINATIONS)
def test_command_zip_tgz_and_explore_are_the_same_bytes(
    client, repository, tmp_path, monkeypatch, kind, frame, consumes
):
    query = QUERY.format(kind, frame, consumes)
    archive = client.get(f"/starter.zip?{query}")
    assert archive.headers["content-disposition"] == 'attachment; filename="arrivals.zip"'
    files = unzipped(archive.content)
    assert files == untarred(client.get(f"/starter.tgz?{query}").content)
    posted = client.post(
        "/starter.zip", content=query, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert posted.content == archive.content
    explored = client.get(f"/explore?{query}", headers={"Accept": "application/json"})
    assert explored.json()["files"] == files

    root = tmp_path / "acme"
    shutil.copytree(repository, root, ignore=shutil.ignore_patterns("store"))
    monkeypatch.chdir(root)
    launched = client.get(f"/launch?{query}", headers={"Accept": "application/json"}).json()
    answers = Answers(**launched["answers"])
    done = CliRunner().invoke(cli, [*command_of(answers)[1:], "--no-lock"])
    assert done.exit_code == 0, done.output
    made = {
        path.relative_to(root).as_posix(): path.read_text()
        for path in (root / "projects" / "arrivals").rglob("*")
        if path.is_file()
    }
    contracts = [name for name in files if name.startswith("platform-conf/contracts/")]
    assert made == {name: text for name, text in files.items() if name not in contracts}
    assert len(contracts) == (kind == "data-product")
    assert all((root / name).read_text() == files[name] for name in contracts)


def test_a_link_gives_the_same_answers_again():
    answers = Answers("a", "model", consumes="b.c,d.e", description="x & y", packages="p>=1,q")
    pairs = [each.split("=", 1) for each in query_of(answers).split("&")]
    assert {key for key, _ in pairs} == {"name", "kind", "consumes", "description", "packages"}
    assert "--consumes b.c --consumes d.e --package p>=1 --package q" in " ".join(
        command_of(answers)
    )


def test_the_metadata_document_has_every_choice_with_its_constraint(client):
    answer = client.get("/metadata/client", headers={"Accept": "*/*"})
    assert answer.headers["content-type"] == MEDIA_TYPE
    document = answer.json()
    assert {"name", *(choice.name for choice in CHOICES)} == document.keys() - {"_links"}
    assert "reader" in document["name"]["taken"]
    (product,) = (each for each in document["consumes"]["values"] if each["id"] == "counts.counts")
    assert product["columns"][0].keys() == {"name", "type", "key"} and product["owner"]
    (impossible,) = product["disabled"]
    assert impossible["when"] == {"kind": "model"} and "too few numbers" in impossible["reason"]
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get("/metadata/client", headers={"If-None-Match": known})
        assert again.status_code == 304 and not again.content and again.headers["etag"] == tag
    assert client.get("/metadata/client", headers={"If-None-Match": '"x"'}).status_code == 200


def test_what_is_not_possible_is_disabled_with_the_reason(client):
    page = client.get("/launch?kind=model").text
    assert 'disabled aria-describedby="why-1"' in page
    assert "counts.counts has too few numbers for a model" in page
    assert "disabled" not in client.get("/launch?kind=minimal").text


def test_a_terminal_gets_text(client):
    for agent in ("curl/8.5", "HTTPie/3.2", "Wget/1.21"):
        answer = client.get("/", headers={"User-Agent": agent, "Accept": "*/*"})
        assert answer.headers["content-type"].startswith("text/plain")
        assert "/starter.tgz?name=arrivals" in answer.text and "tar xz" in answer.text
    as_json = {"User-Agent": "curl/8.5", "Accept": "application/json"}
    assert client.get("/", headers=as_json).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("name=Arrivals", "is not a valid project name"),
        ("name=../etc", "is a path"),
        ("name=reader", "is taken"),
        ("kind=modek", "Did you mean 'model'?"),
        ("knd=model", "Did you mean 'kind'?"),
        ("name=a&name=b", "name is given 2 times"),
        ("consumes=counts.count", "Did you mean 'counts.counts'?"),
        ("kind=model&consumes=counts.counts", "too few numbers"),
        ("packages=a%0Ab", "is no requirement"),
        ("packages=a>=%0A1", "is no requirement"),
        ("description=%22", "a quote"),
        ("description=%00", "control character"),
        ("description=" + "a" * 1001, "more than 1000 characters"),
    ],
)
def test_bad_input_is_a_400_with_one_message(client, query, words):
    for path in ("/starter.zip", "/starter.tgz", "/explore"):
        answer = client.get(f"{path}?{query}", headers={"Accept": "application/json"})
        assert answer.status_code == 400 and words in answer.json()["error"]
    page = client.get(f"/launch?{query}")
    assert page.status_code == 400


def test_what_is_too_large_or_no_form_is_refused(client):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.get(f"/starter.zip?description={'a' * 9000}").status_code == 414
    assert client.post("/starter.zip", content=b"a" * 20_000, headers=form).status_code == 413
    streamed = (b"a" * 1000 for _ in range(20))
    assert client.post("/starter.zip", content=streamed, headers=form).status_code == 413
    assert client.post("/starter.zip", content=b"{}").status_code == 415
    assert client.post("/starter.zip", content=b"\xff", headers=form).status_code == 400
    many = "&".join(f"a{number}=1" for number in range(200))
    assert client.post("/starter.zip", content=many, headers=form).status_code == 400


def test_parameters_without_a_value_are_the_defaults():
    assert answers_of(
        [("name", ""), ("kind", ""), ("consumes", ""), ("consumes", "a.b")]
    ) == Answers("my_project", consumes="a.b")
